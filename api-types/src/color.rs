//! Colours that can be read on each other (WCAG 2.2 contrast).

/// An sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// White.
const WHITE: Rgb = Rgb(255, 255, 255);
/// Black. One of black and white has at least 4.58:1 on any colour.
const BLACK: Rgb = Rgb(0, 0, 0);
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
        let linear = |part: u8| {
            let c = f32::from(part) / 255.0;
            if c <= 0.040_45 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Contrast ratio, 1 to 21.
    pub fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// `steps` sixteenths of the way to `other`.
    pub fn towards(self, other: Self, steps: u16) -> Self {
        let mix = |a: u8, b: u8| {
            let sum = u16::from(a) * (16 - steps) + u16::from(b) * steps;
            u8::try_from(sum / 16).unwrap_or(b)
        };
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }

    /// The nearest shade towards `end` that has this contrast on all of `surfaces`.
    pub fn readable(self, surfaces: &[Self], end: Self, contrast: f32) -> Self {
        (0..16)
            .map(|steps| self.towards(end, steps))
            .find(|shade| {
                surfaces
                    .iter()
                    .all(|surface| shade.contrast(*surface) >= contrast)
            })
            .unwrap_or(end)
    }

    /// Black for white text, and the other way round.
    pub fn opposite(self) -> Self {
        Self(255 - self.0, 255 - self.1, 255 - self.2)
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
    fn text_can_be_read_on_every_colour() {
        let steps = || (0..=255_u8).step_by(15);
        for (r, g) in steps().flat_map(|r| steps().map(move |g| (r, g))) {
            for b in steps() {
                let color = Rgb(r, g, b);
                assert!(color.contrast(color.text_on()) >= AA, "{color:?}");
            }
        }
    }

    #[test]
    fn a_readable_colour_is_left_alone() {
        let accent = Rgb(79, 70, 229);
        assert_eq!(accent.text_on(), WHITE);
        assert_eq!(accent.readable(&[WHITE], BLACK, AA), accent);
        let yellow = Rgb(255, 212, 0).readable(&[WHITE], BLACK, AA);
        assert!(yellow != BLACK && yellow.contrast(WHITE) >= AA, "{yellow:?}");
    }
}
