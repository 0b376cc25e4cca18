//! Messages and their sources, as they are streamed and as they are kept.

mod answer;
mod attachments;
mod markdown;
mod source;
mod stream;

pub use answer::{Answer, Question};
pub use attachments::Attachments;
pub use source::{OpenPassage, PassageDialog, passage_text, web_link};
pub use stream::events;
