//! wasm-bindgen ends each import's name in a hash of 16 digits: noise that no compression shrinks, in the module and
//! again in the glue.

use std::collections::BTreeSet;

const HASH_DIGITS: usize = 16;

/// Puts a number in the place of each hash, in the module and in its glue alike. Names keep their length, so that the
/// module stays valid as it is.
pub fn number_hashes(module: &mut [u8], glue: &mut [u8]) {
    let names: BTreeSet<Vec<u8>> = names(glue).map(<[u8]>::to_vec).collect();
    for (number, name) in names.into_iter().enumerate() {
        let stem = &name[..name.len() - HASH_DIGITS];
        let numbered = [stem, format!("{number:0HASH_DIGITS$}").as_bytes()].concat();
        replace(module, &name, &numbered);
        replace(glue, &name, &numbered);
    }
}

/// The hashed names in the glue.
fn names(glue: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_hash = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    glue.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        .filter(move |word| {
            let hash = word.len().checked_sub(HASH_DIGITS).map(|at| word.split_at(at));
            word.starts_with(b"__wbg_")
                && hash.is_some_and(|(stem, hash)| stem.ends_with(b"_") && is_hash(hash))
        })
}

fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(old.len()).position(|window| window == old) {
        at += found;
        bytes[at..at + old.len()].copy_from_slice(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_become_numbers_on_both_sides() {
        let mut module =
            b"\0./app_bg.js\x1a__wbg_get_e6325ad374eff861\x1a__wbg_get_09736879a3f67559".to_vec();
        let mut glue =
            b"__wbg_get_09736879a3f67559: f, __wbg_get_e6325ad374eff861: g, __wbg_init: h".to_vec();
        number_hashes(&mut module, &mut glue);
        assert_eq!(
            module,
            b"\0./app_bg.js\x1a__wbg_get_0000000000000001\x1a__wbg_get_0000000000000000"
        );
        assert_eq!(
            glue,
            b"__wbg_get_0000000000000000: f, __wbg_get_0000000000000001: g, __wbg_init: h"
        );
    }
}
