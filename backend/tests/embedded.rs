//! The private Postgres and Redis, driven through `botwright services` as a process of its own.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking, too"
)]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_botwright");

/// A running `botwright services`.
struct Services {
    child: Child,
    stdin: Option<ChildStdin>,
    log: Lines<BufReader<ChildStderr>>,
    database_url: String,
    redis_url: String,
}

impl Services {
    fn start(data_dir: &Path, options: &[&str]) -> Self {
        Self::wait_for_address(spawn(data_dir, options))
    }

    fn wait_for_address(mut child: Child) -> Self {
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        if line.is_empty() {
            panic!(
                "no address; the log: {:#?}",
                log.by_ref().map(Result::unwrap).collect::<Vec<_>>()
            );
        }
        let addresses: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = |name: &str| addresses[name].as_str().unwrap().to_owned();
        Self {
            stdin: child.stdin.take(),
            child,
            log,
            database_url: address("database_url"),
            redis_url: address("redis_url"),
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// Ends it as a caller does that has finished, and checks that it ends well.
    fn stop(mut self) {
        drop(self.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }

    fn wait_for_log(&mut self, text: &str) {
        self.log
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.contains(text))
            .unwrap();
    }
}

fn spawn(data_dir: &Path, options: &[&str]) -> Child {
    spawn_with(&mut Command::new(PROGRAM), data_dir, options)
}

fn spawn_with(command: &mut Command, data_dir: &Path, options: &[&str]) -> Child {
    command
        .args(["services", "--data-dir"])
        .arg(data_dir)
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A folder that the servers' user can enter.
fn folder() -> TempDir {
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
        .unwrap()
}

fn postgres_pid(data_dir: &Path) -> Pid {
    let file = fs::read_to_string(data_dir.join("services/postgres/postmaster.pid")).unwrap();
    Pid::from_raw(file.lines().next().unwrap().parse().unwrap())
}

async fn redis_pid(services: &Services) -> Pid {
    let mut redis = connect_redis(services).await;
    let info: String = redis::cmd("INFO")
        .arg("server")
        .query_async(&mut redis)
        .await
        .unwrap();
    let pid = info
        .lines()
        .find_map(|line| line.strip_prefix("process_id:"))
        .unwrap();
    Pid::from_raw(pid.parse().unwrap())
}

fn is_running(pid: Pid) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

async fn connect_redis(services: &Services) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(services.redis_url.as_str()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

/// Writes the same word to both servers.
async fn write(services: &Services, word: &str) {
    let mut database = PgConnection::connect(&services.database_url).await.unwrap();
    sqlx::query("create table if not exists words (word text)")
        .execute(&mut database)
        .await
        .unwrap();
    sqlx::query("insert into words values ($1)")
        .bind(word)
        .execute(&mut database)
        .await
        .unwrap();
    database.close().await.unwrap();
    let mut redis = connect_redis(services).await;
    redis::cmd("RPUSH")
        .arg("words")
        .arg(word)
        .exec_async(&mut redis)
        .await
        .unwrap();
}

async fn assert_words(services: &Services, expected: &[&str]) {
    let mut database = PgConnection::connect(&services.database_url).await.unwrap();
    let stored: Vec<String> = sqlx::query_scalar("select word from words")
        .fetch_all(&mut database)
        .await
        .unwrap();
    assert_eq!(stored, expected, "Postgres");
    let mut redis = connect_redis(services).await;
    let stored: Vec<String> = redis::cmd("LRANGE")
        .arg("words")
        .arg(0)
        .arg(-1)
        .query_async(&mut redis)
        .await
        .unwrap();
    assert_eq!(stored, expected, "Redis");
}

#[tokio::test]
async fn data_outlives_a_restart() {
    let folder = folder();
    let services = Services::start(folder.path(), &[]);
    write(&services, "first").await;
    let (postgres, redis) = (postgres_pid(folder.path()), redis_pid(&services).await);
    services.stop();
    assert!(!is_running(postgres) && !is_running(redis));

    let services = Services::start(folder.path(), &[]);
    assert_words(&services, &["first"]).await;
    services.stop();
}

#[tokio::test]
async fn killed_servers_come_back_at_the_same_address() {
    let folder = folder();
    let mut services = Services::start(folder.path(), &[]);
    write(&services, "first").await;

    kill(postgres_pid(folder.path()), Signal::SIGKILL).unwrap();
    services.wait_for_log("runs again");
    kill(redis_pid(&services).await, Signal::SIGKILL).unwrap();
    services.wait_for_log("runs again");

    assert_words(&services, &["first"]).await;
    services.stop();
}

#[tokio::test]
async fn next_start_takes_over_what_a_killed_one_left_running() {
    let folder = folder();
    let mut written = Vec::new();
    for word in ["first", "second", "third"] {
        let mut services = Services::start(folder.path(), &[]);
        write(&services, word).await;
        written.push(word);
        let (postgres, redis) = (postgres_pid(folder.path()), redis_pid(&services).await);
        services.child.kill().unwrap();
        services.child.wait().unwrap();
        assert!(
            is_running(postgres) && is_running(redis),
            "nothing was left to take over"
        );

        let services = Services::start(folder.path(), &[]);
        assert!(!is_running(postgres) && !is_running(redis));
        assert_words(&services, &written).await;
        services.stop();
    }
}

#[tokio::test]
async fn root_of_a_container_takes_over_too() {
    if !geteuid().is_root() {
        return; // Only root starts the servers as somebody else.
    }
    let folder = folder();
    let mut services = Services::start(folder.path(), &[]);
    write(&services, "first").await;
    let (postgres, redis) = (postgres_pid(folder.path()), redis_pid(&services).await);
    services.child.kill().unwrap();
    services.child.wait().unwrap();

    // Docker leaves out this right: root can't see where processes of others work.
    let mut contained = Command::new("setpriv");
    contained.args(["--bounding-set=-sys_ptrace", PROGRAM]);
    let services = Services::wait_for_address(spawn_with(&mut contained, folder.path(), &[]));
    assert!(!is_running(postgres) && !is_running(redis));
    assert_words(&services, &["first"]).await;
    services.stop();
}

#[tokio::test]
async fn pid_file_that_names_another_process_is_ignored() {
    let folder = folder();
    Services::start(folder.path(), &[]).stop();
    let pid_file = folder.path().join("services/postgres/postmaster.pid");
    // As after a restart of the machine, when the number was given to somebody else: here, to this test.
    fs::write(
        &pid_file,
        format!("{}\n/somewhere\n0\n5432\n", std::process::id()),
    )
    .unwrap();

    Services::start(folder.path(), &[]).stop();
}

#[tokio::test]
async fn one_folder_serves_one_process() {
    let folder = folder();
    let services = Services::start(folder.path(), &["--scratch"]);
    let second = spawn(folder.path(), &["--scratch"]).wait_with_output().unwrap();
    let error = String::from_utf8(second.stderr).unwrap();
    assert!(!second.status.success());
    assert!(
        error.contains(&format!("in use by process {} (", services.child.id())),
        "{error}"
    );

    // The first one is not disturbed.
    write(&services, "first").await;
    assert_words(&services, &["first"]).await;
    services.stop();
}

#[tokio::test]
async fn signals_stop_it_cleanly() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let folder = folder();
        let mut services = Services::start(folder.path(), &[]);
        services.signal(signal);
        assert!(services.child.wait().unwrap().success());
        let log = fs::read_to_string(folder.path().join("services/postgres.log")).unwrap();
        assert!(log.contains("database system is shut down"), "{log}");
    }
}

#[tokio::test]
async fn they_are_reached_through_sockets_unless_their_path_is_too_long() {
    let folder = folder();
    let far = folder.path().join("far-away".repeat(12));
    fs::create_dir(&far).unwrap();
    for (data_dir, is_near) in [(folder.path(), true), (far.as_path(), false)] {
        let services = Services::start(data_dir, &[]);
        for url in [&services.database_url, &services.redis_url] {
            assert_eq!(url.contains("sockets"), is_near, "{url}");
        }
        write(&services, "first").await;
        assert_words(&services, &["first"]).await;
        services.stop();
    }
}

#[tokio::test]
async fn scratch_leaves_nothing_behind() {
    let folder = folder();
    let services = Services::start(folder.path(), &["--scratch"]);
    write(&services, "first").await;
    services.stop();
    assert!(!folder.path().join("services").exists());
}

#[tokio::test]
async fn root_may_use_a_folder_that_others_can_not_enter() {
    if !geteuid().is_root() {
        return; // Only root starts the servers as somebody else.
    }
    let closed = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .unwrap();
    let data_dir = closed.path().join("data");
    let services = Services::start(&data_dir, &["--scratch"]);
    let elsewhere = fs::read_link(data_dir.join("services")).unwrap();
    write(&services, "first").await;
    assert_words(&services, &["first"]).await;
    services.stop();
    assert!(!elsewhere.exists());
}

#[tokio::test]
async fn failed_start_shows_the_log() {
    let folder = folder();
    Services::start(folder.path(), &[]).stop();
    let settings = folder.path().join("services/postgres/postgresql.conf");
    fs::write(&settings, "no_such_setting = 1\n").unwrap();

    let failed = spawn(folder.path(), &[]).wait_with_output().unwrap();
    let error = String::from_utf8(failed.stderr).unwrap();
    assert!(!failed.status.success());
    assert!(
        error.contains("Postgres did not start") && error.contains("no_such_setting"),
        "{error}"
    );
}
