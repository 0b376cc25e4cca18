//! Servers that outlived a killed Botwright.
//!
//! They are found by program name and working folder (both servers work in their data folder), not by pid
//! files alone: after a restart of the machine a pid may belong to something else.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

/// Stops every process called `name` that works in `folder`, with one signal after the other, each given its
/// time.
///
/// # Errors
/// When a process is still there after the last signal.
pub(super) async fn stop(name: &str, folder: &Path, signals: &[(Signal, Duration)]) -> Result<()> {
    let Ok(folder) = folder.canonicalize() else {
        return Ok(());
    };
    for &(signal, patience) in signals {
        let found = find(name, &folder);
        if found.is_empty() {
            return Ok(());
        }
        tracing::warn!(
            name,
            ?signal,
            processes = found.len(),
            "stopping what an earlier run left behind"
        );
        for process in found
            .iter()
            .filter(|process| !found.iter().any(|other| other.pid == process.parent))
        {
            // It may be gone by now, which is what we want.
            let _ = kill(process.pid, signal);
        }
        wait_until_gone(name, &folder, patience).await;
    }
    if find(name, &folder).is_empty() {
        return Ok(());
    }
    bail!(
        "an old {name} still runs in {} and can't be stopped: stop it by hand",
        folder.display()
    )
}

/// There is no event for the end of a process that is not our child, so look again and again.
async fn wait_until_gone(name: &str, folder: &Path, patience: Duration) {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline && !find(name, folder).is_empty() {
        sleep(Duration::from_millis(20)).await;
    }
}

struct Process {
    pid: Pid,
    parent: Pid,
}

fn find(name: &str, folder: &Path) -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| inspect(pid, name, folder)).collect()
}

/// The process, if it is alive, has that name and works in that folder.
fn inspect(pid: i32, name: &str, folder: &Path) -> Option<Process> {
    if fs::read_link(format!("/proc/{pid}/cwd")).ok()? != folder {
        return None;
    }
    // `pid (name) state parent …`
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (start, rest) = stat.rsplit_once(')')?;
    let (_, found_name) = start.split_once('(')?;
    let mut fields = rest.split_whitespace();
    let (state, parent) = (fields.next()?, fields.next()?.parse().ok()?);
    (found_name == name && state != "Z").then_some(Process {
        pid: Pid::from_raw(pid),
        parent: Pid::from_raw(parent),
    })
}
