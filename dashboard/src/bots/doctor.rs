//! The embed doctor: why a page does not show the bot, and what to do about it.

use api_types::client;
use api_types::embed::{EmbedAspect, EmbedCheck, EmbedCheckRequest, EmbedOutcome, EmbedReport};
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::i18n::served;
use crate::session::use_session;
use crate::ui::button::Submit;
use crate::ui::copy::CopyBox;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};
use crate::ui::format::full_address;
use crate::ui::icon::{self, Glyph, Icon};
use crate::ui::page::Section;

/// The section.
#[component]
pub fn Doctor(
    /// The bot.
    id: Uuid,
) -> impl IntoView {
    let session = use_session();
    let url = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let report = RwSignal::new(None::<EmbedReport>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        let is_given = url.with(|url| !url.trim().is_empty());
        check.require(
            is_given,
            "url",
            tr!("Enter the address of the page, such as https://example.com."),
        );
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = EmbedCheckRequest {
            url: full_address(&url.get_untracked()),
        };
        spawn_local(async move {
            match session.send(&client::bots::check_embed(id, &request)).await {
                Ok(found) => report.set(Some(found)),
                Err(problem) => {
                    report.set(None);
                    error.set(form.refuse(&problem));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <Section
            title=tr!("Embed doctor")
            subtitle=tr!("Looks at a page as a browser would, and says what keeps it from showing the bot.")
        >
            <FormBody error=error submit=submit>
                <TextField
                    label=tr!("Page")
                    value=url
                    field=form.field("url")
                    kind="url"
                    placeholder="https://www.example.com/help"
                    hint=tr!("Only public pages can be looked at.")
                />
                <div>
                    <Submit busy=busy>{tr!("Check the page")}</Submit>
                </div>
            </FormBody>
            <div aria-live="polite">
                {move || report.get().map(|report| view! { <Findings report=report /> })}
            </div>
        </Section>
    }
}

#[component]
fn Findings(report: EmbedReport) -> impl IntoView {
    let problems = report
        .checks
        .iter()
        .filter(|check| check.outcome == EmbedOutcome::Problem)
        .count();
    let verdict = match problems {
        0 => tr!("Nothing keeps this page from showing the bot.").to_owned(),
        1 => tr!("One thing has to be mended.").to_owned(),
        more => tr!("{n} thing has to be mended." | "{n} things have to be mended." % more),
    };
    // What is to be done comes first.
    let mut checks = report.checks;
    checks.sort_by_key(|check| rank(check.outcome));
    view! {
        <div class="mt-4" data-testid="embed-report">
            <p class="font-medium">{verdict}</p>
            <p class="muted truncate text-sm" dir="ltr">
                {report.url.to_string()}
            </p>
            <ul class="mt-2 divide-y divide-base-300" aria-label=tr!("Findings")>
                {checks.into_iter().map(|check| view! { <Finding check=check /> }).collect_view()}
            </ul>
        </div>
    }
}

#[component]
fn Finding(check: EmbedCheck) -> impl IntoView {
    let (glyph, class, outcome) = look(check.outcome);
    view! {
        <li class="flex gap-3 py-3" data-testid="finding" data-outcome=outcome>
            <Icon glyph=glyph class=class />
            <div class="min-w-0 grow">
                <p class="font-medium">{name(check.aspect)} <span class="sr-only">": " {outcome}</span></p>
                <p class="muted">{served(&check.message)}</p>
                {check
                    .fix
                    .map(|fix| {
                        view! {
                            <p class="mt-1.5">{served(&fix.text)}</p>
                            {fix
                                .code
                                .map(|code| {
                                    view! {
                                        <div class="mt-1.5">
                                            <CopyBox text=Signal::stored(code) what=tr!("fix") />
                                        </div>
                                    }
                                })}
                        }
                    })}
            </div>
        </li>
    }
}

const fn rank(outcome: EmbedOutcome) -> u8 {
    match outcome {
        EmbedOutcome::Problem => 0,
        EmbedOutcome::Warning => 1,
        EmbedOutcome::Unknown => 2,
        EmbedOutcome::Good => 3,
    }
}

fn look(outcome: EmbedOutcome) -> (Glyph, &'static str, &'static str) {
    match outcome {
        EmbedOutcome::Good => (icon::CIRCLE_CHECK, "mt-0.5 size-5 text-success", tr!("in order")),
        EmbedOutcome::Warning => (
            icon::TRIANGLE_ALERT,
            "mt-0.5 size-5 text-warning",
            tr!("could be better"),
        ),
        EmbedOutcome::Problem => (
            icon::TRIANGLE_ALERT,
            "mt-0.5 size-5 text-error",
            tr!("to be mended"),
        ),
        EmbedOutcome::Unknown => (
            icon::CIRCLE_HELP,
            "mt-0.5 size-5 muted",
            tr!("can't be told from here"),
        ),
    }
}

fn name(aspect: EmbedAspect) -> &'static str {
    match aspect {
        EmbedAspect::Page => tr!("Page"),
        EmbedAspect::Tls => tr!("Secure connections"),
        EmbedAspect::Snippet => tr!("Embed code"),
        EmbedAspect::ScriptPolicy => tr!("Policy for scripts"),
        EmbedAspect::FramePolicy => tr!("Policy for frames"),
        EmbedAspect::AllowedDomains => tr!("Allowed domains"),
        EmbedAspect::Live => tr!("Bot"),
        EmbedAspect::FrameHeaders => tr!("Framing"),
        EmbedAspect::Streaming => tr!("Streaming"),
    }
}
