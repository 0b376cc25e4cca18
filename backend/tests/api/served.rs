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
    /// Ada's, of the model.
    pub provider: Uuid,
    pub content: ChatbotContent,
    pub bot: Uuid,
    /// Answers for as long as it lives.
    pub fake: FakeOpenAi,
}

impl Served {
    /// With nothing but a model.
    pub async fn start(reply: impl Into<Reply>) -> Self {
        Self::start_with(reply, |_| {}, |_| {}).await
    }

    /// With changes to the server and to the bot.
    pub async fn start_with(
        reply: impl Into<Reply>,
        configure: impl FnOnce(&mut Config),
        change: impl FnOnce(&mut ChatbotContent),
    ) -> Self {
        let fake = FakeOpenAi::start(reply.into()).await;
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
        Self {
            app,
            ada,
            provider,
            content,
            bot,
            fake,
        }
    }
}
