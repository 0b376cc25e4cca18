//! How long a report takes at a million events: `cargo xtask bench analytics [--events N]`.
//!
//! The events are spread over 90 days of four bots, as they are written by chats: three turns a session, 200 pages, five
//! languages. They are loaded at once and summed by the statements that the trigger would have run for each; a sample is
//! then written one by one, for what the trigger costs. The report is that of the product, over its sums; beside it stands
//! what the same figures take from the events alone.
//!
//! `BOTWRIGHT_TEST_DATABASE_URL` names a Postgres server, as a superuser, on which a database is made and dropped.
#![expect(clippy::print_stdout, reason = "that is what it is for")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "nobody is there to handle an error"
)]

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "the tests need more")]
mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use api_types::analytics::AnalyticsQuery;
use chrono::{NaiveDate, TimeDelta, Utc};
use domain::analytics;
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use support::Harness;
use uuid::Uuid;

/// Rounds of each measurement.
const ROUNDS: usize = 15;
/// Events written one by one.
const SAMPLE: i64 = 2_000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let events: i64 = match (arguments.next().as_deref(), arguments.next()) {
        (Some("--events"), Some(number)) => number.parse().expect("--events needs a number"),
        _ => 1_000_000,
    };
    let harness = Harness::new(Path::new("unused")).await;
    let mut owner = harness.superuser().await;
    let workspace = harness.scope.workspace_id();
    load(&mut owner, workspace, events).await;

    let today = Utc::now().date_naive();
    println!("\nA report, with the period before (medians of {ROUNDS}, and the slowest):");
    for (name, days, tz) in [
        ("30 days, UTC", 30, "UTC"),
        ("30 days, Kathmandu", 30, "Asia/Kathmandu"),
        ("45 days, UTC", 45, "UTC"),
        ("45 days, Kathmandu", 45, "Asia/Kathmandu"),
    ] {
        let query = AnalyticsQuery {
            from: Some(today - TimeDelta::days(days - 1)),
            to: Some(today),
            tz: Some(tz.to_owned()),
            ..AnalyticsQuery::default()
        };
        let mut times = Vec::new();
        let mut sessions = 0;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let report = analytics::report(&harness.services, &harness.scope, &query)
                .await
                .unwrap();
            times.push(began.elapsed());
            sessions = report.totals.figures.sessions;
        }
        let raw = from_events(&mut owner, workspace, today, days, tz).await;
        let (median, slowest) = summary(&mut times);
        println!(
            "  {name:<20} with sums {median:>8.1?} (slowest {slowest:.1?}), from events alone {raw:>8.1?}; {sessions} sessions"
        );
    }
    write_one_by_one(&mut owner, workspace).await;
}

/// Fills the tables.
async fn load(owner: &mut PgConnection, workspace: Uuid, events: i64) {
    let began = Instant::now();
    for sql in [
        format!(
            "insert into bots (workspace_id, id, name, live_version)
             select '{workspace}', gen_random_uuid(), 'Bot ' || n, 1 from generate_series(1, 4) n"
        ),
        format!(
            "insert into bot_versions (workspace_id, bot_id, version, content, draft_id, draft_version)
             select workspace_id, id, 1, '{{}}', gen_random_uuid(), 1 from bots where workspace_id = '{workspace}'"
        ),
    ] {
        // The one points at the other.
        let sql = format!("set session_replication_role = replica; {sql}");
        owner.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    let sql = format!(
        "insert into events (workspace_id, id, counts_at, kind, bot_id, channel, outcome, language, page, model,
             prompt_tokens, completion_tokens, first_token_ms, total_ms, question_key, sessions, resolved, deflected)
         select '{workspace}', (left(uuid_from(t.counts_at)::text, 14) || right(gen_random_uuid()::text, 22))::uuid, t.counts_at,
             case when is_turn then 'turn' else 'session' end, b.ids[1 + (random() * 3)::int],
             (array['web', 'web', 'api'])[1 + (random() * 2)::int],
             case when is_turn then case when random() < 0.85 then 'answered' else 'gap' end end,
             case when is_turn then (array['en', 'en', 'de', 'fr', 'es', null])[1 + (random() * 5)::int] end,
             case when is_turn then 'https://shop.example/page/' || (200 * random() * random())::int end,
             case when is_turn then 'gpt-5-mini' end, case when is_turn then (random() * 3000)::int end,
             case when is_turn then (random() * 300)::int end, case when is_turn then (random() * 2000)::int end,
             case when is_turn then (random() * 9000)::int end, case when is_turn then (random() * 5000)::bigint end,
             (not is_turn)::int, (not is_turn and random() < 0.7)::int, (not is_turn)::int
         from generate_series(1, {events}) n, lateral (select n % 4 > 0 as is_turn, now() - (1 - n::float8 / {events}) * interval '90 days' as counts_at) t,
             (select array_agg(id) as ids from bots where workspace_id = '{workspace}') b"
    );
    owner.execute(AssertSqlSafe(sql)).await.unwrap();
    println!("{events} events written at once in {:.1?}", began.elapsed());
    let began = Instant::now();
    for sql in [
        "insert into event_slots select workspace_id, bot_id, channel,
             date_bin('15 minutes', counts_at, timestamptz '2000-01-01 00:00+00'), sum(sessions), sum(resolved),
             sum(deflected), 0, 0, count(*) filter (where outcome = 'answered'), count(*) filter (where outcome = 'gap'),
             0, sum(ups), sum(downs), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0)
         from events group by 1, 2, 3, 4",
        "insert into event_days select e.workspace_id, e.bot_id, e.channel, (e.counts_at at time zone 'UTC')::date,
             t.dimension, t.value, count(*), count(*) filter (where outcome = 'gap'), coalesce(sum(prompt_tokens), 0),
             coalesce(sum(completion_tokens), 0)
         from events e cross join lateral turn_dimensions(e) t where e.kind = 'turn' group by 1, 2, 3, 4, 5, 6",
        "set session_replication_role = origin",
    ] {
        owner.execute(sql).await.unwrap();
    }
    for table in ["events", "event_slots", "event_days"] {
        owner
            .execute(AssertSqlSafe(format!("vacuum analyze {table}")))
            .await
            .unwrap();
        let sql = format!("select count(*), pg_size_pretty(pg_total_relation_size('{table}')) from {table}");
        let (rows, size): (i64, String) = sqlx::query_as(AssertSqlSafe(sql))
            .fetch_one(&mut *owner)
            .await
            .unwrap();
        println!("  {table}: {rows} rows, {size} with indexes");
    }
    println!("summed in {:.1?}", began.elapsed());
}

/// What the figures of both periods and the dimensions of each take without sums.
async fn from_events(
    owner: &mut PgConnection,
    workspace: Uuid,
    today: NaiveDate,
    days: i64,
    tz: &str,
) -> Duration {
    let from = today - TimeDelta::days(2 * days - 1);
    let middle = today - TimeDelta::days(days - 1);
    let end = today + TimeDelta::days(1);
    let at = |day: NaiveDate| format!("'{day}'::date::timestamp at time zone '{tz}'");
    let figures = format!(
        "select (counts_at at time zone '{tz}')::date, bot_id, channel, sum(sessions), sum(resolved), sum(deflected),
             count(*) filter (where outcome = 'answered'), count(*) filter (where outcome = 'gap'), sum(ups), sum(downs),
             sum(prompt_tokens), sum(completion_tokens)
         from events where workspace_id = '{workspace}' and counts_at >= {} and counts_at < {} group by 1, 2, 3",
        at(from),
        at(end)
    );
    let dimensions = |from, to| {
        format!(
            "select t.dimension, t.value, count(*), sum(prompt_tokens), sum(completion_tokens)
             from events e cross join lateral turn_dimensions(e) t
             where e.workspace_id = '{workspace}' and e.kind = 'turn' and e.counts_at >= {} and e.counts_at < {}
             group by 1, 2",
            at(from),
            at(to)
        )
    };
    let began = Instant::now();
    for sql in [figures, dimensions(middle, end), dimensions(from, middle)] {
        owner.fetch_all(AssertSqlSafe(sql)).await.unwrap();
    }
    began.elapsed()
}

/// What it costs to write an event with its sums, and without.
async fn write_one_by_one(owner: &mut PgConnection, workspace: Uuid) {
    println!("\nWriting one turn, as a statement of its own (mean of {SAMPLE}):");
    for (name, role) in [("with sums", "origin"), ("without", "replica")] {
        let sql = format!("set session_replication_role = {role}");
        owner.execute(AssertSqlSafe(sql)).await.unwrap();
        let began = Instant::now();
        for _ in 0..SAMPLE {
            sqlx::query(
                "insert into events (workspace_id, id, counts_at, kind, bot_id, channel, outcome, language, page, model,
                     prompt_tokens, completion_tokens, first_token_ms, total_ms)
                 select $1, (left(uuid_from(now())::text, 14) || right(gen_random_uuid()::text, 22))::uuid, now(), 'turn', id, 'web', 'answered', 'en', 'https://shop.example/', 'm', 9,
                     9, 300, 900
                 from bots where workspace_id = $1 limit 1",
            )
            .bind(workspace)
            .execute(&mut *owner)
            .await
            .unwrap();
        }
        let each = began.elapsed() / u32::try_from(SAMPLE).unwrap_or(1);
        println!("  {name:<10} {each:.0?}");
    }
}

fn summary(times: &mut [Duration]) -> (Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[times.len() - 1])
}
