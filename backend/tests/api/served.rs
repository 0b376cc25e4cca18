//! A server with one deployed bot that has a model.

use api_types::bots::ChatbotContent;
use domain::config::Config;
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp};

pub struct Served {
    pub app: TestApp,
    pub ada: Person,
    pub content: ChatbotContent,
    pub bot: Uuid,
    /// Answers for as long as it lives.
    pub fake: FakeOpenAi,
}

/// The model says `words`.
pub async fn served(
    words: &str,
    configure: impl FnOnce(&mut Config),
    change: impl FnOnce(&mut ChatbotContent),
) -> Served {
    let fake = FakeOpenAi::start(Reply::Text(words.into())).await;
    let app = TestApp::start_with(|config| {
        config.outbound_allow = vec![fake.place()];
        configure(config);
    })
    .await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, &fake.base_url()).await;
    let mut content = deployable("Helper", provider);
    change(&mut content);
    let bot = app.deploy(&ada, &content).await;
    Served {
        app,
        ada,
        content,
        bot,
        fake,
    }
}
