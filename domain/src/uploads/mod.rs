//! Files that visitors send along with their messages.
//!
//! A file is sent first, and named in a message then. Its bytes lie in storage, its row is the tenant's. What it is, its
//! content says ([`kind`]); the text of a document is read once, in the sandbox, when it is first needed ([`given`]).

mod collect;
mod given;
mod kind;
mod open;
mod receive;
mod rows;

pub use collect::collect;
pub(crate) use collect::{forget_bot, forget_conversations};
pub(crate) use given::{Given, Matter, given};
pub use open::{Download, open};
pub use receive::{NewUpload, admit, receive};
pub(crate) use rows::{attach, of_conversation};

use api_types::ErrorCode;

use crate::bots::LiveBot;
use crate::{Error, Result};

/// Refuses unless the bot takes files.
fn require_on(bot: &LiveBot) -> Result<()> {
    if bot.content.uploads.enabled {
        return Ok(());
    }
    let detail =
        "This bot takes no files. Its owner can switch that on under \u{201c}Files\u{201d} and deploy again.";
    Err(Error::refused(ErrorCode::NotFound, detail))
}

/// Bytes as the database counts them.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
