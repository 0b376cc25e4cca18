//! What is looked up when somebody asks: queue, drafts, pool, memory. At most every few seconds, and never for long.

use std::time::Duration;

use metrics::gauge;
use strum::VariantNames;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::names;
use crate::jobs::{Job, QUEUE};
use crate::{Result, Services, drafts};

/// For so long the figures of before are told again.
const FRESH: Duration = Duration::from_secs(5);
/// How long a part may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// When it was looked up last.
static LOOKED: Mutex<Option<Instant>> = Mutex::const_new(None);

pub(super) async fn gather(services: &Services) {
    // Who asks at the same time waits, and then finds what is fresh.
    let mut looked = LOOKED.lock().await;
    if looked.is_some_and(|at| at.elapsed() < FRESH) {
        return;
    }
    *looked = Some(Instant::now());
    pool(services);
    memory();
    tell_up(
        "postgres",
        timeout(PATIENCE, queue(services))
            .await
            .is_ok_and(|queue| queue.is_ok()),
    );
    let drafts = timeout(PATIENCE, drafts::count(&services.drafts)).await;
    let drafts = drafts.ok().and_then(Result::ok);
    tell_up("redis", drafts.is_some());
    if let Some(drafts) = drafts {
        gauge!(names::DRAFTS).set(as_gauge(drafts));
    }
}

fn tell_up(part: &'static str, is_up: bool) {
    gauge!(names::UP, "part" => part).set(if is_up { 1.0 } else { 0.0 });
}

/// Jobs that are due. Kinds of which none waits are told as well: else the figure of before would stay.
async fn queue(services: &Services) -> Result<()> {
    let rows = sqlx::query!(
        r#"select convert_from(job, 'UTF8')::jsonb ->> 'job' as "kind!", count(*) as "count!",
             extract(epoch from max(now() - run_at))::float8 as "age!"
           from apalis.jobs
           where job_type = $1 and status in ('Pending', 'Queued') and run_at <= now()
           group by 1"#,
        QUEUE
    )
    .fetch_all(services.db.pool())
    .await?;
    for kind in Job::VARIANTS {
        let row = rows.iter().find(|row| row.kind == *kind);
        gauge!(names::JOBS_WAITING, "kind" => *kind)
            .set(as_gauge(row.map_or(0, |row| row.count.unsigned_abs())));
    }
    gauge!(names::JOBS_OLDEST).set(rows.iter().map(|row| row.age).fold(0.0, f64::max));
    Ok(())
}

fn pool(services: &Services) {
    let pool = services.db.pool();
    let idle = pool.num_idle();
    let all = usize::try_from(pool.size()).unwrap_or_default();
    gauge!(names::DB_CONNECTIONS, "state" => "idle").set(as_gauge(idle as u64));
    gauge!(names::DB_CONNECTIONS, "state" => "used").set(as_gauge(all.saturating_sub(idle) as u64));
    gauge!(names::DB_CONNECTIONS_MOST).set(f64::from(pool.options().get_max_connections()));
}

/// As the kernel counts it; nothing where there is no `/proc`.
fn memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    if let Some(kib) = kib {
        gauge!(names::MEMORY).set(as_gauge(kib * 1024));
    }
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floats")]
fn as_gauge(count: u64) -> f64 {
    count as f64
}
