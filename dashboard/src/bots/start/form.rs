//! What has to be typed: a name, and an address or files.

use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::begin::{Refusal, Wanted, begin, website};
use super::files::{FileField, Files};
use super::templates::{TEMPLATES, Template};
use super::use_go;
use crate::bots::new_bot::DraftButton;
use crate::session::use_session;
use crate::ui::button::Submit;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};
use crate::ui::format::full_address;
use crate::ui::icon;
use crate::ui::page::Section;

/// Where the address stands in the form's checks; the last part is the crawler's own.
const ADDRESS: &str = "website.urls";

/// The form.
#[component]
pub fn StartForm() -> impl IntoView {
    let session = use_session();
    let go = use_go();
    let template = RwSignal::new(0_usize);
    let name = RwSignal::new(String::new());
    let address = RwSignal::new(String::new());
    let files = Files::new();
    let busy = RwSignal::new(false);
    let step = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let has_files = RwSignal::new(false);
    Effect::new(move |_| has_files.set(!files.is_empty()));
    let form = Form::new(move || {
        let mut check = Checker::default();
        name.with(|name| check.length("name", name, 1, 80));
        let address = full_address(&address.get());
        if !address.is_empty() {
            website(&address).check(&mut check, "website");
        } else if !has_files.get() {
            let words = tr!("Enter your site's address, or add a file below.");
            check.require(false, ADDRESS, words);
        }
        check.finish()
    });
    let submit = move || {
        error.set(None);
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        let wanted = Wanted {
            name: name.get_untracked().trim().to_owned(),
            template: TEMPLATES[template.get_untracked()],
            address: full_address(&address.get_untracked()),
            files: files.all(),
        };
        spawn_local(async move {
            match begin(session, &wanted, step).await {
                Ok(begun) => go(format!("/bots/new?bot={}&draft={}", begun.bot, begun.knowledge)),
                Err(Refusal {
                    error: problem,
                    file: Some(file),
                }) => files.refuse(file, crate::i18n::explain(&problem)),
                Err(Refusal { error: problem, .. }) => {
                    error.set(Some(
                        form.refuse(&problem)
                            .unwrap_or_else(|| crate::i18n::explain(&problem)),
                    ));
                }
            }
            busy.try_set(false);
            step.try_set(String::new());
        });
    };
    let knowledge = move || {
        tr!(
            "Good to have: {}.",
            crate::i18n::text(TEMPLATES[template.get()].knowledge)
        )
    };
    view! {
        <FormBody error=error submit=submit>
            <Section title=tr!("What is it for?")>
                <TemplateField chosen=template />
            </Section>
            <Section title=tr!("Name and knowledge")>
                <div class="flex flex-col gap-3">
                    <TextField
                        label=tr!("Name")
                        value=name
                        field=form.field("name")
                        placeholder=tr!("Acme help")
                        hint=tr!("You can change it later.")
                    />
                    <TextField
                        label=tr!("Website")
                        value=address
                        field=form.field(ADDRESS)
                        kind="url"
                        placeholder="https://www.example.com"
                        hint=tr!("Its public pages are read, as far as links lead and robots.txt allows.")
                    />
                    <FileField files=files />
                    <p class="muted text-sm">{knowledge}</p>
                </div>
            </Section>
            <div class="flex flex-wrap items-center justify-end gap-3">
                <p class="muted min-w-0 grow empty:hidden" role="status">
                    {step}
                </p>
                <DraftButton icon=icon::PENCIL>{tr!("Start empty")}</DraftButton>
                <Submit busy=busy>{tr!("Create bot")}</Submit>
            </div>
        </FormBody>
    }
}

/// Cards of which one is chosen.
#[component]
fn TemplateField(chosen: RwSignal<usize>) -> impl IntoView {
    let card = move |(i, template): (usize, &'static Template)| {
        let is_chosen = move || chosen.get() == i;
        view! {
            <label
                class="flex cursor-pointer flex-col gap-0.5 rounded-box border p-3 focus-within:outline-2 focus-within:outline-primary"
                class=("border-primary", is_chosen)
                class=("bg-primary/8", is_chosen)
                class=("border-base-300", move || !is_chosen())
            >
                <input
                    type="radio"
                    name="template"
                    class="sr-only"
                    prop:checked=is_chosen
                    on:change=move |_| chosen.set(i)
                />
                <span class="font-medium">{crate::i18n::text(template.name)}</span>
                <span class="muted text-sm">{crate::i18n::text(template.about)}</span>
            </label>
        }
    };
    view! {
        <div class="grid grid-cols-2 gap-2 sm:grid-cols-3" role="radiogroup" aria-label=tr!("What is it for?")>
            {TEMPLATES.iter().enumerate().map(card).collect_view()}
        </div>
    }
}
