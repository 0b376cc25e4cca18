//! Bots: the list, the page of one, and the builder of drafts.

mod api_page;
mod build_page;
mod builder;
mod deploy_page;
mod doctor;
mod embed;
mod frame;
mod head;
mod list;
mod monitor;
mod new_bot;
mod page;
mod places;
mod playground;
mod sets_page;
mod start;
mod status;
mod steps;
mod versions;
mod visitors;
mod week;

pub use api_page::ApiPage;
pub use build_page::BuildPage;
pub use builder::BuilderPage;
pub use deploy_page::DeployPage;
pub use frame::BotFrame;
pub use list::BotsPage;
pub use monitor::{BotAnalyticsPage, BotConversationsPage, BotGapsPage, MonitorPage};
pub use page::BotPage;
pub use places::{Place, sections};
pub use playground::PlaygroundPage;
pub use sets_page::BotSetsPage;
pub use start::StartPage;
