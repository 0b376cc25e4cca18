//! Webhooks: servers that are told of what happens in a workspace, by the Standard Webhooks specification.
//!
//! An event is a row with the text that is sent, written with the job that sends it in the transaction of what happened.
//! It is sent at least once; its id is the same at each try.

mod deliver;
mod log;
mod manage;
mod sign;

pub use deliver::deliver;
pub(crate) use log::{announce, announce_conversation};
pub use log::{deliveries, send_again, send_test};
pub(crate) use manage::reseal;
pub use manage::{create, delete, list, save};
