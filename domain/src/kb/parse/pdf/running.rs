//! Headers, footers and page numbers, which come between the sentences of the text.

use std::collections::{HashMap, HashSet};

use super::RawPage;

/// How many lines at the top and at the bottom of a page are looked at.
const EDGE: usize = 2;
const MIN_PAGES: usize = 3;

/// Removes lines at the edges of pages that recur, apart from digits, on two fifths of the pages (enough for
/// headers that alternate between left and right pages), and those that start or end with the number of the page,
/// such as headers that name the chapter.
pub(super) fn remove(pages: &mut [RawPage]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for page in &*pages {
        let keys: HashSet<String> = edges(&page.text).into_iter().map(|(_, line)| key(line)).collect();
        for key in keys {
            *seen.entry(key).or_default() += 1;
        }
    }
    let enough = (pages.len() * 2).div_ceil(5).max(MIN_PAGES);
    let recurs = |line: &str| seen.get(&key(line)).is_some_and(|&count| count >= enough);
    let shift = numbering(pages);
    for (index, page) in pages.iter_mut().enumerate() {
        let numbered = |line: &str| shift.is_some_and(|shift| shifts(line, index).contains(&shift));
        let running: HashSet<usize> = edges(&page.text)
            .into_iter()
            .filter(|(_, line)| recurs(line) || numbered(line))
            .map(|(line_index, _)| line_index)
            .collect();
        let kept = page
            .text
            .lines()
            .enumerate()
            .filter(|(index, _)| !running.contains(index));
        page.text = kept.map(|(_, line)| line).collect::<Vec<_>>().join("\n");
    }
}

/// By how much printed page numbers differ from positions in the file, if a quarter of the pages agree.
fn numbering(pages: &[RawPage]) -> Option<i64> {
    let mut votes: HashMap<i64, usize> = HashMap::new();
    for (index, page) in pages.iter().enumerate() {
        let shifts: HashSet<i64> = edges(&page.text)
            .into_iter()
            .flat_map(|(_, line)| shifts(line, index))
            .collect();
        for shift in shifts {
            *votes.entry(shift).or_default() += 1;
        }
    }
    let (shift, count) = votes.into_iter().max_by_key(|&(shift, count)| (count, shift))?;
    (count >= MIN_PAGES && count * 4 >= pages.len()).then_some(shift)
}

/// Differences between a number of up to four digits at the start or end of a short line and the page's position.
fn shifts(line: &str, index: usize) -> Vec<i64> {
    const SHORT: usize = 80;
    let mut words = line.split_whitespace();
    let (first, last) = (words.next(), words.next_back());
    let number = |word: &str| {
        word.parse::<i64>()
            .ok()
            .filter(|_| word.len() < 5 && line.len() <= SHORT)
    };
    let position = i64::try_from(index).unwrap_or(i64::MAX);
    [first, last]
        .into_iter()
        .flatten()
        .filter_map(number)
        .map(|number| number - position)
        .collect()
}

/// The first and last lines with text, with their positions.
fn edges(text: &str) -> Vec<(usize, &str)> {
    let lines: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .collect();
    if lines.len() <= EDGE * 2 {
        return lines;
    }
    [&lines[..EDGE], &lines[lines.len() - EDGE..]].concat()
}

/// The line with `#` for each number, because page numbers change from page to page.
fn key(line: &str) -> String {
    let mut key = String::with_capacity(line.len());
    for c in line.chars().filter(|c| !c.is_whitespace()) {
        match c {
            c if c.is_numeric() && key.ends_with('#') => {}
            c if c.is_numeric() => key.push('#'),
            c => key.push(c),
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::{RawPage, remove};

    #[test]
    fn removes_headers_and_page_numbers_but_no_content() {
        let page = |(n, story): (usize, &str)| {
            let text =
                format!("The Gazette\n\n{story}\nBody one.\nBody two.\n\nEnd of {story}.\nPage {n} of 14");
            RawPage {
                text,
                ..RawPage::default()
            }
        };
        let stories = ["Ferries", "Lighthouse", "Market", "Storage"];
        let mut pages: Vec<RawPage> = (8..).zip(stories).map(page).collect();
        pages[2].text = "A full-page advertisement".to_owned();
        remove(&mut pages);
        assert!(!pages[0].text.contains("Gazette") && !pages[0].text.contains("Page"));
        assert_eq!(
            pages[3].text.trim(),
            "Storage\nBody one.\nBody two.\n\nEnd of Storage."
        );
        assert_eq!(pages[2].text, "A full-page advertisement");
    }

    #[test]
    fn removes_page_numbers_and_headers_that_change_with_the_chapter() {
        let texts = [
            "Contents",
            "On lamps 1\nA lamp gives light.\n12 eggs",
            "2 The Manual of Lamps\nDarkness takes it.\n7",
            "On oil 3\nOil burns.",
            "4\nThe third chapter starts.",
            "On wicks 5\nA wick drinks oil.",
        ];
        let mut pages = texts.map(|text| RawPage {
            text: text.to_owned(),
            ..RawPage::default()
        });
        remove(&mut pages);
        let texts: Vec<&str> = pages.iter().map(|page| page.text.as_str()).collect();
        assert_eq!(
            texts[..3],
            [
                "Contents",
                "A lamp gives light.\n12 eggs",
                "Darkness takes it.\n7"
            ]
        );
        assert_eq!(texts[4], "The third chapter starts.");
    }

    #[test]
    fn two_pages_prove_nothing() {
        let mut pages: Vec<RawPage> = (0..2)
            .map(|_| RawPage {
                text: "Same\ntext".to_owned(),
                ..RawPage::default()
            })
            .collect();
        remove(&mut pages);
        assert_eq!(pages[1].text, "Same\ntext");
    }
}
