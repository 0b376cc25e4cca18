//! Turning two-step sign-in on: password, app, recovery codes.

use api_types::auth::{EnableMfaRequest, MfaSetup, PasswordRequest};
use api_types::client;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::password_form::PasswordForm;
use crate::session::use_session;
use crate::ui::alert::Notice;
use crate::ui::button::{Button, Submit};
use crate::ui::copy::CopyBox;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};

/// Light modules around a QR code.
const MARGIN: u32 = 4;

#[derive(Clone)]
enum Stage {
    Password,
    App(MfaSetup),
    Done(Vec<String>),
}

/// What the dialog holds.
#[component]
pub fn Setup(open: RwSignal<bool>, on_enabled: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let session = use_session();
    let stage = RwSignal::new(Stage::Password);
    let begin = async move |request: PasswordRequest| {
        let setup = session.send(&client::auth::mfa_setup(&request)).await?;
        stage.set(Stage::App(setup));
        Ok(())
    };
    let enabled = move |codes| {
        stage.set(Stage::Done(codes));
        on_enabled();
    };
    let is_confirmed = move || {
        session
            .identity()
            .is_some_and(|identity| identity.user.email_verified)
    };
    move || {
        match stage.get() {
        Stage::Password => view! {
            <PasswordForm action=tr!("Continue") open=open send=begin>
                <p>{tr!("You need an authenticator app on your phone, or a password manager that makes codes.")}</p>
                {(!is_confirmed())
                    .then(|| {
                        view! {
                            <Notice>
                                {tr!("Confirm your e-mail address as well: until then, a new password by mail turns this off again.")}
                            </Notice>
                        }
                    })}
            </PasswordForm>
        }
        .into_any(),
        Stage::App(setup) => view! { <App setup=setup open=open enabled=enabled /> }.into_any(),
        Stage::Done(codes) => view! { <Codes codes=codes open=open /> }.into_any(),
    }
    }
}

/// The secret for the app, and a first code from it.
#[component]
fn App(
    setup: MfaSetup,
    open: RwSignal<bool>,
    enabled: impl Fn(Vec<String>) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let code = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        code.with(|code| check.length("code", code, 1, 20));
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = EnableMfaRequest {
            code: code.get_untracked(),
        };
        spawn_local(async move {
            match session.send(&client::auth::mfa_enable(&request)).await {
                Ok(codes) => enabled(codes.codes),
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
            busy.try_set(false);
        });
    };
    let size = setup.qr_size + 2 * MARGIN;
    let view_box = format!("-{MARGIN} -{MARGIN} {size} {size}");
    view! {
        <FormBody error=error submit=submit>
            <p>{tr!("Scan this with your app, then enter the code it shows.")}</p>
            <svg
                viewBox=view_box
                role="img"
                aria-label=tr!("QR code for your authenticator app")
                class="mx-auto size-48 rounded-box bg-white text-black"
                shape-rendering="crispEdges"
            >
                <path d=setup.qr_path fill="currentColor"></path>
            </svg>
            <details>
                <summary class="cursor-pointer">{tr!("Can't scan it? Type it in")}</summary>
                <div class="mt-2">
                    <CopyBox text=setup.secret what=tr!("secret") />
                </div>
            </details>
            <TextField
                label=tr!("Code")
                value=code
                field=form.field("code")
                hint=tr!("Six digits; a new one every 30 seconds.")
                autocomplete="one-time-code"
                autofocus=true
            />
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Submit busy=busy>{tr!("Turn on")}</Submit>
            </div>
        </FormBody>
    }
}

/// Recovery codes, shown once.
#[component]
pub fn Codes(#[prop(into)] codes: Signal<Vec<String>>, open: RwSignal<bool>) -> impl IntoView {
    let text = Signal::derive(move || codes.with(|codes| codes.join("\n")));
    view! {
        <div class="flex flex-col gap-4">
            <Notice>
                {tr!("Keep these recovery codes somewhere safe. Each stands in for the app once. They are not shown again.")}
            </Notice>
            <CopyBox text=text what=tr!("recovery codes") />
            <div class="flex justify-end">
                <Button on_click=move || open.set(false)>{tr!("I have kept them")}</Button>
            </div>
        </div>
    }
}
