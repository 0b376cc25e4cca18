//! A Postgres and a Redis that can be killed, and servers over them that can be killed, too.

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_botwright");
/// How long something is waited for: for slow machines, not for slow code.
const PATIENCE: Duration = Duration::from_secs(90);

/// Postgres and Redis, which start again when they are killed. They end with this.
pub struct Machine {
    child: Child,
    stdin: Option<ChildStdin>,
    pub database_url: String,
    pub redis_url: String,
    pub folder: TempDir,
}

impl Machine {
    pub fn start() -> Self {
        Self::start_in(Self::folder())
    }

    /// A folder for one, which the user of Postgres and Redis can enter.
    pub fn folder() -> TempDir {
        tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o755))
            .tempdir()
            .unwrap()
    }

    /// Starts them in this folder.
    pub fn start_in(folder: TempDir) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["services", "--data-dir"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.path().join("services.log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let addresses: Value = serde_json::from_str(&line).expect("Postgres and Redis did not start");
        let url = |name: &str| addresses[name].as_str().unwrap().to_owned();
        Self {
            stdin: child.stdin.take(),
            child,
            database_url: url("database_url"),
            redis_url: url("redis_url"),
            folder,
        }
    }

    pub fn postgres(&self) -> Pid {
        let path = self.folder.path().join("services/postgres/postmaster.pid");
        let text = fs::read_to_string(path).unwrap();
        Pid::from_raw(text.lines().next().unwrap().parse().unwrap())
    }

    pub async fn redis(&self) -> Pid {
        let info: String = redis::cmd("INFO")
            .arg("server")
            .query_async(&mut self.redis_connection().await)
            .await
            .unwrap();
        let pid = info
            .lines()
            .find_map(|line| line.strip_prefix("process_id:"))
            .unwrap();
        Pid::from_raw(pid.trim().parse().unwrap())
    }

    pub async fn redis_connection(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.redis_url.as_str()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// Kills Redis and takes everything from it that it wrote down.
    pub async fn empty_redis(&self) {
        let pid = self.redis().await;
        // Stopped first, so that the next one does not start before it is done.
        kill(pid, Signal::SIGSTOP).unwrap();
        for entry in fs::read_dir(self.folder.path().join("services/redis")).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => fs::remove_dir_all(path).unwrap(),
                false => fs::remove_file(path).unwrap(),
            }
        }
        kill(pid, Signal::SIGKILL).unwrap();
    }

    /// Stops Postgres and all of its processes in the midst of whatever they do.
    pub fn freeze_postgres(&self) -> Frozen {
        let postmaster = self.postgres();
        // First, so that it starts no further ones.
        kill(postmaster, Signal::SIGSTOP).unwrap();
        let children = children_of(postmaster);
        for child in &children {
            // It may have ended just now.
            let _ = kill(*child, Signal::SIGSTOP);
        }
        Frozen { postmaster, children }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

/// A Postgres that does nothing until this is dropped.
pub struct Frozen {
    postmaster: Pid,
    children: Vec<Pid>,
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for pid in self.children.iter().chain([&self.postmaster]) {
            let _ = kill(*pid, Signal::SIGCONT);
        }
    }
}

fn children_of(parent: Pid) -> Vec<Pid> {
    let is_child = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        fields.split(' ').nth(1) == Some(parent.to_string().as_str())
    };
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| is_child(*pid))
        .map(Pid::from_raw)
        .collect()
}

/// An address that nobody listens at.
fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string()
}

/// A running server; it is killed when this is dropped.
pub struct Server {
    child: Child,
    /// `host:port`.
    pub address: String,
    log: std::path::PathBuf,
}

impl Server {
    /// Starts one at a free port, and waits until it is ready.
    pub async fn start(machine: &Machine, change: impl FnOnce(&mut Command)) -> Self {
        Self::start_at(machine, &free_address(), change).await
    }

    /// The same at this address.
    pub async fn start_at(machine: &Machine, address: &str, change: impl FnOnce(&mut Command)) -> Self {
        let mut server = Self::launch(machine, Command::new(PROGRAM), address, change);
        server.ready().await;
        server
    }

    /// Starts one that may open only so many files.
    pub async fn start_with_files(machine: &Machine, files: u64) -> Self {
        let mut limited = Command::new("prlimit");
        limited.arg(format!("--nofile={files}:{files}")).arg(PROGRAM);
        let mut server = Self::launch(machine, limited, &free_address(), |_| {});
        server.ready().await;
        server
    }

    fn launch(
        machine: &Machine,
        mut command: Command,
        address: &str,
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let folder = machine.folder.path();
        let log = folder.join(format!("server-{}.log", uuid::Uuid::now_v7()));
        command
            .arg("serve")
            .env("DATABASE_URL", &machine.database_url)
            .env("REDIS_URL", &machine.redis_url)
            .env("BOTWRIGHT_DATA_DIR", folder.join("data"))
            .env("BOTWRIGHT_MODELS_DIR", folder.join("no-models"))
            .env("BOTWRIGHT_SECRET_KEY", "faults-0123456789abcdef0123456789")
            .env("BOTWRIGHT_LISTEN", address)
            .env("BOTWRIGHT_DEMO", "false")
            .env("BOTWRIGHT_WORKER", "false")
            .env("BOTWRIGHT_LAME_DUCK_MS", "0")
            .stdin(Stdio::null())
            .stdout(File::create(&log).unwrap())
            .stderr(File::options().append(true).create(true).open(&log).unwrap());
        for limit in ["CHAT", "AUTH", "BOT", "WORKSPACE", "CALLER"] {
            command.env(format!("BOTWRIGHT_{limit}_REQUESTS_PER_MINUTE"), "6000000");
        }
        change(&mut command);
        Self {
            child: command.spawn().unwrap(),
            address: address.to_owned(),
            log,
        }
    }

    /// Waits until it is ready. Answers how long that took.
    pub async fn ready(&mut self) -> Duration {
        let (began, http) = (Instant::now(), reqwest::Client::new());
        loop {
            let asked = http
                .get(self.url("/readyz"))
                .timeout(Duration::from_secs(5))
                .send()
                .await;
            if asked.is_ok_and(|answer| answer.status().is_success()) {
                return began.elapsed();
            }
            assert!(
                self.child.try_wait().unwrap().is_none(),
                "the server ended:\n{}",
                self.log()
            );
            assert!(
                began.elapsed() < PATIENCE,
                "the server is not ready:\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits until it ends.
    pub async fn wait(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "the server does not end:\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// How many files and connections it has open.
    pub fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap().count()
    }

    /// Waits until it has so few open. Answers how many it has.
    pub async fn settled_files(&self, most: usize) -> usize {
        let began = Instant::now();
        loop {
            let open = self.open_files();
            if open <= most {
                return open;
            }
            assert!(began.elapsed() < PATIENCE, "{open} files stay open");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The memory that it uses, in bytes.
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its log must say nothing of panics.
    pub fn assert_calm(&self) {
        let log = self.log();
        assert!(!log.contains("panicked"), "{log}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
