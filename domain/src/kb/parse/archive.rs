//! What a zip archive would unpack to, found out without trusting what it says about itself.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::ParseError;

const MAX_ENTRIES: usize = 1_000;
const MAX_UNPACKED_BYTES: u64 = 200 * 1024 * 1024;
const MAX_RATIO: u64 = 100;
/// Small files may be mostly repetition; what they unpack to does no harm.
const RATIO_COUNTS_FROM: u64 = 10 * 1024 * 1024;

/// Refuses an archive with too many entries, or one that unpacks to too much. Sizes in the directory can lie, so
/// everything is unpacked once into nothing and counted.
pub(super) fn check(bytes: &[u8]) -> Result<(), ParseError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    if archive.len() > MAX_ENTRIES {
        return Err(ParseError::too_complex("it holds more than 1,000 parts"));
    }
    let by_ratio = (bytes.len() as u64 * MAX_RATIO).max(RATIO_COUNTS_FROM);
    let mut left = by_ratio.min(MAX_UNPACKED_BYTES);
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|_| damaged())?;
        let unpacked =
            std::io::copy(&mut entry.take(left + 1), &mut std::io::sink()).map_err(|_| damaged())?;
        left = left
            .checked_sub(unpacked)
            .ok_or_else(|| ParseError::too_complex("it unpacks to far more than its own size"))?;
    }
    Ok(())
}

/// Names of the entries; empty if the directory can't be read.
pub(super) fn names(bytes: &[u8]) -> Vec<String> {
    let Ok(archive) = ZipArchive::new(Cursor::new(bytes)) else {
        return Vec::new();
    };
    archive
        .file_names()
        .flatten()
        .map(std::borrow::Cow::into_owned)
        .collect()
}

fn damaged() -> ParseError {
    ParseError::corrupt("DOCX file")
}
