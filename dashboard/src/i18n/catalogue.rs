//! The texts of one language, as `cargo xtask web` made them of its `.po` file.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();

/// All texts of a language.
#[derive(Deserialize)]
pub struct Catalogue {
    /// Which form goes with a number: a digit for each number up to 199. Greater ones go by their last two digits.
    plural: String,
    /// By their English: the text, or its forms.
    texts: HashMap<String, Vec<String>>,
    /// Those of the server's English texts that hold values.
    templates: Vec<String>,
}

/// The catalogue of the page's language; none for English.
pub fn catalogue() -> Option<&'static Catalogue> {
    CATALOGUE.get()
}

/// Takes in the catalogue that was fetched. Whether it could be read.
pub fn install(json: &str) -> bool {
    serde_json::from_str(json).is_ok_and(|catalogue| CATALOGUE.set(catalogue).is_ok())
}

impl Catalogue {
    /// The text for an English one.
    pub fn text(&self, english: &str) -> Option<&str> {
        let form = self.texts.get(english)?.first()?;
        Some(form)
    }

    /// The form that goes with a number.
    pub fn plural(&self, english: &str, count: i64) -> Option<&str> {
        let form = self.texts.get(english)?.get(self.form(count))?;
        Some(form)
    }

    /// Those of the server's English texts that hold values.
    pub fn templates(&self) -> &[String] {
        &self.templates
    }

    fn form(&self, count: i64) -> usize {
        let count = count.unsigned_abs();
        let place = if count < 200 { count } else { 100 + count % 100 };
        let digit = usize::try_from(place)
            .ok()
            .and_then(|place| self.plural.as_bytes().get(place));
        digit.map_or(0, |digit| usize::from(digit.wrapping_sub(b'0')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_go_with_their_numbers() {
        let slavic = |n: usize| match (n % 10, n % 100) {
            (1, teen) if teen != 11 => '0',
            (2..=4, teen) if !(12..=14).contains(&teen) => '1',
            _ => '2',
        };
        let catalogue = Catalogue {
            plural: (0..200).map(slavic).collect(),
            texts: [(
                "{n} day".to_owned(),
                ["день", "дня", "дней"].map(str::to_owned).to_vec(),
            )]
            .into(),
            templates: Vec::new(),
        };
        let told = [0, 1, 2, 5, 11, 21, 111, 1_001, 1_012, 1_000_003].map(|n| catalogue.plural("{n} day", n));
        let expected = [
            "дней", "день", "дня", "дней", "дней", "день", "дней", "день", "дней", "дня",
        ];
        assert_eq!(told, expected.map(Some));
        assert_eq!(catalogue.text("Save"), None);
    }
}
