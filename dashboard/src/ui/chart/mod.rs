//! Charts: plain SVG and boxes in the theme's colours, each with its numbers as text for those who don't see it.

mod bars;
mod line;
mod scale;

pub use bars::{Bar, Bars};
pub use line::{LineChart, Point};
