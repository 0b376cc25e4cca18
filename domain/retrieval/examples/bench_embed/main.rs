//! How fast passages and queries are embedded here: `cargo xtask bench embed [--onnx-runtime]`.
//!
//! `BOTWRIGHT_MODELS_DIR` names the folder that holds the model's; with `--onnx-runtime`, `BOTWRIGHT_BENCH_PYTHON` a
//! Python with the packages of `requirements.txt`.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

mod onnx_runtime;
mod passages;
mod versus;

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use passages::passages;
use retrieval::minilm::{self, MiniLm};

/// A round of passages; the best of [`ROUNDS`] counts, because other programs only ever slow one down.
const PASSAGES: usize = 64;
const ROUNDS: usize = 5;
const QUERIES: usize = 50;

const QUERY: &str = "Who may add members to a workspace?";

fn main() -> Result<(), Box<dyn Error>> {
    let models = std::env::var_os("BOTWRIGHT_MODELS_DIR").ok_or("BOTWRIGHT_MODELS_DIR is not set")?;
    let folder = PathBuf::from(models).join(minilm::ID);
    let model = MiniLm::load(&folder)?;
    let cores = std::thread::available_parallelism()?.get();
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    println!("{}, {cores} cores, {profile} profile", minilm::ID);
    if std::env::args().any(|argument| argument == "--onnx-runtime") {
        return versus::run(&model, &folder, cores);
    }
    for tokens in [50, 200, 254] {
        let texts = passages(&model, tokens, PASSAGES);
        let best = best_of(ROUNDS, || model.embed_all(&texts).map(drop))?;
        println!(
            "passages of {tokens} tokens: {:.1} a second",
            PASSAGES as f64 / best.as_secs_f64()
        );
    }
    let mut times = Vec::with_capacity(QUERIES);
    for _ in 0..QUERIES {
        times.push(best_of(1, || model.embed(&[QUERY.to_owned()]).map(drop))?);
    }
    times.sort_unstable();
    println!(
        "a query of {} tokens: median {:.1?}",
        model.count_tokens(QUERY),
        times[QUERIES / 2]
    );
    Ok(())
}

fn best_of<E>(rounds: usize, mut run: impl FnMut() -> Result<(), E>) -> Result<Duration, E> {
    let mut best = Duration::MAX;
    for _ in 0..rounds {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}
