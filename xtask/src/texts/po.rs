//! `.po` files, as gettext's tools read and write them.

use std::collections::HashMap;
use std::fmt;

use anyhow::{Context, Result, bail};

use super::source::{Text, Texts};

/// One language.
#[derive(Debug, Clone, Default)]
pub struct Po {
    /// Lines before the first entry: `# …`.
    comments: Vec<String>,
    /// `Language`, `Plural-Forms` and so on, in their order.
    pub headers: Vec<(String, String)>,
    /// The texts, in their order.
    pub entries: Vec<Entry>,
}

/// One text and what it is in the language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Remarks of translators, with their `#`.
    pub comments: Vec<String>,
    /// The English.
    pub text: Text,
    /// The translation; several forms for a text that counts.
    pub forms: Vec<String>,
}

impl Entry {
    /// Whether a translation is missing.
    pub fn is_open(&self) -> bool {
        self.forms.is_empty() || self.forms.iter().any(String::is_empty)
    }
}

impl Po {
    /// Reads a file. What is marked as obsolete (`#~`) is left out.
    pub fn parse(file: &str) -> Result<Self> {
        let mut po = Self::default();
        let mut blocks = blocks(file).into_iter();
        let head = blocks.next().context("the file is empty")?;
        po.comments.clone_from(&head.comments);
        let headers = head
            .value("msgstr")
            .or_else(|| head.value("msgstr[0]"))
            .unwrap_or_default();
        po.headers = headers
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        for block in blocks {
            po.entries.push(block.entry()?);
        }
        Ok(po)
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Result<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .with_context(|| format!("the header has no line `{name}: …`"))
    }

    /// The same language with what the source says: in its order, what is new without a translation.
    pub fn updated(&self, texts: &Texts) -> Self {
        let known: HashMap<_, _> = self
            .entries
            .iter()
            .map(|entry| (entry.text.key(), entry))
            .collect();
        let mut entries: Vec<Entry> = texts
            .needed
            .iter()
            .map(|text| match known.get(&text.key()) {
                Some(entry) => Entry {
                    text: text.clone(),
                    ..(*entry).clone()
                },
                None => Entry {
                    text: text.clone(),
                    ..Entry::default()
                },
            })
            .collect();
        let needed: std::collections::HashSet<_> = texts.needed.iter().map(Text::key).collect();
        let further = |entry: &&Entry| {
            !entry.is_open() && !needed.contains(&entry.text.key()) && texts.is_served(&entry.text)
        };
        entries.extend(self.entries.iter().filter(further).cloned());
        Self {
            entries,
            ..self.clone()
        }
    }
}

impl fmt::Display for Po {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for comment in &self.comments {
            writeln!(f, "{comment}")?;
        }
        writeln!(f, "msgid \"\"\nmsgstr \"\"")?;
        for (name, value) in &self.headers {
            writeln!(f, "{}", quoted(&format!("{name}: {value}\n")))?;
        }
        for entry in &self.entries {
            writeln!(f)?;
            for comment in &entry.comments {
                writeln!(f, "{comment}")?;
            }
            if let Some(context) = &entry.text.context {
                writeln!(f, "msgctxt {}", quoted(context))?;
            }
            writeln!(f, "msgid {}", quoted(&entry.text.english))?;
            match &entry.text.plural {
                Some(plural) => {
                    writeln!(f, "msgid_plural {}", quoted(plural))?;
                    for (i, form) in entry.forms.iter().enumerate() {
                        writeln!(f, "msgstr[{i}] {}", quoted(form))?;
                    }
                    if entry.forms.is_empty() {
                        writeln!(f, "msgstr[0] \"\"")?;
                    }
                }
                None => {
                    let form = entry.forms.first().map(String::as_str).unwrap_or_default();
                    writeln!(f, "msgstr {}", quoted(form))?;
                }
            }
        }
        Ok(())
    }
}

/// The lines of one entry: its keywords and their texts.
#[derive(Default)]
struct Block {
    comments: Vec<String>,
    values: Vec<(String, String)>,
}

impl Block {
    fn value(&self, keyword: &str) -> Option<String> {
        let found = self.values.iter().find(|(known, _)| known == keyword);
        found.map(|(_, value)| value.clone())
    }

    fn entry(self) -> Result<Entry> {
        let english = self.value("msgid").context("an entry has no msgid")?;
        let forms = self
            .values
            .iter()
            .filter(|(keyword, _)| keyword.starts_with("msgstr"));
        Ok(Entry {
            forms: forms.map(|(_, form)| form.clone()).collect(),
            text: Text {
                context: self.value("msgctxt"),
                english,
                plural: self.value("msgid_plural"),
            },
            comments: self.comments,
        })
    }
}

fn blocks(file: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut block = Block::default();
    for line in file.lines().map(str::trim) {
        if line.is_empty() {
            if !block.values.is_empty() {
                blocks.push(std::mem::take(&mut block));
            }
        } else if line.starts_with("#~") {
            // What gettext's tools keep of texts that are gone.
        } else if line.starts_with('#') {
            block.comments.push(line.to_owned());
        } else if line.starts_with('"') {
            if let Some((_, value)) = block.values.last_mut() {
                value.push_str(&unquoted(line));
            }
        } else if let Some((keyword, value)) = line.split_once(' ') {
            block.values.push((keyword.to_owned(), unquoted(value.trim())));
        }
    }
    if !block.values.is_empty() {
        blocks.push(block);
    }
    blocks
}

fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\t', "\\t");
    format!("\"{escaped}\"")
}

fn unquoted(text: &str) -> String {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    let mut plain = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

/// Fails with what is wrong with a language's code: it names files and stands in the page.
pub fn check_code(code: &str) -> Result<()> {
    let is_plain = code
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if code.is_empty() || !is_plain {
        bail!("`Language: {code}` is no language tag such as `ru` or `pt-BR`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"# Who wrote it.
msgid ""
msgstr ""
"Language: ru\n"
"X-Language-Name: Русский\n"

msgid "Save"
msgstr "Сохранить"

# A remark.
msgctxt "verb"
msgid "Say \"{n} bot\"\n"
msgid_plural "Say \"{n} bots\"\n"
msgstr[0] "а"
msgstr[1] "б"
"#;

    #[test]
    fn files_are_written_as_they_were_read() {
        let po = Po::parse(FILE).unwrap();
        assert_eq!(po.header("X-Language-Name").unwrap(), "Русский");
        assert_eq!(po.entries[1].text.english, "Say \"{n} bot\"\n");
        assert_eq!(po.entries[1].forms, ["а", "б"]);
        assert_eq!(po.to_string(), FILE);
        let wrapped = FILE.replace("\"Сохранить\"", "\"\"\n\"Сохра\"\n\"нить\"");
        assert_eq!(Po::parse(&wrapped).unwrap().to_string(), FILE);
    }
}
