//! Servers that outlived a killed Botwright.
//!
//! They are found by program name and working folder (both servers work in their data folder), not by pid
//! files alone: after a restart of the machine a pid may belong to something else.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use super::home::Home;

/// Stops every process called `name` that works in `folder`, with one signal after the other, each given its
/// time.
///
/// # Errors
/// When a process is still there after the last signal, or when it can't be told whether there is one.
pub(super) async fn stop(
    home: &Home,
    name: &str,
    folder: &Path,
    signals: &[(Signal, Duration)],
) -> Result<()> {
    let folder = match folder.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        answer => answer.with_context(|| format!("can't look into {}", folder.display()))?,
    };
    for &(signal, patience) in signals {
        let found = find(home, name, &folder)?;
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
        wait_until_gone(home, name, &folder, patience).await?;
    }
    if find(home, name, &folder)?.is_empty() {
        return Ok(());
    }
    bail!(
        "an old {name} still runs in {} and can't be stopped: stop it by hand",
        folder.display()
    )
}

/// There is no event for the end of a process that is not our child, so look again and again.
async fn wait_until_gone(home: &Home, name: &str, folder: &Path, patience: Duration) -> Result<()> {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline && !find(home, name, folder)?.is_empty() {
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Process {
    pid: Pid,
    parent: Pid,
}

fn find(home: &Home, name: &str, folder: &Path) -> Result<Vec<Process>> {
    let entries = fs::read_dir("/proc").context("can't list the processes in /proc")?;
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| inspect(home, pid, name, folder).transpose())
        .collect()
}

/// The process, if it is alive, has that name and works in that folder.
///
/// # Errors
/// When that can't be told: to take it for gone could start a second server on the same data.
fn inspect(home: &Home, pid: i32, name: &str, folder: &Path) -> Result<Option<Process>> {
    let Some(process) = look_up(pid, name) else {
        return Ok(None);
    };
    let link = PathBuf::from(format!("/proc/{pid}/cwd"));
    let works_in = match fs::read_link(&link) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => home.read_link(&link),
        answer => answer,
    };
    match works_in {
        Ok(works_in) => Ok((works_in == folder).then_some(process)),
        // Ours run as the servers' user; those of others are none of our business.
        Err(error) if is_gone(&error) || !home.runs(pid) => Ok(None),
        Err(error) => Err(error).with_context(|| {
            format!(
                "can't tell whether process {pid} ({name}) still works in {}: stop it by hand if it does",
                folder.display()
            )
        }),
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(Errno::ESRCH as i32)
}

fn look_up(pid: i32, name: &str) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    parse(&stat, pid, name)
}

/// The process of `pid (name) state parent …`, if it is alive and has that name.
fn parse(stat: &str, pid: i32, name: &str) -> Option<Process> {
    let (start, rest) = stat.rsplit_once(')')?;
    let (_, found_name) = start.split_once('(')?;
    let mut fields = rest.split_whitespace();
    let (state, parent) = (fields.next()?, fields.next()?.parse().ok()?);
    (found_name == name && state != "Z").then_some(Process {
        pid: Pid::from_raw(pid),
        parent: Pid::from_raw(parent),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_living_processes_of_that_name_count() {
        let found = parse("7 (postgres) S 3 7 7 0", 7, "postgres");
        let process = Process {
            pid: Pid::from_raw(7),
            parent: Pid::from_raw(3),
        };
        assert_eq!(found, Some(process));
        assert_eq!(parse("7 (postgres) Z 3 7 7 0", 7, "postgres"), None);
        assert_eq!(parse("7 (a) (postgres) S 3 7 7 0", 7, "postgres"), None);
    }
}
