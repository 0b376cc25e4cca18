//! Addresses that a site makes up without end: calendars, paths that go in circles, combinations of filters.

use std::collections::HashMap;

use url::Url;

/// Deeper paths are made by mistakes in relative links.
const MAX_SEGMENTS: usize = 12;
/// A path in which a part stands so often goes in circles.
const MAX_REPEATS: usize = 3;
/// Parameters of one address.
const MAX_PARAMETERS: usize = 8;
/// Fetched addresses of one path, with different parameters, that may bring nothing new.
const MAX_WASTED: usize = 50;
/// Days or months of one calendar.
const MAX_DATES: usize = 100;
/// The first year that a calendar in use may show.
const FIRST_YEAR: i32 = 1990;

/// What was seen of endless kinds so far.
#[derive(Debug, Default)]
pub(super) struct Endless {
    /// The year it is.
    this_year: i32,
    /// By path: fetched and not taken.
    wasted: HashMap<String, usize>,
    /// By what stands before the date.
    dates: HashMap<String, usize>,
}

impl Endless {
    pub(super) fn new(this_year: i32) -> Self {
        Self {
            this_year,
            ..Self::default()
        }
    }

    /// Whether a newly found address looks like one of endlessly many. It is counted, so ask once.
    pub(super) fn refuses(&mut self, url: &Url) -> bool {
        if goes_in_circles(url) || url.query_pairs().count() > MAX_PARAMETERS {
            return true;
        }
        let Some((prefix, year, is_last)) = date(url) else {
            return false;
        };
        if !(FIRST_YEAR..=self.this_year + 1).contains(&year) {
            return true;
        }
        if !is_last {
            return false;
        }
        let seen = self.dates.entry(prefix).or_default();
        *seen += 1;
        *seen > MAX_DATES
    }

    /// Whether this path brought nothing new so often that another of its addresses is not worth a request.
    pub(super) fn is_exhausted(&self, url: &Url) -> bool {
        url.query().is_some()
            && self
                .wasted
                .get(&path_key(url))
                .is_some_and(|wasted| *wasted >= MAX_WASTED)
    }

    /// Notes what a fetched address brought: a page that was taken makes up for one that was not.
    pub(super) fn fetched(&mut self, url: &Url, taken: bool) {
        if url.query().is_none() {
            return;
        }
        let wasted = self.wasted.entry(path_key(url)).or_default();
        *wasted = if taken {
            wasted.saturating_sub(1)
        } else {
            *wasted + 1
        };
    }
}

fn path_key(url: &Url) -> String {
    format!("{}{}", url.host_str().unwrap_or_default(), url.path())
}

fn goes_in_circles(url: &Url) -> bool {
    let segments: Vec<&str> = url
        .path()
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    if segments.len() > MAX_SEGMENTS {
        return true;
    }
    segments
        .iter()
        .any(|segment| segments.iter().filter(|other| *other == segment).count() >= MAX_REPEATS)
}

/// The first date in an address: what stands before it, its year, and whether nothing but a date comes after.
fn date(url: &Url) -> Option<(String, i32, bool)> {
    date_in_path(url).or_else(|| date_in_query(url))
}

fn date_in_path(url: &Url) -> Option<(String, i32, bool)> {
    let segments: Vec<&str> = url.path().split('/').collect();
    for (i, segment) in segments.iter().enumerate() {
        let next = segments.get(i + 1).copied().unwrap_or_default();
        let (year, used) = match dashed_year(segment) {
            Some(year) => (year, 1),
            None if is_month(next) => match year_of(segment) {
                Some(year) => (year, 2),
                None => continue,
            },
            None => continue,
        };
        let rest = &segments[i + used..];
        let is_last = rest
            .iter()
            .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        let prefix = format!(
            "{}{}",
            url.host_str().unwrap_or_default(),
            segments[..i].join("/")
        );
        return Some((prefix, year, is_last));
    }
    None
}

fn date_in_query(url: &Url) -> Option<(String, i32, bool)> {
    for (name, value) in url.query_pairs() {
        let is_year = matches!(
            name.to_ascii_lowercase().as_str(),
            "year" | "yr" | "y" | "jahr" | "annee" | "ano"
        );
        let year = if is_year {
            year_of(&value)
        } else {
            dashed_year(&value)
        };
        if let Some(year) = year {
            return Some((format!("{}?{name}", path_key(url)), year, true));
        }
    }
    None
}

fn year_of(text: &str) -> Option<i32> {
    let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|year| is_year && (1000..=2999).contains(year))
}

fn is_month(text: &str) -> bool {
    text.len() <= 2 && text.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month))
}

/// The year of `2031-05` and `2031-05-12`.
fn dashed_year(text: &str) -> Option<i32> {
    let (year, rest) = text.split_once('-')?;
    let mut parts = rest.split('-');
    let is_date = is_month(parts.next()?)
        && parts
            .next()
            .is_none_or(|day| day.len() <= 2 && day.parse::<u8>().is_ok())
        && parts.next().is_none();
    year_of(year).filter(|_| is_date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuses(url: &str) -> bool {
        Endless::new(2026).refuses(&format!("https://example.com{url}").parse().unwrap())
    }

    #[test]
    fn circles_and_far_dates_are_refused() {
        for endless in [
            "/a/b/a/b/a/b",
            "/1/2/3/4/5/6/7/8/9/10/11/12/13",
            "/calendar/2031/05",
            "/calendar/2031/5/12",
            "/events/1876-03",
            "/events?month=2031-05",
            "/events?year=2077&month=1",
            "/list?a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1",
        ] {
            assert!(refuses(endless), "{endless}");
        }
        for fine in [
            "/",
            "/a/b/c",
            "/blog/2019/05/a-title",
            "/calendar/2026/11",
            "/release-2031",
            "/parts/2077",
            "/events?month=2026-05",
            "/chapter-2031-5-6-7",
        ] {
            assert!(!refuses(fine), "{fine}");
        }
    }

    #[test]
    fn a_calendar_is_left_after_a_hundred_days_but_a_blog_is_not() {
        let mut endless = Endless::new(2026);
        let mut refused =
            |path: String| endless.refuses(&format!("https://example.com{path}").parse().unwrap());
        let days = (1990..2026).flat_map(|year| (1..=12).map(move |month| format!("/days/{year}/{month}")));
        assert_eq!(days.filter(|day| !refused(day.clone())).count(), 100);
        let posts = (0..300).map(|i| format!("/blog/2020/{}/post-{i}", i % 12 + 1));
        assert_eq!(posts.filter(|post| refused(post.clone())).count(), 0);
    }

    #[test]
    fn parameters_that_bring_nothing_new_are_left_after_fifty() {
        let mut endless = Endless::new(2026);
        let url = |i: usize| format!("https://example.com/list?sort={i}").parse().unwrap();
        for i in 0..50 {
            assert!(!endless.is_exhausted(&url(i)));
            endless.fetched(&url(i), false);
        }
        assert!(endless.is_exhausted(&url(51)));
        assert!(!endless.is_exhausted(&"https://example.com/list".parse().unwrap()));
        assert!(!endless.is_exhausted(&"https://example.com/topic?t=1".parse().unwrap()));
        // As in a forum, where each number is another topic.
        for i in 0..500 {
            let topic = format!("https://example.com/topic?t={i}").parse().unwrap();
            assert!(!endless.is_exhausted(&topic));
            endless.fetched(&topic, i % 2 == 0);
        }
    }
}
