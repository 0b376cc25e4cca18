//! `/bots`

use super::{Call, Page, Uuid, found};
use crate::bots::{Bot, BotSummary, BotVersion, Deployed, RollbackRequest, SetStatusRequest};
use crate::embed::{BotSite, EmbedCheckRequest, EmbedReport};
use crate::visitors::{CreatedVisitorSecret, VisitorSecret};

/// Deployed bots by name, or those whose name has some words.
pub fn list(words: &str, cursor: Option<String>) -> Call<Page<BotSummary>> {
    Call::get(format!("/bots{}", found(words, cursor)))
}

/// As many as there may be in a list to choose from.
pub fn many() -> Call<Page<BotSummary>> {
    Call::get("/bots?limit=500")
}

/// One bot.
pub fn get(id: Uuid) -> Call<Bot> {
    Call::get(format!("/bots/{id}"))
}

/// Deletes a bot with its versions and conversations.
pub fn delete(id: Uuid) -> Call<()> {
    Call::delete(format!("/bots/{id}"))
}

/// Takes a bot down or puts it up again.
pub fn set_status(id: Uuid, request: &SetStatusRequest) -> Call<()> {
    Call::put(format!("/bots/{id}/status")).json(request)
}

/// Every deployed version, newest first.
pub fn versions(id: Uuid) -> Call<Vec<BotVersion>> {
    Call::get(format!("/bots/{id}/versions"))
}

/// Makes an earlier version live again.
pub fn rollback(id: Uuid, request: &RollbackRequest) -> Call<Deployed> {
    Call::post(format!("/bots/{id}/rollback")).json(request)
}

/// The secrets with which the bot's site vouches for visitors.
pub fn visitor_secrets(id: Uuid) -> Call<Vec<VisitorSecret>> {
    Call::get(format!("/bots/{id}/visitor-secrets"))
}

/// Makes one, shown this once.
pub fn create_visitor_secret(id: Uuid) -> Call<CreatedVisitorSecret> {
    Call::post(format!("/bots/{id}/visitor-secrets"))
}

/// Deletes one.
pub fn delete_visitor_secret(id: Uuid, secret_id: Uuid) -> Call<()> {
    Call::delete(format!("/bots/{id}/visitor-secrets/{secret_id}"))
}

/// Says what keeps a page from showing the bot.
pub fn check_embed(id: Uuid, request: &EmbedCheckRequest) -> Call<EmbedReport> {
    Call::post(format!("/bots/{id}/embed-check")).json(request)
}

/// The sites on which it was seen.
pub fn sites(id: Uuid) -> Call<Vec<BotSite>> {
    Call::get(format!("/bots/{id}/sites"))
}
