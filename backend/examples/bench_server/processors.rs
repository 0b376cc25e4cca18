//! Who uses the processors while something is measured.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::load::Round;
use crate::report;

/// Of this process and of all that descend from it, by the names of their programs.
type Times = BTreeMap<String, f64>;

/// Since when it is watched.
pub struct Watch {
    began: Instant,
    before: Times,
}

impl Watch {
    pub fn begin() -> Result<Self> {
        Ok(Self {
            began: Instant::now(),
            before: times()?,
        })
    }

    /// Says how many processors each used, and for how long each of what was done.
    pub fn print(&self, rounds: &[Round]) -> Result<()> {
        let rate = report::rate(rounds);
        let used = self.used()?.0.into_iter();
        let used: Vec<String> = used
            .map(|(name, share)| format!("{name} {share:.2} ({:.2} ms each)", share * 1000.0 / rate))
            .collect();
        // Beside the table.
        eprintln!("(processors used: {})", used.join(", "));
        Ok(())
    }

    /// How many processors each used.
    pub fn used(&self) -> Result<Used> {
        let passed = self.began.elapsed().as_secs_f64();
        let times = times()?.into_iter();
        Ok(Used(
            times
                .map(|(name, now)| {
                    let before = self.before.get(&name).copied().unwrap_or_default();
                    (name, (now - before) / passed)
                })
                .collect(),
        ))
    }
}

/// Processors used, by the names of programs.
pub struct Used(Times);

impl Display for Used {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let used: Vec<String> = self
            .0
            .iter()
            .map(|(name, share)| format!("{name} {share:.2}"))
            .collect();
        f.write_str(&used.join(", "))
    }
}

struct Process {
    name: String,
    parent: u32,
    seconds: f64,
}

fn times() -> Result<Times> {
    let processes: HashMap<u32, Process> = fs::read_dir("/proc")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        // It may have ended meanwhile.
        .filter_map(|pid| Some((pid, read(pid).ok()?)))
        .collect();
    let mut times = Times::new();
    for (&pid, process) in &processes {
        if descends(&processes, pid) {
            *times.entry(process.name.clone()).or_default() += process.seconds;
        }
    }
    Ok(times)
}

/// Whether it is this process or one that descends from it.
fn descends(processes: &HashMap<u32, Process>, pid: u32) -> bool {
    let own = std::process::id();
    let mut above = Some(pid);
    while let Some(pid) = above {
        if pid == own {
            return true;
        }
        above = processes.get(&pid).map(|process| process.parent);
    }
    false
}

/// The fields are those of proc(5); times are in hundredths of a second.
fn read(pid: u32) -> Result<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (name, fields) = stat.rsplit_once(')').context("no name")?;
    let (_, name) = name.split_once('(').context("no name")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).copied().context("too few fields");
    let mut ticks = field(14)?.parse::<f64>()? + field(15)?.parse::<f64>()?;
    if name == "postgres" {
        // What those used that served connections which are closed.
        ticks += field(16)?.parse::<f64>()? + field(17)?.parse::<f64>()?;
    }
    Ok(Process {
        name: name.to_owned(),
        parent: field(4)?.parse()?,
        seconds: ticks / 100.0,
    })
}
