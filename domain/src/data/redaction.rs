//! Takes e-mail addresses, phone and card numbers out of what people write.
//!
//! One pass over the text: at each place a card number is tried first, then an address, then a phone number, so that no
//! part of one is taken for another. Whatever looks like an order number, a date, a price or a time stays.

use std::borrow::Cow;

/// What stands in the place of an e-mail address.
const EMAIL: &str = "[email]";
/// What stands in the place of a phone number.
const PHONE: &str = "[phone]";
/// What stands in the place of a card number.
const CARD: &str = "[card]";

/// The text without addresses and numbers.
pub fn redact(text: &str) -> Cow<'_, str> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    let mut is_changed = false;
    while at < chars.len() {
        let Some((end, label)) = find(&chars, at) else {
            out.push(chars[at]);
            at += 1;
            continue;
        };
        out.push_str(label);
        at = end;
        is_changed = true;
    }
    if is_changed {
        Cow::Owned(out)
    } else {
        Cow::Borrowed(text)
    }
}

/// What begins at a place: where it ends, and what it is.
fn find(chars: &[char], at: usize) -> Option<(usize, &'static str)> {
    if let Some(end) = card(chars, at) {
        return Some((end, CARD));
    }
    if let Some(end) = email(chars, at) {
        return Some((end, EMAIL));
    }
    phone(chars, at).map(|end| (end, PHONE))
}

/// Whether a word goes on before this place.
fn follows_word(chars: &[char], at: usize) -> bool {
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_')
}

// ---------------------------------------------------------------- addresses

/// Longest part of an address before the `@`, and after it.
const MAX_LOCAL: usize = 64;
const MAX_DOMAIN: usize = 253;

fn email(chars: &[char], at: usize) -> Option<usize> {
    if at > 0 && is_local(chars[at - 1]) && chars[at - 1] != '.' {
        return None;
    }
    let local = run(chars.get(..at + MAX_LOCAL + 1).unwrap_or(chars), at, is_local);
    if local == at || local - at > MAX_LOCAL {
        return None;
    }
    let sign = at_sign(chars, local)?;
    let domain = domain(chars, sign)?;
    (domain - sign <= MAX_DOMAIN).then_some(domain)
}

/// `@`, and the fullwidth one that keyboards of East Asia write.
fn at_sign(chars: &[char], at: usize) -> Option<usize> {
    matches!(chars.get(at), Some('@' | '\u{ff20}')).then_some(at + 1)
}

/// What may stand before the `@` (RFC 5322, and letters of all alphabets by RFC 6531).
fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) || is_mark(c)
}

/// Accents that stand as characters of their own.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}')
}

/// The end of a domain of two labels or more; what follows it as punctuation is not part of it.
fn domain(chars: &[char], begin: usize) -> Option<usize> {
    let chars = chars.get(..begin + MAX_DOMAIN + 1).unwrap_or(chars);
    let is_label = |c: char| c.is_alphanumeric() || c == '-' || is_mark(c);
    let is_dot = |c: char| matches!(c, '.' | '\u{3002}' | '\u{ff0e}');
    let mut labels = 0;
    let mut end = begin;
    let mut at = begin;
    loop {
        let label = run(chars, at, is_label);
        if label == at || chars[at] == '-' {
            break;
        }
        labels += 1;
        end = label;
        match chars.get(label) {
            Some(c) if is_dot(*c) => at = label + 1,
            _ => break,
        }
    }
    // The top level is letters, so that `me@2.50` is none.
    let last = (begin..end)
        .rev()
        .find(|i| is_dot(chars[*i]))
        .map_or(begin, |i| i + 1);
    let is_named = chars.get(last..end)?.iter().any(|c| c.is_alphabetic());
    (labels >= 2 && is_named).then_some(end)
}

fn run(chars: &[char], from: usize, is_it: impl Fn(char) -> bool) -> usize {
    let rest = chars.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|c| is_it(**c)).count()
}

// ------------------------------------------------------------------ numbers

/// Characters that stand between two digits of one number, at most.
const MAX_GAP: usize = 3;

/// Digits with what people put between them.
struct Digits {
    digits: Vec<u32>,
    /// Where each digit ends.
    ends: Vec<usize>,
    /// How many of them stand together, in order.
    groups: Vec<usize>,
}

impl Digits {
    /// Where the first `count` groups end.
    fn end_of(&self, count: usize) -> Option<usize> {
        let digits: usize = self.groups.get(..count)?.iter().sum();
        self.ends.get(digits.checked_sub(1)?).copied()
    }

    /// How many groups stand before the first one at which a card number begins.
    fn before_card(&self, chars: &[char]) -> usize {
        let mut digits = 0;
        for (i, group) in self.groups.iter().enumerate() {
            let begins = self.ends.get(digits).map_or(0, |end| end - 1);
            if i > 0 && card(chars, begins).is_some() {
                return i;
            }
            digits += group;
        }
        self.groups.len()
    }
}

/// The value of a digit, those of full width and of Arabic and Indian scripts included.
fn digit(c: char) -> Option<u32> {
    let base = match c {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{966}'..='\u{96f}' => '\u{966}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    Some(u32::from(c) - u32::from(base))
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}' | '\t')
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}')
}

/// Reads digits from `at`, with separators that `joins` takes between them; at most `most` digits.
fn digits(chars: &[char], at: usize, most: usize, joins: impl Fn(&[char]) -> bool) -> Digits {
    let mut found = Digits {
        digits: Vec::new(),
        ends: Vec::new(),
        groups: Vec::new(),
    };
    let mut place = at;
    let mut group = 0;
    while found.digits.len() < most {
        if let Some(value) = chars.get(place).copied().and_then(digit) {
            found.digits.push(value);
            place += 1;
            found.ends.push(place);
            group += 1;
            continue;
        }
        let gap = run(chars.get(..place + MAX_GAP + 1).unwrap_or(chars), place, |c| {
            digit(c).is_none() && !c.is_alphabetic()
        });
        let is_joined = gap > place && chars.get(gap).is_some_and(|c| digit(*c).is_some());
        if group == 0 || !is_joined || !joins(&chars[place..gap]) {
            break;
        }
        found.groups.push(group);
        group = 0;
        place = gap;
    }
    found.groups.push(group);
    found
}

/// 13 to 19 digits that the Luhn sum holds for, as they stand on cards: together, or with one space, dash or dot between
/// groups.
fn card(chars: &[char], at: usize) -> Option<usize> {
    digit(*chars.get(at)?)?;
    if at > 0 && digit(chars[at - 1]).is_some() {
        return None;
    }
    let joins = |gap: &[char]| match gap {
        [c] => is_space(*c) || is_dash(*c) || *c == '.',
        // A line that was broken, or a dash with spaces.
        [a, b] => is_space(*a) && is_space(*b) || *a == '\r' && *b == '\n',
        [a, b, c] => is_space(*a) && is_dash(*b) && is_space(*c),
        _ => false,
    };
    let found = digits(chars, at, 19, joins);
    // Other numbers may follow after a space, so the longest that is right is taken.
    (13..=found.digits.len()).rev().find_map(|count| {
        let end = found.ends[count - 1];
        let ends_there = chars.get(end).copied().and_then(digit).is_none();
        let is_card = ends_there && is_issued(&found.digits[..count]) && luhn(&found.digits[..count]);
        is_card.then_some(end)
    })
}

/// Whether a network issues cards that begin like this. A long order number seldom does.
fn is_issued(digits: &[u32]) -> bool {
    matches!(digits[0], 2..=6) && digits.iter().any(|digit| *digit != digits[0])
}

fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, digit)| match (i % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// A phone number: international with `+` or `00`, or local beginning with 0 or brackets, or grouped as people write it.
fn phone(chars: &[char], at: usize) -> Option<usize> {
    if follows_word(chars, at) {
        return None;
    }
    let (begin, shape) = match *chars.get(at)? {
        '+' | '\u{ff0b}' => (at + 1, Shape::International),
        '(' => return bracketed(chars, at),
        c if digit(c).is_some() && !follows_number(chars, at) => (at, Shape::of(chars, at)),
        _ => return None,
    };
    // `+ (49) 30 …` and `+49 …` alike.
    let begin = run(chars, begin, |c| is_space(c) || c == '(');
    let found = digits(chars, begin, 24, joins_phone);
    // Another number may follow after a space, so the longest that is right is taken.
    (1..=found.before_card(chars)).rev().find_map(|count| {
        let end = found.end_of(count)?;
        let is_phone =
            is_whole(chars, end) && shape.fits(&found.groups[..count]) && !is_date_or_time(chars, at, end);
        is_phone.then_some(end)
    })
}

/// `(030) 901820`, `(555) 123-4567`
fn bracketed(chars: &[char], at: usize) -> Option<usize> {
    let area = run(chars, at + 1, |c| digit(c).is_some() || c == '+');
    if !(2..=6).contains(&(area - at - 1)) || chars.get(area) != Some(&')') {
        return None;
    }
    let begin = run(chars, area + 1, |c| is_space(c) || is_dash(c));
    let found = digits(chars, begin, 12, joins_phone);
    let end = *found.ends.last()?;
    let count = found.digits.len() + area - at - 1;
    ((7..=15).contains(&count) && is_whole(chars, end)).then_some(end)
}

/// What a number may look like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Beginning with `+` or `00`.
    International,
    /// Beginning with the 0 of a national number.
    National,
    /// Anything else: only in groups that are usual for phones.
    Grouped,
}

impl Shape {
    fn of(chars: &[char], at: usize) -> Self {
        let value = |place: usize| chars.get(place).copied().and_then(digit);
        match (value(at), value(at + 1), value(at + 2)) {
            (Some(0), Some(0), Some(0)) => Self::Grouped,
            (Some(0), Some(0), _) => Self::International,
            (Some(0), ..) => Self::National,
            _ => Self::Grouped,
        }
    }

    fn fits(self, groups: &[usize]) -> bool {
        let count: usize = groups.iter().sum();
        match self {
            Self::International => (8..=17).contains(&count),
            // Written in one piece it may be an order number, but hardly one that begins with a single 0.
            Self::National => (9..=12).contains(&count),
            // 555-123-4567, 1 555 123 4567
            Self::Grouped => matches!(groups, [3, 3, 4] | [1, 3, 3, 4]),
        }
    }
}

/// What may stand between the digits of a phone number.
fn joins_phone(gap: &[char]) -> bool {
    match gap {
        [c] => is_space(*c) || is_dash(*c) || matches!(c, '.' | '/' | ')'),
        [a, b] => {
            (is_space(*a) && matches!(b, '(' | '/'))
                || (matches!(a, ')' | '/') && (is_space(*b) || is_dash(*b)))
        }
        [a, b, c] => {
            (is_space(*a) && is_space(*c) && (is_dash(*b) || *b == '/')) || [*a, *b, *c] == ['(', '0', ')']
        }
        _ => false,
    }
}

/// Whether the number is not the beginning of a longer one, of a word, or of a decimal.
fn is_whole(chars: &[char], end: usize) -> bool {
    let next = chars.get(end).copied();
    let after = chars.get(end + 1).copied();
    match next {
        Some(c) if digit(c).is_some() || c.is_alphabetic() || c == '_' => false,
        Some(',' | '.' | ':') => after.is_none_or(|c| digit(c).is_none()),
        Some('%' | '€' | '$' | '£' | '@') => false,
        _ => true,
    }
}

/// Whether a longer number ends right before this place: `#`, `12.`, `-`.
fn follows_number(chars: &[char], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|i| chars[i]) else {
        return false;
    };
    if matches!(before, '#' | '€' | '$' | '£' | '@' | '=') {
        return true;
    }
    let Some(earlier) = at.checked_sub(2).map(|i| chars[i]) else {
        return false;
    };
    // `1.234`, `10:30`, but `tel:030 …`; `AB-0123`
    (matches!(before, '.' | ',' | ':' | '/') && digit(earlier).is_some())
        || (is_dash(before) && earlier.is_alphanumeric())
}

/// `01.02.2026`, `2026-02-01 10:30`, `00 10 20`: dates and times are made of small numbers.
fn is_date_or_time(chars: &[char], begin: usize, end: usize) -> bool {
    let text: String = chars[begin..end].iter().collect();
    let numbers: Vec<&str> = text
        .split(|c: char| digit(c).is_none())
        .filter(|part| !part.is_empty())
        .collect();
    let value = |part: &&str| part.parse::<u32>().unwrap_or(u32::MAX);
    let (Some(a), Some(b), Some(c)) = (numbers.first(), numbers.get(1), numbers.get(2)) else {
        return false;
    };
    let is_day = |part: &&str| part.len() <= 2 && (1..=31).contains(&value(part));
    let is_year = |part: &&str| part.len() == 4 && (1900..=2100).contains(&value(part));
    text.chars()
        .all(|c| digit(c).is_some() || matches!(c, '.' | '/' | ' ') || is_dash(c))
        && ((is_day(a) && is_day(b) && is_year(c)) || (is_year(a) && is_day(b) && is_day(c)))
}

#[cfg(test)]
#[path = "redaction_tests.rs"]
mod tests;
