//! The same turn, list and report while tenants and messages grow a thousand and ten thousand times.

use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

use crate::model::Model;
use crate::product::{Admin, Bench};
use crate::report::{self, ms};
use crate::wire::{self, Connection as Wire};

/// What is measured at each size, one request after the other.
const SAMPLE: usize = 300;
/// Before that, so that caches of connections, plans and pages are as warm as in a running server.
const WARM_UP: usize = 100;
/// Tenants and messages, smallest first.
const SIZES: [(i64, i64); 5] = [
    (10, 1_000),
    (1_000, 1_000),
    (10_000, 1_000),
    (10_000, 100_000),
    (10_000, 10_000_000),
];

/// The rows that make a size, as the owner of the database writes them.
const FILL: &str = include_str!("growth.sql");

pub async fn run() -> Result<()> {
    let model = Model::start().await?;
    let bench = Bench::empty("growth", &model).await?;
    let mut owner = PgConnection::connect(&bench.servers.database_url).await?;
    owner.execute(AssertSqlSafe(FILL)).await?;
    let mut looks: Vec<Look> = Vec::new();
    for (tenants, messages) in SIZES {
        let began = Instant::now();
        // Of the bench's own workspace a tenth, of the others the rest.
        for statement in [
            format!("call grow_tenants({tenants})"),
            format!("call grow_messages({messages})"),
        ] {
            owner.execute(AssertSqlSafe(statement)).await?;
        }
        bench.servers.settle().await?;
        eprintln!(
            "({tenants} tenants and {messages} messages were there after {:.0?})",
            began.elapsed()
        );
        let look = Look::take(&bench, &mut owner, tenants, messages).await?;
        look.print(looks.first());
        looks.push(look);
    }
    let size: i64 = sqlx::query_scalar("select pg_database_size(current_database())")
        .fetch_one(&mut owner)
        .await?;
    println!("\nthe database holds {:.1} GB", size as f64 / 1e9);
    let (first, last) = (looks.first().context("sizes")?, looks.last().context("sizes")?);
    println!("\nmedians at the largest size, of those at the smallest:");
    for (name, before, after) in first
        .figures
        .iter()
        .zip(&last.figures)
        .map(|(a, b)| (a.name, a, b))
    {
        println!("{name}: {:.2}", after.median / before.median);
    }
    Ok(())
}

/// How long something took.
struct Figure {
    name: &'static str,
    median: f64,
    p99: f64,
}

/// What was measured at one size.
struct Look {
    tenants: i64,
    messages: i64,
    figures: Vec<Figure>,
}

impl Look {
    async fn take(bench: &Bench, owner: &mut PgConnection, tenants: i64, messages: i64) -> Result<Self> {
        let bot = &bench.bot;
        let chat = format!("/api/v1/bots/{bot}/chat");
        let conversations = old_conversations(owner, bot).await?;
        // To fill the database may have taken longer than a token lasts.
        let admin = Admin::enter(&bench.server).await?;
        let token = format!("Bearer {}", admin.token);
        let get = |path: String| wire::request("GET", &path, &[("authorization", &token)], "");
        let ask = |session: Option<&str>| {
            let mut body = json!({ "message": "How many litres does it hold?", "stream": false });
            if let Some(session) = session {
                body["session_id"] = json!(session);
            }
            wire::request("POST", &chat, &[], &body.to_string())
        };
        let of = |number: usize| conversations[number % conversations.len()].as_str();
        let mut wire = Wire::open(&bench.server.address).await?;
        let figures = vec![
            figure("a turn in a new conversation", &mut wire, |_| ask(None)).await?,
            figure("a turn in one that was begun months ago", &mut wire, |n| {
                ask(Some(of(n)))
            })
            .await?,
            figure("list of conversations", &mut wire, |_| {
                get(format!("/api/v1/conversations?bot_id={bot}"))
            })
            .await?,
            figure("a conversation", &mut wire, |n| {
                get(format!("/api/v1/conversations/{}", of(n)))
            })
            .await?,
            figure("inbox", &mut wire, |_| get("/api/v1/inbox".to_owned())).await?,
            figure("analytics of 30 days", &mut wire, |_| {
                get("/api/v1/analytics".to_owned())
            })
            .await?,
        ];
        Ok(Self {
            tenants,
            messages,
            figures,
        })
    }

    fn print(&self, first: Option<&Self>) {
        if first.is_none() {
            let names: Vec<_> = self.figures.iter().map(|figure| figure.name).collect();
            println!("| tenants | messages | {} |", names.join(" | "));
            println!("|---|---|{}", "---|".repeat(names.len()));
        }
        let cells: Vec<_> = self
            .figures
            .iter()
            .map(|figure| format!("{:.2} ms ({:.2})", figure.median, figure.p99))
            .collect();
        println!("| {} | {} | {} |", self.tenants, self.messages, cells.join(" | "));
    }
}

async fn figure(name: &'static str, wire: &mut Wire, request: impl Fn(usize) -> Vec<u8>) -> Result<Figure> {
    let mut times = Vec::with_capacity(SAMPLE);
    for number in 0..WARM_UP + SAMPLE {
        let request = request(number);
        let began = Instant::now();
        wire.send(&request, |_| {}).await.with_context(|| name)?;
        if number >= WARM_UP {
            times.push(ms(began.elapsed()));
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(Figure {
        name,
        p99: times[times.len() * 99 / 100],
        median: report::median(times),
    })
}

/// Of the bot, spread over the time in which there were any.
async fn old_conversations(owner: &mut PgConnection, bot: &str) -> Result<Vec<String>> {
    let sql = format!(
        "select id::text from (
             select id, row_number() over (order by created_at) as n, count(*) over () as all_of_them
             from conversations where bot_id = '{bot}' and metadata ? 'grown') c
         where n % greatest(all_of_them / 200, 1) = 0 limit 200"
    );
    let rows = owner.fetch_all(AssertSqlSafe(sql)).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
