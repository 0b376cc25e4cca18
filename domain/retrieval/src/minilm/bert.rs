//! BERT, the encoder alone, over the tokens of several texts at once.
//!
//! All that treats tokens one by one does so for all texts together, so that weights are fetched from memory once for a
//! few hundred tokens, however short the texts are. Only attention looks at each text by itself, which is why nothing is
//! padded. Dropout is for training only.

use serde::Deserialize;

use super::kernels::{Norm, add_and_norm, gelu, norm, softmax};
use super::matrix::{PANEL, Panels, Rows, multiply};
use super::weights::Weights;

/// The parts of a model's `config.json` that matter here.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Config {
    pub(super) vocab_size: usize,
    pub(super) hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    layer_norm_eps: f32,
}

#[derive(Debug)]
pub(super) struct Bert {
    hidden: usize,
    /// A row for each token of the vocabulary.
    words: Vec<f32>,
    /// Position embeddings with that of the only token type added.
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

impl Bert {
    /// Says what is wrong with the weights, if something is.
    pub(super) fn load(weights: &Weights<'_>, config: &Config) -> Result<Self, String> {
        let Config {
            hidden_size: hidden,
            num_attention_heads: heads,
            ..
        } = *config;
        if [hidden, config.intermediate_size, hidden / heads.max(1)]
            .iter()
            .any(|width| *width == 0 || !width.is_multiple_of(PANEL))
        {
            return Err(format!("its layers are not wide a multiple of {PANEL}"));
        }
        let embeddings = weights.below("embeddings");
        let table = |name: &str, rows| embeddings.get(&format!("{name}.weight"), &[rows, hidden]);
        let types = table("token_type_embeddings", config.type_vocab_size)?;
        let mut positions = table("position_embeddings", config.max_position_embeddings)?;
        for position in positions.chunks_exact_mut(hidden) {
            position.iter_mut().zip(&types).for_each(|(x, y)| *x += y);
        }
        let layers = (0..config.num_hidden_layers)
            .map(|i| Layer::load(&weights.below(&format!("encoder.layer.{i}")), config))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            hidden,
            words: table("word_embeddings", config.vocab_size)?,
            positions,
            norm: load_norm(&embeddings.below("LayerNorm"), config)?,
            layers,
        })
    }

    /// The last hidden state of each token of each text, a row each. `None` if a token is not of the vocabulary, or a
    /// text longer than the model reads.
    pub(super) fn forward(&self, texts: &[&[u32]]) -> Option<Vec<f32>> {
        let mut hidden = self.embedded(texts)?;
        norm(&mut hidden, &self.norm);
        let mut scratch = Scratch::default();
        for layer in &self.layers {
            layer.forward(&mut hidden, texts, &mut scratch);
        }
        Some(hidden)
    }

    fn embedded(&self, texts: &[&[u32]]) -> Option<Vec<f32>> {
        let mut rows = Vec::new();
        for text in texts {
            let positions = self.positions.get(..text.len() * self.hidden)?;
            for (id, position) in text.iter().zip(positions.chunks_exact(self.hidden)) {
                let from = *id as usize * self.hidden;
                let word = self.words.get(from..from + self.hidden)?;
                rows.extend(word.iter().zip(position).map(|(x, y)| x + y));
            }
        }
        Some(rows)
    }
}

/// Memory that all layers use in turn, a row for each token.
#[derive(Default)]
struct Scratch {
    /// Queries, keys and values.
    projected: Vec<f32>,
    attended: Vec<f32>,
    /// How much each token of one text looks at each.
    scores: Vec<f32>,
    wide: Vec<f32>,
    product: Vec<f32>,
}

#[derive(Debug)]
struct Layer {
    hidden: usize,
    heads: usize,
    /// The three projections of attention as one, with the scale `1 / √(head width)` folded into the queries'.
    query_key_value: Panels,
    attended: Panels,
    attended_norm: Norm,
    widen: Panels,
    narrow: Panels,
    norm: Norm,
}

impl Layer {
    fn load(weights: &Weights<'_>, config: &Config) -> Result<Self, String> {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        Ok(Self {
            hidden,
            heads: config.num_attention_heads,
            query_key_value: load_query_key_value(&weights.below("attention.self"), config)?,
            attended: load_linear(&weights.below("attention.output.dense"), hidden, hidden)?,
            attended_norm: load_norm(&weights.below("attention.output.LayerNorm"), config)?,
            widen: load_linear(&weights.below("intermediate.dense"), hidden, wide)?,
            narrow: load_linear(&weights.below("output.dense"), wide, hidden)?,
            norm: load_norm(&weights.below("output.LayerNorm"), config)?,
        })
    }

    fn forward(&self, state: &mut [f32], texts: &[&[u32]], scratch: &mut Scratch) {
        let tokens = state.len() / self.hidden;
        linear(tokens, state, &self.query_key_value, &mut scratch.projected);
        scratch.attended.resize(state.len(), 0.0);
        let mut first = 0;
        for text in texts {
            let projected = &scratch.projected[first * 3 * self.hidden..][..text.len() * 3 * self.hidden];
            let attended = &mut scratch.attended[first * self.hidden..][..text.len() * self.hidden];
            self.attend(projected, &mut scratch.scores, attended);
            first += text.len();
        }
        linear(tokens, &scratch.attended, &self.attended, &mut scratch.product);
        add_and_norm(state, &scratch.product, &self.attended_norm);
        linear(tokens, state, &self.widen, &mut scratch.wide);
        gelu(&mut scratch.wide);
        linear(tokens, &scratch.wide, &self.narrow, &mut scratch.product);
        add_and_norm(state, &scratch.product, &self.norm);
    }

    /// Self-attention within one text. A row of `projected` has the queries, keys and values of all heads.
    fn attend(&self, projected: &[f32], scores: &mut Vec<f32>, attended: &mut [f32]) {
        let (width, stride) = (self.hidden / self.heads, 3 * self.hidden);
        let tokens = projected.len() / stride;
        for head in 0..self.heads {
            let part = |which: usize| {
                let from = which * self.hidden + head * width;
                projected
                    .chunks_exact(stride)
                    .map(move |row| &row[from..from + width])
            };
            let (keys, values) = (
                Panels::from_columns(width, part(1)),
                Panels::from_rows(width, part(2)),
            );
            let queries = Rows {
                numbers: &projected[head * width..],
                stride,
            };
            // Columns that only fill the last panel are computed and not looked at.
            let columns = keys.columns();
            scores.resize(tokens * columns, 0.0);
            multiply(tokens, queries, &keys, scores, columns);
            softmax(scores, columns, tokens);
            let weights = Rows {
                numbers: scores,
                stride: columns,
            };
            multiply(
                tokens,
                weights,
                &values,
                &mut attended[head * width..],
                self.hidden,
            );
        }
    }
}

/// `out ← x · weights + bias`, a row for each token.
fn linear(tokens: usize, x: &[f32], weights: &Panels, out: &mut Vec<f32>) {
    let columns = weights.columns();
    out.resize(tokens * columns, 0.0);
    let rows = Rows {
        numbers: x,
        stride: x.len() / tokens.max(1),
    };
    multiply(tokens, rows, weights, out, columns);
}

fn load_linear(weights: &Weights<'_>, inputs: usize, outputs: usize) -> Result<Panels, String> {
    // The file has a row for each output.
    let columns = weights.get("weight", &[outputs, inputs])?;
    Ok(Panels::from_columns(inputs, columns.chunks_exact(inputs)).plus(&weights.get("bias", &[outputs])?))
}

fn load_query_key_value(weights: &Weights<'_>, config: &Config) -> Result<Panels, String> {
    let size = config.hidden_size;
    let scale = ((size / config.num_attention_heads) as f32).sqrt().recip();
    let (mut columns, mut bias) = (Vec::new(), Vec::new());
    for (name, scale) in [("query", scale), ("key", 1.0), ("value", 1.0)] {
        let weights = weights.below(name);
        columns.extend(weights.get("weight", &[size, size])?.iter().map(|x| x * scale));
        bias.extend(weights.get("bias", &[size])?.iter().map(|x| x * scale));
    }
    Ok(Panels::from_columns(size, columns.chunks_exact(size)).plus(&bias))
}

fn load_norm(weights: &Weights<'_>, config: &Config) -> Result<Norm, String> {
    Ok(Norm {
        scale: weights.get("weight", &[config.hidden_size])?,
        shift: weights.get("bias", &[config.hidden_size])?,
        epsilon: config.layer_norm_eps,
    })
}
