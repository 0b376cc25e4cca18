//! How long data is kept, and whether visitors' addresses and numbers are taken out.

use api_types::client;
use api_types::data::{DataPolicy, MAX_DAYS};
use api_types::tenancy::Role;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::use_session;
use crate::ui::button::Submit;
use crate::ui::dialog::ConfirmDialog;
use crate::ui::field::NumberField;
use crate::ui::form::{Form, FormBody};
use crate::ui::load::Load;
use crate::ui::page::Section;
use crate::ui::toast::use_toasts;
use crate::ui::toggle::Toggle;

/// The section.
#[expect(clippy::needless_pass_by_value, reason = "components own what they are given")]
#[component]
pub fn Policy(
    /// Is set to what was saved.
    policy: Load<DataPolicy>,
    /// As it is now.
    found: DataPolicy,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let conversations = RwSignal::new(text(found.conversations_days));
    let files = RwSignal::new(text(found.files_days));
    let leads = RwSignal::new(text(found.leads_days));
    let redacts = RwSignal::new(found.redacts);
    let busy = RwSignal::new(false);
    let asking = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        for (field, typed) in [
            ("conversations_days", conversations),
            ("files_days", files),
            ("leads_days", leads),
        ] {
            let words = tr!("Enter 1 to 3650 days, or leave it empty to keep everything.");
            check.require(typed.with(|typed| days(typed).is_some()), field, words);
        }
        check.finish()
    });
    let wanted = move || DataPolicy {
        conversations_days: days(&conversations.get_untracked()).flatten(),
        files_days: days(&files.get_untracked()).flatten(),
        leads_days: days(&leads.get_untracked()).flatten(),
        redacts: redacts.get_untracked(),
    };
    let save = async move || {
        let saved = session.send(&client::data::save_policy(&wanted())).await?;
        policy.set(saved);
        toasts.say(tr!("Saved."));
        Ok(())
    };
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        let before = policy.get().unwrap_or_default();
        // What goes can't be brought back.
        if is_shorter(before.conversations_days, wanted().conversations_days)
            || is_shorter(before.files_days, wanted().files_days)
            || is_shorter(before.leads_days, wanted().leads_days)
        {
            asking.set(true);
            return;
        }
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let result = save().await;
            busy.try_set(false);
            if let Err(problem) = result {
                error.try_set(form.refuse(&problem));
            }
        });
    };
    view! {
        <Section title=tr!("Keeping and redacting") subtitle=tr!("Admins decide. Each change is in the audit log.")>
            <FormBody error=error submit=submit>
                // What others can't change, they can read.
                <fieldset class="flex flex-col gap-3" disabled=!session.may(Role::Admin)>
                    <div class="grid gap-x-4 sm:grid-cols-2">
                        <NumberField
                            label=tr!("Days to keep conversations")
                            value=conversations
                            field=form.field("conversations_days")
                            min="1"
                            max="3650"
                            hint=tr!("After the last message, with searches, ratings and gaps. Empty: for good.")
                        />
                        <NumberField
                            label=tr!("Days to keep uploaded files")
                            value=files
                            field=form.field("files_days")
                            min="1"
                            max="3650"
                            hint=tr!("After they were read. Bots go on answering from them, but they can't be cut otherwise. Empty: for good.")
                        />
                        <NumberField
                            label=tr!("Days to keep leads")
                            value=leads
                            field=form.field("leads_days")
                            min="1"
                            max="3650"
                            hint=tr!("After they last changed, with their notes and what webhooks were told. Empty: for good.")
                        />
                    </div>
                    <Toggle
                        label=tr!("Redact what visitors write")
                        hint=tr!("E-mail addresses, phone and card numbers become [email], [phone] and [card] before anything is stored or a model is asked. Earlier messages stay as they are, and so do leads.")
                        checked=redacts
                        on_change=move |on| redacts.set(on)
                    />
                </fieldset>
                <div class="flex justify-end">
                    <Submit busy=busy needs=Role::Admin>{tr!("Save")}</Submit>
                </div>
            </FormBody>
        </Section>
        <ConfirmDialog open=asking title=tr!("Remove what is older?") action=tr!("Save and remove") on_confirm=save>
            <p>
                {tr!("Within minutes, what is older than you say here is removed, and goes on being removed each day. It can't be brought back.")}
            </p>
        </ConfirmDialog>
    }
}

fn text(days: Option<u16>) -> String {
    days.map(|days| days.to_string()).unwrap_or_default()
}

/// What was typed: no days at all, or a number of them; nothing when it is neither.
fn days(typed: &str) -> Option<Option<u16>> {
    if typed.trim().is_empty() {
        return Some(None);
    }
    let days = typed.trim().parse().ok()?;
    (1..=MAX_DAYS).contains(&days).then_some(Some(days))
}

/// Whether less is kept than before.
fn is_shorter(before: Option<u16>, after: Option<u16>) -> bool {
    after.is_some_and(|after| before.is_none_or(|before| after < before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_numbers_or_nothing() {
        assert_eq!(days(" "), Some(None));
        assert_eq!(days(" 30 "), Some(Some(30)));
        assert_eq!(
            (days("0"), days("3651"), days("x"), days("1.5")),
            (None, None, None, None)
        );
    }

    #[test]
    fn it_is_asked_before_less_is_kept() {
        assert!(is_shorter(None, Some(30)) && is_shorter(Some(30), Some(29)));
        assert!(!is_shorter(Some(30), Some(30)) && !is_shorter(Some(30), None) && !is_shorter(None, None));
    }
}
