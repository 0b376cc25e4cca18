//! The private Postgres.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use super::Durability;
use super::home::Home;
use super::leftovers;
use super::supervisor::Server;

const LOG: &str = "postgres.log";
const DATA: &str = "postgres";
/// Postgres calls these the fast and the immediate shutdown.
const STOP: &[(Signal, Duration)] = &[
    (Signal::SIGINT, Duration::from_secs(60)),
    (Signal::SIGQUIT, Duration::from_secs(10)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

/// A database cluster and the programs that serve it.
pub(super) struct Postgres {
    home: Home,
    binaries: PathBuf,
    durability: Durability,
    port: u16,
    password: String,
    /// The folder of its socket, through which it is reached sooner than through the port.
    sockets: Option<String>,
}

impl Postgres {
    /// Finds the programs, and makes the cluster if there is none yet.
    pub(super) async fn new(
        home: &Home,
        durability: Durability,
        port: u16,
        password: &str,
        sockets: Option<String>,
    ) -> Result<Self> {
        let version = fs::read_to_string(home.path(DATA).join("PG_VERSION")).ok();
        let binaries = find_binaries(version.as_deref().map(str::trim))?;
        let postgres = Self {
            home: home.clone(),
            binaries,
            durability,
            port,
            password: password.to_owned(),
            sockets,
        };
        if version.is_none() {
            postgres.make_cluster().await?;
        }
        Ok(postgres)
    }

    /// Where clients reach a database of this cluster.
    pub(super) fn url(&self, database: &str) -> String {
        let url = url(&self.password, self.port, database);
        match &self.sockets {
            Some(folder) => format!("{url}?host={}", utf8_percent_encode(folder, NON_ALPHANUMERIC)),
            None => url,
        }
    }

    /// Makes the cluster beside its place and then moves it there: a half-made one is never used.
    async fn make_cluster(&self) -> Result<()> {
        let (place, new) = (self.home.path(DATA), self.home.path("postgres.new"));
        // A killed start may have left an unfinished attempt at work.
        let kill = [(Signal::SIGKILL, Duration::from_secs(5))];
        leftovers::stop(&self.home, "initdb", &self.home.path("."), &kill).await?;
        leftovers::stop(&self.home, "postgres", &new, &kill).await?;
        for folder in [&place, &new] {
            if folder.exists() {
                fs::remove_dir_all(folder)?;
            }
        }
        self.home.make_folder(&new)?;
        let mut initdb = self.home.command(&self.binaries.join("initdb"));
        initdb
            .arg("--pgdata")
            .arg(&new)
            .arg("--pwfile")
            .arg(self.home.path("password"));
        initdb.args([
            "--username=botwright",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]);
        if self.durability == Durability::Scratch {
            initdb.arg("--no-sync");
        }
        let output = tokio::process::Command::from(initdb)
            .kill_on_drop(true)
            .output()
            .await
            .context("can't start initdb")?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            bail!(
                "initdb could not make the database ({}):\n{}",
                output.status,
                String::from_utf8_lossy(&said)
            );
        }
        fs::rename(&new, &place).with_context(|| format!("can't put {} in place", place.display()))
    }
}

fn url(password: &str, port: u16, database: &str) -> String {
    format!("postgres://botwright:{password}@127.0.0.1:{port}/{database}")
}

/// Where a database of the cluster is reached that another process runs.
pub(super) fn running_url(home: &Home, database: &str) -> Result<String> {
    let path = home.path(DATA).join("postmaster.pid");
    let text = fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    // The fourth line is the port.
    let port = text.lines().nth(3).and_then(|line| line.trim().parse().ok());
    let port = port.with_context(|| format!("no port in {}", path.display()))?;
    Ok(url(&home.password()?, port, database))
}

impl Server for Postgres {
    const NAME: &'static str = "Postgres";
    const STOP: &'static [(Signal, Duration)] = STOP;

    async fn clear(&self) -> Result<()> {
        take_over(&self.home).await
    }

    fn command(&self) -> Result<Command> {
        let data = self.home.path(DATA);
        let log = self.home.log(LOG)?;
        let mut command = self.home.command(&self.binaries.join("postgres"));
        command
            .stdout(log.try_clone()?)
            .stderr(log)
            .arg("-D")
            .arg(data)
            .arg("-p")
            .arg(self.port.to_string());
        let sockets = match &self.sockets {
            // In quotes, as in a list.
            Some(folder) => format!("unix_socket_directories=\"{folder}\""),
            None => "unix_socket_directories=".to_owned(),
        };
        let mut settings = vec![
            "listen_addresses=127.0.0.1",
            sockets.as_str(),
            "max_connections=200",
            "shared_buffers=128MB",
            "timezone=UTC",
            "log_timezone=UTC",
        ];
        if self.durability == Durability::Scratch {
            settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"]);
        }
        for setting in settings {
            command.arg("-c").arg(setting);
        }
        Ok(command)
    }

    async fn ping(&self) -> Result<()> {
        let mut connection = PgConnection::connect(&self.url("postgres")).await?;
        connection.ping().await?;
        Ok(connection.close().await?)
    }

    fn log(&self) -> PathBuf {
        self.home.path(LOG)
    }
}

/// Stops what an earlier run left running on this cluster, and removes its pid file, which would keep the next
/// one from starting when the number belongs to another process by now.
pub(super) async fn take_over(home: &Home) -> Result<()> {
    let data = home.path(DATA);
    leftovers::stop(home, "postgres", &data, STOP).await?;
    let pid_file = data.join("postmaster.pid");
    if pid_file.exists() {
        fs::remove_file(&pid_file).with_context(|| format!("can't remove {}", pid_file.display()))?;
    }
    Ok(())
}

/// Creates a database if it is missing.
pub(super) async fn ensure_database(admin_url: &str, name: &str) -> Result<()> {
    let mut connection = PgConnection::connect(admin_url).await?;
    let found: Option<i32> = sqlx::query_scalar("select 1 from pg_database where datname = $1")
        .bind(name)
        .fetch_optional(&mut connection)
        .await?;
    if found.is_none() {
        // A name can't be a parameter; this one is ours.
        sqlx::query(AssertSqlSafe(format!("create database {name}")))
            .execute(&mut connection)
            .await?;
    }
    Ok(connection.close().await?)
}

/// The folder with `initdb` and `postgres` of the version that made the cluster, else of the newest.
pub(super) fn find_binaries(version: Option<&str>) -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = folders()
        .into_iter()
        .filter(|folder| folder.join("initdb").is_file())
        .filter_map(|folder| Some((major_version(&folder.join("postgres"))?, folder)))
        .collect();
    found.sort();
    let Some(version) = version else {
        let (_, newest) = found.pop().context(
            "PostgreSQL is not installed: run `sudo apt-get install postgresql`, or set DATABASE_URL to a server",
        )?;
        return Ok(newest);
    };
    let same = found.into_iter().find(|(major, _)| major.to_string() == version);
    let (_, folder) = same.with_context(|| {
        format!(
            "the database was made by PostgreSQL {version}, which is not installed: \
             run `sudo apt-get install postgresql-{version}`"
        )
    })?;
    Ok(folder)
}

/// Programs of this name, each with its major version.
pub(super) fn find_programs(name: &str) -> Vec<(u32, PathBuf)> {
    let programs = folders().into_iter().map(|folder| folder.join(name));
    programs
        .filter(|program| program.is_file())
        .filter_map(|program| Some((major_version(&program)?, program)))
        .collect()
}

/// Where programs of PostgreSQL may lie: those of PATH, and Debian's of each version.
fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    std::env::split_paths(&path)
        .chain(debian.map(|entry| entry.path().join("bin")))
        .collect()
}

/// The first number of `postgres (PostgreSQL) 15.14 (Debian …)`.
fn major_version(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace()
        .nth(2)?
        .split(|character: char| !character.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}
