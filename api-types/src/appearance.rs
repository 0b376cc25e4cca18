//! How the widget looks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::color::Rgb;
use crate::validate::{Checker, is_hex_color};

/// Characters of the logo as a `data:` URL: about 24 KB of image.
pub const MAX_LOGO: usize = 32_768;

/// What a logo begins with: an image of a kind that holds nothing but pixels, its first bytes included.
const LOGO_KINDS: [&str; 3] = [
    "data:image/png;base64,iVBORw0KGgo",
    "data:image/jpeg;base64,/9j/",
    "data:image/webp;base64,UklGR",
];

/// Where the bubble stands on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// Bottom right (bottom left on right-to-left pages).
    #[default]
    End,
    /// Bottom left (bottom right on right-to-left pages).
    Start,
}

/// Which colours the widget takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the visitor's system says.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// How big bubble and panel are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// A bubble of 48 pixels, a panel of 360 by 560.
    Small,
    /// A bubble of 56 pixels, a panel of 400 by 680.
    #[default]
    Medium,
    /// A bubble of 64 pixels, a panel of 460 by 780.
    Large,
}

/// The letters, of those that every system has: nothing is loaded for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Font {
    /// The system's own.
    #[default]
    System,
    /// With serifs.
    Serif,
    /// Round ones.
    Rounded,
    /// Of one width.
    Mono,
}

impl Font {
    /// As CSS names it.
    pub const fn family(self) -> &'static str {
        match self {
            Self::System => "system-ui, sans-serif",
            Self::Serif => "ui-serif, Georgia, Cambria, serif",
            Self::Rounded => {
                "ui-rounded, 'Hiragino Maru Gothic ProN', Quicksand, Comfortaa, Nunito, system-ui, sans-serif"
            }
            Self::Mono => "ui-monospace, Menlo, Consolas, monospace",
        }
    }
}

/// What is drawn on the bubble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Icon {
    /// A speech bubble.
    #[default]
    Chat,
    /// A question mark.
    Question,
    /// A spark.
    Spark,
    /// Headphones.
    Headset,
    /// A book.
    Book,
}

impl Icon {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Chat, Self::Question, Self::Spark, Self::Headset, Self::Book];

    /// Its lines, as the `d` of a path in a box of 24 by 24.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Chat => "M20 12a7.5 7.5 0 0 1-7.5 7.5H4l1.8-2.9A7.5 7.5 0 1 1 20 12Z",
            Self::Question => {
                "M9 9a3 3 0 1 1 4.2 2.75c-.8.35-1.2 1-1.2 1.75v.5M12 17.5v.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z"
            }
            Self::Spark => "M12 3l2 7 7 2-7 2-2 7-2-7-7-2 7-2ZM19 3v4M17 5h4",
            Self::Headset => {
                "M4 14v-2a8 8 0 0 1 16 0v2M4 14h3v5H5a1 1 0 0 1-1-1ZM20 14h-3v5h2a1 1 0 0 0 1-1ZM17 19c0 1.5-1.5 2-4 2"
            }
            Self::Book => {
                "M12 6.5C10 5 7 4.5 3 5v13.5c4-.5 7 0 9 1.5 2-1.5 5-2 9-1.5V5c-4-.5-7 0-9 1.5ZM12 6.5V20"
            }
        }
    }
}

/// How the widget looks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Appearance {
    /// Title of the panel; the bot's name when empty. Up to 60 characters.
    pub title: String,
    /// What stands in the box to write in; the widget's own words when empty. Up to 60 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub placeholder: String,
    /// Accent colour as `#rrggbb`. Where it could not be read, a shade of it that can is taken.
    pub color: String,
    /// Accent colour of the dark theme; the same when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub color_dark: String,
    /// Background of the light theme; white when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub background: String,
    /// Background of the dark theme; nearly black when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub background_dark: String,
    /// Light or dark.
    pub theme: Theme,
    /// Side of the page.
    pub position: Position,
    /// Size of bubble and panel.
    #[serde(skip_serializing_if = "is_default")]
    pub size: Size,
    /// How round corners are, in pixels, 0 to 24.
    #[serde(skip_serializing_if = "is_default_radius")]
    pub radius: u8,
    /// The letters.
    #[serde(skip_serializing_if = "is_default")]
    pub font: Font,
    /// What is drawn on the bubble.
    #[serde(skip_serializing_if = "is_default")]
    pub icon: Icon,
    /// A small image beside the title: PNG, JPEG or WebP as a `data:` URL of up to 32,768 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub logo: String,
    /// A soft sound when an answer comes while the chat is closed or its tab is hidden.
    #[serde(skip_serializing_if = "is_default")]
    pub sound: bool,
    /// Whether the chat says what it is made with.
    #[serde(skip_serializing_if = "is_true")]
    pub powered_by: bool,
}

impl Default for Appearance {
    fn default() -> Self {
        Self {
            title: String::new(),
            placeholder: String::new(),
            color: "#4f46e5".to_owned(),
            color_dark: String::new(),
            background: String::new(),
            background_dark: String::new(),
            theme: Theme::default(),
            position: Position::default(),
            size: Size::default(),
            radius: DEFAULT_RADIUS,
            font: Font::default(),
            icon: Icon::default(),
            logo: String::new(),
            sound: false,
            powered_by: true,
        }
    }
}

const DEFAULT_RADIUS: u8 = 12;

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_default_radius(radius: &u8) -> bool {
    *radius == DEFAULT_RADIUS
}

fn is_true(value: &bool) -> bool {
    *value
}

impl Appearance {
    /// Checks it before it is deployed.
    pub fn check(&self, check: &mut Checker) {
        check.length("content.appearance.title", &self.title, 0, 60);
        check.length("content.appearance.placeholder", &self.placeholder, 0, 60);
        let colors = [
            ("color", &self.color, false),
            ("color_dark", &self.color_dark, true),
            ("background", &self.background, true),
            ("background_dark", &self.background_dark, true),
        ];
        for (name, color, may_be_empty) in colors {
            check.require(
                is_hex_color(color) || may_be_empty && color.is_empty(),
                &format!("content.appearance.{name}"),
                "Use a colour such as #4f46e5.",
            );
        }
        check.require(
            self.radius <= 24,
            "content.appearance.radius",
            "Use 0 to 24 pixels.",
        );
        check.require(
            self.logo.is_empty() || is_logo(&self.logo),
            "content.appearance.logo",
            "Use a PNG, JPEG or WebP image of at most 24 KB.",
        );
    }

    /// The colours of a theme, all of which can be read.
    pub fn palette(&self, is_dark: bool) -> Palette {
        let own = |text: &str, or: Rgb| Rgb::parse(text).unwrap_or(or);
        let light = own(&self.color, DEFAULT_ACCENT);
        if is_dark {
            let accent = own(&self.color_dark, light);
            Palette::new(accent, own(&self.background_dark, DARK))
        } else {
            Palette::new(light, own(&self.background, WHITE))
        }
    }

    /// The look as variables of the chat's style sheet. No value holds anything that somebody wrote but checked colours.
    pub fn style(&self) -> BTreeMap<String, String> {
        let (light, dark) = (self.palette(false), self.palette(true));
        let mut style = BTreeMap::new();
        let mut set = |name: &str, value: String| style.insert(format!("--{name}"), value);
        let both =
            |get: fn(&Palette) -> Rgb| format!("light-dark({}, {})", get(&light).hex(), get(&dark).hex());
        set("accent", both(|palette| palette.accent));
        set("on-accent", both(|palette| palette.on_accent));
        set("ink", both(|palette| palette.ink));
        if !self.background.is_empty() || !self.background_dark.is_empty() {
            set("surface", both(|palette| palette.surface));
            set("raised", both(|palette| palette.raised));
            set("line", both(|palette| palette.line));
            set("strong-line", both(|palette| palette.strong_line));
            set("text", both(|palette| palette.text));
            set("muted", both(|palette| palette.muted));
            set("danger", both(|palette| palette.danger));
        }
        if self.radius != DEFAULT_RADIUS {
            set("radius", format!("{}px", self.radius));
        }
        if self.font != Font::System {
            set("font", self.font.family().to_owned());
        }
        style
    }
}

/// Whether `text` is an image of a kind and size that may be shown.
pub fn is_logo(text: &str) -> bool {
    let body = text.split_once(',').map_or("", |(_, body)| body);
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    text.len() <= MAX_LOGO
        && LOGO_KINDS.iter().any(|kind| text.starts_with(kind))
        && body.bytes().all(is_base64)
}

const WHITE: Rgb = Rgb(255, 255, 255);
const DARK: Rgb = Rgb(0x17, 0x18, 0x1c);
const DEFAULT_ACCENT: Rgb = Rgb(0x4f, 0x46, 0xe5);
const RED: Rgb = Rgb(0xd9, 0x2d, 0x20);

/// Contrast that normal text needs.
pub const TEXT_CONTRAST: f32 = 4.5;
/// Contrast that the edge of a control needs.
pub const EDGE_CONTRAST: f32 = 3.0;

/// The colours of one theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    /// Behind everything.
    pub surface: Rgb,
    /// Of cards and code.
    pub raised: Rgb,
    /// Between parts.
    pub line: Rgb,
    /// Around controls.
    pub strong_line: Rgb,
    /// Text.
    pub text: Rgb,
    /// Text of less weight.
    pub muted: Rgb,
    /// What went wrong.
    pub danger: Rgb,
    /// The accent colour, as chosen.
    pub accent: Rgb,
    /// Text on it.
    pub on_accent: Rgb,
    /// The accent colour as text.
    pub ink: Rgb,
}

impl Palette {
    /// Of an accent colour on a background.
    fn new(accent: Rgb, surface: Rgb) -> Self {
        let text = surface.text_on();
        // Hover and marks tint what they stand on once more. On a background of medium brightness all that goes away from the
        // text, so that it can still be read.
        let is_clear = surface.towards(text, 2).contrast(text) >= TEXT_CONTRAST;
        let end = if is_clear { text } else { text.opposite() };
        let (raised, deepest) = (surface.towards(end, 1), surface.towards(end, 2));
        let all = [surface, raised, deepest];
        Self {
            surface,
            raised,
            line: deepest,
            strong_line: surface.towards(text, 6).readable(&all, text, EDGE_CONTRAST),
            text,
            muted: surface.towards(text, 10).readable(&all, text, TEXT_CONTRAST),
            danger: RED.readable(&all, text, TEXT_CONTRAST),
            accent,
            on_accent: accent.text_on(),
            ink: accent.readable(&all, text, TEXT_CONTRAST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut Appearance)) -> Appearance {
        let mut appearance = Appearance::default();
        change(&mut appearance);
        appearance
    }

    fn refused(appearance: &Appearance) -> Vec<String> {
        let mut check = Checker::default();
        appearance.check(&mut check);
        let errors = check.finish().err().unwrap_or_default();
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn what_was_saved_before_still_reads_and_looks_the_same() {
        let old = r##"{"title":"Help","color":"#0a7d33","theme":"dark","position":"start"}"##;
        let read: Appearance = serde_json::from_str(old).unwrap();
        let same = with(|look| {
            look.title = "Help".into();
            look.color = "#0a7d33".into();
            look.theme = Theme::Dark;
            look.position = Position::Start;
        });
        assert_eq!(read, same);
        assert_eq!(serde_json::to_string(&read).unwrap(), old);
        let names: Vec<_> = Appearance::default().style().into_keys().collect();
        assert_eq!(names, ["--accent", "--ink", "--on-accent"]);
    }

    #[test]
    fn colours_radius_and_logo_are_checked() {
        assert_eq!(refused(&Appearance::default()), Vec::<String>::new());
        let bad = with(|look| {
            look.color = String::new();
            look.color_dark = "red".into();
            look.background = "#fff".into();
            look.background_dark = "#000000;x".into();
            look.radius = 25;
            look.placeholder = "x".repeat(61);
            look.logo = "data:image/svg+xml;base64,PHN2Zz4=".into();
        });
        let expected = [
            "placeholder",
            "color",
            "color_dark",
            "background",
            "background_dark",
            "radius",
            "logo",
        ];
        assert_eq!(
            refused(&bad),
            expected.map(|name| format!("content.appearance.{name}"))
        );
    }

    #[test]
    fn a_logo_is_a_small_image_and_nothing_else() {
        let png = "data:image/png;base64,iVBORw0KGgo";
        assert!(is_logo(&format!("{png}AAAA=")));
        for bad in [
            "https://a.example/logo.png".to_owned(),
            "data:image/png;base64,PHN2Zz4=".to_owned(),
            format!("{png}A A"),
            format!("{png}\"><script>"),
            format!("{png}{}", "A".repeat(MAX_LOGO)),
            "data:text/html;base64,iVBORw0KGgo".to_owned(),
        ] {
            assert!(!is_logo(&bad), "{bad}");
        }
    }

    #[test]
    fn every_colour_on_every_background_can_be_read() {
        let steps = || (0..=255_u8).step_by(51);
        let colors: Vec<Rgb> = steps()
            .flat_map(|r| steps().flat_map(move |g| steps().map(move |b| Rgb(r, g, b))))
            .collect();
        for surface in &colors {
            for accent in &colors {
                let palette = Palette::new(*accent, *surface);
                let pairs = [
                    (palette.text, palette.raised, TEXT_CONTRAST),
                    (palette.muted, palette.raised, TEXT_CONTRAST),
                    (palette.danger, palette.raised, TEXT_CONTRAST),
                    (palette.ink, palette.raised, TEXT_CONTRAST),
                    (palette.on_accent, palette.accent, TEXT_CONTRAST),
                    (palette.strong_line, palette.surface, EDGE_CONTRAST),
                ];
                for (front, back, least) in pairs {
                    assert!(
                        front.contrast(back) >= least,
                        "{front:?} on {back:?}: {palette:?}"
                    );
                }
            }
        }
    }
}
