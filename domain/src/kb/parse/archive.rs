//! What a zip archive would unpack to, found out without trusting what it says about itself, and its parts.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::{ParseError, decode};

const MAX_ENTRIES: usize = 1_000;
const MAX_UNPACKED_BYTES: u64 = 200 * 1024 * 1024;
const MAX_RATIO: u64 = 100;
/// Small files may be mostly repetition; what they unpack to does no harm.
const RATIO_COUNTS_FROM: u64 = 10 * 1024 * 1024;

/// Refuses an archive with too many entries, or one that unpacks to too much. Sizes in the directory can lie, so
/// everything is unpacked once into nothing and counted. `format` is what the file should have been.
pub(super) fn check(bytes: &[u8], format: &str) -> Result<(), ParseError> {
    let damaged = |error: ZipError| match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            ParseError::Encrypted
        }
        _ => ParseError::corrupt(format),
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > MAX_ENTRIES {
        return Err(ParseError::too_complex("it holds more than 1,000 parts"));
    }
    let by_ratio = (bytes.len() as u64 * MAX_RATIO).max(RATIO_COUNTS_FROM);
    let mut left = by_ratio.min(MAX_UNPACKED_BYTES);
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(damaged)?;
        let unpacked = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink())
            .map_err(|_| ParseError::corrupt(format))?;
        left = left
            .checked_sub(unpacked)
            .ok_or_else(|| ParseError::too_complex("it unpacks to far more than its own size"))?;
    }
    Ok(())
}

/// A checked archive to read parts from.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    format: &'a str,
}

impl<'a> Archive<'a> {
    /// Opens it after [`check`].
    pub(super) fn open(bytes: &'a [u8], format: &'a str) -> Result<Self, ParseError> {
        check(bytes, format)?;
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ParseError::corrupt(format))?;
        Ok(Self { zip, format })
    }

    /// The bytes of a part.
    pub(super) fn bytes(&mut self, name: &str) -> Result<Vec<u8>, ParseError> {
        let damaged = || ParseError::corrupt(self.format);
        let part = self.zip.by_name(name).map_err(|_| damaged())?;
        let mut bytes = Vec::new();
        part.take(MAX_UNPACKED_BYTES)
            .read_to_end(&mut bytes)
            .map_err(|_| damaged())?;
        Ok(bytes)
    }

    /// The text of a part.
    pub(super) fn text(&mut self, name: &str) -> Result<String, ParseError> {
        Ok(decode::decode(&self.bytes(name)?).into_owned())
    }
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

/// The start of a small part, read before the archive was checked.
pub(super) fn small_part(bytes: &[u8], name: &str) -> Option<String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let part = archive.by_name(name).ok()?;
    let mut text = Vec::new();
    part.take(64 * 1024).read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}
