//! The lead form as visitors see it, not to be filled in.

use api_types::leads::{LeadField, LeadFieldKind};
use leptos::prelude::*;

use super::Builder;

/// The picture. It says nothing that the form of the builder does not, so screen readers skip it.
#[component]
pub fn LeadPreview(builder: Builder) -> impl IntoView {
    let form = builder.part(|content| content.lead_form.clone());
    let picture = move || {
        let form = form.get();
        let consent = form.consent.trim().to_owned();
        view! {
            <p class="font-semibold wrap-anywhere" dir="auto">
                {form.title}
            </p>
            {form.fields.into_iter().map(|field| view! { <Field field=field /> }).collect_view()}
            {(!consent.is_empty()).then(|| view! { <Tick label=consent /> })}
            <div class="mt-1 flex items-center gap-3">
                <span class="rounded-full bg-primary px-3 py-1 font-semibold text-primary-content">{tr!("Send")}</span>
                {form.skippable.then(|| view! { <span class="text-primary">{tr!("Not now")}</span> })}
            </div>
        }
    };
    view! {
        <div
            class="flex flex-col gap-2 rounded-box border border-base-300 bg-base-200 p-3 text-xs"
            aria-hidden="true"
            data-testid="lead-preview"
        >
            {picture}
        </div>
    }
}

#[component]
fn Field(field: LeadField) -> impl IntoView {
    let label = if field.required {
        field.label
    } else {
        tr!("{} (optional)", field.label)
    };
    let height = match field.kind {
        LeadFieldKind::Checkbox => return view! { <Tick label=label /> }.into_any(),
        LeadFieldKind::Textarea => "h-14",
        _ => "h-7",
    };
    let words = match field.kind {
        LeadFieldKind::Select => tr!("Please choose ▾"),
        _ => "",
    };
    view! {
        <div>
            <p class="mb-0.5 wrap-anywhere" dir="auto">
                {label}
            </p>
            <div class=format!("muted rounded-field border border-base-300 bg-base-100 px-2 py-1 {height}")>
                {words}
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Tick(label: String) -> impl IntoView {
    view! {
        <p class="flex gap-1.5">
            <span class="mt-0.5 size-3 shrink-0 rounded-sm border border-base-content/40 bg-base-100"></span>
            <span class="wrap-anywhere" dir="auto">
                {label}
            </span>
        </p>
    }
}
