//! Bots: the list, the page of one, and the builder of drafts.

mod builder;
mod deploy_page;
mod doctor;
mod embed;
mod head;
mod list;
mod new_bot;
mod page;
mod start;
mod status;
mod versions;
mod visitors;

pub use builder::BuilderPage;
pub use deploy_page::DeployPage;
pub use list::BotsPage;
pub use page::BotPage;
pub use start::StartPage;
