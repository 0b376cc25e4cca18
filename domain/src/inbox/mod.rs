//! People who answer in a bot's place.
//!
//! A conversation is the bot's, waits, is a person's, or is closed (`conversations.state`). Whoever changes that locks its
//! row and writes an event with the next number, in one transaction: so of many who take it one gets it, and a visitor's
//! live stream goes on after any event without a gap. What is told live ([`crate::live`]) only says that there is something to read.

mod ask;
mod canned;
mod events;
mod follow;
mod hours;
mod list;
mod notes;
mod notify;
mod read;
mod settings;
mod take_over;
mod team;
mod visitor;
mod words;

pub use ask::ask;
pub(crate) use ask::{Handed, asks_for_person, before_answer};
pub use canned::{canned_replies, create_canned_reply, delete_canned_reply, save_canned_reply};
pub(crate) use events::status;
pub use follow::{Followed, follow};
pub(crate) use hours::read as read_hours;
pub use list::{Assignee, Filter, counts, list};
pub use notes::{add_note, delete_note};
pub use notify::notify;
pub use read::get;
pub use settings::{notifications, office_hours, save_notifications, save_office_hours};
pub(crate) use take_over::taken_over;
pub use team::{assign, close, give_back, mark_read, reply, take, typing};
pub use visitor::signal;

use std::sync::Arc;

use api_types::live::LiveEvent;
use uuid::Uuid;

use crate::{Scope, Services, live};

/// Tells the workspace that something about a conversation changed. At once: its visitor waits for it, too.
pub(crate) async fn changed(services: &Services, scope: &Scope, conversation_id: Uuid) {
    live::tell(services, scope, &LiveEvent::conversation(conversation_id)).await;
}

/// Tells of a message to or from the bot. Nobody waits for it, and the turn that it belongs to does not hear of it.
pub(crate) fn bot_turn(services: &Arc<Services>, scope: &Scope, conversation_id: Uuid) {
    let (services, scope) = (Arc::clone(services), *scope);
    tokio::spawn(async move { live::tell_others(&services, &scope, conversation_id).await });
}
