//! Other ways to sign in than the password, where server and browser have some.

use api_types::auth::SignInOptions;
use api_types::client;
use api_types::identities::{BeginOAuthRequest, Issuer, WalletKind};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::{use_location, use_navigate};

use super::device::{Device, passkey, prove, wallet};
use super::sign_in::with_next;
use crate::ui::alert::ErrorAlert;
use crate::ui::button::Button;
use crate::ui::icon::{self, Glyph};

/// What the server offers; nothing until it has answered.
pub fn sign_in_options() -> RwSignal<Option<SignInOptions>> {
    let options = RwSignal::new(None);
    spawn_local(async move {
        // Without an answer there is the password.
        if let Ok(found) = client::auth::options().send(None).await {
            options.try_set(Some(found));
        }
    });
    options
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Way {
    /// A passkey.
    Passkey,
    /// An account elsewhere.
    Issuer(Issuer),
    /// A wallet.
    Wallet(WalletKind),
}

impl Way {
    /// All that server and browser have.
    pub fn all(options: SignInOptions) -> Vec<Self> {
        let passkey = (options.passkeys && passkey::is_supported()).then_some(Self::Passkey);
        let issuers = options.issuers.into_iter().map(Self::Issuer);
        let wallets = if options.wallets {
            wallet::installed()
        } else {
            Vec::new()
        };
        let wallets = wallets.into_iter().map(Self::Wallet);
        passkey.into_iter().chain(issuers).chain(wallets).collect()
    }

    /// Its name.
    pub fn label(&self) -> String {
        match self {
            Self::Passkey => tr!("a passkey").to_owned(),
            Self::Issuer(issuer) => issuer.label.clone(),
            Self::Wallet(kind) => tr!("{} wallet", kind.network()),
        }
    }

    const fn icon(&self) -> Glyph {
        match self {
            Self::Passkey => icon::KEY_ROUND,
            Self::Issuer(_) => icon::EXTERNAL_LINK,
            Self::Wallet(_) => icon::PLUG,
        }
    }
}

/// A button for each of them, below the form for the password.
#[component]
pub fn OtherWays(
    /// Whether it is about signing in with what one has: passkeys are for those who have an account.
    #[prop(optional)]
    only_known: bool,
) -> impl IntoView {
    let options = sign_in_options();
    let error = RwSignal::new(None::<String>);
    let ways = move || {
        let ways = options.get().map(Way::all).unwrap_or_default();
        let fits = |way: &Way| only_known || *way != Way::Passkey;
        ways.into_iter().filter(fits).collect::<Vec<_>>()
    };
    view! {
        <Show when=move || !ways().is_empty()>
            <div class="divider muted my-6">{tr!("or")}</div>
            <div class="flex flex-col gap-3">
                <ErrorAlert message=error />
                {move || ways().into_iter().map(|way| view! { <With way=way error=error /> }).collect_view()}
            </div>
        </Show>
    }
}

/// Proves who it is, and goes on with what this page knows of where.
#[component]
fn With(way: Way, error: RwSignal<Option<String>>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let query = use_location().query;
    let finish = with_next("/sign-in/finish");
    let navigate = use_navigate();
    let label = match way {
        Way::Passkey => tr!("Sign in with a passkey").to_owned(),
        _ => tr!("Continue with {}", way.label()),
    };
    let icon = way.icon();
    let begin = move || {
        busy.set(true);
        error.set(None);
        let (way, finish, navigate) = (way.clone(), untrack(&finish), navigate.clone());
        let next = query.with_untracked(|query| query.get("next"));
        let request = BeginOAuthRequest { next };
        spawn_local(async move {
            let proven = match way {
                Way::Passkey => prove(Device::Passkey).await,
                Way::Wallet(kind) => prove(Device::Wallet(kind)).await,
                Way::Issuer(issuer) => match with_issuer(&issuer, &request).await {
                    // It stays busy until the page is left.
                    Ok(()) => return,
                    Err(problem) => Err(problem),
                },
            };
            busy.try_set(false);
            match proven {
                Ok(()) => navigate(&finish, leptos_router::NavigateOptions::default()),
                Err(problem) => {
                    error.try_set(Some(problem));
                }
            }
        });
    };
    view! {
        <Button icon=icon busy=busy on_click=begin>
            {label}
        </Button>
    }
}

async fn with_issuer(issuer: &Issuer, request: &BeginOAuthRequest) -> Result<(), String> {
    let begun = client::identities::begin_oauth(&issuer.id, request)
        .send(None)
        .await;
    leave_for(&begun.map_err(|error| crate::i18n::explain(&error))?.url);
    Ok(())
}

/// Leaves the app for another page.
pub fn leave_for(url: &str) {
    // It is refused only for what is no address; ours come from the server.
    let _ = window().location().set_href(url);
}
