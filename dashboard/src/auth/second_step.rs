//! The second step of signing in.

use api_types::ErrorCode;
use api_types::auth::{MfaChallenge, MfaRequest};
use api_types::client::ClientError;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::use_session;
use crate::ui::button::{Button, Submit, Variant};
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};

/// The challenge of a sign-in that asks for a second step.
pub fn challenge_of(error: &ClientError) -> Option<String> {
    let ClientError::Problem(problem) = error else {
        return None;
    };
    if problem.code != ErrorCode::MfaRequired {
        return None;
    }
    let challenge = serde_json::from_value::<MfaChallenge>(problem.current.clone()?);
    challenge.ok().map(|challenge| challenge.challenge)
}

/// Asks for a code, and signs in with it.
#[component]
pub fn SecondStep(
    /// What the first step answered.
    challenge: String,
    /// Goes back to the first step.
    back: impl Fn() + Copy + Send + 'static,
) -> impl IntoView {
    let session = use_session();
    let code = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        code.with(|code| check.length("code", code, 1, 40));
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = MfaRequest {
            challenge: challenge.clone(),
            code: code.get_untracked(),
        };
        spawn_local(async move {
            if let Err(problem) = session.answer(&request).await {
                error.try_set(form.refuse(&problem));
            }
            busy.try_set(false);
        });
    };
    view! {
        <FormBody error=error submit=submit>
            <TextField
                label=tr!("Code")
                value=code
                field=form.field("code")
                hint=tr!("Of your authenticator app, or one of your recovery codes.")
                autocomplete="one-time-code"
                autofocus=true
            />
            <div class="mt-2 flex flex-wrap justify-between gap-2">
                <Button variant=Variant::Quiet on_click=back>{tr!("Back")}</Button>
                <Submit busy=busy>{tr!("Sign in")}</Submit>
            </div>
        </FormBody>
    }
}
