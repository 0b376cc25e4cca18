//! Exact nearest neighbours: every row is compared.

use pulp::Arch;

/// Unit vectors of one length, row after row.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    dimensions: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// An empty matrix for vectors of `dimensions` numbers.
    pub const fn new(dimensions: usize) -> Self {
        Self {
            dimensions,
            values: Vec::new(),
        }
    }

    /// Adds a row. A vector of another length becomes a row of zeros, whose cosine is 0 to everything.
    pub fn push(&mut self, vector: &[f32]) {
        if vector.len() == self.dimensions {
            self.values.extend_from_slice(vector);
        } else {
            self.values.resize(self.values.len() + self.dimensions, 0.0);
        }
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        self.values.len() * size_of::<f32>()
    }
}

/// The cosine of `query` to every row of all `matrices`, in order.
pub fn cosines<'a>(matrices: impl IntoIterator<Item = &'a Matrix>, query: &[f32]) -> Vec<f32> {
    let matrices: Vec<&Matrix> = matrices.into_iter().collect();
    let rows = matrices
        .iter()
        .map(|matrix| matrix.values.len() / matrix.dimensions);
    let mut cosines = Vec::with_capacity(rows.sum());
    for matrix in matrices {
        // By the widest registers that the processor has.
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for row in matrix.values.chunks_exact(matrix.dimensions) {
                    cosines.push(dot(row, query));
                }
            },
        );
    }
    cosines
}

/// The dot product, in sixteen independent lanes so that it vectorises.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_blocks
        .remainder()
        .iter()
        .zip(b_blocks.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in a_blocks.zip(b_blocks) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: &[[f32; 3]]) -> Matrix {
        let mut matrix = Matrix::new(3);
        rows.iter().for_each(|row| matrix.push(row));
        matrix
    }

    #[test]
    fn compares_every_row_of_every_matrix() {
        let (a, b) = (
            matrix(&[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
            matrix(&[[0.6, 0.8, 0.0]]),
        );
        assert_eq!(cosines([&a, &b], &[0.0, 1.0, 0.0]), [0.0, 1.0, 0.8]);
    }

    #[test]
    fn a_vector_of_another_length_is_near_to_nothing_and_moves_no_row() {
        let mut m = Matrix::new(3);
        m.push(&[1.0, 0.0]);
        m.push(&[1.0, 0.0, 0.0]);
        assert_eq!(cosines([&m], &[1.0, 0.0, 0.0]), [0.0, 1.0]);
    }

    #[test]
    fn dot_counts_every_element() {
        for len in [0, 1, 15, 16, 17, 384] {
            let ones = vec![1.0; len];
            assert!((dot(&ones, &ones) - len as f32).abs() < 1e-6);
        }
    }
}
