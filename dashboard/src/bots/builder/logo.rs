//! The image beside the widget's title.

use api_types::appearance::{MAX_LOGO, is_logo};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, File, HtmlCanvasElement, HtmlInputElement, ImageBitmap};

use super::Builder;
use crate::ui::button::Button;
use crate::ui::field::unique_id;
use crate::ui::icon;

/// Sides of the square, in pixels: the largest that fits is taken.
const SIDES: [u32; 3] = [96, 64, 48];

/// Shows the image, and takes another one.
#[component]
pub fn LogoField(builder: Builder) -> impl IntoView {
    let logo = builder.part(|content| content.appearance.logo.clone());
    let error = RwSignal::new(None::<&'static str>);
    let input = NodeRef::<leptos::html::Input>::new();
    let id = unique_id("logo");
    let label = id.clone();
    let is_there = move || logo.with(|logo| is_logo(logo));
    let choose = move || {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let chosen = move |event: web_sys::Event| {
        let input: HtmlInputElement = event_target(&event);
        let Some(file) = input.files().and_then(|files| files.get(0)) else {
            return;
        };
        input.set_value("");
        error.set(None);
        spawn_local(async move {
            match draw(&file).await {
                Ok(Some(logo)) => builder.update(|content| content.appearance.logo = logo),
                Ok(None) => error.set(Some(tr!(
                    "Even small, this image has more than 24 KB. Use a simpler one."
                ))),
                Err(_) => error.set(Some(tr!(
                    "This file can't be read as an image. Use PNG, JPEG or WebP."
                ))),
            }
        });
    };
    view! {
        <div class="flex flex-col gap-1.5" role="group" aria-labelledby=label>
            <span id=id class="font-medium">
                {tr!("Logo")}
            </span>
            <div class="flex flex-wrap items-center gap-3">
                <Show when=is_there>
                    <img
                        class="size-10 rounded-full border border-base-300 object-cover"
                        alt=tr!("The logo")
                        src=move || logo.get()
                    />
                </Show>
                <Button small=true icon=icon::UPLOAD on_click=choose>
                    {move || if is_there() { tr!("Choose another image") } else { tr!("Choose an image") }}
                </Button>
                <Show when=is_there>
                    <Button
                        small=true
                        icon=icon::TRASH_2
                        on_click=move || builder.update(|content| content.appearance.logo.clear())
                    >
                        {tr!("Remove")}
                    </Button>
                </Show>
                <input
                    node_ref=input
                    type="file"
                    class="hidden"
                    accept="image/png,image/jpeg,image/webp"
                    aria-label=tr!("Logo file")
                    on:change=chosen
                />
            </div>
            <p class=move || if error.get().is_some() { "text-error" } else { "muted" } role="status">
                {move || {
                    error.get().unwrap_or(tr!("Shown round beside the title, cut to a square and made small."))
                }}
            </p>
        </div>
    }
}

/// The middle of the image as a small square, or nothing if it can't be made small enough.
async fn draw(file: &File) -> Result<Option<String>, JsValue> {
    let image = JsFuture::from(window().create_image_bitmap_with_blob(file)?).await?;
    let image: ImageBitmap = image.dyn_into()?;
    for side in SIDES {
        let logo = square(&image, side)?;
        if logo.len() <= MAX_LOGO && is_logo(&logo) {
            return Ok(Some(logo));
        }
    }
    Ok(None)
}

fn square(image: &ImageBitmap, side: u32) -> Result<String, JsValue> {
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
    canvas.set_width(side);
    canvas.set_height(side);
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
    let context: CanvasRenderingContext2d = context.dyn_into()?;
    let (width, height, side) = (
        f64::from(image.width()),
        f64::from(image.height()),
        f64::from(side),
    );
    let least = width.min(height);
    let (left, top) = ((width - least) / 2.0, (height - least) / 2.0);
    context.draw_image_with_image_bitmap_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
        image, left, top, least, least, 0.0, 0.0, side, side,
    )?;
    canvas.to_data_url_with_type("image/png")
}
