//! Turns of a chat: as many as the server makes, and how long one takes at half of that.

use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

use crate::load::Load;
use crate::memory;
use crate::model::Model;
use crate::processors::Watch;
use crate::product::{Bench, Server, words};
use crate::report::{self, ms};
use crate::wire::{self, Connection};

/// Clients at once.
const CLIENTS: usize = 64;
/// Different questions that are asked again and again.
const KNOWN: u64 = 50;
/// Turns that are compared with asking the model directly.
const COMPARED: usize = 400;

pub async fn run(arguments: &[&str]) -> Result<()> {
    let model = Model::start().await?;
    let Bench { server, bot, .. } = &Bench::start(Some(&model)).await?;
    let load = |question: fn(u64) -> String| {
        let path = format!("/api/v1/bots/{bot}/chat");
        Load {
            address: server.address.clone(),
            clients: CLIENTS,
            rate: None,
            request: Rc::new(move |number| turn(&path, &question(number), false)),
        }
    };
    // Numbers never come again, nor do those of the rounds before.
    let fresh = load(|number| words::question(number + 1_000_000));
    report::print_head();
    if arguments.contains(&"--fresh") {
        report::print_rounds("turns, questions never asked before", &fresh.run().await?);
        return Ok(());
    }
    let known = load(|number| words::question(number % KNOWN));
    let watch = Watch::begin()?;
    let rounds = known.run().await?;
    report::print_rounds("turns, questions that were asked before", &rounds);
    watch.print(&rounds)?;
    let half = Load {
        rate: Some(report::rate(&rounds) / 2.0),
        ..known
    };
    report::print_rounds("the same at half of that load", &half.run().await?);
    if !arguments.contains(&"--short") {
        report::print_rounds("turns, questions never asked before", &fresh.run().await?);
    }
    added(server, &model, bot).await?;
    let (now, most) = memory::of(server.pid())?;
    println!("\nmemory of the server: {now:.0} MB, at most {most:.0} MB");
    Ok(())
}

/// A request for a turn.
pub fn turn(path: &str, question: &str, streamed: bool) -> Vec<u8> {
    let body = json!({ "message": question, "stream": streamed }).to_string();
    wire::request("POST", path, &[], &body)
}

/// What the server adds to the model's own time, one turn after the other.
async fn added(server: &Server, model: &Model, bot: &str) -> Result<()> {
    let mut through = Connection::open(&server.address).await?;
    let mut direct = Connection::open(&model.address).await?;
    let completion =
        json!({ "model": "bench", "stream": true, "messages": [{ "role": "user", "content": "Hello?" }] });
    let asked_directly = wire::request("POST", "/v1/chat/completions", &[], &completion.to_string());
    let path = format!("/api/v1/bots/{bot}/chat");
    let (mut first, mut whole, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..COMPARED as u64 {
        let began = Instant::now();
        direct.send(&asked_directly, |_| {}).await?;
        bare.push(ms(began.elapsed()));

        let asked = turn(&path, &words::question(number % KNOWN), true);
        let began = Instant::now();
        let mut first_token: Option<Duration> = None;
        let mut seen = |piece: &[u8]| {
            if first_token.is_none() && memchr::memmem::find(piece, b"event: delta").is_some() {
                first_token = Some(began.elapsed());
            }
        };
        through.send(&asked, &mut seen).await?;
        first.push(ms(first_token.unwrap_or_default()));
        whole.push(ms(began.elapsed()));
    }
    let (first, whole, bare) = (report::median(first), report::median(whole), report::median(bare));
    println!("\none turn at a time, medians of {COMPARED}:");
    println!("the model alone {bare:.2} ms; through the server first token {first:.2} ms, all {whole:.2} ms");
    println!(
        "added to the first token: {:.2} ms, to all: {:.2} ms",
        first - bare,
        whole - bare
    );
    Ok(())
}
