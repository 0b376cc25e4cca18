//! The numbers in a model's file.

use safetensors::{Dtype, SafeTensors};

/// The tensors below a name.
pub(super) struct Weights<'a> {
    file: &'a SafeTensors<'a>,
    prefix: String,
}

impl<'a> Weights<'a> {
    pub(super) fn new(file: &'a SafeTensors<'a>) -> Self {
        Self {
            file,
            prefix: String::new(),
        }
    }

    /// Those below `name`, seen from here.
    pub(super) fn below(&self, name: &str) -> Self {
        Self {
            file: self.file,
            prefix: format!("{}{name}.", self.prefix),
        }
    }

    /// A tensor of exactly this shape, row by row; else what is wrong with it.
    pub(super) fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let name = format!("{}{name}", self.prefix);
        let tensor = self.file.tensor(&name).map_err(|error| error.to_string())?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
            let (dtype, found) = (tensor.dtype(), tensor.shape());
            return Err(format!("{name} is {dtype:?} {found:?}, not F32 {shape:?}"));
        }
        let (numbers, _) = tensor.data().as_chunks::<4>();
        Ok(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}
