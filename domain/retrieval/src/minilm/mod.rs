//! all-MiniLM-L6-v2: text in, unit vectors of 384 numbers out, equal to those of sentence-transformers.

mod bert;
mod kernels;

use std::fmt::{Debug, Formatter};
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokenizers::Tokenizer;

use bert::{Bert, Config};

/// The model's name, and that of the folder with its files.
pub const ID: &str = "all-minilm-l6-v2";

/// Length of a vector.
pub const DIMENSIONS: usize = 384;

/// The model reads this many tokens of a text, the two special ones included; the rest is not seen.
pub const MAX_TOKENS: usize = 256;

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

/// The network could not be run: a bug, or memory that ran out.
#[derive(Debug, thiserror::Error)]
#[error("could not embed: {0}")]
pub struct EmbedError(String);

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
        let bert = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)
            .and_then(|vb| Bert::load(&vb, &config))
            .map_err(|e| invalid("model.safetensors", &e.to_string()))?;
        // One text a core scales better than one product spread over all cores.
        gemm::set_threading_threshold(usize::MAX);
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

    /// The vector of one text, computed on the caller's thread.
    pub fn embed(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let state = self.bert.forward(&self.token_ids(text));
        state
            .and_then(|s| mean_pooled(&s))
            .map_err(|e| EmbedError(e.to_string()))
    }

    /// The vectors of many texts in their order, on all cores.
    pub fn embed_all(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.pool
            .install(|| texts.par_iter().map(|text| self.embed(text)).collect())
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

/// The mean over tokens, scaled to unit length.
fn mean_pooled(state: &Tensor) -> candle_core::Result<Vec<f32>> {
    let mut vector: Vec<f32> = state.mean(0)?.to_vec1()?;
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
    vector.iter_mut().for_each(|x| *x /= norm);
    Ok(vector)
}
