//! exploration
#![expect(clippy::expect_used, clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]
use std::path::PathBuf;
use domain::kb::embed::Embedder;
use serde::Deserialize;

#[derive(Deserialize)]
struct Group { language: String, questions: Vec<String> }

fn cos(a: &[f32], b: &[f32]) -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() }

#[tokio::test]
async fn explore() {
    let models = std::env::var_os("BOTWRIGHT_MODELS_DIR").expect("models");
    let embedder = Embedder::load(&PathBuf::from(models)).unwrap();
    let groups: Vec<Group> = serde_json::from_str(include_str!("fixtures/gaps/paraphrases.json")).unwrap();
    let mut all = Vec::new();
    for (g, group) in groups.iter().enumerate() {
        for q in &group.questions { all.push((g, group.language.clone(), q.clone())); }
    }
    let vectors = embedder.embed_passages(all.iter().map(|a| a.2.clone()).collect()).await.unwrap();
    for i in 0..all.len() { for j in 0..i {
        let c = cos(&vectors[i], &vectors[j]);
        let (gi, gj) = (retrieval::words::gist(&all[i].2), retrieval::words::gist(&all[j].2));
        let common = gi.iter().filter(|t| gj.contains(t)).count();
        let union = gi.len() + gj.len() - common;
        if c > 0.3 || all[i].0 == all[j].0 {
            println!("PAIR\t{}\t{}\t{}\t{:.3}\t{}\t{}\t{}\t{}\t{}\t{}", u8::from(all[i].0 == all[j].0), all[i].1, all[j].1, c, common, union, gi.len(), gj.len(), all[i].2, all[j].2);
        }
    }}
}
