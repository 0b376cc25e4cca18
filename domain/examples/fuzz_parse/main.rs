//! Mutated files for every parser: `cargo xtask fuzz [--seconds N] [--target T] [--seed S]`.
//!
//! Each parser runs in a child process of this program, in-process there for speed, as the product's own child does
//! with one file. A panic that gets out, an abort, or ten seconds over one file is a finding: the file is written to
//! `target/fuzz`, and the child goes on with the next. Each file follows from seed, parser and number alone.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a tool that ends with what went wrong"
)]

mod mutate;
mod seeds;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use mutate::{Random, mutated};
use seeds::Seeds;

const TIME_OF_A_FILE: Duration = Duration::from_secs(10);
const MEMORY: u64 = 1024 * 1024 * 1024;
const MAX_FINDINGS: usize = 10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, target, seed, first, seconds] = &arguments[..]
        && mode == "--child"
    {
        let number = |text: &str| text.parse::<u64>().expect("a number");
        child(target, number(seed), number(first), number(seconds));
        return ExitCode::SUCCESS;
    }
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let seconds = option("--seconds").map_or(10, |text| text.parse().expect("--seconds is a number"));
    let clock = || std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_secs());
    let seed = option("--seed").map_or_else(clock, |text| text.parse().expect("--seed is a number"));
    let chosen = option("--target");
    println!("seed {seed}");
    let targets = seeds::TARGETS.into_iter();
    let targets = targets.filter(|target| chosen.as_deref().is_none_or(|chosen| chosen == *target));
    let findings = fuzz_all(targets.collect(), seed, seconds);
    if findings == 0 {
        return ExitCode::SUCCESS;
    }
    println!("{findings} findings");
    ExitCode::FAILURE
}

/// The number of findings in all; as many parsers are tried at a time as there are cores.
fn fuzz_all(targets: Vec<&str>, seed: u64, seconds: u64) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let left = Mutex::new(targets.into_iter());
    let next = || left.lock().expect("no panic while it was held").next();
    let work = || {
        let mut findings = 0;
        while let Some(target) = next() {
            findings += fuzz(target, seed, seconds);
        }
        findings
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("its findings"))
            .sum()
    })
}

/// The number of findings.
fn fuzz(target: &str, seed: u64, seconds: u64) -> usize {
    let start = Instant::now();
    let total = Duration::from_secs(seconds);
    let (mut first, mut findings, mut slowest) = (0, 0, Duration::ZERO);
    while start.elapsed() < total && findings < MAX_FINDINGS {
        let left = (total - start.elapsed()).as_secs().max(1);
        let run = watch(target, seed, first, left);
        slowest = slowest.max(run.slowest);
        first = run.last + 1;
        if let Some(why) = run.failure {
            findings += 1;
            let path = keep(target, seed, run.last);
            println!("{target}: {why} on file {}: {path}", run.last);
        }
    }
    println!("{target:<5} {first:>7} files, slowest {} ms", slowest.as_millis());
    findings
}

struct Run {
    /// Number of the file that came last.
    last: u64,
    slowest: Duration,
    failure: Option<String>,
}

/// Runs a child until its time is over or it fails.
fn watch(target: &str, seed: u64, first: u64, seconds: u64) -> Run {
    let program = std::env::current_exe().expect("the own program");
    let mut child = Command::new(program)
        .args(["--child", target])
        .args([seed, first, seconds].map(|number| number.to_string()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    let stdout = child.stdout.take().expect("its output");
    let (sender, numbers) = channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        lines.for_each(|line| drop(sender.send(line)));
    });
    let (mut run, mut began) = (
        Run {
            last: first,
            slowest: Duration::ZERO,
            failure: None,
        },
        Instant::now(),
    );
    loop {
        match numbers.recv_timeout(TIME_OF_A_FILE) {
            Ok(line) => {
                run.slowest = run.slowest.max(began.elapsed());
                began = Instant::now();
                match line.parse() {
                    Ok(number) => run.last = number,
                    Err(_) => run.failure = Some(line),
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                child.kill().expect("killed");
                run.failure = Some(format!("more than {TIME_OF_A_FILE:?}"));
                break;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = child.wait().expect("its end");
    if !status.success() && run.failure.is_none() {
        run.failure = Some(format!("the process died ({status})"));
    }
    run
}

/// Reads one file after the other, saying the number of each before.
fn child(target: &str, seed: u64, first: u64, seconds: u64) {
    rlimit::Resource::DATA.set(MEMORY, MEMORY).expect("a limit");
    std::panic::set_hook(Box::new(|_| {}));
    let seeds = Seeds::load(target);
    let start = Instant::now();
    let mut stdout = std::io::stdout().lock();
    for number in first.. {
        if start.elapsed() >= Duration::from_secs(seconds) {
            return;
        }
        let (bytes, name) = file(&seeds, target, seed, number);
        writeln!(stdout, "{number}").expect("the number said");
        stdout.flush().expect("the number said");
        let read = std::panic::catch_unwind(|| drop(domain::kb::parse::parse(&bytes, &name)));
        if read.is_err() {
            writeln!(stdout, "a panic").expect("the panic said");
            std::process::exit(1);
        }
    }
}

/// The file of a number, and its name.
fn file(seeds: &Seeds, target: &str, seed: u64, number: u64) -> (Vec<u8>, String) {
    let salt = target
        .bytes()
        .fold(0_u64, |salt, byte| salt.wrapping_mul(31) + u64::from(byte));
    let mut random = Random::new(seed ^ salt.rotate_left(32) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (mutated(seeds, &mut random), format!("fuzz.{target}"))
}

/// Writes a finding where it can be looked at.
fn keep(target: &str, seed: u64, number: u64) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fuzz");
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(format!("{seed}-{number}.{target}"));
    let (bytes, _) = file(&Seeds::load(target), target, seed, number);
    std::fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path.display().to_string()
}
