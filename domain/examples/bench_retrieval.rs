//! Retrieval measured on SQuAD v1.1 through the product's own pipeline: `cargo xtask bench retrieval --squad PATH`.
//!
//! Each paragraph is a document titled like its article, cut as a new knowledge base cuts, embedded, and stored in
//! Postgres; each article is a knowledge base; questions go through the search that bots use. A paragraph ranks
//! where its first chunk does.
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
#[path = "bench_retrieval/squad.rs"]
mod squad;

use std::path::PathBuf;
use std::time::Instant;

use corpus::Corpus;
use domain::vectors::VectorIndex;
use ingest::Ingested;
use measure::Bench;

/// Questions that are put to other articles too; each costs four searches.
const RELEVANCE_SAMPLE: usize = 1000;

#[tokio::main]
async fn main() {
    let options = Options::from_args().unwrap_or_else(|message| {
        eprintln!("{message}\nusage: bench_retrieval --squad squad-dev-v1.1.json.gz [--every N]");
        std::process::exit(2);
    });
    let articles = squad::load(&options.squad);
    let mut corpus = Corpus::new().await;

    let start = Instant::now();
    let ingested = ingest::ingest(&mut corpus, &articles).await;
    println!(
        "{} paragraphs in {} chunks, chunked, embedded and stored in {:.0?}",
        articles.iter().map(|a| a.paragraphs.len()).sum::<usize>(),
        ingested.paragraph_of.len(),
        start.elapsed()
    );
    measure(&corpus, &ingested, options.every).await;
}

async fn measure(corpus: &Corpus, ingested: &Ingested, every: usize) {
    let index = VectorIndex::new(None, corpus.db.clone()).unwrap();
    let bench = Bench {
        db: &corpus.db,
        index: &index,
        embedder: corpus::embedder().await,
        ingested,
    };
    let questions: Vec<_> = ingested.questions.iter().step_by(every).collect();
    let start = Instant::now();
    let quality = bench.quality(&questions).await;
    println!(
        "{} questions in {:.0?}\n\n{quality}",
        questions.len(),
        start.elapsed()
    );
    let sample = ingested
        .questions
        .iter()
        .step_by(ingested.questions.len().div_ceil(RELEVANCE_SAMPLE));
    println!("{}", bench.relevance(&sample.collect::<Vec<_>>()).await);
}

struct Options {
    squad: PathBuf,
    /// Take one question in so many.
    every: usize,
}

impl Options {
    fn from_args() -> Result<Self, String> {
        let (mut squad, mut every) = (None, 1);
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--squad" => squad = Some(PathBuf::from(value)),
                "--every" => every = value.parse().map_err(|_| format!("{value} is not a number"))?,
                _ => return Err(format!("there is no option {name}")),
            }
        }
        let squad = squad.ok_or("--squad is missing")?;
        Ok(Self {
            squad,
            every: every.max(1),
        })
    }
}
