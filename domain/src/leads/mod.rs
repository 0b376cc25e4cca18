//! Leads: people who left their details with a bot, and what the team does about them.
//!
//! A submission is checked against the form of the bot's live version. Who has the e-mail address or, failing that, the
//! phone number of a lead is that lead: newer answers win, and every submission is kept as it was.

mod change;
mod delete;
mod export;
mod intent;
mod list;
mod submit;

pub use change::{add_note, delete_note, save};
pub use delete::delete;
pub(crate) use delete::remove_older;
pub use export::export;
pub(crate) use intent::{has_phrase, has_text, is_time};
pub(crate) use list::left_in;
pub use list::{get, list};
pub use submit::submit;
