//! Numbers as the page's language writes them.

#[cfg(target_arch = "wasm32")]
use super::boot::locale;

/// A whole number with its thousands set apart, such as `12,345`.
pub fn number(number: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "exact up to nine thousand billions")]
    let value = number as f64;
    shown(value, 0)
}

/// A number with so many digits after the point.
pub fn decimal(number: f64, digits: u32) -> String {
    shown(number, digits)
}

#[cfg(target_arch = "wasm32")]
fn shown(number: f64, digits: u32) -> String {
    let options = js_sys::Object::new();
    for name in ["minimumFractionDigits", "maximumFractionDigits"] {
        // Without an option, the browser's usual form is shown.
        let _ = js_sys::Reflect::set(&options, &name.into(), &digits.into());
    }
    let format = js_sys::Intl::NumberFormat::new(&js_sys::Array::of1(&locale().into()), &options).format();
    let shown = format.call1(&wasm_bindgen::JsValue::UNDEFINED, &number.into());
    shown.ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// As in English; tests have no browser.
#[cfg(not(target_arch = "wasm32"))]
fn shown(number: f64, digits: u32) -> String {
    let text = format!("{:.*}", digits as usize, number.abs());
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let mut shown = if number < 0.0 {
        "-".to_owned()
    } else {
        String::new()
    };
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if let Some(fraction) = fraction {
        shown.push('.');
        shown.push_str(fraction);
    }
    shown
}
