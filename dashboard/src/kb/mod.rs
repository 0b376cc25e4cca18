//! Knowledge bases: the list, the page of one, and the wizard that fills them.

mod chunk;
mod chunk_editor;
mod chunking_fields;
mod chunks_dialog;
mod crawl;
mod cut_anew;
mod document_form;
mod documents;
mod edit_base;
mod importance;
mod list;
mod new_draft;
mod page;
mod pairs;
mod rechunk;
mod search;
mod source_icon;
mod sources;
mod transfer;
mod wizard;

pub use crawl::{CrawlProgress, taken};
pub use list::{KnowledgePage, ProgressLine};
pub use page::KnowledgeBasePage;
pub use source_icon::source_icon;
pub use transfer::send_file;
pub use wizard::{ACCEPT, WizardPage};
