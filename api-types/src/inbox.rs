//! People who answer in a bot's place: `/api/v1/inbox`, canned replies, office hours, and what visitors see of it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::FieldError;
use crate::chat::SessionMessage;
use crate::conversations::{Conversation, ConversationSummary};
use crate::validate::Checker;

/// Most canned replies of a workspace.
pub const MAX_CANNED_REPLIES: usize = 200;
/// Longest reply or canned reply, in characters.
pub const MAX_REPLY_CHARS: usize = 4_000;
/// Longest note, in characters.
pub const MAX_NOTE_CHARS: usize = 4_000;
/// Most stretches of time in which people answer on one day.
const MAX_SHIFTS: usize = 4;
/// Minutes of a day.
const MINUTES: u16 = 24 * 60;
/// Most days that are taken out.
const MAX_CLOSED_DAYS: usize = 60;

/// When visitors of a bot are handed over to people: part of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct HandOff {
    /// Whether visitors may ask for a person.
    pub enabled: bool,
    /// Whether words such as "talk to a human" do, too. Told in seven languages; docs/INBOX.md lists them.
    pub on_words: bool,
    /// What a visitor reads who is waiting now, 1 to 300 characters.
    pub message: String,
    /// What they read while nobody is there, 1 to 300 characters. The lead form follows, if it is on.
    pub closed_message: String,
}

impl Default for HandOff {
    fn default() -> Self {
        Self {
            enabled: false,
            on_words: true,
            message: "I'm asking a colleague to join. They will answer here.".to_owned(),
            closed_message: "Nobody is here at the moment. Leave your details, and we'll get back to you."
                .to_owned(),
        }
    }
}

impl HandOff {
    /// Whether nobody changed anything.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn check(&self, check: &mut Checker) {
        if self.enabled {
            check.length("content.hand_off.message", &self.message, 1, 300);
            check.length("content.hand_off.closed_message", &self.closed_message, 1, 300);
        }
    }
}

/// Who answers in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConversationState {
    /// The bot.
    #[default]
    Bot,
    /// Nobody yet: a person was asked for.
    Waiting,
    /// A person.
    Human,
    /// Nobody any more. The bot, should the visitor write again.
    Closed,
}

impl ConversationState {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Bot, Self::Waiting, Self::Human, Self::Closed];

    /// The name in the database and in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Waiting => "waiting",
            Self::Human => "human",
            Self::Closed => "closed",
        }
    }

    /// The state of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether it is up to people.
    pub const fn is_with_people(self) -> bool {
        matches!(self, Self::Waiting | Self::Human)
    }
}

/// Somebody of the team, as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Colleague {
    /// Id.
    pub user_id: Uuid,
    /// Name.
    pub name: String,
}

/// A conversation in the inbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InboxItem {
    /// What the list of conversations says of it.
    #[serde(flatten)]
    pub summary: ConversationSummary,
    /// Who answers.
    pub state: ConversationState,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Colleague>,
    /// Since when the visitor waits for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<DateTime<Utc>>,
    /// What was said last, shortened.
    pub last_message: String,
    /// Messages of the visitor that nobody of the team has read; only counted while it is up to people.
    pub unread: i64,
}

/// What became of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConversationEventKind {
    /// The visitor asked for a person.
    Asked,
    /// Somebody took it over.
    Taken,
    /// It was given to somebody, or to nobody.
    Assigned,
    /// The bot answers again.
    GivenBack,
    /// It was closed.
    Closed,
    /// The visitor wrote again.
    Reopened,
}

impl ConversationEventKind {
    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Taken => "taken",
            Self::Assigned => "assigned",
            Self::GivenBack => "given_back",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Asked,
            Self::Taken,
            Self::Assigned,
            Self::GivenBack,
            Self::Closed,
            Self::Reopened,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }
}

/// One thing that became of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationEvent {
    /// Its number in the conversation.
    pub n: i32,
    /// What.
    pub kind: ConversationEventKind,
    /// Who of the team did it, if their account still exists; not of what the visitor did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// What the team tells each other; visitors don't see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationNote {
    /// Id.
    pub id: Uuid,
    /// Who wrote it, if their account still exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// What.
    pub content: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// `GET /inbox/{conversation_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InboxConversation {
    /// The row of the list.
    pub item: InboxItem,
    /// What was said.
    pub conversation: Conversation,
    /// What became of it, the oldest first.
    pub events: Vec<ConversationEvent>,
    /// Notes, the oldest first.
    pub notes: Vec<ConversationNote>,
    /// The last message that the visitor has seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor_read_id: Option<Uuid>,
}

/// `GET /inbox/counts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InboxCounts {
    /// Conversations that wait for a person.
    pub waiting: i64,
    /// Those that you have.
    pub mine: i64,
    /// Those that wait, and those of yours in which something is unread: what the number in the navigation says.
    pub attention: i64,
}

/// `POST /inbox/{conversation_id}/take`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TakeRequest {
    /// The colleague to take it from. Without, it is refused while somebody else has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Uuid>,
}

/// `POST /inbox/{conversation_id}/assign`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AssignRequest {
    /// Who shall have it; nobody when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Uuid>,
}

/// `POST /inbox/{conversation_id}/replies`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplyRequest {
    /// 1 to 4,000 characters.
    pub content: String,
    /// Made up by the client, so that a reply that is sent again is not said twice; up to 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// `POST /inbox/{conversation_id}/notes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct InboxNoteRequest {
    /// 1 to 4,000 characters.
    pub content: String,
}

/// An answer that is written once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CannedReply {
    /// Id.
    pub id: Uuid,
    /// What follows the `/` in the composer.
    pub shortcut: String,
    /// The answer.
    pub content: String,
}

/// `POST /canned-replies`, `PUT /canned-replies/{canned_reply_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveCannedReplyRequest {
    /// Letters, digits, `-` and `_`, up to 40; once in a workspace.
    pub shortcut: String,
    /// 1 to 4,000 characters.
    pub content: String,
}

impl SaveCannedReplyRequest {
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut check = Checker::default();
        let is_word = self
            .shortcut
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
        check.require(
            is_word && (1..=40).contains(&self.shortcut.chars().count()),
            "shortcut",
            "Use letters, digits, - and _, up to 40.",
        );
        check.length("content", &self.content, 1, MAX_REPLY_CHARS);
        check.finish()
    }
}

/// A stretch of a day in which people answer. It ends the next day if it ends before it begins; from midnight to midnight is
/// the whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// When it begins, in minutes since midnight: 540 for nine o'clock.
    pub from: u16,
    /// The first minute that is not in it any more.
    pub to: u16,
}

impl Default for Shift {
    /// From nine to five.
    fn default() -> Self {
        Self {
            from: 9 * 60,
            to: 17 * 60,
        }
    }
}

/// When people answer, for all bots of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OfficeHours {
    /// Whether there are any; else people answer at all times.
    pub is_limited: bool,
    /// The time zone that the times are of, such as `Europe/Paris`.
    pub time_zone: String,
    /// For each of the seven days, Monday first.
    pub days: Vec<Vec<Shift>>,
    /// Days on which nobody answers, whatever day of the week they are; up to 60.
    #[serde(default)]
    pub closed_on: Vec<NaiveDate>,
}

impl Default for OfficeHours {
    fn default() -> Self {
        let mut days = vec![vec![Shift::default()]; 5];
        days.extend([Vec::new(), Vec::new()]);
        Self {
            is_limited: false,
            time_zone: "UTC".to_owned(),
            days,
            closed_on: Vec::new(),
        }
    }
}

impl OfficeHours {
    /// What is wrong with them. Whether the time zone is one, the server knows.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut check = Checker::default();
        check.length("time_zone", &self.time_zone, 1, 64);
        check.require(self.days.len() == 7, "days", "Send seven days, Monday first.");
        for (i, shifts) in self.days.iter().enumerate() {
            let message = "Enter at most 4 stretches of time a day.";
            check.require(shifts.len() <= MAX_SHIFTS, &format!("days[{i}]"), message);
            let are_times = shifts
                .iter()
                .all(|shift| shift.from < MINUTES && shift.to < MINUTES);
            let message = "Use minutes since midnight, 0 to 1439.";
            check.require(are_times, &format!("days[{i}]"), message);
        }
        check.require(
            self.closed_on.len() <= MAX_CLOSED_DAYS,
            "closed_on",
            "Enter at most 60 days.",
        );
        check.finish()
    }
}

/// `GET` and `PUT /inbox/notifications`: what you are told of in this workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct InboxNotifications {
    /// A mail when a visitor waits for a person.
    pub by_mail: bool,
}

/// Where a visitor's conversation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HandOffStatus {
    /// Who answers.
    pub state: ConversationState,
    /// The name of the person who does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The number of the newest event: `GET …/live?after=` goes on from there.
    pub after: i32,
}

/// `POST /bots/{bot_id}/hand-off`. Unknown fields are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AskForPersonRequest {
    /// The conversation; a new one is begun when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Uuid>,
}

/// What became of asking for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskedForPerson {
    /// The conversation.
    pub session_id: Uuid,
    /// Where it stands.
    #[serde(flatten)]
    pub status: HandOffStatus,
    /// What the visitor reads; empty when nothing changed.
    pub message: String,
    /// True while nobody is there and the bot has a lead form to show.
    #[serde(default)]
    pub offers_lead_form: bool,
}

/// `POST /bots/{bot_id}/sessions/{session_id}/signals`: what a visitor does. Unknown fields are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct VisitorSignal {
    /// They are typing.
    pub is_typing: bool,
    /// The last message that they have seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_id: Option<Uuid>,
}

/// What a visitor is told live, as server-sent events: `event:` is the variant's name, `data:` the fields. What has an `id:`
/// comes once and in order; `Last-Event-ID` goes on after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum VisitorEvent {
    /// Who answers now.
    State(HandOffStatus),
    /// A person wrote.
    Message(SessionMessage),
    /// A person is typing.
    Typing {
        /// Their name.
        name: String,
    },
    /// The team has read up to this message.
    Read {
        /// The message.
        read_id: Uuid,
    },
}

impl VisitorEvent {
    /// The `event:` name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::State(_) => "state",
            Self::Message(_) => "message",
            Self::Typing { .. } => "typing",
            Self::Read { .. } => "read",
        }
    }
}
