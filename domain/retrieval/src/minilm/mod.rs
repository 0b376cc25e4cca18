//! all-MiniLM-L6-v2: text in, unit vectors of 384 numbers out, equal to those of sentence-transformers.

mod bert;
mod kernels;
mod matrix;
mod weights;

use std::fmt::{Debug, Formatter};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use safetensors::SafeTensors;
use tokenizers::Tokenizer;

use bert::{Bert, Config};
use weights::Weights;

/// The model's name, and that of the folder with its files.
pub const ID: &str = "all-minilm-l6-v2";

/// Length of a vector.
pub const DIMENSIONS: usize = 384;

/// The model reads this many tokens of a text, the two special ones included; the rest is not seen.
pub const MAX_TOKENS: usize = 256;

/// How many tokens of several texts are run together: enough that fetching the weights from memory does not count, few
/// enough that what is between the layers stays in a core's cache.
const TOKENS_AT_ONCE: usize = 256;

/// Why the model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file is missing or can't be read.
    #[error("could not read {}: {source}", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{file} is not all-MiniLM-L6-v2's: {reason}")]
    Invalid {
        /// Which one.
        file: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The system gives no more threads.
    #[error("could not start threads: {0}")]
    Threads(String),
}

/// The tokenizer made a token that the network does not know: they are not of one model.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("could not embed: the tokenizer is another model's")]
pub struct EmbedError;

/// The model, loaded. About 100 MB of memory, shared by all threads that embed.
pub struct MiniLm {
    tokenizer: Tokenizer,
    bert: Bert,
    /// Wrapped around every text.
    cls: u32,
    sep: u32,
    /// Where many texts run; a single one runs on its caller's thread and never waits for them.
    pool: ThreadPool,
}

impl MiniLm {
    /// Reads `config.json`, `tokenizer.json` and `model.safetensors` in `dir`.
    pub fn load(dir: &Path) -> Result<Self, LoadError> {
        let config: Config = serde_json::from_slice(&read(dir, "config.json")?)
            .map_err(|e| invalid("config.json", &e.to_string()))?;
        if config.hidden_size != DIMENSIONS {
            return Err(invalid(
                "config.json",
                &format!("its vectors have {} numbers", config.hidden_size),
            ));
        }
        let mut tokenizer = Tokenizer::from_bytes(read(dir, "tokenizer.json")?)
            .map_err(|e| invalid("tokenizer.json", &e.to_string()))?;
        // The file pads and cuts to 128 tokens, which is not what the model was published with.
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(None)
            .map_err(|e| invalid("tokenizer.json", &e.to_string()))?;
        let special = |token| {
            tokenizer
                .token_to_id(token)
                .ok_or_else(|| invalid("tokenizer.json", &format!("it has no {token}")))
        };
        let (cls, sep) = (special("[CLS]")?, special("[SEP]")?);
        let weights = read(dir, "model.safetensors")?;
        let bert = SafeTensors::deserialize(&weights)
            .map_err(|e| e.to_string())
            .and_then(|file| Bert::load(&Weights::new(&file), &config))
            .map_err(|reason| invalid("model.safetensors", &reason))?;
        let pool = ThreadPoolBuilder::new()
            .thread_name(|i| format!("embed-{i}"))
            .build()
            .map_err(|e| LoadError::Threads(e.to_string()))?;
        Ok(Self {
            tokenizer,
            bert,
            cls,
            sep,
            pool,
        })
    }

    /// How many tokens `text` has, special ones not counted, however long it is.
    pub fn count_tokens(&self, text: &str) -> usize {
        self.content_ids(text).len()
    }

    /// The vectors of a few texts in their order, computed on the caller's thread: short ones are run together.
    pub fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let ids: Vec<Vec<u32>> = texts.iter().map(|text| self.token_ids(text)).collect();
        let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
        let mut vectors = Vec::with_capacity(ids.len());
        for group in groups(&ids, 1) {
            vectors.extend(self.vectors(group)?);
        }
        Ok(vectors)
    }

    /// The vectors of many texts in their order, on all cores.
    pub fn embed_all(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.pool.install(|| {
            let ids: Vec<Vec<u32>> = texts.par_iter().map(|text| self.token_ids(text)).collect();
            let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
            let groups: Vec<&[&[u32]]> = groups(&ids, rayon::current_num_threads());
            let vectors: Vec<Vec<Vec<f32>>> = groups
                .into_par_iter()
                .map(|group| self.vectors(group))
                .collect::<Result<_, _>>()?;
            Ok(vectors.into_iter().flatten().collect())
        })
    }

    /// The vectors of texts that are run together.
    fn vectors(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let state = self.bert.forward(texts).ok_or(EmbedError)?;
        let mut rest = state.as_slice();
        let vector = |text: &&[u32]| {
            let (its, others) = rest.split_at(text.len() * DIMENSIONS);
            rest = others;
            mean_pooled(its)
        };
        Ok(texts.iter().map(vector).collect())
    }

    /// What the network is given: at most [`MAX_TOKENS`], the special ones included.
    pub fn token_ids(&self, text: &str) -> Vec<u32> {
        let mut ids = vec![self.cls];
        ids.extend(self.content_ids(text).into_iter().take(MAX_TOKENS - 2));
        ids.push(self.sep);
        ids
    }

    fn content_ids(&self, text: &str) -> Vec<u32> {
        // WordPiece knows a token for every input ([UNK] at worst), so encoding can't fail.
        self.tokenizer
            .encode_fast(text, false)
            .map(|e| e.get_ids().to_vec())
            .unwrap_or_default()
    }
}

impl Debug for MiniLm {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("MiniLm")
    }
}

fn read(dir: &Path, file: &str) -> Result<Vec<u8>, LoadError> {
    let path = dir.join(file);
    std::fs::read(&path).map_err(|source| LoadError::Read { path, source })
}

fn invalid(file: &'static str, reason: &str) -> LoadError {
    LoadError::Invalid {
        file,
        reason: reason.to_owned(),
    }
}

/// Cuts `texts` into runs of neighbours that have up to [`TOKENS_AT_ONCE`] tokens together, less where some of `threads`
/// would have nothing to do.
fn groups<'a>(texts: &'a [&'a [u32]], threads: usize) -> Vec<&'a [&'a [u32]]> {
    let all: usize = texts.iter().map(|text| text.len()).sum();
    let most = all.div_ceil(threads).min(TOKENS_AT_ONCE);
    let mut groups = Vec::new();
    let (mut from, mut tokens) = (0, 0);
    for (i, text) in texts.iter().enumerate() {
        if tokens > 0 && tokens + text.len() > most {
            groups.push(&texts[from..i]);
            (from, tokens) = (i, 0);
        }
        tokens += text.len();
    }
    if from < texts.len() {
        groups.push(&texts[from..]);
    }
    groups
}

/// The mean over tokens, scaled to unit length.
fn mean_pooled(state: &[f32]) -> Vec<f32> {
    let mut vector = vec![0.0; DIMENSIONS];
    for token in state.chunks_exact(DIMENSIONS) {
        vector.iter_mut().zip(token).for_each(|(sum, x)| *sum += x);
    }
    // Of the sum as of the mean: the length does not matter.
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
    vector.iter_mut().for_each(|x| *x /= norm);
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(texts: &[usize], threads: usize) -> Vec<Vec<usize>> {
        let texts: Vec<Vec<u32>> = texts.iter().map(|length| vec![0; *length]).collect();
        let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let groups = groups(&texts, threads);
        groups
            .iter()
            .map(|group| group.iter().map(|text| text.len()).collect())
            .collect()
    }

    #[test]
    fn short_texts_are_run_together_and_no_thread_is_left_idle() {
        assert_eq!(lengths(&[], 2), Vec::<Vec<usize>>::new());
        assert_eq!(lengths(&[20; 4], 2), [[20, 20], [20, 20]]);
        assert_eq!(lengths(&[200, 200, 20], 2), [[200], [200], [20]]);
        let many = lengths(&[TOKENS_AT_ONCE / 4; 40], 2);
        assert_eq!(many, vec![vec![TOKENS_AT_ONCE / 4; 4]; 10]);
        assert_eq!(
            lengths(&[2 * TOKENS_AT_ONCE, 2], 1),
            [vec![2 * TOKENS_AT_ONCE], vec![2]]
        );
    }
}
