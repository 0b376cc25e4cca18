//! What secrets, tokens and passwords cost: `cargo xtask bench crypto`.
//!
//! Each step is run as the product does it; beside it, in turn and with the same bytes, what there is no way around: the cipher or the
//! hash alone, as AWS-LC has it.
#![expect(clippy::print_stdout, reason = "that is what it is for")]
#![expect(clippy::unwrap_used, reason = "nobody is there to handle an error")]

use std::hint::black_box;
use std::time::Instant;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use chrono::Utc;
use domain::auth::password;
use domain::auth::tokens::{self, Claims};
use domain::secrets::Secrets;
use tokio::runtime::Handle;
use uuid::Uuid;

/// Rounds of each; the median counts.
const ROUNDS: usize = 11;
/// As long as keys of providers are.
const KEY: &str =
    "sk-proj-0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijkl";
const BOUND_TO: &str = "provider 018f4e2a-0000-7000-8000-000000000000 https://api.example.com";
const PASSWORD: &str = "correct horse battery staple";

#[tokio::main]
async fn main() {
    let secrets = Secrets::new(&"a master key of a benchmark, of enough letters".into(), &[]);
    println!(
        "| | time | the cipher or hash alone | ratio (least to most of {ROUNDS} rounds) |\n|---|---|---|---|"
    );
    sealing(&secrets);
    signing(&secrets);
    tokio::task::spawn_blocking(passwords).await.unwrap();
}

fn sealing(secrets: &Secrets) {
    let key = || LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap());
    let (seals, opens) = (key(), key());
    let nonce = || Nonce::assume_unique_for_key([1; NONCE_LEN]);
    let aad = || Aad::from(BOUND_TO.as_bytes());
    let seal = || {
        let mut bytes = KEY.as_bytes().to_vec();
        seals
            .seal_in_place_append_tag(nonce(), aad(), &mut bytes)
            .unwrap();
        bytes
    };
    let (sealed, sealed_alone) = (secrets.seal(KEY, BOUND_TO).unwrap(), seal());
    let ours = || drop(black_box(secrets.seal(black_box(KEY), BOUND_TO).unwrap()));
    compare("a provider's key sealed", 20_000, ours, || {
        drop(black_box(seal()));
    });
    let ours = || drop(black_box(secrets.open(black_box(&sealed), BOUND_TO).unwrap()));
    compare("the same opened", 20_000, ours, || {
        let mut bytes = sealed_alone.clone();
        opens
            .open_in_place(nonce(), aad(), black_box(&mut bytes))
            .unwrap();
    });
}

fn signing(secrets: &Secrets) {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secrets.token_key());
    let (sub, sid, ws) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let sign = || tokens::sign(secrets, Claims { sub, sid, ws }, Utc::now()).unwrap();
    let token = sign();
    let (signed, _) = token.rsplit_once('.').unwrap();
    let alone = || _ = black_box(hmac::sign(&key, black_box(signed.as_bytes())));
    compare(
        "an access token signed",
        10_000,
        || drop(black_box(sign())),
        alone,
    );
    let ours = || _ = black_box(tokens::verify(secrets, black_box(&token)).unwrap());
    compare("the same checked", 10_000, ours, alone);
}

/// Nothing to compare with: they are meant to be slow.
fn passwords() {
    let runtime = Handle::current();
    let hash = || runtime.block_on(password::hash(PASSWORD.to_owned())).unwrap();
    let known = hash();
    let check = || {
        assert!(
            runtime
                .block_on(password::verify(PASSWORD.to_owned(), Some(known.clone())))
                .unwrap()
        );
    };
    for (what, mut work) in [
        ("a password hashed", Box::new(|| drop(hash())) as Box<dyn FnMut()>),
        ("the same checked", Box::new(check)),
    ] {
        let mut times: Vec<f64> = (0..ROUNDS).map(|_| nanoseconds(1, &mut work)).collect();
        println!("| {what} | {} | | |", shown(median(&mut times)));
    }
}

/// Both sides in turn.
fn compare(what: &str, times: u32, mut ours: impl FnMut(), mut alone: impl FnMut()) {
    let rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| (nanoseconds(times, &mut ours), nanoseconds(times, &mut alone)))
        .collect();
    let (mut of_ours, mut of_alone): (Vec<f64>, Vec<f64>) = rounds.iter().copied().unzip();
    let mut ratios: Vec<f64> = rounds.iter().map(|(ours, alone)| ours / alone).collect();
    let ratio = median(&mut ratios);
    println!(
        "| {what} | {} | {} | {ratio:.1} ({:.1} to {:.1}) |",
        shown(median(&mut of_ours)),
        shown(median(&mut of_alone)),
        ratios[0],
        ratios[ROUNDS - 1]
    );
}

/// How long one takes, of so many.
fn nanoseconds(times: u32, work: &mut impl FnMut()) -> f64 {
    let began = Instant::now();
    (0..times).for_each(|_| work());
    began.elapsed().as_secs_f64() * 1e9 / f64::from(times)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn shown(nanoseconds: f64) -> String {
    if nanoseconds < 1e6 {
        format!("{:.1} µs", nanoseconds / 1e3)
    } else {
        format!("{:.1} ms", nanoseconds / 1e6)
    }
}
