//! Both sides in turn.

use std::fmt::{Display, Formatter};
use std::time::{Duration, Instant};

use chrono::Utc;
use sqlx::postgres::{PgArguments, PgConnectOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Postgres};
use uuid::Uuid;

use crate::queries::{Query, Value};
use crate::tenants::Tenant;

/// Runs before anything counts: Postgres prepares a plan for all tenants after five.
const WARM_UP: usize = 10;

/// Two connections to the same database.
pub struct Sides {
    guarded: PgConnection,
    free: PgConnection,
}

/// What was measured of a query, in milliseconds: medians over rounds of medians over tenants.
pub struct Figures {
    guarded: f64,
    free: f64,
    /// Of each round, the least first.
    ratios: Vec<f64>,
}

impl Sides {
    /// As the server's role, and as the superuser of the URL.
    pub async fn connect(url: &str) -> Self {
        let options: PgConnectOptions = url.parse().unwrap();
        let guarded = options.clone().options([("role", "botwright_app")]);
        Self {
            guarded: guarded.connect().await.unwrap(),
            free: options.connect().await.unwrap(),
        }
    }

    /// Each query of all tenants on both sides, round after round, who begins alternating: what else the machine does
    /// meets all of them.
    pub async fn measure(&mut self, queries: &[Query], tenants: &[Tenant], rounds: usize) -> Vec<Figures> {
        let mut medians = vec![(Vec::new(), Vec::new()); queries.len()];
        for query in queries {
            for tenant in tenants.iter().cycle().take(WARM_UP) {
                run(&mut self.guarded, query, tenant).await;
                run(&mut self.free, query, tenant).await;
            }
        }
        for round in 0..rounds {
            for (query, (guarded, free)) in queries.iter().zip(&mut medians) {
                let (with, without) = self.round(round, query, tenants).await;
                guarded.push(with);
                free.push(without);
            }
        }
        medians
            .into_iter()
            .map(|(guarded, free)| Figures::new(guarded, free))
            .collect()
    }

    async fn round(&mut self, round: usize, query: &Query, tenants: &[Tenant]) -> (f64, f64) {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for (n, tenant) in tenants.iter().enumerate() {
            let guarded_first = (n + round).is_multiple_of(2);
            for guarded in [guarded_first, !guarded_first] {
                if guarded {
                    with.push(run(&mut self.guarded, query, tenant).await);
                } else {
                    without.push(run(&mut self.free, query, tenant).await);
                }
            }
        }
        (
            median(with.iter().map(milliseconds)),
            median(without.iter().map(milliseconds)),
        )
    }

    /// What it takes to tell Postgres who asks.
    pub async fn binding(&mut self, rounds: usize) -> f64 {
        let mut taken = Vec::new();
        for _ in 0..rounds * 20 {
            let mut transaction = self.guarded.begin().await.unwrap();
            let began = Instant::now();
            bind(&mut transaction, "app.workspace_id", &Uuid::nil().to_string()).await;
            taken.push(began.elapsed());
        }
        median(taken.iter().map(milliseconds))
    }
}

impl Figures {
    fn new(guarded: Vec<f64>, free: Vec<f64>) -> Self {
        let mut ratios: Vec<f64> = guarded
            .iter()
            .zip(&free)
            .map(|(with, without)| with / without)
            .collect();
        ratios.sort_by(f64::total_cmp);
        Self {
            guarded: median(guarded.into_iter()),
            free: median(free.into_iter()),
            ratios,
        }
    }

    fn ratio(&self) -> f64 {
        median(self.ratios.iter().copied())
    }

    /// Of the ratios of all.
    pub fn geometric_mean(all: &[Self]) -> f64 {
        let sum: f64 = all.iter().map(|figures| figures.ratio().ln()).sum();
        (sum / all.len() as f64).exp()
    }
}

impl Display for Figures {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let (least, most) = (self.ratios[0], self.ratios[self.ratios.len() - 1]);
        write!(
            f,
            "{:.3} ms | {:.3} ms | {:.2} ({least:.2} to {most:.2})",
            self.guarded,
            self.free,
            self.ratio()
        )
    }
}

/// Runs a query in a transaction of its own that is taken back; how long the query took.
async fn run(connection: &mut PgConnection, query: &Query, tenant: &Tenant) -> Duration {
    let mut transaction = connection.begin().await.unwrap();
    bind(&mut transaction, query.setting, &(query.bound)(tenant)).await;
    let mut prepared = sqlx::query(AssertSqlSafe(query.sql.clone()));
    for value in (query.values)(tenant) {
        prepared = with(prepared, value);
    }
    let began = Instant::now();
    let rows = prepared.fetch_all(&mut *transaction).await;
    let taken = began.elapsed();
    rows.unwrap_or_else(|error| panic!("{}: {error}", query.name));
    transaction.rollback().await.unwrap();
    taken
}

type Prepared<'a> = sqlx::query::Query<'a, Postgres, PgArguments>;

fn with(query: Prepared<'_>, value: Value) -> Prepared<'_> {
    match value {
        Value::Bool(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
        Value::Id(value) => query.bind(value),
        Value::Ids(value) => query.bind(value),
        Value::Int(value) => query.bind(value),
        Value::Json(value) => query.bind(value),
        Value::Long(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Texts(value) => query.bind(value),
        Value::NoId => query.bind(None::<Uuid>),
        Value::NoJson => query.bind(None::<serde_json::Value>),
        Value::NoLong => query.bind(None::<i64>),
        Value::NoText => query.bind(None::<String>),
        Value::Now => query.bind(Utc::now()),
    }
}

async fn bind(connection: &mut PgConnection, setting: &str, value: &str) {
    sqlx::query("select set_config($1, $2, true)")
        .bind(setting)
        .bind(value)
        .execute(connection)
        .await
        .unwrap();
}

fn milliseconds(time: &Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
