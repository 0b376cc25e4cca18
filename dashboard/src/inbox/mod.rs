//! Conversations that people answer: the list, the conversation, and what is known beside it.

mod composer;
mod counts;
mod list;
mod page;
mod side;
mod thread;

pub use counts::Counts;
pub use page::InboxPage;

use crate::ui::tabs::Tab;

/// The pages of the place in the navigation.
pub const TABS: &[Tab] = &[
    ("/inbox", mark!("Inbox")),
    ("/conversations", mark!("All conversations")),
    ("/conversations/gaps", mark!("Gaps")),
];
