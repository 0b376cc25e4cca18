//! "Please sign in again", over the page with its unsaved work.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::use_session;
use crate::auth::{SecondStep, challenge_of};
use crate::ui::alert::ErrorAlert;
use crate::ui::button::{Button, Submit, Variant};
use crate::ui::dialog::Dialog;
use crate::ui::field::PasswordField;

/// Asks for the password when the session has ended; the page underneath stays as it is.
#[component]
pub fn ExpiredDialog() -> impl IntoView {
    let session = use_session();
    let password = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let challenge = RwSignal::new(None::<String>);
    let email = move || {
        session
            .identity()
            .map(|identity| identity.user.email)
            .unwrap_or_default()
    };

    let submit = move || {
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let result = session.sign_in_again(password.get_untracked()).await;
            busy.set(false);
            let Err(problem) = result else {
                return password.set(String::new());
            };
            match challenge_of(&problem) {
                Some(asked) => {
                    password.set(String::new());
                    challenge.set(Some(asked));
                }
                None => error.set(Some(crate::i18n::explain(&problem))),
            }
        });
    };
    let leave = move || session.forget();
    let go_on = move || {
        error.set(None);
        spawn_local(async move {
            if session.go_on().await.is_err() {
                error.set(Some(
                    tr!("You are not signed in yet, or as somebody else.").to_owned(),
                ));
            }
        });
    };

    // Another time it begins with the password again.
    Effect::new(move |_| {
        if !session.expired.get() {
            challenge.set(None);
        }
    });
    let first_step = move || {
        view! {
            <form
                class="flex flex-col gap-4"
                on:submit=move |event| {
                    event.prevent_default();
                    submit();
                }
            >
                <ErrorAlert message=error />
                <PasswordField label=tr!("Password") value=password autocomplete="current-password" />
                <p class="muted">
                    {tr!("Another way than the password? ")}
                    <a class="link-plain" href="/sign-in" target="_blank">{tr!("Sign in in a new tab")}</a>
                    {tr!(", then come back and ")}
                    <button type="button" class="link-plain" on:click=move |_| go_on()>{tr!("go on here")}</button> "."
                </p>
                <div class="flex flex-wrap justify-end gap-2">
                    <Button variant=Variant::Quiet on_click=leave>{tr!("Leave and discard")}</Button>
                    <Submit busy=busy>{tr!("Sign in")}</Submit>
                </div>
            </form>
        }
    };

    view! {
        <Dialog open=session.expired title=tr!("Sign in again") dismissible=false>
            <div class="flex flex-col gap-4">
                <p>
                    {tr!("Your session has ended. Nothing on this page is lost: sign in as ")}
                    <strong class="wrap-anywhere">{email}</strong> {tr!(" to go on where you were.")}
                </p>
                {move || match challenge.get() {
                    Some(asked) => view! { <SecondStep challenge=asked back=move || challenge.set(None) /> }.into_any(),
                    None => first_step().into_any(),
                }}
            </div>
        </Dialog>
    }
}
