//! Languages. English stands in the source, in [`tr!`]; each other language is one file, `dashboard/i18n/<code>.po`,
//! of which `cargo xtask web` makes the catalogue that is fetched before the first page is shown. The language stays
//! for as long as the page does, so that its texts are plain `&'static str`s: choosing another one loads it anew.

/// A text in the language of the page.
///
/// - `tr!("Save")`: a `&'static str`.
/// - `tr!("{} of {total}", done, total = all)`: a `String`. A variable may stand for `name = name`.
/// - `tr!("{n} bot" | "{n} bots" % count)`: a `String` in the form that goes with the number, which is `{n}`; further
///   values follow.
/// - `tr!("verb" => "Open")`: with a context, for words that mean several things.
macro_rules! tr {
    ($context:literal => $text:literal) => {
        $crate::i18n::text(concat!($context, "\u{4}", $text))
    };
    ($one:literal | $many:literal % $count:expr) => {
        $crate::i18n::plural($one, $many, $crate::i18n::Count::count(&$count), &[])
    };
    ($one:literal | $many:literal % $count:expr, $($values:tt)+) => {
        $crate::i18n::plural($one, $many, $crate::i18n::Count::count(&$count), tr!(@ [] $($values)+ ,))
    };
    ($text:literal) => {
        $crate::i18n::text($text)
    };
    ($text:literal, $($values:tt)+) => {
        $crate::i18n::fill($crate::i18n::text($text), tr!(@ [] $($values)+ ,))
    };
    (@ [$($done:tt)*] $(,)?) => { &[$($done)*] };
    (@ [$($done:tt)*] $name:ident = $value:expr, $($rest:tt)*) => {
        tr!(@ [$($done)* (stringify!($name), &$value),] $($rest)*)
    };
    (@ [$($done:tt)*] $name:ident, $($rest:tt)*) => {
        tr!(@ [$($done)* (stringify!($name), &$name),] $($rest)*)
    };
    (@ [$($done:tt)*] $value:expr, $($rest:tt)*) => {
        tr!(@ [$($done)* ("", &$value),] $($rest)*)
    };
}

/// An English text that stands in a constant: shown with [`text`].
macro_rules! mark {
    ($context:literal => $text:literal) => {
        concat!($context, "\u{4}", $text)
    };
    ($text:literal) => {
        $text
    };
}

mod boot;
mod catalogue;
mod fill;
mod number;
mod served;
mod switch;

pub use boot::{locale, start};
pub use fill::fill;
pub use number::{decimal, number};
pub use served::{Trouble, explain, served};
pub use switch::LanguageSwitch;

use catalogue::catalogue;

/// What [`tr!`] says without values. A context stands before U+0004, as in gettext's own files.
pub fn text(english: &'static str) -> &'static str {
    match catalogue().and_then(|catalogue| catalogue.text(english)) {
        Some(text) => text,
        None => english.rsplit('\u{4}').next().unwrap_or(english),
    }
}

/// What [`tr!`] says with a number.
pub fn plural(
    one: &'static str,
    many: &'static str,
    count: i64,
    values: &[(&str, &dyn std::fmt::Display)],
) -> String {
    let form = match catalogue().and_then(|catalogue| catalogue.plural(one, count)) {
        Some(form) => form,
        None if count == 1 => one,
        None => many,
    };
    let shown = number(count);
    let mut all: Vec<(&str, &dyn std::fmt::Display)> = values.to_vec();
    all.push(("n", &shown));
    fill(form, &all)
}

/// What can be counted.
pub trait Count {
    /// The number; one that is too large to be told is the largest.
    fn count(&self) -> i64;
}

macro_rules! count {
    ($($kind:ty),*) => {
        $(impl Count for $kind {
            fn count(&self) -> i64 {
                i64::try_from(*self).unwrap_or(i64::MAX)
            }
        })*
    };
}

count!(i64, i32, i16, u64, u32, u16, usize);

#[cfg(test)]
mod tests {
    #[test]
    fn english_stands_in_the_source() {
        let (name, total) = ("Ada", 3);
        assert_eq!(tr!("Save"), "Save");
        assert_eq!(tr!("verb" => "Open"), "Open");
        assert_eq!(tr!("{} and {name}", "Eve", name), "Eve and Ada");
        assert_eq!(tr!("{name}: {all}", name, all = total + 1), "Ada: 4");
        let told = [0, 1, 2, 1_234_567].map(|n: i64| tr!("{n} chunk" | "{n} chunks" % n));
        assert_eq!(told, ["0 chunks", "1 chunk", "2 chunks", "1,234,567 chunks"]);
        assert_eq!(
            tr!("{n} of {name}" | "{n} each of {name}" % 2_usize, name),
            "2 each of Ada"
        );
    }
}
