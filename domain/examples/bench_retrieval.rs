//! Retrieval measured through the product's own pipeline: `cargo xtask bench retrieval [--squad PATH]`.
//!
//! Two sets: SQuAD v1.1 (the gzipped JSON of its development set, which is not part of the repository), whose questions
//! share words with their paragraphs, and help centres written for this, whose questions mostly do not. Each passage is
//! a document, cut as a new knowledge base cuts, embedded, and stored in Postgres; each article or organisation is a
//! knowledge base; questions go through the search that bots use. A passage ranks where its first chunk does.
//!
//! `BOTWRIGHT_TEST_DATABASE_URL` names a Postgres server, as a superuser, on which a database is made and dropped;
//! `BOTWRIGHT_MODELS_DIR` the folder that holds the model's.
#![expect(clippy::print_stdout, reason = "that is what it is for")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "nobody is there to handle an error"
)]

#[path = "../tests/support/corpus.rs"]
#[expect(dead_code, reason = "the tests need more")]
mod corpus;
#[path = "../tests/support/database.rs"]
#[expect(dead_code, reason = "the tests need more")]
mod database;
#[path = "bench_retrieval/ingest.rs"]
mod ingest;
#[path = "bench_retrieval/measure.rs"]
mod measure;
#[path = "bench_retrieval/relevance.rs"]
mod relevance;
#[path = "bench_retrieval/set.rs"]
mod set;
#[path = "bench_retrieval/squad.rs"]
mod squad;

use std::fs::OpenOptions;
use std::path::PathBuf;
use std::time::Instant;

use corpus::Corpus;
use domain::vectors::VectorIndex;
use measure::Bench;
use set::Set;

/// Questions whose relevance is asked for; each costs six searches.
const RELEVANCE_SAMPLE: usize = 1000;

#[tokio::main]
async fn main() {
    let options = Options::from_args().unwrap_or_else(|message| {
        eprintln!(
            "{message}\nusage: bench_retrieval [--squad squad-dev-v1.1.json.gz] [--every N] [--features FILE]"
        );
        std::process::exit(2);
    });
    run(&set::help(), 1, &options).await;
    match &options.squad {
        Some(path) => run(&set::squad(path), options.every, &options).await,
        None => println!("SQuAD was left out: --squad names the file"),
    }
}

async fn run(set: &Set, every: usize, options: &Options) {
    let mut corpus = Corpus::new().await;
    let start = Instant::now();
    let ingested = ingest::ingest(&mut corpus, set).await;
    println!(
        "{}: {} passages in {} chunks, chunked, embedded and stored in {:.0?}",
        set.name,
        set.collections.iter().map(Vec::len).sum::<usize>(),
        ingested.document_of.len(),
        start.elapsed()
    );
    let index = VectorIndex::new(None, corpus.db.clone()).unwrap();
    let bench = Bench {
        db: &corpus.db,
        index: &index,
        embedder: corpus::embedder().await,
        ingested: &ingested,
    };
    let questions: Vec<_> = set.questions.iter().step_by(every).collect();
    let start = Instant::now();
    let quality = bench.quality(&questions).await;
    println!("searched in {:.0?}\n\n{quality}", start.elapsed());
    let sample = set
        .questions
        .iter()
        .step_by(set.questions.len().div_ceil(RELEVANCE_SAMPLE));
    let features = options.features.as_ref().map(|path| {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .expect("a file for the features")
    });
    println!(
        "{}",
        bench.relevance(set, &sample.collect::<Vec<_>>(), features).await
    );
}

struct Options {
    squad: Option<PathBuf>,
    /// Take every n-th question of SQuAD.
    every: usize,
    features: Option<PathBuf>,
}

impl Options {
    fn from_args() -> Result<Self, String> {
        let mut options = Self {
            squad: None,
            every: 1,
            features: None,
        };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                "--squad" => options.squad = Some(value()?.into()),
                "--every" => {
                    options.every = value()?
                        .parse()
                        .ok()
                        .filter(|n| *n > 0)
                        .ok_or("--every needs a number above 0")?;
                }
                "--features" => options.features = Some(value()?.into()),
                _ => return Err(format!("unknown argument {arg}")),
            }
        }
        Ok(options)
    }
}
