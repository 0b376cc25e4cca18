//! Figures as they are printed.

use std::time::Duration;

use crate::load::Round;

/// The one in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A line of the table: medians over the rounds, and how far they are apart.
pub fn print_rounds(name: &str, rounds: &[Round]) {
    let over = |figure: &dyn Fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
    let rates = over(&|round| round.rate);
    let (least, most) = spread(&rates);
    println!(
        "| {name} | {:.0} ({least:.0} to {most:.0}) | {:.1} ms | {:.1} ms |",
        median(rates),
        median(over(&|round| ms(round.quantile(0.5)))),
        median(over(&|round| ms(round.quantile(0.99)))),
    );
}

/// The least and the most.
pub fn spread(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    (least, most)
}

/// The head of the table of [`print_rounds`].
pub fn print_head() {
    println!("| | requests a second: median of 5 rounds (least to most) | median | p99 |");
    println!("|---|---|---|---|");
}

/// The median rate of rounds.
pub fn rate(rounds: &[Round]) -> f64 {
    median(rounds.iter().map(|round| round.rate).collect())
}
