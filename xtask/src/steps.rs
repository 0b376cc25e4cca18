//! Steps with a number, a time and a line of progress; what the tools print goes to a log file.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::paths::Paths;

/// Lines of a failed tool's output that are shown.
const TAIL_LINES: usize = 40;

/// Counts the steps of one task.
pub struct Steps {
    logs: PathBuf,
    done: usize,
    total: usize,
}

impl Steps {
    /// Starts a task of `total` steps.
    pub fn new(paths: &Paths, total: usize) -> Self {
        Self {
            logs: paths.own("logs"),
            done: 0,
            total,
        }
    }

    /// Announces a step, does it, and says how long it took. `name` also names the log file.
    pub fn run<T>(&mut self, name: &str, title: &str, work: impl FnOnce(&Step) -> Result<T>) -> Result<T> {
        let label = self.next(title);
        let step = Step::new(&self.logs, name)?;
        let ticker = Ticker::start(label.clone(), Arc::clone(&step.progress));
        let started = Instant::now();
        let result = work(&step);
        ticker.stop();
        match &result {
            Ok(_) => println!("{label} … done in {}", human(started.elapsed())),
            Err(_) => println!("{label} … FAILED after {}", human(started.elapsed())),
        }
        for note in lock(&step.notes).drain(..) {
            println!("{note}");
        }
        result
    }

    /// Announces a step that shows its own output.
    pub fn announce(&mut self, title: &str) {
        println!("{}", self.next(title));
    }

    fn next(&mut self, title: &str) -> String {
        self.done += 1;
        format!("[{}/{}] {title}", self.done, self.total)
    }
}

/// One step under way.
pub struct Step {
    log_path: PathBuf,
    log: Mutex<File>,
    progress: Arc<Mutex<String>>,
    notes: Mutex<Vec<String>>,
}

impl Step {
    fn new(logs: &Path, name: &str) -> Result<Self> {
        fs::create_dir_all(logs)?;
        let log_path = logs.join(format!("{name}.log"));
        let log = File::create(&log_path).with_context(|| format!("can't write {}", log_path.display()))?;
        Ok(Self {
            log_path,
            log: Mutex::new(log),
            progress: Arc::default(),
            notes: Mutex::default(),
        })
    }

    /// Something the person should read when the step is over.
    pub fn note(&self, text: impl Into<String>) {
        lock(&self.notes).push(text.into());
    }

    /// What is being done just now.
    pub fn progress(&self, text: &str) {
        text.clone_into(&mut lock(&self.progress));
    }

    /// Runs a tool; its output goes to the log, the end of it into the error when the tool fails.
    pub fn command(&self, command: &mut Command) -> Result<()> {
        let line = describe(command);
        writeln!(lock(&self.log), "$ {line}")?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("can't start `{line}`"))?;
        let tail = Mutex::new(VecDeque::new());
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            if let Some(pipe) = stdout {
                scope.spawn(|| self.follow(pipe, &tail));
            }
            if let Some(pipe) = stderr {
                scope.spawn(|| self.follow(pipe, &tail));
            }
        });
        let status = child.wait()?;
        if status.success() {
            return Ok(());
        }
        let tail: Vec<String> = lock(&tail).drain(..).collect();
        bail!(
            "`{line}` failed ({status}):\n{}\n\nAll of it: {}",
            tail.join("\n"),
            self.log_path.display()
        )
    }

    fn follow(&self, pipe: impl Read, tail: &Mutex<VecDeque<String>>) {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            // A log that can't be written must not stop the tool.
            let _ = writeln!(lock(&self.log), "{line}");
            if line.is_empty() {
                continue;
            }
            self.progress(&line);
            let mut tail = lock(tail);
            if tail.len() == TAIL_LINES {
                tail.pop_front();
            }
            tail.push_back(line);
        }
    }
}

/// Shows that a step is alive: a line that is rewritten on a terminal, a line each half minute elsewhere.
struct Ticker {
    stop: Sender<()>,
    thread: thread::JoinHandle<()>,
}

impl Ticker {
    fn start(label: String, progress: Arc<Mutex<String>>) -> Self {
        let (stop, stopped) = mpsc::channel();
        let terminal = io::stdout().is_terminal();
        let thread = thread::spawn(move || {
            let started = Instant::now();
            let period = if terminal {
                Duration::from_millis(200)
            } else {
                Duration::from_secs(30)
            };
            if !terminal {
                println!("{label} …");
            }
            while stopped.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
                let detail: String = lock(&progress).trim().chars().take(70).collect();
                let time = human(started.elapsed());
                if terminal {
                    print!("\r\x1b[2K{label} … {time}  {detail}");
                    let _ = io::stdout().flush();
                } else {
                    println!("      {time}  {detail}");
                }
            }
            if terminal {
                print!("\r\x1b[2K");
            }
        });
        Self { stop, thread }
    }

    fn stop(self) {
        drop(self.stop);
        // The ticker only prints; nothing depends on how it ended.
        let _ = self.thread.join();
    }
}

/// `0.4 s`, `12.3 s`, `2:05 min`.
pub fn human(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    format!("{}:{:02} min", time.as_secs() / 60, time.as_secs() % 60)
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(program)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
