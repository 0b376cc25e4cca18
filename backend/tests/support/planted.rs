//! Secrets that are planted, and every form in which they would be found again.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use std::collections::HashMap;

const HEAD: usize = 8;

/// A secret, and the answers that may show it: those in which it is given out.
pub struct Planted {
    pub name: &'static str,
    shown_by: Vec<&'static str>,
    /// Every form, by its first eight bytes, so that a text is gone through once: a log is long.
    forms: HashMap<[u8; HEAD], Vec<Vec<u8>>>,
}

impl Planted {
    pub fn new(name: &'static str, secret: &str, shown_by: &[&'static str]) -> Self {
        assert!(secret.len() >= 12, "{name}: too short to be told from chance");
        let mut needles = forms(secret.as_bytes());
        // A part is a leak, too. Hints show the last four.
        needles.push(secret.as_bytes()[..secret.len() - 4].to_owned());
        if let Some(raw) = base32(secret) {
            needles.extend(forms(&raw));
        }
        let plain: String = secret.chars().filter(|c| *c != '-').collect();
        needles.push(plain.into_bytes());
        let mut forms: HashMap<_, Vec<_>> = HashMap::new();
        for needle in needles {
            forms
                .entry(*needle.first_chunk().unwrap())
                .or_default()
                .push(needle);
        }
        Self {
            name,
            shown_by: shown_by.to_vec(),
            forms,
        }
    }

    pub fn is_in(&self, bytes: &[u8]) -> bool {
        (0..bytes.len()).any(|at| self.begins(&bytes[at..]))
    }

    fn begins(&self, bytes: &[u8]) -> bool {
        let forms = bytes.first_chunk().and_then(|head| self.forms.get(head));
        forms.is_some_and(|forms| forms.iter().any(|form| bytes.starts_with(form)))
    }

    pub fn is_shown_by(&self, answer: &str) -> bool {
        self.shown_by.contains(&answer)
    }
}

/// As it is, in hexadecimal, and in base64 at each of the three places where it may stand in a longer text; and those in
/// hexadecimal, as Postgres writes bytes.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_owned()];
    for before in 0..3 {
        let text = [&vec![b'.'; before], secret].concat();
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&text).into_bytes();
            // The first and the last sign depend on what stands beside it.
            let from = [0, 2, 3][before];
            forms.push(encoded[from..encoded.len() - 2].to_owned());
        }
    }
    forms.push(STANDARD.encode(secret).into_bytes());
    let hex: Vec<Vec<u8>> = forms.iter().map(|form| hex::encode(form).into_bytes()).collect();
    let upper = hex::encode_upper(secret).into_bytes();
    forms.into_iter().chain(hex).chain([upper]).collect()
}

/// What a secret of the second factor stands for.
fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for sign in text.bytes() {
        let value = match sign {
            b'A'..=b'Z' => sign - b'A',
            b'2'..=b'7' => sign - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count).unwrap());
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

/// The first two bytes of every form, as a table.
pub struct Heads(Vec<bool>);

impl Heads {
    pub fn of(planted: &[Planted]) -> Self {
        let mut heads = vec![false; 1 << 16];
        for head in planted.iter().flat_map(|planted| planted.forms.keys()) {
            heads[place([head[0], head[1]])] = true;
        }
        Self(heads)
    }
}

fn place(pair: [u8; 2]) -> usize {
    usize::from(u16::from_be_bytes(pair))
}

/// The secrets in a text.
pub fn found<'a>(planted: &'a [Planted], heads: &Heads, bytes: &[u8]) -> Vec<&'a Planted> {
    let mut found: Vec<&Planted> = Vec::new();
    for (at, pair) in bytes.windows(2).enumerate() {
        if heads.0[place([pair[0], pair[1]])] {
            let here = planted.iter().filter(|planted| planted.begins(&bytes[at..]));
            for planted in here {
                if !found.iter().any(|known| known.name == planted.name) {
                    found.push(planted);
                }
            }
        }
    }
    found
}
