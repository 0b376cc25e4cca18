//! The dashboard's languages: what `tr!` says in the source, and one `.po` file for each language but English.

mod catalogue;
mod check;
mod plural;
mod po;
mod source;
mod unwrapped;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

pub use catalogue::languages;
use po::Po;
use source::Texts;

use crate::paths::Paths;
use crate::steps::Step;

/// `cargo xtask texts`: adds to each language what the source says anew, without a translation yet, and takes out what
/// it says no more. With `check`, only says what is missing.
pub fn update(paths: &Paths, check: bool, step: &Step) -> Result<()> {
    let texts = Texts::read(&paths.root)?;
    let mut problems = Vec::new();
    for file in files(paths)? {
        let known = read(&file)?;
        if check {
            problems.extend(check::problems(&known, &texts));
            continue;
        }
        let updated = known.updated(&texts);
        step.note(format!(
            "      {}: {} texts, {} to be translated",
            file.display(),
            updated.entries.len(),
            updated.entries.iter().filter(|entry| entry.is_open()).count()
        ));
        fs::write(&file, updated.to_string()).with_context(|| format!("can't write {}", file.display()))?;
    }
    problems.extend(unwrapped::find(&paths.root)?);
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

/// The languages' files, sorted.
fn files(paths: &Paths) -> Result<Vec<PathBuf>> {
    let folder = paths.root.join("dashboard/i18n");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("can't read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "po") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(file: &PathBuf) -> Result<Po> {
    let text = fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    Po::parse(&text).with_context(|| format!("can't understand {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> Paths {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        Paths {
            target: root.join("target"),
            root,
        }
    }

    #[test]
    fn every_language_says_all_that_the_dashboard_says() {
        let texts = Texts::read(&paths().root).unwrap();
        let files = files(&paths()).unwrap();
        assert!(!files.is_empty());
        for file in files {
            let problems = check::problems(&read(&file).unwrap(), &texts);
            let many = problems.len();
            let first: Vec<_> = problems.into_iter().take(50).collect();
            assert_eq!(many, 0, "{}:\n{}", file.display(), first.join("\n"));
        }
    }

    #[test]
    fn every_file_is_as_the_tool_writes_it() {
        let texts = Texts::read(&paths().root).unwrap();
        for file in files(&paths()).unwrap() {
            let written = read(&file).unwrap().updated(&texts).to_string();
            assert_eq!(
                fs::read_to_string(&file).unwrap(),
                written,
                "run `cargo xtask texts`"
            );
        }
    }

    #[test]
    fn no_text_of_the_dashboard_stays_out_of_the_languages() {
        let found = unwrapped::find(&paths().root).unwrap();
        assert!(found.is_empty(), "wrap these in tr!:\n{}", found.join("\n"));
    }
}
