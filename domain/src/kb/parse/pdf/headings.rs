//! Headings of a PDF, which mostly has none: runs of text set larger than the body.

use std::collections::{BTreeMap, HashMap};

const MAX_HEADING_CHARS: usize = 200;
const MAX_HEADING_LINES: usize = 3;
/// How much larger than the body a heading is at least.
const LARGER: f32 = 1.1;

/// A line, or a few, set larger than the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    /// The text as the font runs had it.
    pub(super) text: String,
    /// From 1.
    pub(super) level: usize,
}

/// Consecutive spans of one size.
#[derive(Debug)]
struct Run {
    page: usize,
    half_points: u32,
    text: String,
}

/// Collects how much text is set in which size, and the runs that may be headings.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    letters: BTreeMap<u32, usize>,
    runs: Vec<Run>,
}

impl Sizes {
    /// Adds the next span of a page, in reading order.
    pub(super) fn add(&mut self, page: usize, text: &str, points: f32) {
        let half_points = (points * 2.0).round() as u32;
        *self.letters.entry(half_points).or_default() += text.chars().filter(|c| c.is_alphabetic()).count();
        match self.runs.last_mut() {
            Some(run) if run.page == page && run.half_points == half_points => {
                // Longer ones are dropped later.
                if run.text.len() < MAX_HEADING_CHARS * 8 {
                    run.text.push(' ');
                    run.text.push_str(text);
                }
            }
            _ => self.runs.push(Run {
                page,
                half_points,
                text: text.to_owned(),
            }),
        }
    }

    /// Headings by page. The body is what most letters are set in; the largest size is level 1.
    pub(super) fn headings(self) -> HashMap<usize, Vec<Heading>> {
        let body = self
            .letters
            .iter()
            .max_by_key(|(_, letters)| **letters)
            .map_or(0, |(size, _)| *size);
        let is_heading = |run: &Run| {
            run.half_points as f32 >= body as f32 * LARGER
                && run.text.chars().count() <= MAX_HEADING_CHARS
                && run.text.chars().filter(|c| c.is_alphabetic()).count() >= 3
        };
        let runs: Vec<Run> = self.runs.into_iter().filter(is_heading).collect();
        let mut sizes: Vec<u32> = runs.iter().map(|run| run.half_points).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes.dedup();
        let level = |size| sizes.iter().position(|&other| other == size).unwrap_or(0).min(5) + 1;
        let mut by_page: HashMap<usize, Vec<Heading>> = HashMap::new();
        for run in runs {
            let heading = Heading {
                level: level(run.half_points),
                text: run.text,
            };
            by_page.entry(run.page).or_default().push(heading);
        }
        by_page
    }
}

/// Writes the page's lines with `#` before those that are headings. A heading is only marked where whole lines
/// say exactly what it says; otherwise the text stays as it is.
pub(super) fn mark(lines: &[String], headings: &[Heading]) -> String {
    let mut starts: HashMap<usize, (usize, usize)> = HashMap::new();
    for heading in headings {
        let found = (0..lines.len())
            .filter(|start| !starts.contains_key(start))
            .find_map(|start| {
                spoken_by(&lines[start..], &letters(&heading.text)).map(|count| (start, count))
            });
        if let Some((start, count)) = found {
            starts.insert(start, (count, heading.level));
        }
    }
    let mut out = String::new();
    let mut index = 0;
    while index < lines.len() {
        if let Some(&(count, level)) = starts.get(&index) {
            let text = lines[index..index + count].join(" ");
            out.push_str(&format!(
                "\n{} {}\n\n",
                "#".repeat(level),
                text.trim_start_matches('\\')
            ));
            index += count;
        } else {
            out.push_str(&lines[index]);
            out.push('\n');
            index += 1;
        }
    }
    out
}

/// How many of the first lines together have exactly these letters.
fn spoken_by(lines: &[String], wanted: &str) -> Option<usize> {
    let mut rest = wanted;
    for (index, line) in lines.iter().take(MAX_HEADING_LINES).enumerate() {
        rest = rest.strip_prefix(letters(line).as_str())?;
        if rest.is_empty() {
            return Some(index + 1);
        }
        if line.is_empty() && index == 0 {
            return None;
        }
    }
    None
}

/// What is compared: letters and digits, because spaces, hyphens and ligatures depend on the way taken.
fn letters(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfkc().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Heading, Sizes, mark};

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn larger_runs_become_headings_by_size() {
        let mut sizes = Sizes::default();
        sizes.add(0, "Owner's", 22.0);
        sizes.add(0, "Guide", 22.0);
        sizes.add(0, "Thank you for choosing this kettle.", 10.0);
        sizes.add(0, "Before first use", 15.0);
        sizes.add(0, "Remove all packing.", 10.0);
        sizes.add(1, "17", 15.0);
        let headings = sizes.headings();
        let of = |text: &str, level| Heading {
            text: text.to_owned(),
            level,
        };
        assert_eq!(headings[&0], [of("Owner's Guide", 1), of("Before first use", 2)]);
        assert!(!headings.contains_key(&1), "a number is no heading");
    }

    #[test]
    fn marks_whole_lines_only() {
        let heading = |text: &str| Heading {
            text: text.to_owned(),
            level: 2,
        };
        let page = lines("New lighthouse\nkeeper\nOttilie takes over.\nThe Warranty lasts.");
        let marked = mark(&page, &[heading("New light house keeper"), heading("Warranty")]);
        assert_eq!(
            marked.trim(),
            "## New lighthouse keeper\n\nOttilie takes over.\nThe Warranty lasts."
        );
    }
}
