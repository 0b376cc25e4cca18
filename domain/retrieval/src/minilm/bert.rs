//! BERT, the encoder alone, over one sequence at a time.
//!
//! Batches would need padding, and a passage is long enough to keep a core busy by itself; several run side by side
//! instead. Dropout is for training only.

use candle_core::{Device, Result, Tensor};
use candle_nn::VarBuilder;
use serde::Deserialize;

use super::kernels::{AddNorm, BiasGelu, Norm, Softmax};

/// The parts of a model's `config.json` that matter here.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Config {
    vocab_size: usize,
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
    words: Tensor,
    /// Position embeddings with that of the only token type added.
    positions: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
}

impl Bert {
    pub(super) fn load(vb: &VarBuilder<'_>, config: &Config) -> Result<Self> {
        let embeddings = vb.pp("embeddings");
        let table = |name: &str, rows| embeddings.get((rows, config.hidden_size), &format!("{name}.weight"));
        let types = table("token_type_embeddings", config.type_vocab_size)?;
        let positions = table("position_embeddings", config.max_position_embeddings)?;
        let layers = (0..config.num_hidden_layers)
            .map(|i| Layer::load(&vb.pp(format!("encoder.layer.{i}")), config))
            .collect::<Result<_>>()?;
        Ok(Self {
            words: table("word_embeddings", config.vocab_size)?,
            positions: positions.broadcast_add(&types.get(0)?)?,
            norm: load_norm(&embeddings.pp("LayerNorm"), config)?,
            layers,
        })
    }

    /// The last hidden state, `(tokens, hidden)`, of a sequence that is not empty.
    pub(super) fn forward(&self, ids: &[u32]) -> Result<Tensor> {
        let words = self.words.index_select(&Tensor::new(ids, &Device::Cpu)?, 0)?;
        let mut hidden = (words + self.positions.narrow(0, 0, ids.len())?)?;
        hidden.inplace_op1(&self.norm)?;
        for layer in &self.layers {
            hidden = layer.forward(&hidden)?;
        }
        Ok(hidden)
    }
}

#[derive(Debug)]
struct Layer {
    heads: usize,
    query_key_value: QueryKeyValue,
    attended: Linear,
    attended_norm: Norm,
    widen: Linear,
    narrow: Linear,
    norm: Norm,
}

impl Layer {
    fn load(vb: &VarBuilder<'_>, config: &Config) -> Result<Self> {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let norm = |name: &str| load_norm(&vb.pp(name), config);
        Ok(Self {
            heads: config.num_attention_heads,
            query_key_value: QueryKeyValue::load(&vb.pp("attention.self"), config)?,
            attended: Linear::load(&vb.pp("attention.output.dense"), hidden, hidden)?,
            attended_norm: norm("attention.output.LayerNorm")?,
            widen: Linear::load(&vb.pp("intermediate.dense"), hidden, wide)?,
            narrow: Linear::load(&vb.pp("output.dense"), wide, hidden)?,
            norm: norm("output.LayerNorm")?,
        })
    }

    fn forward(&self, hidden: &Tensor) -> Result<Tensor> {
        let attended = attend(&self.query_key_value.forward(hidden)?, self.heads)?;
        let hidden = self
            .attended
            .add_and_norm(&attended, hidden, &self.attended_norm)?;
        let wide = hidden.matmul(&self.widen.weight)?;
        wide.inplace_op1(&BiasGelu {
            bias: &self.widen.bias,
        })?;
        self.narrow.add_and_norm(&wide, &hidden, &self.norm)
    }
}

/// Self-attention. `projected` is `(tokens, 3 · hidden)`: queries (already scaled), keys, values.
fn attend(projected: &Tensor, heads: usize) -> Result<Tensor> {
    let (tokens, width) = projected.dims2()?;
    let hidden = width / 3;
    // To (3, heads, tokens, hidden / heads).
    let split = projected
        .reshape((tokens, 3, heads, hidden / heads))?
        .permute((1, 2, 0, 3))?
        .contiguous()?;
    let (query, key, value) = (split.get(0)?, split.get(1)?, split.get(2)?);
    let weights = query.matmul(&key.t()?)?;
    weights.inplace_op1(&Softmax)?;
    weights.matmul(&value)?.transpose(0, 1)?.reshape((tokens, hidden))
}

#[derive(Debug)]
struct Linear {
    /// `(in, out)`.
    weight: Tensor,
    bias: Vec<f32>,
}

impl Linear {
    fn load(vb: &VarBuilder<'_>, inputs: usize, outputs: usize) -> Result<Self> {
        Ok(Self {
            weight: vb.get((outputs, inputs), "weight")?.t()?.contiguous()?,
            bias: vb.get(outputs, "bias")?.to_vec1()?,
        })
    }

    /// `norm(x · weight + bias + residual)`.
    fn add_and_norm(&self, x: &Tensor, residual: &Tensor, norm: &Norm) -> Result<Tensor> {
        let product = x.matmul(&self.weight)?;
        product.inplace_op2(
            residual,
            &AddNorm {
                bias: &self.bias,
                norm,
            },
        )?;
        Ok(product)
    }
}

/// The three projections of attention as one, with the scale `1 / √(head width)` folded into the queries'.
#[derive(Debug)]
struct QueryKeyValue {
    weight: Tensor,
    bias: Tensor,
}

impl QueryKeyValue {
    fn load(vb: &VarBuilder<'_>, config: &Config) -> Result<Self> {
        let size = config.hidden_size;
        let weight = |name: &str| vb.get((size, size), &format!("{name}.weight"))?.t();
        let bias = |name: &str| vb.get(size, &format!("{name}.bias"));
        let scale = ((size / config.num_attention_heads) as f64).powf(-0.5);
        Ok(Self {
            weight: Tensor::cat(
                &[(weight("query")? * scale)?, weight("key")?, weight("value")?],
                1,
            )?,
            bias: Tensor::cat(&[(bias("query")? * scale)?, bias("key")?, bias("value")?], 0)?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.weight)?.broadcast_add(&self.bias)
    }
}

fn load_norm(vb: &VarBuilder<'_>, config: &Config) -> Result<Norm> {
    Ok(Norm {
        scale: vb.get(config.hidden_size, "weight")?.to_vec1()?,
        shift: vb.get(config.hidden_size, "bias")?.to_vec1()?,
        epsilon: config.layer_norm_eps,
    })
}
