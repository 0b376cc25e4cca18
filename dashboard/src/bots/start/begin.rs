//! Making the two drafts: one of a knowledge base with the sources, one of the bot.

use api_types::client::{self, ClientError};
use api_types::drafts::{CreateDraftRequest, Draft, SaveChatbotDraftRequest};
use api_types::kb::{AddSourcesRequest, KnowledgeBaseContent, NewSource, SaveKbDraftRequest};
use api_types::sources::Website;
use leptos::prelude::*;
use uuid::Uuid;
use web_sys::File;

use super::templates::Template;
use crate::kb::send_file;
use crate::session::Session;

/// What was asked for.
pub struct Wanted {
    pub name: String,
    pub template: Template,
    /// The start page; empty for none.
    pub address: String,
    pub files: Vec<File>,
}

/// The drafts that were made.
pub struct Begun {
    pub bot: Uuid,
    pub knowledge: Uuid,
}

/// Why they were not made.
pub struct Refusal {
    pub error: ClientError,
    /// The file that was refused, by its place among those that were wanted.
    pub file: Option<usize>,
}

impl From<ClientError> for Refusal {
    fn from(error: ClientError) -> Self {
        Self { error, file: None }
    }
}

/// Makes them. `step` is told what is being done. A draft of a knowledge base that is of no use is taken away again.
pub async fn begin(session: Session, wanted: &Wanted, step: RwSignal<String>) -> Result<Begun, Refusal> {
    step.set(tr!("Getting ready").to_owned());
    let draft = session
        .send(&client::kb_drafts::create(&CreateDraftRequest::default()))
        .await?;
    let made = fill(session, wanted, &draft, step).await;
    match made {
        Ok(bot) => Ok(Begun {
            bot,
            knowledge: draft.id,
        }),
        Err(error) => {
            // Left alone it would expire within a day.
            let _ = session.send(&client::kb_drafts::delete(draft.id)).await;
            Err(error)
        }
    }
}

async fn fill(
    session: Session,
    wanted: &Wanted,
    draft: &Draft<KnowledgeBaseContent>,
    step: RwSignal<String>,
) -> Result<Uuid, Refusal> {
    let save = SaveKbDraftRequest {
        version: draft.version,
        name: free_name(session, &wanted.name).await?,
        description: String::new(),
        chunking: draft.content.chunking,
    };
    session.send(&client::kb_drafts::save(draft.id, &save)).await?;
    if !wanted.address.is_empty() {
        let website = website(&wanted.address);
        let sources = vec![NewSource::Website { website }];
        let add = client::kb_drafts::add_sources(draft.id, &AddSourcesRequest { sources });
        session.send(&add).await?;
    }
    let count = wanted.files.len();
    for (i, file) in wanted.files.iter().enumerate() {
        step.set(tr!("Sending {} ({} of {count})", file.name(), i + 1, count));
        let url = client::kb_drafts::sources_url(draft.id);
        let sent = session.authorized(async |token| {
            send_file::<Draft<KnowledgeBaseContent>>("PUT", &url, file, token.as_deref(), |_| {}).await
        });
        sent.await.map_err(|error| {
            // What may work the next time is not the fault of the file.
            let file = (!error.is_transient()).then_some(i);
            Refusal { error, file }
        })?;
    }
    step.set(tr!("Making the bot's draft").to_owned());
    let bot = session
        .send(&client::bot_drafts::create(&CreateDraftRequest::default()))
        .await?;
    let save = SaveChatbotDraftRequest {
        version: bot.version,
        content: wanted.template.content(&wanted.name),
    };
    session.send(&client::bot_drafts::save(bot.id, &save)).await?;
    Ok(bot.id)
}

/// The usual crawl from a start page.
pub fn website(address: &str) -> Website {
    Website {
        urls: vec![address.to_owned()],
        ..Website::default()
    }
}

/// The name, or the name with a number that no knowledge base has.
async fn free_name(session: Session, name: &str) -> Result<String, ClientError> {
    let bases = session.send(&client::kb::list()).await?;
    let is_taken = |name: &str| bases.iter().any(|base| base.name.eq_ignore_ascii_case(name));
    let numbered = (2..).map(|number| format!("{name} {number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    Ok(names.find(|name| !is_taken(name)).unwrap_or_default())
}
