//! One accent colour in, readable colours out (WCAG 2.2 contrast).

use alloc::string::String;

/// An sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// White.
pub const WHITE: Rgb = Rgb(255, 255, 255);
/// Black. One of black and white has at least 4.58:1 on any colour.
pub const BLACK: Rgb = Rgb(0, 0, 0);
/// The lightest surface of the dark theme that accent-coloured text stands on.
const DARK_SURFACE: Rgb = Rgb(36, 38, 45);
/// The darkest surface of the light theme that accent-coloured text stands on.
const LIGHT_SURFACE: Rgb = Rgb(243, 243, 247);
/// Contrast that normal text needs.
const AA: f32 = 4.5;

impl Rgb {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let mut parts = [0; 3];
        for (at, digit) in digits.chars().enumerate() {
            let digit = u8::try_from(digit.to_digit(16)?).ok()?;
            parts[at / 2] = parts[at / 2] << 4 | digit;
        }
        let [r, g, b] = parts;
        Some(Self(r, g, b))
    }

    /// Writes `#rrggbb`.
    pub fn hex(self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::from("#");
        for part in [self.0, self.1, self.2] {
            for digit in [part >> 4, part & 15] {
                text.push(char::from(DIGITS[usize::from(digit)]));
            }
        }
        text
    }

    /// Relative luminance, 0 to 1.
    fn luminance(self) -> f32 {
        // Ian Taylor's cubic fit of the sRGB curve, within 0.004: `core` has no `powf`.
        let linear = |part: u8| {
            let c = f32::from(part) / 255.0;
            c * (c * (c * 0.305_306 + 0.682_171_1) + 0.012_522_878)
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Contrast ratio, 1 to 21.
    pub fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// `steps` sixteenths of the way to `other`.
    fn towards(self, other: Self, steps: u16) -> Self {
        let mix = |a: u8, b: u8| {
            let sum = u16::from(a) * (16 - steps) + u16::from(b) * steps;
            u8::try_from(sum / 16).unwrap_or(b)
        };
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }

    /// The nearest shade towards `end` that can be read on `surface`.
    fn readable(self, surface: Self, end: Self) -> Self {
        (0..16)
            .map(|steps| self.towards(end, steps))
            .find(|c| c.contrast(surface) >= AA)
            .unwrap_or(end)
    }

    /// The text colour for this background: white if it can be read, else the better of black and white.
    pub fn text_on(self) -> Self {
        let white = self.contrast(WHITE);
        if white >= AA || white >= self.contrast(BLACK) {
            WHITE
        } else {
            BLACK
        }
    }

    /// This colour as text on light surfaces.
    pub fn ink_on_light(self) -> Self {
        self.readable(LIGHT_SURFACE, BLACK)
    }

    /// This colour as text on dark surfaces.
    pub fn ink_on_dark(self) -> Self {
        self.readable(DARK_SURFACE, WHITE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_hex() {
        assert_eq!(Rgb::parse("#4f46E5").map(Rgb::hex).as_deref(), Some("#4f46e5"));
        for bad in ["", "#fff", "4f46e5", "#4f46e5;", "#+f46e5", "#é46e5", "red"] {
            assert_eq!(Rgb::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn contrast_matches_known_ratios() {
        for (a, b, ratio) in [
            ("#000000", "#ffffff", 21.0),
            ("#767676", "#ffffff", 4.54),
            ("#4f46e5", "#ffffff", 6.29),
        ] {
            let (a, b) = (Rgb::parse(a).unwrap(), Rgb::parse(b).unwrap());
            assert!(
                (a.contrast(b) - ratio).abs() < 0.1,
                "{a:?} on {b:?}: {}",
                a.contrast(b)
            );
        }
    }

    #[test]
    fn every_accent_becomes_readable() {
        for r in (0..=255).step_by(15) {
            for g in (0..=255).step_by(15) {
                for b in (0..=255).step_by(15) {
                    let accent = Rgb(r, g, b);
                    assert!(accent.contrast(accent.text_on()) >= AA, "{accent:?}");
                    assert!(accent.ink_on_light().contrast(LIGHT_SURFACE) >= AA, "{accent:?}");
                    assert!(accent.ink_on_dark().contrast(DARK_SURFACE) >= AA, "{accent:?}");
                }
            }
        }
    }

    #[test]
    fn a_readable_accent_is_left_alone() {
        let accent = Rgb(79, 70, 229);
        assert_eq!((accent.text_on(), accent.ink_on_light()), (WHITE, accent));
    }
}
