//! Notion over HTTP: connected, looked through, taken into a draft, and fetched again.

use std::time::Duration;

use api_types::ErrorCode;
use api_types::kb::ChunkPreview;
use api_types::sources::{CrawlStatus, PageReason};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::support::connected::{fetched, finalized, indexed, synced};
use crate::support::fake_notion::{FakeNotion, TOKEN, block, text};
use crate::support::{Person, TestApp, done, ok, refused};

async fn start(notion: &FakeNotion) -> TestApp {
    let (url, place) = (notion.url(), notion.place.clone());
    TestApp::start_with(move |config| {
        config.worker = true;
        config.notion_url = url.parse().unwrap();
        config.outbound_allow = vec![place];
    })
    .await
}

async fn connect(app: &TestApp, person: &Person) -> Uuid {
    let body = json!({ "kind": "notion", "name": "Our Notion", "credential": TOKEN });
    let made: Value = ok(app.post(person, "/api/v1/connections", body)).await;
    made["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn notion_is_connected_checked_and_looked_through() {
    let notion = FakeNotion::start().await;
    for title in ["Handbook", "Hours", "Warranty"] {
        notion.page(title, &json!({}), vec![]);
    }
    notion.change(|workspace| {
        workspace
            .databases
            .insert(Uuid::new_v4(), ("Products".into(), vec![]))
    });
    let app = start(&notion).await;
    let ada = app.sign_up().await;
    let wrong = json!({ "kind": "notion", "name": "Wrong", "credential": "ntn_wrong" });
    let problem = refused(
        app.post(&ada, "/api/v1/connections", wrong),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert_eq!(problem.errors[0].field, "credential");
    assert!(
        problem.errors[0].message.contains("refuses the token"),
        "{problem:?}"
    );

    let id = connect(&app, &ada).await;
    let listed: Value = ok(app.get(&ada, "/api/v1/connections")).await;
    assert_eq!(
        (&listed[0]["name"], &listed[0]["hint"]),
        (&json!("Our Notion"), &json!("WXYZ"))
    );
    assert!(!listed.to_string().contains(TOKEN));
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    let sealed: Vec<u8> = sqlx::query_scalar("select credential from connections")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("ntn_"));
    let again = json!({ "kind": "notion", "name": "Our Notion", "credential": TOKEN });
    let taken = app.post(&ada, "/api/v1/connections", again);
    refused(taken, StatusCode::CONFLICT, ErrorCode::NameTaken).await;

    let path = format!("/api/v1/connections/{id}");
    let (mut titles, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: Value = ok(app.get(&ada, &format!("{path}/items?query={cursor}"))).await;
        let items = page["items"].as_array().unwrap().iter();
        titles.extend(items.map(|item| item["title"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    titles.sort();
    assert_eq!(titles, ["Handbook", "Hours", "Products", "Warranty"]);
    let found: Value = ok(app.get(&ada, &format!("{path}/items?query=products"))).await;
    assert_eq!(found["items"][0]["kind"], "database");

    let check: Value = ok(app.post(&ada, &format!("{path}/check"), json!({}))).await;
    assert_eq!(
        check,
        json!({ "ok": true, "message": "Connected to Kettle shop." })
    );
    notion.change(|workspace| workspace.is_revoked = true);
    let check: Value = ok(app.post(&ada, &format!("{path}/check"), json!({}))).await;
    assert_eq!(check["ok"], false);

    // Nobody else sees it.
    let eve = app.sign_up().await;
    let remote = json!({ "connection_id": id, "subpages": false, "max_pages": 10,
        "items": [{ "id": Uuid::new_v4(), "kind": "page", "title": "" }] });
    let draft: Value = ok(app.post(&eve, "/api/v1/kb/draft", json!({}))).await;
    let sources = format!("/api/v1/kb/draft/{}/sources", draft["id"].as_str().unwrap());
    let foreign = json!({ "sources": [{ "kind": "notion", "remote": remote }] });
    refused(
        app.put(&eve, &sources, foreign),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    for request in [
        app.delete(&eve, &path),
        app.post(&eve, &format!("{path}/check"), json!({})),
        app.get(&eve, &format!("{path}/items")),
    ] {
        refused(request, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    }
    done(app.delete(&ada, &path)).await;
    assert_eq!(ok::<Value>(app.get(&ada, "/api/v1/connections")).await, json!([]));
}

/// A page with a block of every kind.
fn handbook(notion: &FakeNotion) -> Uuid {
    let none = || json!({});
    let mut outer = block("bulleted_list_item", "Kettles", &none());
    let mut inner = block("numbered_list_item", "Fill it.", &none());
    notion.within(&mut inner, vec![block("paragraph", "Cold water only.", &none())]);
    let second = block("numbered_list_item", "Boil it.", &none());
    notion.within(&mut outer, vec![inner, second]);
    let mut toggle = block("toggle", "Descaling", &none());
    notion.within(&mut toggle, vec![block("paragraph", "Use vinegar.", &none())]);
    let mut quote = block("quote", "Tea first.", &none());
    notion.within(&mut quote, vec![block("paragraph", "Ada", &none())]);
    let row = |a: &str, b: &str| {
        json!({ "object": "block", "id": Uuid::new_v4(), "type": "table_row",
        "table_row": { "cells": [text(a), text(b)] } })
    };
    let mut table = json!({ "object": "block", "id": Uuid::new_v4(), "type": "table",
        "table": { "table_width": 2, "has_column_header": true } });
    notion.within(&mut table, vec![row("Model", "Watts"), row("K2", "2200")]);
    let mut columns =
        json!({ "object": "block", "id": Uuid::new_v4(), "type": "column_list", "column_list": {} });
    notion.within(&mut columns, vec![block("paragraph", "Left.", &none())]);
    let blocks = vec![
        block("heading_2", "Care", &none()),
        block("paragraph", "Read this.", &none()),
        outer,
        block("to_do", "Rinse", &json!({ "checked": true })),
        toggle,
        quote,
        block("code", "boil()", &json!({ "language": "rust" })),
        table,
        columns,
        block("divider", "", &none()),
        json!({ "object": "block", "id": Uuid::new_v4(), "type": "unsupported", "unsupported": {} }),
    ];
    notion.page("Handbook", &json!({}), blocks)
}

const HANDBOOK: &str = "## Care

Read this.

- Kettles
  1. Fill it.

     Cold water only.
  2. Boil it.
- [x] Rinse

Descaling

Use vinegar.

> Tea first.
>
> Ada

```rust
boil()
```

| Model | Watts |
| --- | --- |
| K2 | 2200 |

Left.

---";

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_rows_are_taken_and_kept_fresh() {
    let notion = FakeNotion::start().await;
    let handbook = handbook(&notion);
    let hours = notion.page(
        "Hours",
        &json!({}),
        vec![block("paragraph", "Open from nine.", &json!({}))],
    );
    notion.change(|workspace| {
        let child = json!({ "object": "block", "id": hours, "type": "child_page", "has_children": true,
            "child_page": { "title": "Hours" } });
        workspace.blocks.get_mut(&handbook).unwrap().push(child);
    });
    let product = |name: &str, price: u32| {
        notion.page(
            name,
            &json!({ "Price": { "type": "number", "number": price } }),
            vec![],
        )
    };
    let rows = vec![product("K1", 20), product("K2", 49), product("K3", 60)];
    let products = Uuid::new_v4();
    notion.change(|workspace| {
        workspace
            .databases
            .insert(products, ("Products".into(), rows.clone()))
    });
    let app = start(&notion).await;
    let ada = app.sign_up().await;
    let connection = connect(&app, &ada).await;
    let remote = json!({ "connection_id": connection, "subpages": true, "max_pages": 100, "items": [
        { "id": handbook, "kind": "page", "title": "Handbook" },
        { "id": products, "kind": "database", "title": "Products" } ] });

    // Asked to slow down, it waits as long as it is told.
    notion.change(|workspace| workspace.slow_downs = 1);
    let (draft, source, crawl) = fetched(&app, &ada, "notion", remote).await;
    assert_eq!((crawl.status, crawl.error), (CrawlStatus::Done, None));
    assert_eq!(
        (crawl.pages.added, crawl.pages.skipped, crawl.pages.failed),
        (5, 1, 0)
    );
    notion.change(|workspace| {
        let slow = workspace
            .requests
            .iter()
            .position(|request| request.1 == 429)
            .unwrap();
        let waited = workspace.requests[slow + 1].2 - workspace.requests[slow].2;
        assert!(waited >= Duration::from_secs(1), "{waited:?}");
    });
    let preview: ChunkPreview =
        ok(app.get(&ada, &format!("{draft}/preview-chunks?source_id={source}"))).await;
    let of_handbook = &preview.sources[0];
    assert_eq!(of_handbook.page.as_ref().unwrap().title, "Handbook");
    let whole: Vec<&str> = of_handbook
        .chunks
        .iter()
        .map(|chunk| chunk.text.as_str())
        .collect();
    let link = format!("[Hours](https://www.notion.so/{})", hours.simple());
    assert_eq!(whole.join("\n\n"), format!("{HANDBOOK}\n\n{link}"));

    let kb = finalized(&app, &ada, &draft).await;
    let found: Value = ok(app.post(&ada, &format!("{kb}/search"), json!({ "query": "Price of K2" }))).await;
    assert_eq!(found["hits"][0]["title"], "K2");
    assert_eq!(found["hits"][0]["chunk"]["text"], "- Price: 49");
    assert_eq!(
        found["hits"][0]["url"],
        format!("https://www.notion.so/{}", rows[1].simple())
    );
    let in_use = app.delete(&ada, &format!("/api/v1/connections/{connection}"));
    refused(in_use, StatusCode::CONFLICT, ErrorCode::InUse).await;

    // A page is changed, a row goes to the trash, another one comes, a third is not shared any more.
    let fourth = product("K4", 99);
    notion.change(|workspace| {
        workspace
            .blocks
            .insert(hours, vec![block("paragraph", "Open from ten.", &json!({}))]);
        workspace.pages.get_mut(&rows[0]).unwrap()["in_trash"] = true.into();
        workspace.pages.remove(&rows[2]);
        workspace.databases.get_mut(&products).unwrap().1.push(fourth);
    });
    let path = format!("{kb}/sources/{source}");
    let report = synced(&app, &ada, &path).await;
    assert_eq!(
        (report.added, report.changed, report.removed, report.unchanged),
        (1, 1, 2, 2)
    );
    assert_eq!(report.reasons[0].reason, PageReason::List);
    let mut titles: Vec<String> = indexed(&app, &ada, &kb)
        .await
        .into_iter()
        .map(|d| d.title)
        .collect();
    titles.sort();
    assert_eq!(titles, ["Handbook", "Hours", "K2", "K4"]);

    // Without a token nothing can be said of any page, so nothing goes.
    notion.change(|workspace| workspace.is_revoked = true);
    let report = synced(&app, &ada, &path).await;
    assert_eq!((report.status, report.removed), (CrawlStatus::Failed, 0));
    assert!(report.error.unwrap().message.contains("refuses the token"));
    done(app.delete(&ada, &path)).await;
    done(app.delete(&ada, &format!("/api/v1/connections/{connection}"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_edited_is_not_read_again() {
    let notion = FakeNotion::start().await;
    let hours = notion.page(
        "Hours",
        &json!({}),
        vec![block("paragraph", "Open from nine.", &json!({}))],
    );
    let app = start(&notion).await;
    let ada = app.sign_up().await;
    let connection = connect(&app, &ada).await;
    let remote = json!({ "connection_id": connection, "subpages": false, "max_pages": 100,
        "items": [{ "id": hours, "kind": "page", "title": "Hours" }] });
    let (draft, source, _) = fetched(&app, &ada, "notion", remote).await;
    let kb = finalized(&app, &ada, &draft).await;
    let blocks_asked = || {
        notion.change(|workspace| {
            let blocks = workspace
                .requests
                .iter()
                .filter(|request| request.0.starts_with("/v1/blocks"));
            blocks.count()
        })
    };
    assert_eq!(blocks_asked(), 1);
    let path = format!("{kb}/sources/{source}");
    let report = synced(&app, &ada, &path).await;
    assert_eq!((report.unchanged, blocks_asked()), (1, 1));
    notion.change(|workspace| {
        let now = chrono::Utc::now().to_rfc3339();
        workspace.pages.get_mut(&hours).unwrap()["last_edited_time"] = now.into();
    });
    let report = synced(&app, &ada, &path).await;
    assert_eq!(
        (report.unchanged, blocks_asked()),
        (1, 2),
        "edited, but says the same"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_within_a_page_that_was_left_out_stay() {
    let notion = FakeNotion::start().await;
    let within = |title: &str| notion.page(title, &json!({}), vec![block("paragraph", title, &json!({}))]);
    let children = [within("Hours"), within("Prices"), within("Repairs")];
    let blocks = children.map(|child| {
        json!({ "object": "block", "id": child, "type": "child_page", "has_children": true,
            "child_page": { "title": "Within" } })
    });
    let handbook = notion.page("Handbook", &json!({}), blocks.to_vec());
    let contact = within("Contact");
    let app = start(&notion).await;
    let ada = app.sign_up().await;
    let connection = connect(&app, &ada).await;
    let remote = json!({ "connection_id": connection, "subpages": true, "max_pages": 100, "items": [
        { "id": contact, "kind": "page", "title": "Contact" },
        { "id": within("Team"), "kind": "page", "title": "Team" },
        { "id": within("Jobs"), "kind": "page", "title": "Jobs" },
        { "id": handbook, "kind": "page", "title": "Handbook" } ] });
    let (draft, source, _) = fetched(&app, &ada, "notion", remote).await;
    let kb = finalized(&app, &ada, &draft).await;
    let documents = indexed(&app, &ada, &kb).await;
    let left_out = documents
        .iter()
        .find(|document| document.title == "Handbook")
        .unwrap();
    done(app.delete(&ada, &format!("{kb}/documents/{}", left_out.id))).await;
    let path = format!("{kb}/sources/{source}");
    for _ in 0..2 {
        let report = synced(&app, &ada, &path).await;
        assert_eq!((report.removed, report.unchanged), (0, 6));
    }
    let documents = indexed(&app, &ada, &kb).await;
    assert!(documents.iter().all(|document| document.title != "Handbook"));
}
