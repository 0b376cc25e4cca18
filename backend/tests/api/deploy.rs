//! What is in `deploy/` and the compose file speaks of what there is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use domain::config::Config;
use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

/// Read from the environment by what is there before settings are.
const EARLY: [&str; 1] = ["log_format"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Asks a type for the names of its fields.
struct Names<'a>(&'a mut BTreeSet<&'static str>);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("only asked"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.0.extend(fields);
        Err(Error::custom("only asked"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn settings() -> BTreeSet<&'static str> {
    let mut names = BTreeSet::from(EARLY);
    assert!(Config::deserialize(Names(&mut names)).is_err());
    names
}

/// The files of `deploy/kubernetes`.
fn manifests() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("deploy/kubernetes")).unwrap();
    folder.map(|entry| entry.unwrap().path()).collect()
}

/// The variables of ours that a text sets; not those that it only puts in, as compose does with `${…}`.
fn variables(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut plain = String::new();
    for piece in text.split("${") {
        let is_first = plain.is_empty();
        plain.push_str(if is_first {
            piece
        } else {
            piece.split_once('}').map_or("", |(_, rest)| rest)
        });
        plain.push(' ');
    }
    let words = plain
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(|line| line.split(|c| !is_part(c)));
    let is_ours = |word: &&str| {
        word.starts_with("BOTWRIGHT_") || ["DATABASE_URL", "REDIS_URL", "QDRANT_URL"].contains(word)
    };
    words.filter(is_ours).map(str::to_owned).collect()
}

#[test]
fn variables_that_are_set_are_settings() {
    let settings = settings();
    assert!(settings.contains("worker_listen"), "{settings:?}");
    let mut files = vec![
        root().join("docker-compose.yml"),
        root().join("deploy/Dockerfile"),
    ];
    files.extend(manifests());
    let mut all = BTreeSet::new();
    for path in files {
        for variable in variables(&fs::read_to_string(&path).unwrap()) {
            let name = variable
                .strip_prefix("BOTWRIGHT_")
                .unwrap_or(&variable)
                .to_lowercase();
            let name = name.split("__").next().unwrap();
            assert!(
                settings.contains(name),
                "{} sets {variable}, which is no setting",
                path.display()
            );
            all.insert(variable);
        }
    }
    assert!(
        all.contains("BOTWRIGHT_WORKER_LISTEN") && all.contains("DATABASE_URL"),
        "{all:?}"
    );
}

#[test]
fn every_manifest_is_part_of_the_kustomization() {
    let text = fs::read_to_string(root().join("deploy/kubernetes/kustomization.yaml")).unwrap();
    let listed: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("  - ")?.strip_suffix(".yaml"))
        .collect();
    let elsewhere = ["kustomization", "prometheus-adapter", "secret.example"];
    let there: Vec<String> = manifests()
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| !elsewhere.contains(&name.as_str()))
        .collect();
    assert_eq!(listed, there.iter().map(String::as_str).collect());
}
