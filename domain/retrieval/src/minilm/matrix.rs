//! Products of matrices whose right side is the same many times: packed once, read in its order ever after.
//!
//! `pulp` chooses the widest registers that the processor has, at run time.

use pulp::{Arch, Simd, WithSimd};

/// Columns of a panel: one register of AVX-512, two of AVX2, four of NEON.
pub(super) const PANEL: usize = 16;

/// Rows computed at once: with four registers of columns, 24 sums, which leaves some of 32 registers for the factors.
const ROWS: usize = 6;

type Panel = [[f32; PANEL]];

/// The right side of a product, in panels of [`PANEL`] columns, each row after row; the last is filled with zeros.
#[derive(Debug)]
pub(super) struct Panels {
    inner: usize,
    panels: Vec<[f32; PANEL]>,
    /// What is added to each row of a product, a panel after the other.
    bias: Vec<[f32; PANEL]>,
}

impl Panels {
    /// Of the matrix whose *columns* these are, one after the other, each of `inner` numbers.
    pub(super) fn from_columns<'a>(inner: usize, columns: impl ExactSizeIterator<Item = &'a [f32]>) -> Self {
        let count = columns.len().div_ceil(PANEL);
        let mut panels = vec![[0.0; PANEL]; count * inner];
        for (i, column) in columns.enumerate() {
            let panel = &mut panels[i / PANEL * inner..][..inner];
            for (row, x) in panel.iter_mut().zip(column) {
                row[i % PANEL] = *x;
            }
        }
        let bias = vec![[0.0; PANEL]; count];
        Self { inner, panels, bias }
    }

    /// With another bias than none.
    pub(super) fn plus(mut self, bias: &[f32]) -> Self {
        for (x, b) in self.bias.as_flattened_mut().iter_mut().zip(bias) {
            *x = *b;
        }
        self
    }

    /// Of the matrix whose rows these are; their length is a multiple of [`PANEL`].
    pub(super) fn from_rows<'a>(columns: usize, rows: impl ExactSizeIterator<Item = &'a [f32]>) -> Self {
        let (inner, count) = (rows.len(), columns / PANEL);
        let mut panels = vec![[0.0; PANEL]; count * inner];
        for (k, row) in rows.enumerate() {
            for (p, piece) in row.as_chunks::<PANEL>().0.iter().enumerate() {
                panels[p * inner + k] = *piece;
            }
        }
        let bias = vec![[0.0; PANEL]; count];
        Self { inner, panels, bias }
    }

    /// How many columns there are, those that fill the last panel included.
    pub(super) fn columns(&self) -> usize {
        self.bias.len() * PANEL
    }

    fn panel(&self, index: usize) -> &Panel {
        &self.panels[index * self.inner..][..self.inner]
    }
}

/// Rows of numbers that lie `stride` apart.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) numbers: &'a [f32],
    pub(super) stride: usize,
}

/// `out ← left · right + bias`. Both sides have `rows` rows; those of `out` lie `stride` apart.
pub(super) fn multiply(rows: usize, left: Rows<'_>, right: &Panels, out: &mut [f32], stride: usize) {
    Arch::new().dispatch(Product {
        rows,
        left,
        right,
        out,
        stride,
    });
}

struct Product<'a> {
    rows: usize,
    left: Rows<'a>,
    right: &'a Panels,
    out: &'a mut [f32],
    stride: usize,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // As many registers of columns as there is room for: four, or two where there are 16 registers only.
        match S::F32_LANES {
            16 => self.by_panels::<S, 4, 1>(simd),
            8 => self.by_panels::<S, 1, 2>(simd),
            4 => self.by_panels::<S, 1, 4>(simd),
            _ => self.by_panels::<S, 1, PANEL>(simd),
        }
    }
}

impl Product<'_> {
    /// `AT_ONCE` panels, of `REGISTERS` registers a row each, stay in the nearest cache for all rows.
    #[inline(always)]
    fn by_panels<S: Simd, const AT_ONCE: usize, const REGISTERS: usize>(mut self, simd: S) {
        let count = self.right.columns() / PANEL;
        let mut panel = 0;
        while panel + AT_ONCE <= count {
            self.columns::<S, AT_ONCE, REGISTERS>(simd, panel);
            panel += AT_ONCE;
        }
        while panel < count {
            self.columns::<S, 1, REGISTERS>(simd, panel);
            panel += 1;
        }
    }

    #[inline(always)]
    fn columns<S: Simd, const AT_ONCE: usize, const REGISTERS: usize>(&mut self, simd: S, panel: usize) {
        let mut row = 0;
        while row + ROWS <= self.rows {
            self.tile::<S, ROWS, AT_ONCE, REGISTERS>(simd, row, panel);
            row += ROWS;
        }
        match self.rows - row {
            5 => self.tile::<S, 5, AT_ONCE, REGISTERS>(simd, row, panel),
            4 => self.tile::<S, 4, AT_ONCE, REGISTERS>(simd, row, panel),
            3 => self.tile::<S, 3, AT_ONCE, REGISTERS>(simd, row, panel),
            2 => self.tile::<S, 2, AT_ONCE, REGISTERS>(simd, row, panel),
            1 => self.tile::<S, 1, AT_ONCE, REGISTERS>(simd, row, panel),
            _ => {}
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const HEIGHT: usize, const AT_ONCE: usize, const REGISTERS: usize>(
        &mut self,
        simd: S,
        row: usize,
        panel: usize,
    ) {
        let inner = self.right.inner;
        let left: [&[f32]; HEIGHT] =
            std::array::from_fn(|r| &self.left.numbers[(row + r) * self.left.stride..][..inner]);
        let right: [&Panel; AT_ONCE] = std::array::from_fn(|p| self.right.panel(panel + p));
        let bias = std::array::from_fn(|p| registers::<S, REGISTERS>(&self.right.bias[panel + p]));
        let mut sums: [[[S::f32s; REGISTERS]; AT_ONCE]; HEIGHT] = [bias; HEIGHT];
        for k in 0..inner {
            let factors: [[S::f32s; REGISTERS]; AT_ONCE] =
                std::array::from_fn(|p| registers::<S, REGISTERS>(&right[p][k]));
            for r in 0..HEIGHT {
                let x = simd.splat_f32s(left[r][k]);
                for p in 0..AT_ONCE {
                    for i in 0..REGISTERS {
                        sums[r][p][i] = simd.mul_add_e_f32s(x, factors[p][i], sums[r][p][i]);
                    }
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            let out = &mut self.out[(row + r) * self.stride + panel * PANEL..][..AT_ONCE * PANEL];
            let (registers, _) = S::as_mut_simd_f32s(out);
            registers.copy_from_slice(sums.as_flattened());
        }
    }
}

#[inline(always)]
fn registers<S: Simd, const REGISTERS: usize>(row: &[f32; PANEL]) -> [S::f32s; REGISTERS] {
    let (registers, _) = S::as_simd_f32s(row);
    std::array::from_fn(|i| registers[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole numbers: their sums are exact in every order.
    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count)
            .map(|i| ((i * 7 + seed * 13) % 23) as f32 - 11.0)
            .collect()
    }

    #[test]
    fn products_are_exact_whatever_the_shape() {
        for (rows, inner, columns) in [
            (1, 1, 1),
            (5, 3, 16),
            (6, 32, 64),
            (7, 10, 50),
            (22, 33, 96),
            (13, 5, 80),
        ] {
            let left = numbers(rows * inner, 1);
            let right = numbers(columns * inner, 2);
            let bias = numbers(columns, 3);
            let panels = Panels::from_columns(inner, right.chunks_exact(inner)).plus(&bias);
            assert_eq!(panels.columns(), columns.next_multiple_of(PANEL));
            let stride = panels.columns() + 3;
            let mut out = vec![f32::NAN; rows * stride];
            let left_rows = Rows {
                numbers: &left,
                stride: inner,
            };
            multiply(rows, left_rows, &panels, &mut out, stride);
            for r in 0..rows {
                for c in 0..columns {
                    let products = (0..inner).map(|k| left[r * inner + k] * right[c * inner + k]);
                    let sum = bias[c] + products.sum::<f32>();
                    assert_eq!(
                        out[r * stride + c],
                        sum,
                        "({rows}, {inner}, {columns}) at ({r}, {c})"
                    );
                }
            }
        }
    }

    #[test]
    fn rows_and_columns_pack_the_same() {
        let rows = numbers(5 * 32, 3);
        let columns: Vec<Vec<f32>> = (0..32)
            .map(|c| (0..5).map(|r| rows[r * 32 + c]).collect())
            .collect();
        let by_rows = Panels::from_rows(32, rows.chunks_exact(32));
        let by_columns = Panels::from_columns(5, columns.iter().map(Vec::as_slice));
        assert_eq!(by_rows.panels, by_columns.panels);
    }
}
