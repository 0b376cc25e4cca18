//! What the bot is given of a conversation's files: the text of documents, and pictures.

use std::time::Duration;

use api_types::ErrorCode;
use futures::StreamExt;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::kind;
use crate::bots::LiveBot;
use crate::data::redaction::redact;
use crate::kb;
use crate::storage::Storage;
use crate::{Result, Services};

/// Documents of visitors that are read at once in this process: the team's own previews need the parser, too.
static READING: Semaphore = Semaphore::const_new(2);
/// How long a visitor waits for a document to be read, its turn included.
const PATIENCE: Duration = Duration::from_secs(20);
/// Files of a conversation that the bot is given: the newest.
const MOST: i64 = 4;
/// Characters of a document's text that are kept.
const MAX_TEXT_CHARS: usize = 40_000;
/// Bytes of pictures that a model is given with one question.
const PICTURE_BUDGET: u64 = 12 * 1024 * 1024;

/// A file, as the bot is given it.
#[derive(Debug)]
pub(crate) struct Given {
    /// Its name.
    pub name: String,
    /// Whether it came with the message that is answered.
    pub is_new: bool,
    /// What is in it.
    pub matter: Matter,
}

/// What is in a file.
pub(crate) enum Matter {
    /// The text of a document, and whether there was more of it.
    Text { text: String, is_cut: bool },
    /// A picture that the model may see.
    Picture { media_type: String, bytes: Vec<u8> },
    /// Nothing that the bot can use: why.
    Unknown(String),
}

impl std::fmt::Debug for Matter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text { text, is_cut } => write!(f, "Text({} bytes, cut: {is_cut})", text.len()),
            Self::Picture { media_type, bytes } => write!(f, "Picture({media_type}, {} bytes)", bytes.len()),
            Self::Unknown(why) => write!(f, "Unknown({why})"),
        }
    }
}

struct Row {
    id: Uuid,
    name: String,
    media_type: String,
    size: i64,
    is_new: bool,
    is_read: bool,
    content: Option<String>,
    is_cut: bool,
    trouble: Option<String>,
}

/// The newest files of a conversation, those of this message among them, oldest first. Documents that nobody read yet are
/// read now. A file that can't be had holds nothing up.
pub(crate) async fn given(
    services: &Services,
    bot: &LiveBot,
    conversation_id: Uuid,
    message_id: Uuid,
) -> Result<Vec<Given>> {
    if !bot.content.uploads.enabled {
        return Ok(Vec::new());
    }
    let mut tx = services.db.tenant(&bot.scope).await?;
    let rows = sqlx::query_as!(
        Row,
        r#"select id, name, media_type, size, message_id = $3 as "is_new!", read_at is not null as "is_read!", content,
             is_cut, trouble
           from uploads where workspace_id = $1 and conversation_id = $2 and message_id is not null
           order by message_id desc, position desc limit $4"#,
        bot.scope.workspace_id(),
        conversation_id,
        message_id,
        MOST
    )
    .fetch_all(&mut *tx)
    .await?;
    drop(tx);
    let mut budget = PICTURE_BUDGET;
    let reading = rows.into_iter().map(|row| {
        let is_shown = kind::is_picture(&row.media_type) && row.size.unsigned_abs() <= budget;
        if is_shown {
            budget -= row.size.unsigned_abs();
        }
        one(services, bot, row, is_shown)
    });
    let mut files: Vec<Given> = futures::stream::iter(reading).buffered(2).collect().await;
    files.reverse();
    Ok(files)
}

async fn one(services: &Services, bot: &LiveBot, row: Row, is_shown: bool) -> Given {
    let (name, is_new) = (row.name.clone(), row.is_new);
    let matter = if kind::is_picture(&row.media_type) {
        picture(services, bot, row, is_shown).await
    } else {
        document(services, bot, row).await
    };
    let matter = matter.unwrap_or_else(|error| {
        tracing::warn!(%error, "a visitor's file could not be read");
        Matter::Unknown("it can't be read at the moment".to_owned())
    });
    Given { name, is_new, matter }
}

async fn picture(services: &Services, bot: &LiveBot, row: Row, is_shown: bool) -> Result<Matter> {
    let unseen = |why: &str| Ok(Matter::Unknown(format!("a picture, which you can't see: {why}")));
    // What may be on it could not be taken out.
    if !bot.content.uploads.model_sees_pictures || bot.redacts {
        return unseen("pictures are kept for the team");
    }
    if !is_shown {
        return unseen("it is too large");
    }
    let key = Storage::upload_key(bot.scope.workspace_id(), row.id);
    match services.storage.get(&key).await? {
        Some(bytes) => Ok(Matter::Picture {
            media_type: row.media_type,
            bytes,
        }),
        None => unseen("it is gone"),
    }
}

async fn document(services: &Services, bot: &LiveBot, row: Row) -> Result<Matter> {
    if row.is_read {
        return Ok(matter(row.content, row.is_cut, row.trouble));
    }
    let key = Storage::upload_key(bot.scope.workspace_id(), row.id);
    let Some(bytes) = services.storage.get(&key).await? else {
        return Ok(Matter::Unknown("it is gone".to_owned()));
    };
    let reading = async {
        let _slot = READING.acquire().await.map_err(anyhow::Error::from)?;
        kb::read_text(services, &row.media_type, bytes, MAX_TEXT_CHARS).await
    };
    let (text, is_cut, trouble) = match tokio::time::timeout(PATIENCE, reading).await {
        Err(_) => (None, false, Some("reading it takes too long".to_owned())),
        Ok(read) => match read? {
            Ok((text, is_cut)) => (Some(text), is_cut, None),
            Err(code) => (None, false, Some(why(code).to_owned())),
        },
    };
    let text = text.map(|text| {
        if bot.redacts {
            redact(&text).into_owned()
        } else {
            text
        }
    });
    let mut tx = services.db.tenant(&bot.scope).await?;
    sqlx::query!(
        "update uploads set read_at = now(), content = $3, is_cut = $4, trouble = $5
         where workspace_id = $1 and id = $2",
        bot.scope.workspace_id(),
        row.id,
        text,
        is_cut,
        trouble
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(matter(text, is_cut, trouble))
}

/// Why a document has no text, for the model to say.
const fn why(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::EncryptedDocument => "it is protected by a password",
        ErrorCode::NeedsOcr => "it is a scan without text",
        ErrorCode::EmptyDocument => "it holds no text",
        ErrorCode::CorruptDocument => "it is damaged",
        _ => "it is too large or too complex to be read",
    }
}

fn matter(text: Option<String>, is_cut: bool, trouble: Option<String>) -> Matter {
    match text {
        Some(text) => Matter::Text { text, is_cut },
        None => Matter::Unknown(trouble.unwrap_or_else(|| "it holds no text".to_owned())),
    }
}
