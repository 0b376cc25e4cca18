//! Ours and ONNX Runtime in turn, on the same tokens, with as many threads.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use retrieval::minilm::MiniLm;

use crate::onnx_runtime::{OnnxRuntime, Way};
use crate::passages::passages;

/// Tokens of a text, the two special ones not counted, and how many texts make a round of about a second.
const LENGTHS: [(usize, usize); 4] = [(20, 240), (50, 120), (128, 48), (200, 32)];
const ROUNDS: usize = 15;
/// Least cosine between a vector of ours and ONNX Runtime's.
const AGREEMENT: f32 = 0.9999;
/// Least share of ONNX Runtime's texts a second.
const LEAST_RATIO: f64 = 1.0 / 1.3;
/// ONNX Runtime may choose, for each length, which way suits it best.
const WAYS: [Way; 6] = [
    way(false, 1),
    way(false, 4),
    way(false, 16),
    way(true, 1),
    way(true, 8),
    way(true, 32),
];

const fn way(spread: bool, batch: usize) -> Way {
    Way { spread, batch }
}

/// A round of one of the two.
struct Round {
    seconds: f64,
    cpu_seconds: f64,
}

/// Prints what each does in a second, and the ratio.
pub fn run(model: &MiniLm, folder: &Path, threads: usize) -> Result<(), Box<dyn Error>> {
    let mut theirs = OnnxRuntime::start(folder, threads)?;
    println!(
        "against ONNX Runtime {}, fp32, fused graph; {threads} threads each; {ROUNDS} rounds of each in turn",
        theirs.version
    );
    println!("texts a second: median (least to most); CPU: milliseconds a text, median");
    let mut least = f64::INFINITY;
    for (tokens, count) in LENGTHS {
        least = least.min(compare(model, &mut theirs, tokens, count)?);
    }
    if least < LEAST_RATIO {
        return Err(format!("slower than ONNX Runtime: {least:.2} of its texts a second").into());
    }
    Ok(())
}

/// The ratio, ours to its.
fn compare(
    model: &MiniLm,
    theirs: &mut OnnxRuntime,
    tokens: usize,
    count: usize,
) -> Result<f64, Box<dyn Error>> {
    let texts = passages(model, tokens, count);
    let ids: Vec<Vec<u32>> = texts.iter().map(|text| model.token_ids(text)).collect();
    let least = agreement(
        &model.embed_all(&texts)?,
        &theirs.embed(&ids, WAYS[0], true)?.vectors,
    )?;
    let way = best_way(theirs, &ids)?;
    let (mut ours_rounds, mut their_rounds) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours_rounds.push(our_round(model, &texts)?);
        let answer = theirs.embed(&ids, way, false)?;
        their_rounds.push(Round {
            seconds: answer.seconds,
            cpu_seconds: answer.cpu_seconds,
        });
    }
    let ratios = ours_rounds.iter().zip(&their_rounds);
    let ratios = sorted(ratios.map(|(ours, theirs)| theirs.seconds / ours.seconds));
    println!(
        "{tokens} tokens (least cosine {least:.7}; its best way: batches of {}, {})",
        way.batch,
        if way.spread {
            "each over all threads"
        } else {
            "one a thread"
        }
    );
    println!("    ours          {}", described(&ours_rounds, count));
    println!("    ONNX Runtime  {}", described(&their_rounds, count));
    println!("    ours / its    {}", spread(&ratios, 2));
    Ok(median(&ratios))
}

/// Cutting the text into tokens is part of ours, not of ONNX Runtime's.
fn our_round(model: &MiniLm, texts: &[String]) -> Result<Round, Box<dyn Error>> {
    let (start, cpu) = (Instant::now(), cpu_seconds()?);
    model.embed_all(texts)?;
    Ok(Round {
        seconds: start.elapsed().as_secs_f64(),
        cpu_seconds: cpu_seconds()? - cpu,
    })
}

/// Of all threads of this process.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let microseconds = (usage.user_time() + usage.system_time()).num_microseconds();
    Ok(microseconds as f64 / 1e6)
}

fn best_way(theirs: &mut OnnxRuntime, ids: &[Vec<u32>]) -> Result<Way, Box<dyn Error>> {
    let mut best = (f64::INFINITY, WAYS[0]);
    // The first time, memory is laid out.
    for _ in 0..3 {
        for way in WAYS {
            let seconds = theirs.embed(ids, way, false)?.seconds;
            if seconds < best.0 {
                best = (seconds, way);
            }
        }
    }
    Ok(best.1)
}

fn agreement(ours: &[Vec<f32>], theirs: &[Vec<f32>]) -> Result<f32, Box<dyn Error>> {
    let pairs = ours.iter().zip(theirs);
    let cosines = pairs.map(|(a, b)| a.iter().zip(b).map(|(x, y)| x * y).sum());
    let least = cosines.fold(f32::INFINITY, f32::min);
    if ours.len() != theirs.len() || least < AGREEMENT {
        return Err(format!("the vectors don't agree: least cosine {least}").into());
    }
    Ok(least)
}

fn described(rounds: &[Round], count: usize) -> String {
    let a_second = sorted(rounds.iter().map(|round| count as f64 / round.seconds));
    let cpu = sorted(
        rounds
            .iter()
            .map(|round| round.cpu_seconds * 1000.0 / count as f64),
    );
    format!("{}; CPU {:.2}", spread(&a_second, 1), median(&cpu))
}

fn spread(sorted: &[f64], digits: usize) -> String {
    let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
    format!(
        "{:.digits$} ({least:.digits$} to {most:.digits$})",
        median(sorted)
    )
}

fn median(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}
