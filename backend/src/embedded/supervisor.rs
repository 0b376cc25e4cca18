//! Keeps a child process alive until it is told to stop.

use std::collections::VecDeque;
use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Child;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// Crash recovery of a large database takes a while.
const START_LIMIT: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(25);
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LAST_DELAY: Duration = Duration::from_secs(10);
/// A child that lived this long is not in a crash loop.
const HEALTHY: Duration = Duration::from_secs(60);
const TAIL_LINES: usize = 15;

/// A program that is kept running.
pub(super) trait Server: Send + Sync + 'static {
    /// The program's name, as people know it.
    const NAME: &'static str;
    /// Signals that end it: the first writes everything down, the last can't be refused.
    const STOP: &'static [(Signal, Duration)];

    /// Removes what keeps the program from starting: leftovers of an earlier run.
    fn clear(&self) -> impl Future<Output = Result<()>> + Send;
    /// How it is started, its output going to [`Server::log`].
    fn command(&self) -> Result<Command>;
    /// Succeeds once the program serves requests.
    fn ping(&self) -> impl Future<Output = Result<()>> + Send;
    /// Where its output goes.
    fn log(&self) -> PathBuf;
}

/// A program under supervision.
pub(super) struct Service {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Service {
    /// Starts the program and waits until it serves requests.
    pub(super) async fn start<S: Server>(server: S) -> Result<Self> {
        let running = launch(&server).await?;
        let (stop, stopped) = oneshot::channel();
        Ok(Self {
            stop,
            task: tokio::spawn(supervise(server, running, stopped)),
        })
    }

    /// Stops the program and waits until it is gone.
    pub(super) async fn stop(self) {
        // When the supervisor has ended there is nothing left to stop.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

/// A child process that is told to end when nobody holds it any more.
struct Running {
    child: Child,
    signal: Signal,
}

impl Running {
    fn send(&self, signal: Signal) {
        // No id: it has ended and was reaped, the number may be somebody else's.
        if let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.send(self.signal);
    }
}

async fn supervise<S: Server>(server: S, mut running: Running, mut stopped: oneshot::Receiver<()>) {
    let mut delay = FIRST_DELAY;
    loop {
        let started = Instant::now();
        let status = tokio::select! {
            status = running.child.wait() => status,
            _ = &mut stopped => return shut_down::<S>(running).await,
        };
        if started.elapsed() > HEALTHY {
            delay = FIRST_DELAY;
        }
        tracing::error!(name = S::NAME, status = %describe(status), log = %server.log().display(), "ended by itself, starting it again");
        running = loop {
            tokio::select! {
                () = sleep(delay) => {}
                _ = &mut stopped => return,
            }
            delay = (delay * 2).min(LAST_DELAY);
            match launch(&server).await {
                Ok(running) => break running,
                Err(error) => tracing::error!(name = S::NAME, "{error:#}"),
            }
        };
        tracing::info!(name = S::NAME, "runs again");
    }
}

async fn launch<S: Server>(server: &S) -> Result<Running> {
    server.clear().await?;
    let mut command = tokio::process::Command::from(server.command()?);
    let child = command
        .spawn()
        .with_context(|| format!("can't start {}", S::NAME))?;
    let (signal, _) = S::STOP[0];
    let mut running = Running { child, signal };
    let deadline = Instant::now() + START_LIMIT;
    while Instant::now() < deadline {
        tokio::select! {
            status = running.child.wait() => {
                let log = server.log();
                bail!(
                    "{} did not start ({}). It said:\n{}\nAll of it is in {}",
                    S::NAME, describe(status), tail(&log), log.display()
                );
            }
            pong = server.ping() => if pong.is_ok() { return Ok(running) },
        }
        sleep(POLL).await;
    }
    bail!(
        "{} did not answer within {} s; see {}",
        S::NAME,
        START_LIMIT.as_secs(),
        server.log().display()
    )
}

async fn shut_down<S: Server>(mut running: Running) {
    for &(signal, patience) in S::STOP {
        running.send(signal);
        if timeout(patience, running.child.wait()).await.is_ok() {
            return;
        }
        tracing::warn!(name = S::NAME, ?signal, "does not end");
    }
}

fn describe(status: std::io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// The last lines of a log file.
pub(super) fn tail(log: &std::path::Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = VecDeque::with_capacity(TAIL_LINES);
    for line in text.lines() {
        if lines.len() == TAIL_LINES {
            lines.pop_front();
        }
        lines.push_back(format!("  {line}"));
    }
    Vec::from(lines).join("\n")
}
