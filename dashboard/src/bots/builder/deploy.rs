//! What stands in the way of a deploy, and what comes after it.

use api_types::bots::Deployed;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::labels::name_of;
use super::parts::{part_of, show};
use crate::bots::embed::EmbedPanel;
use crate::bots::new_bot::DraftButton;
use crate::i18n::served;
use crate::ui::button::{ButtonLink, Variant};
use crate::ui::form::Form;
use crate::ui::icon::{self, Icon};
use crate::ui::page::{self, Section};

/// Everything that must be put right before the draft can be deployed.
#[component]
pub fn ProblemList(
    /// The form.
    form: Form,
) -> impl IntoView {
    move || {
        let problems = form.problems();
        (!problems.is_empty()).then(|| {
            let line = |problem: api_types::FieldError| {
                let field = problem.field.clone();
                view! {
                    <li>
                        <button
                            type="button"
                            class="link-plain font-medium"
                            on:click=move |_| show_field(&field)
                        >
                            {name_of(&problem.field)}
                        </button>
                        ": "
                        {served(&problem.message)}
                    </li>
                }
            };
            view! {
                <div role="alert" class="rounded-box border border-error/40 bg-error/8 px-4 py-3">
                    <p class="font-medium">{tr!("Not deployed yet. The draft is saved; please put these right:")}</p>
                    <ul class="mt-1 list-disc ps-5">{problems.into_iter().map(line).collect_view()}</ul>
                </div>
            }
        })
    }
}

/// Leads to a field, or at least to its part of the form: what is switched off has no fields.
fn show_field(path: &str) {
    let place = document()
        .query_selector(&format!("[data-field=\"{path}\"]"))
        .ok()
        .flatten();
    let control = place.and_then(|place| place.query_selector("input,select,textarea").ok().flatten());
    let Some(control) = control.and_then(|control| control.dyn_into::<HtmlElement>().ok()) else {
        show(part_of(path));
        return;
    };
    // An element that can't take the focus leaves it where it is.
    let _ = control.focus();
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Center);
    control.scroll_into_view_with_scroll_into_view_options(&options);
}

/// The bot is live: how to embed it, and where to go from here.
#[component]
pub fn Deployment(
    /// The bot's name.
    name: String,
    /// What the deploy made.
    deployed: Deployed,
) -> impl IntoView {
    let heading = tr!("{name} is live", name);
    page::title(move || name.clone());
    let Deployed {
        bot_id,
        version,
        embed,
    } = deployed;
    view! {
        <div class="mx-auto flex max-w-2xl flex-col gap-5" data-testid="deployed">
            <div class="flex items-start gap-4" role="status">
                <div class="grid size-11 shrink-0 place-items-center rounded-box bg-success/12 text-success">
                    <Icon glyph=icon::CIRCLE_CHECK class="size-6" />
                </div>
                <div class="min-w-0">
                    <h1 class="text-xl font-semibold" dir="auto">
                        {heading}
                    </h1>
                    <p class="muted">{tr!("Version {version} answers from now on.", version)}</p>
                </div>
            </div>
            <Section title=tr!("Put it to use")>
                <EmbedPanel embed=embed />
            </Section>
            <div class="flex flex-wrap gap-2">
                <ButtonLink href=format!("/bots/{bot_id}") variant=Variant::Primary>
                    {tr!("Go to the bot")}
                </ButtonLink>
                <DraftButton from=Some(bot_id) icon=icon::PENCIL>
                    {tr!("Edit again")}
                </DraftButton>
            </div>
        </div>
    }
}
