//! Back from an issuer: signing in, or making an account.

use api_types::ErrorCode;
use api_types::client::ClientError;
use api_types::identities::{IdentitySignupRequest, NewIdentity};
use api_types::validate;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::link;
use super::second_step::{SecondStep, challenge_of};
use super::sign_in::with_next;
use super::ways::leave_for;
use super::welcome::Welcome;
use crate::i18n::served;
use crate::session::{Access, use_session};
use crate::ui::alert::{ErrorAlert, Notice};
use crate::ui::button::{ButtonLink, Submit, Variant};
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};
use crate::ui::page;

#[derive(Clone)]
enum Stage {
    Waiting,
    SecondStep(String),
    SignUp(NewIdentity),
    Failed(ClientError),
}

/// What a refused sign-in goes on with.
fn stage_of(error: ClientError) -> Stage {
    if let Some(challenge) = challenge_of(&error) {
        return Stage::SecondStep(challenge);
    }
    match new_identity(&error) {
        Some(new) => Stage::SignUp(new),
        None => Stage::Failed(error),
    }
}

/// What is known of somebody who has no account yet.
fn new_identity(error: &ClientError) -> Option<NewIdentity> {
    let ClientError::Problem(problem) = error else {
        return None;
    };
    if problem.code != ErrorCode::SignUpRequired {
        return None;
    }
    serde_json::from_value(problem.current.clone()?).ok()
}

/// Goes on with what this browser proved.
#[component]
pub fn FinishSignIn() -> impl IntoView {
    page::title(|| tr!("Sign in").to_owned());
    let session = use_session();
    let stage = RwSignal::new(Stage::Waiting);
    let begun = StoredValue::new(false);
    // Not before it is known that nobody is signed in: that answer would undo this one.
    Effect::new(move |_| {
        let is_known = !matches!(session.access(), Access::Restoring | Access::SignedIn(_));
        if !is_known || begun.get_value() {
            return;
        }
        begun.set_value(true);
        spawn_local(async move {
            if let Err(error) = session.finish_sign_in().await {
                stage.try_set(stage_of(error));
            }
        });
    });
    let body = move || match stage.get() {
        Stage::Waiting => view! {
            <h1 class="text-2xl font-semibold">{tr!("Sign in")}</h1>
            <p role="status" class="muted mt-1">{tr!("One moment …")}</p>
        }
        .into_any(),
        Stage::SecondStep(challenge) => view! {
            <h1 class="mb-6 text-2xl font-semibold">{tr!("Sign in")}</h1>
            <SecondStep challenge=challenge back=|| leave_for("/sign-in") />
        }
        .into_any(),
        Stage::SignUp(new) => view! { <NewAccount new=new /> }.into_any(),
        Stage::Failed(error) => {
            let message = Signal::stored(Some(crate::i18n::explain(&error)));
            view! {
                <h1 class="mb-6 text-2xl font-semibold">{tr!("Sign in")}</h1>
                <ErrorAlert message=message />
                <div class="mt-4">
                    <ButtonLink href=Signal::derive(with_next("/sign-in")) variant=Variant::Primary>
                        {tr!("Back to signing in")}
                    </ButtonLink>
                </div>
            }
            .into_any()
        }
    };
    view! { <Welcome>{body}</Welcome> }
}

/// Name and address of a new person, as they are known.
#[component]
fn NewAccount(new: NewIdentity) -> impl IntoView {
    let session = use_session();
    let name = RwSignal::new(new.name.unwrap_or_default());
    let email = RwSignal::new(new.email.unwrap_or_default());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let invitation = link::invitation();
    let request = StoredValue::new(move || IdentitySignupRequest {
        email: email.get().trim().to_owned(),
        name: name.get().trim().to_owned(),
        invitation: invitation.clone(),
    });
    let request = move || request.with_value(|request| request());
    let form = Form::new(move || validate::identity_signup(&request()));
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let result = session.sign_up_with_identity(&untrack(request)).await;
            busy.try_set(false);
            let Err(problem) = result else { return };
            error.try_set(match (&problem, problem.code()) {
                (ClientError::Problem(problem), Some(ErrorCode::EmailTaken)) => Some(served(&problem.detail)),
                _ => form.refuse(&problem),
            });
        });
    };
    view! {
        <h1 class="text-2xl font-semibold">{tr!("Create an account")}</h1>
        <p class="muted mt-1 mb-6">
            {tr!("You have an account already? ")}
            <a class="link-plain" href=with_next("/sign-in")>{tr!("Sign in as you did before")}</a>
        </p>
        <Notice>
            {tr!("You will sign in with ")} <strong class="wrap-anywhere">{new.way} ": " {new.label}</strong> "."
        </Notice>
        <div class="mt-4">
            <FormBody error=error submit=submit>
                <TextField
                    label=tr!("Your name")
                    value=name
                    field=form.field("name")
                    autocomplete="name"
                    autofocus=true
                />
                <TextField
                    label=tr!("E-mail address")
                    value=email
                    field=form.field("email")
                    kind="email"
                    autocomplete="email"
                />
                <Submit busy=busy class="mt-2">{tr!("Create account")}</Submit>
            </FormBody>
        </div>
    }
}
