//! Small damage, and pieces where they don't belong.

use crate::seeds::{Seed, Seeds, packed};

/// Largest file that is made.
const MAX_BYTES: usize = 256 * 1024;

/// Pieces that mean something to some parser.
const TOKENS: [&[u8]; 40] = [
    b"\\bin99999999 ",
    b"\\u-1 ",
    b"\\'f",
    b"{\\*\\",
    b"\\uc9999 ",
    b"\\itap2 ",
    b"\\cell",
    b"\\row",
    b"\\ls1\\ilvl99 ",
    b"<text:p>",
    b"</text:p>",
    b"table:number-columns-repeated=\"4294967295\" ",
    b"text:c=\"99999999999\"",
    b"<text:list>",
    b"<text:list-item>",
    b"</table:table>",
    b"<table:table>",
    b"&#x110000;",
    b"&lt",
    b"<![CDATA[",
    b"<!--",
    b"]]>",
    b"<w:tbl>",
    b"<a:p>",
    b"r=\"XFD1048576\"",
    b"<td colspan=99999>",
    b"<table>",
    b"</table>",
    b"\"\"",
    b"\r\n--",
    b"boundary=\"\"",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"=?utf-8?b?",
    b"[[[[[",
    b"{\"a\":",
    b"/Kids [1 0 R 2 0 R]",
    b" 0 obj",
    b"endstream",
    b"/Filter [/FlateDecode /LZWDecode]",
    b"\xef\xbb\xbf",
];
const BYTES: [u8; 10] = [0, 1, 0x7f, 0x80, 0xff, b'<', b'{', b'"', b'\n', b'\\'];

/// SplitMix64: the same numbers on every machine, for ever.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, or 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Below two to the power of `bits`, and mostly far below.
    fn small(&mut self, bits: usize) -> usize {
        let bits = self.below(bits);
        self.below(1 << bits)
    }
}

/// One of the seeds, damaged.
pub fn mutated(seeds: &Seeds, random: &mut Random) -> Vec<u8> {
    let Some(seed) = seeds.0.get(random.below(seeds.0.len())) else {
        return Vec::new();
    };
    let other = seeds.0.get(random.below(seeds.0.len())).unwrap_or(seed);
    // Damage to an archive is mostly seen by its checksums; damage to its parts gets further.
    if seed.parts.is_empty() || random.below(8) == 0 {
        return damaged(&seed.bytes, &other.bytes, random);
    }
    damaged_parts(seed, other, random)
}

fn damaged_parts(seed: &Seed, other: &Seed, random: &mut Random) -> Vec<u8> {
    let mut parts = seed.parts.clone();
    for _ in 0..=random.below(2) {
        let chosen = random.below(parts.len());
        let from = random.below(other.parts.len());
        let piece = other.parts.get(from).map_or(&[][..], |(_, content)| content);
        parts[chosen].1 = damaged(&parts[chosen].1, piece, random);
    }
    if random.below(20) == 0 {
        let gone = random.below(parts.len());
        parts.remove(gone);
    }
    packed(&parts)
}

fn damaged(bytes: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(8) {
        damage(&mut bytes, other, random);
    }
    bytes.truncate(MAX_BYTES);
    bytes
}

fn damage(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(bytes.len());
    let length = random.small(12).min(bytes.len() - at);
    match random.below(9) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
        1 if !bytes.is_empty() => bytes[at] = BYTES[random.below(BYTES.len())],
        2 if bytes.len() > at + 4 => {
            let value = [0, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX][random.below(5)];
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        3 => drop(bytes.drain(at..at + length)),
        4 => {
            let piece = bytes[at..at + length].to_vec();
            let times = random.small(8);
            let repeated = piece.repeat(times.min(MAX_BYTES / piece.len().max(1)));
            drop(bytes.splice(at..at, repeated));
        }
        5 => {
            let from = random.below(other.len());
            let to = (from + length).min(other.len());
            drop(bytes.splice(at..at, other[from..to].iter().copied()));
        }
        6 | 7 => {
            let token = TOKENS[random.below(TOKENS.len())];
            drop(bytes.splice(at..at, token.iter().copied()));
        }
        _ => bytes.truncate(at.max(16)),
    }
}
