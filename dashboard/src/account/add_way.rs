//! Adding a way to sign in.

use api_types::auth::{PasswordRequest, SignInOptions};
use api_types::client::{self, ClientError};
use api_types::identities::{AddPasskeyRequest, Issuer, LinkWalletRequest, WalletKind};
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::password_form::{OwnPassword, PasswordForm};
use super::ways::Ways;
use crate::auth::{Way, leave_for, passkey, wallet};
use crate::session::{Session, use_session};
use crate::ui::button::{Button, Submit};
use crate::ui::dialog::Dialog;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};
use crate::ui::icon;
use crate::ui::toast::use_toasts;

const DONE: &str = mark!("You can sign in this way, too, from now on.");

/// A button for each way that server and browser have.
#[component]
pub fn AddWay(options: SignInOptions) -> impl IntoView {
    let adding = RwSignal::new(None::<Way>);
    let is_adding = RwSignal::new(false);
    let title = move || {
        let way = adding.get();
        way.map_or_else(String::new, |way| tr!("Add {}", way.label()))
    };
    let ask = move |way: Way| {
        adding.set(Some(way));
        is_adding.set(true);
    };
    let passkeys = options.passkeys;
    let buttons = Way::all(options).into_iter().map(|way| {
        let label = tr!("Add {}", way.label());
        view! {
            <Button small=true icon=icon::PLUS on_click=move || ask(way.clone())>
                {label}
            </Button>
        }
    });
    let form = move || {
        adding.get().map(|way| match way {
            Way::Passkey => view! { <AddPasskey open=is_adding /> }.into_any(),
            Way::Issuer(issuer) => view! { <AddIssuer open=is_adding issuer=issuer /> }.into_any(),
            Way::Wallet(kind) => view! { <AddWallet open=is_adding kind=kind /> }.into_any(),
        })
    };
    view! {
        <div class="mt-4 flex flex-wrap gap-2 empty:hidden">{buttons.collect_view()}</div>
        {(!passkeys)
            .then(|| {
                view! {
                    <p class="muted mt-4">
                        {tr!("Passkeys need an address with a name: whoever runs this server sets it (BOTWRIGHT_PUBLIC_URL).")}
                    </p>
                }
            })}
        <Dialog open=is_adding title=Signal::derive(title)>
            {form}
        </Dialog>
    }
}

#[component]
fn AddIssuer(open: RwSignal<bool>, issuer: Issuer) -> impl IntoView {
    let session = use_session();
    let label = issuer.label.clone();
    let id = StoredValue::new(issuer.id);
    let send = async move |request: PasswordRequest| {
        let call = client::identities::begin_oauth_link(&id.get_value(), &request);
        leave_for(&session.send(&call).await?.url);
        Ok(())
    };
    view! {
        <PasswordForm action=tr!("Continue") open=open send=send>
            <p>{tr!("You sign in to ")} {label} {tr!(" next, and come back here.")}</p>
        </PasswordForm>
    }
}

#[component]
fn AddWallet(open: RwSignal<bool>, kind: WalletKind) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let ways = Ways::of_page();
    let send = async move |request: PasswordRequest| {
        match link_wallet(session, kind, request).await? {
            Ok(()) => {
                ways.reload();
                open.set(false);
                toasts.say(crate::i18n::text(DONE));
            }
            Err(said) => toasts.fail(&said),
        }
        Ok(())
    };
    view! {
        <PasswordForm action=tr!("Continue") open=open send=send>
            <p>{tr!("Your wallet asks you to sign a message next. It costs nothing and moves nothing.")}</p>
        </PasswordForm>
    }
}

/// The outer error is the server's, the inner one the wallet's.
async fn link_wallet(
    session: Session,
    kind: WalletKind,
    request: PasswordRequest,
) -> Result<Result<(), String>, ClientError> {
    let account = match wallet::connect(kind).await {
        Ok(account) => account,
        Err(said) => return Ok(Err(said)),
    };
    let request = LinkWalletRequest {
        kind,
        address: account.address.clone(),
        chain_id: account.chain_id.clone(),
        current_password: request.current_password,
    };
    let asked = session
        .send(&client::identities::link_wallet_message(&request))
        .await?;
    let signed = match account.sign(asked.message).await {
        Ok(signed) => signed,
        Err(said) => return Ok(Err(said)),
    };
    session.send(&client::identities::verify_wallet(&signed)).await?;
    session.send(&client::identities::link()).await?;
    Ok(Ok(()))
}

/// Its name, the password, then the browser's own dialog.
#[component]
fn AddPasskey(open: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let ways = Ways::of_page();
    let name = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        name.with(|name| check.length("name", name, 1, 80));
        ways.check_password(&mut check, password);
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let request = PasswordRequest {
                current_password: password.get_untracked(),
            };
            match make_passkey(session, name.get_untracked(), request).await {
                Ok(Ok(())) => {
                    ways.reload();
                    open.set(false);
                    toasts.say(crate::i18n::text(DONE));
                }
                Ok(Err(said)) => {
                    error.try_set(Some(said));
                }
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <FormBody error=error submit=submit>
            <p>{tr!("Your device or password manager keeps it, and asks for your finger, face or PIN each time.")}</p>
            <TextField
                label=tr!("Name")
                value=name
                field=form.field("name")
                hint=tr!("So that you know it in the list, such as “Work laptop”.")
                autofocus=true
            />
            <OwnPassword value=password form=form />
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Submit busy=busy>{tr!("Continue")}</Submit>
            </div>
        </FormBody>
    }
}

/// The outer error is the server's, the inner one the browser's.
async fn make_passkey(
    session: Session,
    name: String,
    request: PasswordRequest,
) -> Result<Result<(), String>, ClientError> {
    let asked = session
        .send(&client::identities::passkey_registration(&request))
        .await?;
    let credential = match passkey::create(&asked.options).await {
        Ok(credential) => credential,
        Err(said) => return Ok(Err(said)),
    };
    let request = AddPasskeyRequest {
        challenge: asked.challenge,
        name,
        credential,
    };
    session.send(&client::identities::add_passkey(&request)).await?;
    Ok(Ok(()))
}
