//! Bots, their content and versions: `/api/v1/bots`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::appearance::{Appearance, Font, Icon, Position, Size, Theme};
use crate::inbox::HandOff;
use crate::leads::LeadForm;
pub use crate::proactive::{ProactiveRule, ProactiveTrigger};
use crate::retrieval::Rerank;
use crate::test_sets::{BotTests, OverrideTests};
use crate::translations::{Language, Translation};
use crate::uploads::Uploads;
use crate::visitors::Access;

/// What makes the answers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelChoice {
    /// Built in, no key needed: quotes the best passages.
    #[default]
    Extractive,
    /// A model of a connected provider.
    Provider {
        /// The provider connection, see `/api/v1/providers`.
        provider_id: Uuid,
        /// The model's name as the provider knows it, such as `gpt-5-mini`.
        model: String,
        /// 0 to 2; the provider's default when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        temperature: Option<f32>,
    },
}

/// Everything that makes a chatbot: what a draft holds and a deploy freezes as a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ChatbotContent {
    /// Name, unique in the workspace. 1 to 80 characters.
    pub name: String,
    /// What the bot is for and how it should speak. Up to 8,000 characters.
    pub instructions: String,
    /// First message a visitor sees. Up to 500 characters.
    pub greeting: String,
    /// Said when the knowledge holds no answer. 1 to 500 characters.
    pub fallback_message: String,
    /// Questions offered before the first message: up to 4, up to 120 characters each.
    pub suggested_questions: Vec<String>,
    /// Knowledge bases to answer from, up to 10.
    pub knowledge_base_ids: Vec<Uuid>,
    /// Only from their documents with any of these tags, up to 20; from all when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub document_tags: Vec<String>,
    /// What puts the passages in order before the best are taken; without it, search alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerank: Option<Rerank>,
    /// What makes the answers.
    pub model: ModelChoice,
    /// How many passages the model is given, 1 to 12.
    pub max_passages: u8,
    /// Whether an answer of the provider's model is given again, for up to a day, to whoever asks the very same while neither
    /// the bot nor its knowledge has changed. The model is not asked then, and no tokens are spent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub response_cache: bool,
    /// How the widget looks.
    pub appearance: Appearance,
    /// Language of the widget; the visitor's own when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The bot's own words in other languages, at most one of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub translations: Vec<Translation>,
    /// What the bubble says by itself, up to 5.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proactive: Vec<ProactiveRule>,
    /// Who may talk to it.
    #[serde(skip_serializing_if = "Access::is_open")]
    pub access: Access,
    /// The form in which visitors leave their details.
    #[serde(skip_serializing_if = "LeadForm::is_default")]
    pub lead_form: LeadForm,
    /// When visitors are handed over to people.
    #[serde(skip_serializing_if = "HandOff::is_default")]
    pub hand_off: HandOff,
    /// What visitors may send.
    #[serde(skip_serializing_if = "Uploads::is_default")]
    pub uploads: Uploads,
    /// The test set that says how well it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tests: Option<BotTests>,
}

impl Default for ChatbotContent {
    fn default() -> Self {
        Self {
            name: String::new(),
            instructions: "You answer questions about our product, briefly and kindly.".to_owned(),
            greeting: "Hi! Ask me anything.".to_owned(),
            fallback_message: "I couldn't find that in what I know. Could you put it another way?".to_owned(),
            suggested_questions: Vec::new(),
            knowledge_base_ids: Vec::new(),
            document_tags: Vec::new(),
            rerank: None,
            model: ModelChoice::default(),
            max_passages: 6,
            response_cache: false,
            appearance: Appearance::default(),
            language: None,
            translations: Vec::new(),
            proactive: Vec::new(),
            access: Access::default(),
            lead_form: LeadForm::default(),
            hand_off: HandOff::default(),
            uploads: Uploads::default(),
            tests: None,
        }
    }
}

/// Whether a deployed bot answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BotStatus {
    /// Answers visitors.
    Live,
    /// Taken down; visitors are told so.
    Offline,
}

impl BotSummary {
    /// To this number its conversations are counted: counting all of them would take longer with each one.
    pub const MOST_COUNTED: i64 = 100;
}

/// A deployed bot in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BotSummary {
    /// Id, public: it stands in the embed code.
    pub id: Uuid,
    /// Name of the live version.
    pub name: String,
    /// Whether it answers.
    pub status: BotStatus,
    /// The live version, counted from 1.
    pub live_version: i32,
    /// Accent colour of the live version.
    pub color: String,
    /// Conversations so far; 101 stands for more than 100.
    pub conversation_count: i64,
    /// When the live version was deployed.
    pub deployed_at: DateTime<Utc>,
}

/// A deployed bot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bot {
    /// The list row.
    #[serde(flatten)]
    pub summary: BotSummary,
    /// Content of the live version.
    pub content: ChatbotContent,
    /// How to embed it.
    pub embed: Embed,
}

/// How a deployed bot is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Embed {
    /// The one `<script>` tag to paste into a page.
    pub code: String,
    /// Hosted page with the bot alone.
    pub chat_url: String,
    /// The chat endpoint for API clients.
    pub api_url: String,
}

/// One deployed version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BotVersion {
    /// Counted from 1.
    pub version: i32,
    /// When it was deployed.
    pub deployed_at: DateTime<Utc>,
    /// Name of who deployed it, if the account still exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed_by: Option<String>,
    /// Whether it is the one that answers.
    pub live: bool,
    /// What was deployed.
    pub content: ChatbotContent,
}

/// `POST /chatbots/draft/{draft_id}/deploy`; the body may be left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DeployRequest {
    /// Deploy although a required run of tests is missing or did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_tests: Option<OverrideTests>,
}

/// Answer of `deploy` and `rollback`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Deployed {
    /// The bot.
    pub bot_id: Uuid,
    /// The version that is live now.
    pub version: i32,
    /// How to embed it.
    pub embed: Embed,
}

/// `PUT /bots/{bot_id}/status`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetStatusRequest {
    /// What it should be.
    pub status: BotStatus,
}

/// `POST /bots/{bot_id}/rollback`: makes an earlier version live again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RollbackRequest {
    /// The version to make live.
    pub version: i32,
}

/// `POST /chatbots/prompt-preview`: the prompt that the model would be given, passages left open.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PromptPreview {
    /// The whole system prompt, with the bot's instructions in it.
    pub system: String,
    /// How passages and question are laid out in the last message.
    pub user: String,
}
