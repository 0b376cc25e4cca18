//! Canned replies, office hours, and what somebody is told of.

use api_types::ErrorCode;
use api_types::inbox::{CannedReply, InboxNotifications, OfficeHours};
use api_types::tenancy::Role;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{TestApp, done, ok, refused};

#[tokio::test]
async fn canned_replies_are_kept_by_shortcut() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let path = "/api/v1/canned-replies";
    let body = json!({ "shortcut": "Hours", "content": "We are here from 9 to 5." });
    let made: CannedReply = ok(app.post(&ada, path, &body)).await;
    assert_eq!(made.shortcut, "hours");
    refused(
        app.post(&ada, path, &body),
        StatusCode::CONFLICT,
        ErrorCode::NameTaken,
    )
    .await;
    let one = format!("{path}/{}", made.id);
    let body = json!({ "shortcut": "hours", "content": "From 10 to 6." });
    let saved: CannedReply = ok(app.put(&ada, &one, body)).await;
    let all: Vec<CannedReply> = ok(app.get(&ada, path)).await;
    assert_eq!(all, [saved]);
    for shortcut in ["", "two words", "/hours", &"a".repeat(41)] {
        let body = json!({ "shortcut": shortcut, "content": "Hi" });
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        refused(app.post(&ada, path, body), status, ErrorCode::ValidationFailed).await;
    }
    done(app.delete(&ada, &one)).await;
    refused(app.delete(&ada, &one), StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
}

#[tokio::test]
async fn office_hours_have_a_time_zone_that_there_is() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let path = "/api/v1/inbox/office-hours";
    let before: OfficeHours = ok(app.get(&ada, path)).await;
    assert_eq!(before, OfficeHours::default());
    let wanted = OfficeHours {
        is_limited: true,
        time_zone: "America/St_Johns".into(),
        ..OfficeHours::default()
    };
    let saved: OfficeHours = ok(app.put(&ada, path, &wanted)).await;
    assert_eq!(saved, wanted);
    let read: OfficeHours = ok(app.get(&ada, path)).await;
    assert_eq!(read, wanted);
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    for body in [
        json!({ "is_limited": true, "time_zone": "Moon/Crater", "days": [[], [], [], [], [], [], []] }),
        json!({ "is_limited": true, "time_zone": "UTC", "days": [[]] }),
    ] {
        refused(app.put(&ada, path, body), status, ErrorCode::ValidationFailed).await;
    }
}

#[tokio::test]
async fn who_may_answer_is_told_by_mail_unless_they_say_otherwise() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let viewer = app.join(&ada, "organization/invitations", Role::Viewer).await;
    let path = "/api/v1/inbox/notifications";
    let (hers, theirs): (InboxNotifications, InboxNotifications) =
        (ok(app.get(&ada, path)).await, ok(app.get(&viewer, path)).await);
    assert!(hers.by_mail && !theirs.by_mail);
    let off: InboxNotifications = ok(app.put(&ada, path, json!({ "by_mail": false }))).await;
    assert!(!off.by_mail);
    let hers: InboxNotifications = ok(app.get(&ada, path)).await;
    assert_eq!(hers, off);
}
