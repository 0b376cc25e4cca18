//! Reads: what the widget asks for first, and what the dashboard shows.

use std::rc::Rc;

use anyhow::Result;

use crate::load::Load;
use crate::processors::Watch;
use crate::product::Bench;
use crate::report;
use crate::wire;

pub async fn run() -> Result<()> {
    let Bench {
        server, admin, bot, ..
    } = &Bench::start(None).await?;
    let token = format!("Bearer {}", admin.token);
    let paths = [
        (
            "the widget's configuration",
            format!("/api/v1/bots/{bot}/config"),
            false,
        ),
        ("a bot", format!("/api/v1/bots/{bot}"), true),
        ("who is signed in", "/api/v1/auth/me".to_owned(), true),
        ("list of knowledge bases", "/api/v1/kb".to_owned(), true),
        ("health", "/healthz".to_owned(), false),
    ];
    report::print_head();
    for (name, path, is_private) in paths {
        let headers = [("authorization", token.as_str())];
        let request = wire::request("GET", &path, if is_private { &headers } else { &[] }, "");
        let load = Load {
            address: server.address.clone(),
            clients: 64,
            rate: None,
            request: Rc::new(move |_| request.clone()),
        };
        let watch = Watch::begin()?;
        let rounds = load.run().await?;
        report::print_rounds(name, &rounds);
        watch.print(&rounds)?;
    }
    Ok(())
}
