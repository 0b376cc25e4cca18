//! Two-step sign-in: on or off, and its recovery codes.

use api_types::auth::{MfaStatus, PasswordRequest};
use api_types::client;
use leptos::prelude::*;

use super::password_form::PasswordForm;
use super::two_step_setup::{Codes, Setup};
use crate::session::use_session;
use crate::ui::button::{Button, Variant};
use crate::ui::dialog::Dialog;
use crate::ui::load::{Load, load, loaded, rows};
use crate::ui::page::Section;

/// The section.
#[component]
pub fn TwoStep() -> impl IntoView {
    let status = load(client::auth::mfa_status);
    let setting_up = RwSignal::new(false);
    let turning_off = RwSignal::new(false);
    let renewing = RwSignal::new(false);
    view! {
        <Section
            title=tr!("Two-step sign-in")
            subtitle=tr!("Signing in also asks for a code of an authenticator app, so that a stolen password is not enough.")
        >
            {loaded(
                status,
                rows,
                move |found| {
                    move || {
                        if found.with(|found| found.enabled) {
                            on(found, turning_off, renewing).into_any()
                        } else {
                            view! {
                                <div class="flex flex-wrap items-center justify-between gap-3">
                                    <p class="muted">{tr!("It is off.")}</p>
                                    <Button on_click=move || setting_up.set(true)>{tr!("Turn on")}</Button>
                                </div>
                            }
                                .into_any()
                        }
                    }
                },
            )}
        </Section>
        <Dialog open=setting_up title=tr!("Turn two-step sign-in on")>
            <Setup open=setting_up on_enabled=move || status.reload() />
        </Dialog>
        <Dialog open=turning_off title=tr!("Turn two-step sign-in off?")>
            <TurnOff open=turning_off status=status />
        </Dialog>
        <Dialog open=renewing title=tr!("Make new recovery codes")>
            <Renew open=renewing status=status />
        </Dialog>
    }
}

fn on(found: RwSignal<MfaStatus>, turning_off: RwSignal<bool>, renewing: RwSignal<bool>) -> impl IntoView {
    let left = move || match found.with(|found| found.recovery_codes_left) {
        0 => tr!("No recovery code is left: make new ones, or losing your app locks you out.").to_owned(),
        1 => tr!("It is on. 1 recovery code is left: make new ones.").to_owned(),
        left => tr!("It is on. {n} recovery code is left." | "It is on. {n} recovery codes are left." % left),
    };
    view! {
        <div class="flex flex-wrap items-center justify-between gap-3">
            <p class="muted">{left}</p>
            <div class="flex flex-wrap gap-2">
                <Button on_click=move || renewing.set(true)>{tr!("New recovery codes")}</Button>
                <Button variant=Variant::Danger on_click=move || turning_off.set(true)>
                    {tr!("Turn off")}
                </Button>
            </div>
        </div>
    }
}

#[component]
fn TurnOff(open: RwSignal<bool>, status: Load<MfaStatus>) -> impl IntoView {
    let session = use_session();
    let send = async move |request: PasswordRequest| {
        session.send(&client::auth::mfa_disable(&request)).await?;
        status.reload();
        open.set(false);
        Ok(())
    };
    view! {
        <PasswordForm action=tr!("Turn off") open=open send=send>
            <p>{tr!("Your password alone opens your account then. The recovery codes go, too.")}</p>
        </PasswordForm>
    }
}

#[component]
fn Renew(open: RwSignal<bool>, status: Load<MfaStatus>) -> impl IntoView {
    let session = use_session();
    let codes = RwSignal::new(None::<Vec<String>>);
    let send = async move |request: PasswordRequest| {
        let new = session.send(&client::auth::mfa_recovery_codes(&request)).await?;
        codes.set(Some(new.codes));
        status.reload();
        Ok(())
    };
    move || match codes.get() {
        Some(codes) => view! { <Codes codes=codes open=open /> }.into_any(),
        None => view! {
            <PasswordForm action=tr!("Make new codes") open=open send=send>
                <p>{tr!("The old recovery codes no longer work then.")}</p>
            </PasswordForm>
        }
        .into_any(),
    }
}
