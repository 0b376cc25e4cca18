//! Test sets: questions with what their answers should be, and how well bots do on them.

mod case_form;
mod cases;
mod documents;
mod figures;
mod import;
mod list;
mod page;
mod pick;
mod results;
mod run;

pub use list::{BotSets, TestSetsPage, run_line};
pub use page::TestSetPage;
pub use pick::{AddToTestSet, Asked};
pub use run::{Progress, concerns_runs};
