//! What Google's refusals mean.

use serde_json::Value;

use super::Key;
use crate::outbound::{Failure, Reply, said};

/// Where people switch the API on.
const CONSOLE: &str = "https://console.cloud.google.com/apis/library/drive.googleapis.com";

/// Why a request to Drive's API was refused.
pub(super) fn failure(reply: &Reply, key: &Key) -> Failure {
    let body: Value = reply
        .body
        .as_deref()
        .and_then(|body| serde_json::from_slice(body).ok())
        .unwrap_or_default();
    let error = &body["error"];
    let reason = error["errors"][0]["reason"].as_str().unwrap_or_default();
    let said = said(error["message"].as_str().unwrap_or_default(), reply.status);
    let account = &key.client_email;
    match (reply.status.as_u16(), reason) {
        (401, _) => Failure::Unauthorized(format!(
            "Google refuses what {account} shows. Connect Google anew with a new key. {said}"
        )),
        (404, _) => Failure::NotFound(format!(
            "Google does not show this. Share it with {account}, or it was deleted."
        )),
        (429, _) | (403, "rateLimitExceeded" | "userRateLimitExceeded") => slow_down(reply),
        (403, "exportSizeLimitExceeded") => Failure::TooLarge(
            "Google exports at most 10 MB. Split the document, or take large pictures out of it.".to_owned(),
        ),
        (403, "accessNotConfigured") => Failure::Unauthorized(format!(
            "The Google Drive API is not switched on. Open {CONSOLE}?project={}, click Enable, wait some minutes, and try again.",
            key.project_id
        )),
        (403, "domainPolicy") => Failure::Unauthorized(format!(
            "Google does not let {account} read Drive at all. Ask the administrator of your organization to allow it. {said}"
        )),
        // A new day brings a new quota.
        (403, "dailyLimitExceeded" | "quotaExceeded") => {
            Failure::Away(format!("The project's quota at Google is used up. {said}"))
        }
        (500.., _) if reply.retry_after.is_some() => slow_down(reply),
        (500.., _) => Failure::Away(format!("Google could not be reached. {said}")),
        (403, "insufficientPermissions" | "insufficientFilePermissions" | "forbidden") => {
            Failure::Refused(format!(
                "Google does not let {account} read this. Share it with that address as a viewer. {said}"
            ))
        }
        _ => Failure::Refused(format!("Google refuses. {said}")),
    }
}

fn slow_down(reply: &Reply) -> Failure {
    Failure::SlowDown("Google asks to slow down.".to_owned(), reply.retry_after)
}
