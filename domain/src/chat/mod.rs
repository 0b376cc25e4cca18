//! One reply path for every bot and every channel.
//!
//! [`engine`] makes an answer from content, history and question and knows nothing of storage; [`turn`] wraps it for
//! deployed bots: conversation, messages, gaps and resumable streams. A draft's test turn uses the engine alone.

mod begin;
mod books;
mod citations;
mod engine;
mod followup;
mod ground;
mod logs;
mod prompt;
mod rate;
mod responses;
mod resume;
mod retrieve;
mod running;
mod session;
mod smalltalk;
mod test;
mod trial;
mod turn;
mod under_way;
mod writing;

pub(crate) use begin::Beginnings;
pub(crate) use books::Books;
pub(crate) use ground::Ground;
pub(crate) use logs::Logs;
pub use prompt::preview;
pub use rate::rate;
pub(crate) use responses::Responses;
pub use resume::{Position, resume};
pub(crate) use resume::{Stream, forget};
pub(crate) use retrieve::Retrieved;
pub(crate) use session::find_or_begin;
pub(crate) use session::require;
pub use session::session;
pub use test::test_draft;
pub(crate) use trial::{Trial, try_question};
pub(crate) use turn::redacted_visitor;
pub use turn::{Delivery, Request, start};
pub use under_way::UnderWay;

use std::sync::Arc;

use api_types::chat::{ChatEvent, MessageRole, Source, Usage};
use futures::channel::mpsc;

use retrieve::Found;

/// One earlier message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who said it.
    pub role: MessageRole,
    /// What was said.
    pub content: String,
}

/// A numbered event of an answer; numbers begin at 1 and have no gaps.
#[derive(Debug, Clone)]
pub struct NumberedEvent {
    /// The number.
    pub n: u64,
    /// The event.
    pub event: ChatEvent,
}

/// The events of one answer, as they come.
pub type Events = mpsc::UnboundedReceiver<NumberedEvent>;

/// A finished answer.
#[derive(Debug)]
struct Answer {
    text: String,
    cited: Vec<Source>,
    answered: bool,
    usage: Option<Usage>,
    /// Whether it was given before, if it was looked for.
    cached: Option<bool>,
    /// Its passages and how they were chosen, if any were looked for.
    found: Option<Arc<Found>>,
}
