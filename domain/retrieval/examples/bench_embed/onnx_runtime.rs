//! ONNX Runtime, in a Python process of its own (`onnx_runtime.py`).

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::json;

/// How it uses its threads.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// Each product over all threads; else each thread has texts of its own, as ours have.
    pub spread: bool,
    /// Texts run at once.
    pub batch: usize,
}

/// What it did.
#[derive(Deserialize)]
pub struct Answer {
    /// Without the way to the other process and back.
    pub seconds: f64,
    /// Of all threads together.
    pub cpu_seconds: f64,
    #[serde(default)]
    pub vectors: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Hello {
    version: String,
}

pub struct OnnxRuntime {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    pub version: String,
}

impl OnnxRuntime {
    /// Writes the graph from the weights in `model` and loads it.
    pub fn start(model: &Path, threads: usize) -> Result<Self, Box<dyn Error>> {
        let python = std::env::var_os("BOTWRIGHT_BENCH_PYTHON").ok_or("BOTWRIGHT_BENCH_PYTHON is not set")?;
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/bench_embed/onnx_runtime.py");
        let graph = std::env::temp_dir().join(format!("botwright-bench-{}.onnx", std::process::id()));
        let mut child = Command::new(python)
            .args([&own, model, &graph])
            .arg(threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take().ok_or("its input is piped")?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("its output is piped")?);
        let hello = next::<Hello>(&mut stdout);
        // It has been read, or was never written.
        let _ = std::fs::remove_file(graph);
        Ok(Self {
            child,
            stdin,
            stdout,
            version: hello?.version,
        })
    }

    /// Embeds texts that all have the same length, given as the ids of their tokens.
    pub fn embed(&mut self, texts: &[Vec<u32>], way: Way, vectors: bool) -> Result<Answer, Box<dyn Error>> {
        let Way { spread, batch } = way;
        let request = json!({ "texts": texts, "spread": spread, "batch": batch, "vectors": vectors });
        writeln!(self.stdin, "{request}")?;
        next(&mut self.stdout)
    }
}

impl Drop for OnnxRuntime {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn next<T: for<'de> Deserialize<'de>>(stdout: &mut impl BufRead) -> Result<T, Box<dyn Error>> {
    let mut line = String::new();
    if stdout.read_line(&mut line)? == 0 {
        return Err("ONNX Runtime's process ended".into());
    }
    Ok(serde_json::from_str(&line)?)
}
