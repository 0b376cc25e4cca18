//! The element-wise steps, written so that the compiler vectorises them for the widest registers that the processor has.

use pulp::Arch;

/// Layer normalisation.
#[derive(Debug)]
pub(super) struct Norm {
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
    pub(super) epsilon: f32,
}

impl Norm {
    #[inline(always)]
    fn apply(&self, row: &mut [f32]) {
        let len = row.len() as f32;
        let mean = sum(row) / len;
        for x in row.iter_mut() {
            *x -= mean;
        }
        let variance = lanes(row, 0.0, |a, x| a + x * x).into_iter().sum::<f32>() / len;
        let inverse_deviation = (variance + self.epsilon).sqrt().recip();
        for ((x, scale), shift) in row.iter_mut().zip(&self.scale).zip(&self.shift) {
            *x = *x * inverse_deviation * scale + shift;
        }
    }
}

/// Normalises each row.
pub(super) fn norm(rows: &mut [f32], norm: &Norm) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            rows.chunks_exact_mut(norm.scale.len())
                .for_each(|row| norm.apply(row));
        },
    );
}

/// `x ← norm(x + y)`, row by row: how each half of a transformer layer ends.
pub(super) fn add_and_norm(x: &mut [f32], y: &[f32], norm: &Norm) {
    let width = norm.scale.len();
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (row, other) in x.chunks_exact_mut(width).zip(y.chunks_exact(width)) {
                row.iter_mut().zip(other).for_each(|(x, y)| *x += y);
                norm.apply(row);
            }
        },
    );
}

/// The exact (erf) form of GELU of each number.
pub(super) fn gelu(numbers: &mut [f32]) {
    Arch::new().dispatch(
        #[inline(always)]
        || numbers.iter_mut().for_each(|x| *x = gelu_of(*x)),
    );
}

/// Softmax of the first `width` numbers of each row; rows lie `stride` apart.
pub(super) fn softmax(rows: &mut [f32], stride: usize, width: usize) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            rows.chunks_exact_mut(stride)
                .for_each(|row| softmax_of(&mut row[..width]));
        },
    );
}

#[inline(always)]
fn softmax_of(row: &mut [f32]) {
    let max = lanes(row, f32::NEG_INFINITY, f32::max)
        .into_iter()
        .fold(f32::NEG_INFINITY, f32::max);
    for x in row.iter_mut() {
        *x = exp(*x - max);
    }
    let scale = sum(row).recip();
    for x in row.iter_mut() {
        *x *= scale;
    }
}

#[inline(always)]
fn sum(row: &[f32]) -> f32 {
    lanes(row, 0.0, |a, x| a + x).into_iter().sum()
}

/// Folds in independent lanes: floats don't reassociate, so one accumulator would not vectorise.
#[inline(always)]
fn lanes(row: &[f32], start: f32, fold: impl Fn(f32, f32) -> f32) -> [f32; 16] {
    let mut lanes = [start; 16];
    let blocks = row.chunks_exact(16);
    for (lane, x) in lanes.iter_mut().zip(blocks.remainder()) {
        *lane = fold(*lane, *x);
    }
    for block in blocks {
        for (lane, x) in lanes.iter_mut().zip(block) {
            *lane = fold(*lane, *x);
        }
    }
    lanes
}

#[inline(always)]
fn gelu_of(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: absolute error below 1.5e-7.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let magnitude = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * magnitude);
    let polynomial =
        t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    (1.0 - polynomial * exp(-magnitude * magnitude)).copysign(x)
}

/// `e^x` for `x ≤ 0`, the only case here: `2^n · 2^f` with `|f| ≤ ½`, the second factor by its Taylor polynomial.
/// Relative error below 5e-6, for `x > -8` below 1e-6; what is smaller than the smallest normal number becomes that.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding 1.5 · 2^23 leaves the nearest integer in the low bits of the sum.
    const ROUND: f32 = 12_582_912.0;
    let scaled = (x * std::f32::consts::LOG2_E).max(-126.0);
    let rounded = scaled + ROUND;
    let f = (scaled - (rounded - ROUND)) * std::f32::consts::LN_2;
    let fraction =
        1.0 + f * (1.0 + f * (0.5 + f * (1.0 / 6.0 + f * (1.0 / 24.0 + f * (1.0 / 120.0 + f / 720.0)))));
    let power_of_two = f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23));
    fraction * power_of_two
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_close_over_its_range() {
        for i in 0..=87_000 {
            let x = -f64::from(i) / 1000.0;
            let error = (f64::from(exp(x as f32)) - f64::from(x as f32).exp()) / f64::from(x as f32).exp();
            let limit = if x > -8.0 { 1e-6 } else { 5e-6 };
            assert!(error.abs() < limit, "exp({x}) is off by {error}");
        }
        assert!(exp(-1000.0) < 1e-37);
    }

    #[test]
    fn gelu_matches_known_values() {
        // torch.nn.functional.gelu in double precision.
        let known = [
            (-3.0, -0.004_049_694),
            (-1.0, -0.158_655_25),
            (0.0, 0.0),
            (0.5, 0.345_731_23),
            (2.0, 1.954_499_7),
        ];
        for (x, y) in known {
            assert!(
                (gelu_of(x) - y).abs() < 1e-6,
                "gelu({x}) = {}, not {y}",
                gelu_of(x)
            );
        }
    }

    #[test]
    fn softmax_sums_to_one_whatever_the_width() {
        for width in [1, 7, 15, 16, 17, 100] {
            let mut row: Vec<f32> = (0..width).map(|i: u16| f32::from(i) / 10.0).collect();
            let expected: f32 = row.iter().map(|x| x.exp()).sum();
            let last = row[row.len() - 1].exp() / expected;
            softmax_of(&mut row);
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            assert!((row[row.len() - 1] - last).abs() < 1e-6);
        }
    }
}
