//! How fast passages and queries are embedded here: `cargo xtask bench embed`.
//!
//! `BOTWRIGHT_MODELS_DIR` names the folder that holds the model's.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use retrieval::minilm::{self, MiniLm};

/// A round of passages; the best of [`ROUNDS`] counts, because other programs only ever slow one down.
const PASSAGES: usize = 64;
const ROUNDS: usize = 5;
const QUERIES: usize = 50;

/// Words of about one token each, in sentences like those of a manual.
const SENTENCE: &str = "The owner of a workspace can add members and choose what each of them may change. ";
const QUERY: &str = "Who may add members to a workspace?";

fn main() -> Result<(), Box<dyn Error>> {
    let models = std::env::var_os("BOTWRIGHT_MODELS_DIR").ok_or("BOTWRIGHT_MODELS_DIR is not set")?;
    let model = MiniLm::load(&PathBuf::from(models).join(minilm::ID))?;
    let cores = std::thread::available_parallelism()?;
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    println!("{}, {cores} cores, {profile} profile", minilm::ID);
    for tokens in [50, 200, 254] {
        let passage = passage(&model, tokens);
        let texts = vec![passage; PASSAGES];
        let best = best_of(ROUNDS, || model.embed_all(&texts).map(drop))?;
        println!(
            "passages of {tokens} tokens: {:.1} a second",
            PASSAGES as f64 / best.as_secs_f64()
        );
    }
    let mut times = Vec::with_capacity(QUERIES);
    for _ in 0..QUERIES {
        times.push(best_of(1, || model.embed(QUERY).map(drop))?);
    }
    times.sort_unstable();
    println!(
        "a query of {} tokens: median {:.1?}",
        model.count_tokens(QUERY),
        times[QUERIES / 2]
    );
    Ok(())
}

/// Text of exactly that many tokens.
fn passage(model: &MiniLm, tokens: usize) -> String {
    let mut words = SENTENCE.split_whitespace().cycle();
    let mut passage = String::new();
    while model.count_tokens(&passage) < tokens {
        passage.extend(words.next());
        passage.push(' ');
    }
    passage
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
