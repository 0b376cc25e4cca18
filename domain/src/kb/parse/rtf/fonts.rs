//! Which encoding the bytes of a font are in.

use std::collections::HashMap;

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, IBM866, MACINTOSH, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1250,
    WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256, WINDOWS_1257,
    WINDOWS_1258, X_MAC_CYRILLIC,
};

#[derive(Debug, Default)]
pub(super) struct Fonts {
    /// Of the document.
    usual: Option<&'static Encoding>,
    fonts: HashMap<i32, &'static Encoding>,
    /// The font being defined.
    current: i32,
}

impl Fonts {
    pub(super) fn code_page(&mut self, number: i32) {
        self.usual = of_code_page(number);
    }

    pub(super) fn define(&mut self, font: i32) {
        self.current = font;
    }

    pub(super) fn character_set(&mut self, number: i32) {
        if let Some(encoding) = of_character_set(number) {
            self.fonts.insert(self.current, encoding);
        }
    }

    pub(super) fn font_code_page(&mut self, number: i32) {
        if let Some(encoding) = of_code_page(number) {
            self.fonts.insert(self.current, encoding);
        }
    }

    pub(super) fn encoding(&self, font: i32) -> &'static Encoding {
        let usual = self.usual.unwrap_or(WINDOWS_1252);
        self.fonts.get(&font).copied().unwrap_or(usual)
    }
}

fn of_code_page(number: i32) -> Option<&'static Encoding> {
    Some(match number {
        866 => IBM866,
        874 => WINDOWS_874,
        932 => SHIFT_JIS,
        936 => GBK,
        949 => EUC_KR,
        950 => BIG5,
        1250 => WINDOWS_1250,
        1251 => WINDOWS_1251,
        1252 => WINDOWS_1252,
        1253 => WINDOWS_1253,
        1254 => WINDOWS_1254,
        1255 => WINDOWS_1255,
        1256 => WINDOWS_1256,
        1257 => WINDOWS_1257,
        1258 => WINDOWS_1258,
        10_000 => MACINTOSH,
        10_007 => X_MAC_CYRILLIC,
        65_001 => UTF_8,
        _ => return None,
    })
}

/// Western fonts leave it to the document.
fn of_character_set(number: i32) -> Option<&'static Encoding> {
    of_code_page(match number {
        77 => 10_000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}

/// Bytes and UTF-16 units that only together make characters.
#[derive(Debug, Default)]
pub(super) struct Pending {
    bytes: Vec<u8>,
    encoding: Option<&'static Encoding>,
    units: Vec<u16>,
    text: String,
}

impl Pending {
    pub(super) fn bytes(&mut self, bytes: &[u8], encoding: &'static Encoding) {
        if bytes.is_empty() {
            return;
        }
        self.end_units();
        if self.encoding != Some(encoding) {
            self.end_bytes();
            self.encoding = Some(encoding);
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// A UTF-16 unit; written as a signed number by most programs.
    pub(super) fn unicode(&mut self, number: i32) {
        self.end_bytes();
        self.units.push((number & 0xffff) as u16);
    }

    pub(super) fn take(&mut self) -> Option<String> {
        self.end_bytes();
        self.end_units();
        (!self.text.is_empty()).then(|| std::mem::take(&mut self.text))
    }

    fn end_bytes(&mut self) {
        if let Some(encoding) = self.encoding.take() {
            self.text
                .push_str(&encoding.decode_without_bom_handling(&self.bytes).0);
            self.bytes.clear();
        }
    }

    fn end_units(&mut self) {
        self.text.push_str(&String::from_utf16_lossy(&self.units));
        self.units.clear();
    }
}
