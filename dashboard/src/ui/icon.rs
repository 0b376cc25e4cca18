//! Line icons from Lucide (https://lucide.dev), drawn on a 24 × 24 grid.
//!
//! Lucide is © the Lucide contributors, ISC licence; parts are © Cole Bemis (Feather), MIT licence.

use leptos::prelude::*;

/// The outlines of one icon, as SVG path data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glyph(&'static [&'static str]);

/// An icon beside a text that says the same; screen readers skip it.
#[component]
pub fn Icon(
    /// Which one.
    glyph: Glyph,
    /// Size and colour.
    #[prop(default = "size-4")]
    class: &'static str,
) -> impl IntoView {
    let outlines = glyph.0.iter().map(|d| view! { <path d=*d /> }).collect_view();
    view! {
        <svg
            class=format!("shrink-0 {class}")
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-width="1.75"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            {outlines}
        </svg>
    }
}

pub const BOT: Glyph = Glyph(&[
    "M12 8V4H8",
    "M6 8h12a2 2 0 0 1 2 2v8a2 2 0 0 1 -2 2h-12a2 2 0 0 1 -2 -2v-8a2 2 0 0 1 2 -2z",
    "M2 14h2",
    "M20 14h2",
    "M15 13v2",
    "M9 13v2",
]);
pub const BOOK_OPEN: Glyph = Glyph(&[
    "M12 5v16",
    "M20.001 19A2 2 0 0022 17V5a2 2 0 00-1.999-2L16 3.002A5 5 0 0012 5a5 5 0 00-4-2H4a2 2 0 00-2 2v12a2 2 0 001.999 2H8a5 5 0 014 2 5 5 0 014-2z",
]);
pub const MESSAGES_SQUARE: Glyph = Glyph(&[
    "M16 10a2 2 0 0 1-2 2H6.828a2 2 0 0 0-1.414.586l-2.202 2.202A.71.71 0 0 1 2 14.286V4a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2z",
    "M20 9a2 2 0 0 1 2 2v10.286a.71.71 0 0 1-1.212.502l-2.202-2.202A2 2 0 0 0 17.172 19H10a2 2 0 0 1-2-2v-1",
]);
pub const CHART: Glyph = Glyph(&["M3 3v16a2 2 0 0 0 2 2h16", "M18 17V9", "M13 17V5", "M8 17v-3"]);
pub const SETTINGS: Glyph = Glyph(&[
    "M9.671 4.136a2.34 2.34 0 0 1 4.659 0 2.34 2.34 0 0 0 3.319 1.915 2.34 2.34 0 0 1 2.33 4.033 2.34 2.34 0 0 0 0 3.831 2.34 2.34 0 0 1-2.33 4.033 2.34 2.34 0 0 0-3.319 1.915 2.34 2.34 0 0 1-4.659 0 2.34 2.34 0 0 0-3.32-1.915 2.34 2.34 0 0 1-2.33-4.033 2.34 2.34 0 0 0 0-3.831A2.34 2.34 0 0 1 6.35 6.051a2.34 2.34 0 0 0 3.319-1.915",
    "M9 12a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
]);
pub const PLUS: Glyph = Glyph(&["M5 12h14", "M12 5v14"]);
pub const SEARCH: Glyph = Glyph(&["m21 21-4.34-4.34", "M3 11a8 8 0 1 0 16 0a8 8 0 1 0 -16 0"]);
pub const CHECK: Glyph = Glyph(&["M20 6 9 17l-5-5"]);
pub const COPY: Glyph = Glyph(&[
    "M10 8h10a2 2 0 0 1 2 2v10a2 2 0 0 1 -2 2h-10a2 2 0 0 1 -2 -2v-10a2 2 0 0 1 2 -2z",
    "M4 16c-1.1 0-2-.9-2-2V4c0-1.1.9-2 2-2h10c1.1 0 2 .9 2 2",
]);
pub const X: Glyph = Glyph(&["M18 6 6 18", "m6 6 12 12"]);
pub const CHEVRON_DOWN: Glyph = Glyph(&["m6 9 6 6 6-6"]);
pub const CHEVRON_RIGHT: Glyph = Glyph(&["m9 18 6-6-6-6"]);
pub const ARROW_LEFT: Glyph = Glyph(&["m12 19-7-7 7-7", "M19 12H5"]);
pub const SUN: Glyph = Glyph(&[
    "M8 12a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
    "M12 2v2",
    "M12 20v2",
    "m4.93 4.93 1.41 1.41",
    "m17.66 17.66 1.41 1.41",
    "M2 12h2",
    "M20 12h2",
    "m6.34 17.66-1.41 1.41",
    "m19.07 4.93-1.41 1.41",
]);
pub const MOON: Glyph = Glyph(&[
    "M20.985 12.486a9 9 0 1 1-9.473-9.472c.405-.022.617.46.402.803a6 6 0 0 0 8.268 8.268c.344-.215.825-.004.803.401",
]);
pub const MONITOR: Glyph = Glyph(&[
    "M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1 -2 2h-16a2 2 0 0 1 -2 -2v-10a2 2 0 0 1 2 -2z",
    "M8 21L16 21",
    "M12 17L12 21",
]);
pub const LOG_OUT: Glyph = Glyph(&[
    "m16 17 5-5-5-5",
    "M21 12H9",
    "M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4",
]);
pub const PANEL_LEFT_CLOSE: Glyph = Glyph(&[
    "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2v-14a2 2 0 0 1 2 -2z",
    "M9 3v18",
    "m16 15-3-3 3-3",
]);
pub const PANEL_LEFT_OPEN: Glyph = Glyph(&[
    "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2v-14a2 2 0 0 1 2 -2z",
    "M9 3v18",
    "m14 9 3 3-3 3",
]);
pub const UPLOAD: Glyph = Glyph(&[
    "M12 3v12",
    "m17 8-5-5-5 5",
    "M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4",
]);
pub const FILE_TEXT: Glyph = Glyph(&[
    "M6 22a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2h8a2.4 2.4 0 0 1 1.704.706l3.588 3.588A2.4 2.4 0 0 1 20 8v12a2 2 0 0 1-2 2z",
    "M14 2v5a1 1 0 0 0 1 1h5",
    "M10 9H8",
    "M16 13H8",
    "M16 17H8",
]);
pub const FOLDER: Glyph = Glyph(&[
    "M20 20a2 2 0 0 0 2-2V8a2 2 0 0 0-2-2h-7.9a2 2 0 0 1-1.69-.9L9.6 3.9A2 2 0 0 0 7.93 3H4a2 2 0 0 0-2 2v13a2 2 0 0 0 2 2Z",
]);
pub const GLOBE: Glyph = Glyph(&[
    "M2 12a10 10 0 1 0 20 0a10 10 0 1 0 -20 0",
    "M12 2a14.5 14.5 0 0 0 0 20 14.5 14.5 0 0 0 0-20",
    "M2 12h20",
]);
pub const TEXT_CURSOR_INPUT: Glyph = Glyph(&[
    "M12 20h-1a2 2 0 0 1-2-2 2 2 0 0 1-2 2H6",
    "M13 8h7a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2h-7",
    "M5 16H4a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2h1",
    "M6 4h1a2 2 0 0 1 2 2 2 2 0 0 1 2-2h1",
    "M9 6v12",
]);
pub const TRASH_2: Glyph = Glyph(&[
    "M10 11v6",
    "M14 11v6",
    "M19 6v14a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V6",
    "M3 6h18",
    "M8 6V4a2 2 0 0 1 2-2h4a2 2 0 0 1 2 2v2",
]);
pub const ROTATE_CCW: Glyph = Glyph(&["M3 12a9 9 0 1 0 9-9 9.75 9.75 0 0 0-6.74 2.74L3 8", "M3 3v5h5"]);
pub const SEND: Glyph = Glyph(&[
    "M14.536 21.686a.5.5 0 0 0 .937-.024l6.5-19a.496.496 0 0 0-.635-.635l-19 6.5a.5.5 0 0 0-.024.937l7.93 3.18a2 2 0 0 1 1.112 1.11z",
    "m21.854 2.147-10.94 10.939",
]);
pub const ROCKET: Glyph = Glyph(&[
    "M12 15v5s3.03-.55 4-2c1.08-1.62 0-5 0-5",
    "M4.5 16.5c-1.5 1.26-2 5-2 5s3.74-.5 5-2c.71-.84.7-2.13-.09-2.91a2.18 2.18 0 0 0-2.91-.09",
    "M9 12a22 22 0 0 1 2-3.95A12.88 12.88 0 0 1 22 2c0 2.72-.78 7.5-6 11a22.4 22.4 0 0 1-4 2z",
    "M9 12H4s.55-3.03 2-4c1.62-1.08 5 .05 5 .05",
]);
pub const EYE: Glyph = Glyph(&[
    "M2.062 12.348a1 1 0 0 1 0-.696 10.75 10.75 0 0 1 19.876 0 1 1 0 0 1 0 .696 10.75 10.75 0 0 1-19.876 0",
    "M9 12a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
]);
pub const EYE_OFF: Glyph = Glyph(&[
    "M10.733 5.076a10.744 10.744 0 0 1 11.205 6.575 1 1 0 0 1 0 .696 10.747 10.747 0 0 1-1.444 2.49",
    "M14.084 14.158a3 3 0 0 1-4.242-4.242",
    "M17.479 17.499a10.75 10.75 0 0 1-15.417-5.151 1 1 0 0 1 0-.696 10.75 10.75 0 0 1 4.446-5.143",
    "m2 2 20 20",
]);
pub const TRIANGLE_ALERT: Glyph = Glyph(&[
    "m21.73 18-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3",
    "M12 9v4",
    "M12 17h.01",
]);
pub const CIRCLE_CHECK: Glyph = Glyph(&["M2 12a10 10 0 1 0 20 0a10 10 0 1 0 -20 0", "m16 9-5.5 5.5L8 12"]);
pub const INFO: Glyph = Glyph(&[
    "M2 12a10 10 0 1 0 20 0a10 10 0 1 0 -20 0",
    "M12 16v-4",
    "M12 8h.01",
]);
pub const USERS: Glyph = Glyph(&[
    "M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2",
    "M16 3.128a4 4 0 0 1 0 7.744",
    "M22 21v-2a4 4 0 0 0-3-3.87",
    "M5 7a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
]);
pub const BUILDING: Glyph = Glyph(&[
    "M6 22V4a2 2 0 0 1 2-2h8a2 2 0 0 1 2 2v18Z",
    "M6 12H4a2 2 0 0 0-2 2v6a2 2 0 0 0 2 2h2",
    "M18 9h2a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-2",
    "M10 6h4",
    "M10 10h4",
    "M10 14h4",
    "M10 18h4",
]);
pub const KEY_ROUND: Glyph = Glyph(&[
    "M2.586 17.414A2 2 0 0 0 2 18.828V21a1 1 0 0 0 1 1h3a1 1 0 0 0 1-1v-1a1 1 0 0 1 1-1h1a1 1 0 0 0 1-1v-1a1 1 0 0 1 1-1h.172a2 2 0 0 0 1.414-.586l.814-.814a6.5 6.5 0 1 0-4-4z",
    "M16 7.5a0.5 0.5 0 1 0 1 0a0.5 0.5 0 1 0 -1 0",
]);
pub const PLUG: Glyph = Glyph(&[
    "M12 22v-5",
    "M15 8V2",
    "M17 8a1 1 0 0 1 1 1v4a4 4 0 0 1-4 4h-4a4 4 0 0 1-4-4V9a1 1 0 0 1 1-1z",
    "M9 8V2",
]);
pub const PENCIL: Glyph = Glyph(&[
    "M21.174 6.812a1 1 0 0 0-3.986-3.987L3.842 16.174a2 2 0 0 0-.5.83l-1.321 4.352a.5.5 0 0 0 .623.622l4.353-1.32a2 2 0 0 0 .83-.497z",
    "m15 5 4 4",
]);
pub const EXTERNAL_LINK: Glyph = Glyph(&[
    "M15 3h6v6",
    "M10 14 21 3",
    "M18 13v6a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h6",
]);
pub const HISTORY: Glyph = Glyph(&[
    "M3 12a9 9 0 1 0 9-9 9.75 9.75 0 0 0-6.74 2.74L3 8",
    "M3 3v5h5",
    "M12 7v5l4 2",
]);
pub const POWER: Glyph = Glyph(&["M12 2v10", "M18.4 6.6a9 9 0 1 1-12.77.04"]);
pub const CIRCLE_HELP: Glyph = Glyph(&[
    "M2 12a10 10 0 1 0 20 0a10 10 0 1 0 -20 0",
    "M9.09 9a3 3 0 0 1 5.83 1c0 2-3 3-3 3",
    "M12 17h.01",
]);
pub const THUMBS_UP: Glyph = Glyph(&[
    "M15 5.88 14 10h5.83a2 2 0 0 1 1.92 2.56l-2.33 8A2 2 0 0 1 17.5 22H4a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2h2.76a2 2 0 0 0 1.79-1.11L12 2a3.13 3.13 0 0 1 3 3.88Z",
    "M7 10v12",
]);
pub const THUMBS_DOWN: Glyph = Glyph(&[
    "M9 18.12 10 14H4.17a2 2 0 0 1-1.92-2.56l2.33-8A2 2 0 0 1 6.5 2H20a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-2.76a2 2 0 0 0-1.79 1.11L12 22a3.13 3.13 0 0 1-3-3.88Z",
    "M17 14V2",
]);
pub const LAYERS: Glyph = Glyph(&[
    "M12.83 2.18a2 2 0 0 0-1.66 0L2.6 6.08a1 1 0 0 0 0 1.83l8.58 3.91a2 2 0 0 0 1.66 0l8.58-3.9a1 1 0 0 0 0-1.83z",
    "M2 12a1 1 0 0 0 .58.91l8.6 3.91a2 2 0 0 0 1.65 0l8.58-3.9A1 1 0 0 0 22 12",
    "M2 17a1 1 0 0 0 .58.91l8.6 3.91a2 2 0 0 0 1.65 0l8.58-3.9A1 1 0 0 0 22 17",
]);
pub const SQUARE: Glyph =
    Glyph(&["M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2v-14a2 2 0 0 1 2 -2z"]);
pub const LIST_CHECKS: Glyph = Glyph(&["m3 17 2 2 4-4", "m3 7 2 2 4-4", "M13 6h8", "M13 12h8", "M13 18h8"]);
pub const PLAY: Glyph = Glyph(&["M6 3l14 9-14 9z"]);
pub const DOWNLOAD: Glyph = Glyph(&[
    "M12 15V3",
    "m7 10 5 5 5-5",
    "M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4",
]);
pub const CODE: Glyph = Glyph(&["m16 18 6-6-6-6", "m8 6-6 6 6 6"]);
pub const INBOX: Glyph = Glyph(&[
    "M22 12h-6l-2 3h-4l-2-3H2",
    "M5.45 5.11 2 12v6a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2v-6l-3.45-6.89A2 2 0 0 0 16.76 4H7.24a2 2 0 0 0-1.79 1.11z",
]);
pub const ELLIPSIS: Glyph = Glyph(&[
    "M11 12a1 1 0 1 0 2 0a1 1 0 1 0 -2 0",
    "M18 12a1 1 0 1 0 2 0a1 1 0 1 0 -2 0",
    "M4 12a1 1 0 1 0 2 0a1 1 0 1 0 -2 0",
]);
pub const ARROW_UP: Glyph = Glyph(&["m5 12 7-7 7 7", "M12 19V5"]);
pub const ARROW_DOWN: Glyph = Glyph(&["M12 5v14", "m19 12-7 7-7-7"]);
pub const LANGUAGES: Glyph = Glyph(&[
    "m5 8 6 6",
    "m4 14 6-6 2-3",
    "M2 5h12",
    "M7 2h1",
    "m22 22-5-10-5 10",
    "M14 18h6",
]);
