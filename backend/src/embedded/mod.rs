//! A private Postgres and a private Redis in the data folder, for running without any settings.
//!
//! Both are child processes that listen on sockets in their folder and on loopback ports, with a password made for this data
//! folder. They are started again when they die, and stopped in order with the server. Should the server itself be killed, the
//! next start finds what it left running and takes over.

mod home;
mod leftovers;
mod postgres;
mod redis;
mod supervisor;

use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::config::create_data_dir;

use self::home::Home;
use self::postgres::Postgres;
use self::redis::Redis;
use self::supervisor::Service;

/// How much a server's data is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Survives a crash of the machine.
    Durable,
    /// For tests: nothing waits for the disk, and all is gone at the end.
    Scratch,
}

/// The private servers of one data folder. Call [`Embedded::stop`] for a clean end; dropping this only sends
/// the servers the signal to end.
pub struct Embedded {
    postgres: Service,
    redis: Service,
    database_url: String,
    redis_url: String,
    home: Home,
    durability: Durability,
    // Held until all is stopped.
    _lock: File,
}

impl Embedded {
    /// Starts both servers in `data_dir`, which is made if missing, and waits until they answer.
    ///
    /// # Errors
    /// When another process uses the folder, when a program is missing, or when a server does not come up; the
    /// message says what to do.
    pub async fn start(data_dir: &Path, durability: Durability) -> Result<Self> {
        let data_dir = create_data_dir(data_dir)?;
        let lock = lock(&data_dir)?;
        let home = Home::open(&data_dir)?;
        postgres::take_over(&home).await?;
        redis::take_over(&home).await?;
        if durability == Durability::Scratch {
            home.wipe()?;
        }

        let password = home.password()?;
        let (postgres_port, redis_port) = free_ports()?;
        let sockets = match durability {
            Durability::Durable => home.make_sockets()?,
            // Tests put cables between.
            Durability::Scratch => None,
        };
        let redis = Redis::new(&home, durability, redis_port, &password, sockets.as_deref())?;
        let postgres = Postgres::new(&home, durability, postgres_port, &password, sockets).await?;
        let (database_url, redis_url) = (postgres.url("botwright"), redis.url());
        let (postgres, redis) = tokio::try_join!(start_postgres(postgres), Service::start(redis))?;
        Ok(Self {
            postgres,
            redis,
            database_url,
            redis_url,
            home,
            durability,
            _lock: lock,
        })
    }

    /// The database of `data_dir` while another process runs its servers; `None` when nobody does.
    pub fn running_database_url(data_dir: &Path) -> Result<Option<String>> {
        Ok(Self::running(data_dir)?.map(|(database_url, _)| database_url))
    }

    /// The database and the Redis of `data_dir` while another process runs them; `None` when nobody does.
    pub fn running(data_dir: &Path) -> Result<Option<(String, String)>> {
        let lock = File::open(data_dir.join("lock"));
        let is_taken = lock.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)));
        if !is_taken {
            return Ok(None);
        }
        let home = Home::open(data_dir)?;
        Ok(Some((
            postgres::running_url(&home, "botwright")?,
            redis::running_url(&home)?,
        )))
    }

    /// The database `botwright`, as its owner, who is also the superuser. Holds a password.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The Redis server. Holds a password.
    pub fn redis_url(&self) -> &str {
        &self.redis_url
    }

    /// Stops both servers once they have written everything down.
    pub async fn stop(self) -> Result<()> {
        tokio::join!(self.postgres.stop(), self.redis.stop());
        if self.durability == Durability::Scratch {
            self.home.remove()?;
        }
        Ok(())
    }
}

async fn start_postgres(postgres: Postgres) -> Result<Service> {
    let admin_url = postgres.url("postgres");
    let service = Service::start(postgres).await?;
    postgres::ensure_database(&admin_url, "botwright").await?;
    Ok(service)
}

/// Two ports that were free a moment ago.
fn free_ports() -> Result<(u16, u16)> {
    let (first, second) = (
        TcpListener::bind(("127.0.0.1", 0))?,
        TcpListener::bind(("127.0.0.1", 0))?,
    );
    Ok((first.local_addr()?.port(), second.local_addr()?.port()))
}

/// Takes the data folder for this process; the operating system gives it back however the process ends.
fn lock(data_dir: &Path) -> Result<File> {
    let path = data_dir.join("lock");
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("can't open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => bail!(
            "the data folder {} is in use by {}: stop that, or choose another folder with BOTWRIGHT_DATA_DIR",
            data_dir.display(),
            holder(&mut file)
        ),
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("can't lock {}", path.display()));
        }
    }
    file.set_len(0)?;
    write!(file, "{}", std::process::id())?;
    Ok(file)
}

/// Names the process that holds the lock.
fn holder(file: &mut File) -> String {
    let mut pid = String::new();
    if file.read_to_string(&mut pid).is_err() || pid.is_empty() {
        return "another process".to_owned();
    }
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    format!("process {pid} ({})", command.trim())
}

/// The folder with the programs of the newest PostgreSQL installed here.
pub fn postgres_program() -> Result<PathBuf> {
    postgres::find_binaries(None)
}

/// PostgreSQL's programs of this name that are installed here, each with its major version.
pub(crate) fn postgres_programs(name: &str) -> Vec<(u32, PathBuf)> {
    postgres::find_programs(name)
}

/// The Redis server installed here.
pub fn redis_program() -> Result<PathBuf> {
    redis::find_program()
}
