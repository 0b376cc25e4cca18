//! What row-level security costs: `cargo xtask bench rls [--rounds N] [--most RATIO]`.
//!
//! The queries that the product asks most, as they stand in `.sqlx`, over 200 tenants. Each is run in turn by the
//! server's role, for which the policies hold, and by a superuser, for whom they do not: there it is the explicit
//! `workspace_id = $1` alone that keeps tenants apart. Both are bound to the tenant, prepare their statements, and take
//! everything back. Fails when row-level security costs more than 15% over all of them, or what `--most` says.
//!
//! `BOTWRIGHT_TEST_DATABASE_URL` names a Postgres server, as a superuser, on which a database is made and dropped.
#![expect(clippy::print_stdout, reason = "that is what it is for")]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "nobody is there to handle an error"
)]

#[path = "../tests/support/database.rs"]
#[expect(dead_code, reason = "the tests need more")]
mod database;
#[path = "bench_rls/measure.rs"]
mod measure;
#[path = "bench_rls/queries.rs"]
mod queries;
#[path = "bench_rls/tenants.rs"]
mod tenants;

use std::process::ExitCode;
use std::time::Instant;

use database::TestDatabase;
use measure::{Figures, Sides};
use queries::queries;
use sqlx::{Connection, Executor, PgConnection};
use tenants::Tenant;

const USAGE: &str = "usage: bench_rls [--rounds N] [--most RATIO]";

/// Tenants that ask in turn.
const TENANTS: i64 = 40;

struct Options {
    /// How often each query is measured on both sides.
    rounds: usize,
    /// The largest ratio that passes.
    most: f64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let database = TestDatabase::create().await;
    let mut owner = PgConnection::connect(database.url.as_str()).await.unwrap();
    let began = Instant::now();
    owner.execute(include_str!("bench_rls/seed.sql")).await.unwrap();
    owner.execute("vacuum analyze").await.unwrap();
    println!("200 tenants written in {:.0?}", began.elapsed());
    let tenants = Tenant::some(&mut owner, TENANTS).await;
    let mut sides = Sides::connect(database.url.as_str()).await;

    println!(
        "\n| query | with policies | without | ratio (least to most of {} rounds) |",
        options.rounds
    );
    println!("|---|---|---|---|");
    let queries = queries();
    let all = sides.measure(&queries, &tenants, options.rounds).await;
    for (query, figures) in queries.iter().zip(&all) {
        println!("| {} | {figures} |", query.name);
    }
    let binding = sides.binding(options.rounds).await;
    let overall = Figures::geometric_mean(&all);
    println!("| **all {}, geometric mean** | | | **{overall:.3}** |", all.len());
    println!("\nbinding a transaction to its tenant, on both sides: {binding:.3} ms");
    drop(sides);
    if overall > options.most {
        println!(
            "row-level security costs more than {:.2} times what explicit filters do",
            options.most
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn options() -> Option<Options> {
    let mut options = Options {
        rounds: 31,
        most: 1.15,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next()?;
        match argument.as_str() {
            "--rounds" => options.rounds = value.parse().ok().filter(|rounds| *rounds > 0)?,
            "--most" => options.most = value.parse().ok()?,
            _ => return None,
        }
    }
    Some(options)
}
