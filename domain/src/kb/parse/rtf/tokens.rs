//! Cutting rich text into groups, words and bytes.

/// A piece of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    /// Text, in the encoding of the font.
    Bytes(&'a [u8]),
    /// One byte of text, written as `\'e9`.
    Byte(u8),
    /// A control word with its number.
    Word(&'a str, Option<i32>),
    /// A control symbol.
    Symbol(char),
}

pub(super) struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn run_of(&self, wanted: impl Fn(&u8) -> bool) -> usize {
        self.rest.iter().take_while(|byte| wanted(byte)).count()
    }

    /// What follows a backslash.
    fn control(&mut self) -> Option<Token<'a>> {
        let letters = self.run_of(u8::is_ascii_alphabetic).min(32);
        if letters == 0 {
            let symbol = *self.take(1).first()?;
            if symbol != b'\'' {
                return Some(Token::Symbol(char::from(symbol)));
            }
            let hex = std::str::from_utf8(self.take(2)).unwrap_or_default();
            return Some(Token::Byte(u8::from_str_radix(hex, 16).unwrap_or(b'?')));
        }
        let word = std::str::from_utf8(self.take(letters)).unwrap_or_default();
        let sign = usize::from(self.rest.first() == Some(&b'-'));
        let digits = self
            .rest
            .iter()
            .skip(sign)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let value = (digits > 0)
            .then(|| std::str::from_utf8(self.take(sign + digits)).ok()?.parse().ok())
            .flatten();
        if self.rest.first() == Some(&b' ') {
            self.take(1);
        }
        // Bytes of a picture, of which none means what it looks like.
        if word == "bin" {
            self.take(
                value
                    .and_then(|value: i32| usize::try_from(value).ok())
                    .unwrap_or(0),
            );
        }
        Some(Token::Word(word, value))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            match *self.rest.first()? {
                b'{' => {
                    self.take(1);
                    return Some(Token::Open);
                }
                b'}' => {
                    self.take(1);
                    return Some(Token::Close);
                }
                b'\\' => {
                    self.take(1);
                    return self.control();
                }
                b'\r' | b'\n' | 0 => {
                    self.take(1);
                }
                _ => {
                    let length = self.run_of(|byte| !matches!(byte, b'{' | b'}' | b'\\' | b'\r' | b'\n' | 0));
                    return Some(Token::Bytes(self.take(length)));
                }
            }
        }
    }
}
