//! Documents from upload to found, and whether anybody waits for them meanwhile.

use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::load::Load;
use crate::product::{Admin, Bench, text};
use crate::report;
use crate::wire;

/// Files of the tests, of each kind that people upload most.
const FILES: [&str; 4] = [
    "aurora-k2-guide.pdf",
    "returns-handbook.docx",
    "lumen-lamp.html",
    "brewing-notes.md",
];
/// How often each of them is uploaded, under another name and with another last line.
const COPIES: usize = 25;

pub async fn run() -> Result<()> {
    let Bench {
        server, admin, bot, ..
    } = &Bench::start(None).await?;
    let config = wire::request("GET", &format!("/api/v1/bots/{bot}/config"), &[], "");
    let reads = Load {
        address: server.address.clone(),
        clients: 4,
        rate: Some(200.0),
        request: Rc::new(move |_| config.clone()),
    };
    report::print_head();
    report::print_rounds("200 reads a second, nothing else going on", &reads.run().await?);
    let began = Instant::now();
    let base = upload(admin).await?;
    println!(
        "| {} files accepted after {:.1} s | | | |",
        FILES.len() * COPIES,
        began.elapsed().as_secs_f64()
    );
    let indexed = async {
        admin.indexed(&base).await?;
        anyhow::Ok(began.elapsed().as_secs_f64())
    };
    let (rounds, took) = tokio::join!(reads.run(), indexed);
    let took = took?;
    report::print_rounds(
        "200 reads a second, while documents are read and embedded",
        &rounds?,
    );
    let documents = admin
        .call(Method::GET, &format!("/kb/{base}/documents"), &Value::Null)
        .await?;
    let chunks: i64 = documents["items"]
        .as_array()
        .context("no documents")?
        .iter()
        .filter_map(|it| it["chunk_count"].as_i64())
        .sum();
    ensure!(chunks > 0, "nothing was indexed");
    println!(
        "\n{} documents found after {took:.1} s: {:.1} a second",
        FILES.len() * COPIES,
        (FILES.len() * COPIES) as f64 / took
    );
    admin
        .call(Method::DELETE, &format!("/kb/{base}"), &Value::Null)
        .await?;
    Ok(())
}

/// Uploads the files; answers the knowledge base's id.
async fn upload(admin: &Admin) -> Result<String> {
    let draft = admin.call(Method::POST, "/kb/draft", &json!({})).await?;
    let path = format!("/kb/draft/{}", text(&draft, "id")?);
    let name = format!("Ingested {}", uuid::Uuid::new_v4().simple());
    let body = json!({ "version": draft["version"], "name": name, "description": "", "chunking": draft["content"]["chunking"] });
    admin.call(Method::PUT, &path, &body).await?;
    for copy in 0..COPIES {
        let mut form = Form::new();
        for file in FILES {
            let from = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../domain/tests/fixtures")
                .join(file);
            let mut bytes = std::fs::read(from)?;
            // Bytes after the end do no harm in any of these kinds, and no two files are the same.
            bytes.extend(format!("\n<!-- {copy} {name} -->\n").into_bytes());
            form = form.part("file", Part::bytes(bytes).file_name(format!("{copy}-{file}")));
        }
        admin.upload(&format!("{path}/sources"), form).await?;
    }
    let done = admin
        .call(Method::POST, &format!("{path}/finalize"), &json!({}))
        .await?;
    text(&done, "knowledge_base_id")
}
