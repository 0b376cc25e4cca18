//! Bots: the list, the page of one, and the builder of drafts.

mod builder;
mod embed;
mod list;
mod new_bot;
mod page;
mod status;
mod versions;
mod visitors;

pub use builder::BuilderPage;
pub use list::BotsPage;
pub use page::BotPage;
