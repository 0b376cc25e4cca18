//! A website as a source: where to begin, and how far to go.

use api_types::kb::NewSource;
use api_types::sources::{CrawlMode, Website};
use api_types::validate::Checker;
use leptos::prelude::*;

use super::Wizard;
use super::adding::Adding;
use crate::ui::button::Submit;
use crate::ui::choice::Choice;
use crate::ui::field::{NumberField, Text, TextArea, TextField};
use crate::ui::form::{Form, FormBody};

/// Where the settings stand in the request.
const PREFIX: &str = "sources[0].website";

/// What is typed. A handle.
#[derive(Clone, Copy)]
struct Settings {
    mode: RwSignal<CrawlMode>,
    address: RwSignal<String>,
    list: RwSignal<String>,
    max_pages: RwSignal<u16>,
    max_depth: RwSignal<u16>,
    include: RwSignal<String>,
    exclude: RwSignal<String>,
    subdomains: RwSignal<bool>,
    files: RwSignal<bool>,
}

impl Settings {
    fn new() -> Self {
        let usual = Website::default();
        Self {
            mode: RwSignal::new(usual.mode),
            address: RwSignal::default(),
            list: RwSignal::default(),
            max_pages: RwSignal::new(u16::try_from(usual.max_pages).unwrap_or(u16::MAX)),
            max_depth: RwSignal::new(usual.max_depth.into()),
            include: RwSignal::default(),
            exclude: RwSignal::default(),
            subdomains: RwSignal::new(usual.subdomains),
            files: RwSignal::new(usual.files),
        }
    }

    /// Reactive.
    fn website(self) -> Website {
        let mode = self.mode.get();
        let urls = if mode == CrawlMode::List {
            self.list
        } else {
            self.address
        };
        Website {
            mode,
            urls: lines(&urls.get()),
            max_depth: self.max_depth.get().try_into().unwrap_or(u8::MAX),
            max_pages: self.max_pages.get().into(),
            include: lines(&self.include.get()),
            exclude: lines(&self.exclude.get()),
            subdomains: self.subdomains.get(),
            files: self.files.get(),
        }
    }
}

/// The lines that hold something.
pub fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The form. The server fetches the pages in the background.
#[component]
pub fn AddWebsite(wizard: Wizard) -> impl IntoView {
    let adding = Adding::new(wizard);
    let settings = Settings::new();
    let form = Form::new(move || {
        let mut check = Checker::default();
        settings.website().check(&mut check, PREFIX);
        check.finish()
    });
    let submit = move || {
        if !form.submit() {
            return;
        }
        let website = untrack(|| settings.website());
        let source = NewSource::Website { website };
        adding.send(form, source, move || {
            settings.address.set(String::new());
            settings.list.set(String::new());
        });
    };
    view! {
        <FormBody error=adding.error submit=submit>
            <div class="flex flex-col gap-1.5">
                <p class="font-medium">{tr!("Find the pages by")}</p>
                <Choice
                    label=tr!("Find the pages by")
                    chosen=settings.mode
                    options=vec![
                        (CrawlMode::Links, tr!("Following links")),
                        (CrawlMode::Sitemap, tr!("A sitemap")),
                        (CrawlMode::List, tr!("A list")),
                    ]
                />
            </div>
            <Addresses settings=settings form=form />
            <Limits settings=settings form=form />
            <div>
                <Submit busy=adding.busy>{tr!("Fetch the pages")}</Submit>
            </div>
        </FormBody>
    }
}

#[component]
fn Addresses(settings: Settings, form: Form) -> impl IntoView {
    let field = form.field(format!("{PREFIX}.urls"));
    move || match settings.mode.get() {
        CrawlMode::List => view! {
            <TextArea
                label=tr!("Addresses")
                value=settings.list
                field=field
                hint=tr!("One a line, up to 1,000.")
                placeholder="https://"
                rows=6
            />
        }
        .into_any(),
        mode => {
            let (label, hint) = if mode == CrawlMode::Sitemap {
                (tr!("Sitemap"), tr!("Often https://example.com/sitemap.xml."))
            } else {
                (
                    tr!("Start page"),
                    tr!("Links are followed from here, within the same site. robots.txt is respected."),
                )
            };
            view! {
                <TextField
                    label=label
                    value=settings.address
                    field=field
                    kind="url"
                    placeholder="https://"
                    hint=hint
                />
            }
            .into_any()
        }
    }
}

#[component]
fn Limits(settings: Settings, form: Form) -> impl IntoView {
    let number = |signal: RwSignal<u16>| Text::number(move || signal.get(), move |value| signal.set(value));
    let field = move |name: &str| form.field(format!("{PREFIX}.{name}"));
    let follows = move || settings.mode.get() == CrawlMode::Links;
    let max_depth = number(settings.max_depth);
    let depth_field = field("max_depth");
    view! {
        <details class="rounded-box border border-base-300 px-3 py-2">
            <summary class="cursor-pointer font-medium">{tr!("Limits and paths")}</summary>
            <div class="mt-3 flex flex-col gap-3">
                <div class="grid gap-3 sm:grid-cols-2">
                    <NumberField
                        label=tr!("Most pages")
                        value=number(settings.max_pages)
                        field=field("max_pages")
                        hint=tr!("1 to 10,000.")
                        min="1"
                        max="10000"
                    />
                    <Show when=follows>
                        <NumberField
                            label=tr!("Most clicks from the start page")
                            value=max_depth
                            field=depth_field
                            hint=tr!("0 to 20.")
                            min="0"
                            max="20"
                        />
                    </Show>
                </div>
                <div class="grid gap-3 sm:grid-cols-2">
                    <TextArea
                        label=tr!("Only these paths")
                        value=settings.include
                        field=field("include")
                        hint=tr!("One a line, such as /docs or /*/help. Empty: all.")
                    />
                    <TextArea
                        label=tr!("Not these paths")
                        value=settings.exclude
                        field=field("exclude")
                        hint=tr!("One a line, such as /blog.")
                    />
                </div>
                <Toggle label=tr!("Take PDF and other files that pages link to") value=settings.files />
                <Toggle label=tr!("Take pages of subdomains") value=settings.subdomains />
            </div>
        </details>
    }
}

/// A box that is ticked or not.
#[component]
pub fn Toggle(
    /// What it stands for.
    label: &'static str,
    /// Whether it is ticked.
    value: RwSignal<bool>,
) -> impl IntoView {
    view! {
        <label class="flex cursor-pointer items-center gap-2.5">
            <input
                type="checkbox"
                class="checkbox checkbox-primary checkbox-sm"
                prop:checked=move || value.get()
                on:change=move |event| value.set(event_target_checked(&event))
            />
            {label}
        </label>
    }
}
