//! Knowledge bases: the list, the page of one, and the wizard that fills them.

mod chunk;
mod crawl;
mod documents;
mod list;
mod new_draft;
mod page;
mod pairs;
mod search;
mod source_icon;
mod sources;
mod transfer;
mod wizard;

pub use list::KnowledgePage;
pub use page::KnowledgeBasePage;
pub use wizard::WizardPage;
