//! The private Redis.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use url::Url;

use super::Durability;
use super::home::Home;
use super::leftovers;
use super::supervisor::Server;

const LOG: &str = "redis.log";
const DATA: &str = "redis";
const STOP: &[(Signal, Duration)] = &[
    (Signal::SIGTERM, Duration::from_secs(30)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

/// A Redis that writes each command to an append-only file before it answers.
pub(super) struct Redis {
    home: Home,
    program: PathBuf,
    port: u16,
    password: String,
    /// Its socket, through which it is reached sooner than through the port.
    socket: Option<PathBuf>,
}

impl Redis {
    /// Finds the program and writes its settings.
    pub(super) fn new(
        home: &Home,
        durability: Durability,
        port: u16,
        password: &str,
        sockets: Option<&str>,
    ) -> Result<Self> {
        let program = find_program()?;
        home.make_folder(&home.path(DATA))?;
        let append = if durability == Durability::Durable {
            "yes"
        } else {
            "no"
        };
        let mut settings = format!(
            "bind 127.0.0.1\nport {port}\nrequirepass {password}\ndaemonize no\ndir \"{}\"\n\
             appendonly {append}\nsave \"\"\nmaxmemory-policy noeviction\n",
            quote(&home.path(DATA))
        );
        let socket = sockets.map(|folder| Path::new(folder).join("redis.sock"));
        if let Some(socket) = &socket {
            settings += &format!("unixsocket \"{}\"\nunixsocketperm 700\n", quote(socket));
        }
        // In a file: command lines can be read by everyone on the machine.
        home.write_secret(&home.path("redis.conf"), &settings)?;
        Ok(Self {
            home: home.clone(),
            program,
            port,
            password: password.to_owned(),
            socket,
        })
    }

    /// Where clients reach it.
    pub(super) fn url(&self) -> String {
        let socket = self
            .socket
            .as_ref()
            .and_then(|path| Url::from_file_path(path).ok());
        match socket {
            Some(socket) => format!("redis+unix://{}?pass={}&db=0", socket.path(), self.password),
            None => format!("redis://:{}@127.0.0.1:{}/0", self.password, self.port),
        }
    }
}

/// Where the Redis is reached that another process runs: it listens where its settings say.
pub(super) fn running_url(home: &Home) -> Result<String> {
    let path = home.path("redis.conf");
    let text = fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    let port = text.lines().find_map(|line| line.strip_prefix("port "));
    let port = port.with_context(|| format!("no port in {}", path.display()))?;
    Ok(format!("redis://:{}@127.0.0.1:{port}/0", home.password()?))
}

impl Server for Redis {
    const NAME: &'static str = "Redis";
    const STOP: &'static [(Signal, Duration)] = STOP;

    async fn clear(&self) -> Result<()> {
        take_over(&self.home).await
    }

    fn command(&self) -> Result<Command> {
        let log = self.home.log(LOG)?;
        let mut command = self.home.command(&self.program);
        command
            .stdout(log.try_clone()?)
            .stderr(log)
            .arg(self.home.path("redis.conf"));
        Ok(command)
    }

    async fn ping(&self) -> Result<()> {
        let mut connection = redis::Client::open(self.url())?
            .get_multiplexed_async_connection()
            .await?;
        Ok(redis::cmd("PING").exec_async(&mut connection).await?)
    }

    fn log(&self) -> PathBuf {
        self.home.path(LOG)
    }
}

/// Stops what an earlier run left running on this data.
pub(super) async fn take_over(home: &Home) -> Result<()> {
    leftovers::stop(home, "redis-server", &home.path(DATA), STOP).await
}

pub(super) fn find_program() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/bin".into(), "/usr/local/bin".into()]);
    folders
        .map(|folder| folder.join("redis-server"))
        .find(|program| program.is_file())
        .context(
            "Redis is not installed: run `sudo apt-get install redis-server`, or set REDIS_URL to a server",
        )
}

/// A path inside double quotes of Redis' settings.
fn quote(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"")
}
