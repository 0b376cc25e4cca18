//! Where a number stands in a chart.

/// The end of an axis: the next of 1, 2, 5, 10, 20, 50 … that is not below `most`.
pub fn ceiling(most: f64) -> f64 {
    if most <= 0.0 || !most.is_finite() {
        return 1.0;
    }
    let power = 10_f64.powf(most.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    // What is computed may be a hair below what is meant.
    let fits = |step: &&f64| **step * power >= most * (1.0 - 1e-9);
    steps.iter().find(fits).unwrap_or(&10.0) * power
}

/// The end of an axis of counts: its half is a whole number, too.
pub fn whole_ceiling(most: f64) -> f64 {
    if most < 10.0 {
        (most / 2.0).ceil().max(1.0) * 2.0
    } else {
        ceiling(most)
    }
}

/// The points of a line as an SVG path in a box of 100 by 100, zero at its bottom.
pub fn path(values: &[f64], top: f64) -> String {
    let mut path = String::new();
    for (i, value) in values.iter().enumerate() {
        let (command, x, y) = (
            if i == 0 { 'M' } else { 'L' },
            place(i, values.len()),
            height(*value, top),
        );
        path.push_str(&format!("{command}{x:.2} {y:.2}"));
    }
    path
}

/// How far to the right the middle of a point's column is.
#[expect(clippy::cast_precision_loss, reason = "a chart has few points")]
pub fn place(i: usize, count: usize) -> f64 {
    (i as f64 + 0.5) * 100.0 / count.max(1) as f64
}

/// How far below the top a value is.
fn height(value: f64, top: f64) -> f64 {
    100.0 - (value / top).clamp(0.0, 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        for (most, end) in [
            (0.0, 1.0),
            (1.0, 1.0),
            (3.0, 5.0),
            (7.0, 10.0),
            (10.0, 10.0),
            (1000.0, 1000.0),
            (1_001.0, 2_000.0),
            (0.3, 0.5),
            (f64::NAN, 1.0),
        ] {
            assert!((ceiling(most) - end).abs() < 1e-9, "{most}: {}", ceiling(most));
        }
    }

    #[test]
    fn half_of_a_count_is_whole() {
        for (most, end) in [
            (0.0, 2.0),
            (1.0, 2.0),
            (3.0, 4.0),
            (5.0, 6.0),
            (9.0, 10.0),
            (10.0, 10.0),
            (11.0, 20.0),
            (41.0, 50.0),
        ] {
            assert!(
                (whole_ceiling(most) - end).abs() < 1e-9,
                "{most}: {}",
                whole_ceiling(most)
            );
        }
    }

    #[test]
    fn a_line_goes_from_left_to_right() {
        assert_eq!(
            path(&[0.0, 5.0, 10.0, 20.0], 10.0),
            "M12.50 100.00L37.50 50.00L62.50 0.00L87.50 0.00"
        );
        assert_eq!(path(&[], 1.0), "");
    }
}
