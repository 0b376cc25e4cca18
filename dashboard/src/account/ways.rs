//! How the person can sign in: the list, and removing.

use api_types::auth::PasswordRequest;
use api_types::client;
use api_types::identities::{Identity, IdentityKind, WaysToSignIn};
use api_types::validate::Checker;
use leptos::prelude::*;

use super::add_way::AddWay;
use super::password_form::PasswordForm;
use crate::auth::sign_in_options;
use crate::session::use_session;
use crate::ui::button::IconButton;
use crate::ui::dialog::Dialog;
use crate::ui::icon::{self, Icon};
use crate::ui::load::{Load, load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::time::Ago;
use crate::ui::toast::use_toasts;

/// The ways of the person, as all sections of the page know them.
#[derive(Clone, Copy)]
pub struct Ways {
    list: Load<WaysToSignIn>,
    has_password: Memo<bool>,
}

impl Ways {
    /// Reads them, and has the page know them.
    pub fn provide() {
        let list = load(client::identities::list);
        // Nearly all have one, so that a form asks for it until it is known.
        let has_password = Memo::new(move |_| list.get().is_none_or(|ways| ways.has_password));
        provide_context(Self { list, has_password });
    }

    /// Those of this page.
    pub fn of_page() -> Self {
        expect_context()
    }

    /// Whether the person has a password. Reactive.
    pub fn has_password(self) -> bool {
        self.has_password.get()
    }

    /// Requires the password of whoever has one.
    pub fn check_password(self, check: &mut Checker, password: RwSignal<String>) {
        let is_given = !self.has_password() || password.with(|password| !password.is_empty());
        check.require(is_given, "current_password", tr!("Enter your password."));
    }

    /// Reads them again.
    pub fn reload(self) {
        self.list.reload();
    }
}

/// The section.
#[component]
pub fn WaysSection() -> impl IntoView {
    let ways = Ways::of_page().list;
    let options = sign_in_options();
    let removing = RwSignal::new(None::<Identity>);
    let is_removing = RwSignal::new(false);
    let ask = move |identity: Identity| {
        removing.set(Some(identity));
        is_removing.set(true);
    };
    view! {
        <Section title=tr!("Ways to sign in") subtitle=tr!("Each of them opens your account by itself. One always stays.")>
            {loaded(
                ways,
                rows,
                move |found| {
                    view! {
                        <ul class="-my-3 divide-y divide-base-300" aria-label=tr!("Ways to sign in")>
                            {move || list(found.get(), ask)}
                        </ul>
                    }
                },
            )}
            {move || options.get().map(|options| view! { <AddWay options=options /> })}
        </Section>
        <Dialog open=is_removing title=tr!("Remove this way to sign in?")>
            <Remove open=is_removing removing=removing />
        </Dialog>
    }
}

fn list(ways: WaysToSignIn, ask: impl Fn(Identity) + Copy + Send + Sync + 'static) -> impl IntoView {
    let password = ways.has_password.then(|| {
        view! {
            <li class="flex items-center gap-3 py-3" data-testid="way">
                <Icon glyph=icon::KEY_ROUND class="size-4" />
                <p class="font-medium">{tr!("Password")}</p>
            </li>
        }
    });
    let is_last = !ways.has_password && ways.identities.len() == 1;
    let others = ways.identities.into_iter();
    let others = others.map(|identity| view! { <Row identity=identity is_last=is_last ask=ask /> });
    (password, others.collect_view())
}

#[component]
fn Row(
    identity: Identity,
    is_last: bool,
    ask: impl Fn(Identity) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let label = tr!("Remove {}: {}", identity.way, identity.label);
    let glyph = match identity.kind {
        IdentityKind::Passkey => icon::KEY_ROUND,
        IdentityKind::Issuer => icon::EXTERNAL_LINK,
        IdentityKind::Wallet => icon::PLUG,
    };
    let Identity {
        way,
        label: name,
        created_at,
        last_used_at,
        ..
    } = identity.clone();
    view! {
        <li class="flex items-center gap-3 py-3" data-testid="way">
            <Icon glyph=glyph class="size-4" />
            <div class="min-w-0 grow">
                <p class="flex flex-wrap gap-x-2 font-medium">
                    <span>{way}</span>
                    <span class="muted font-normal wrap-anywhere">{name}</span>
                </p>
                <p class="muted flex flex-wrap gap-x-3 text-xs">
                    <span>{tr!("added ")} <Ago at=created_at /></span>
                    {last_used_at.map(|at| view! { <span>{tr!("last used ")} <Ago at=at /></span> })}
                </p>
            </div>
            {(!is_last)
                .then(|| {
                    view! { <IconButton icon=icon::TRASH_2 label=label on_click=move || ask(identity.clone()) /> }
                })}
        </li>
    }
}

#[component]
fn Remove(open: RwSignal<bool>, removing: RwSignal<Option<Identity>>) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let ways = Ways::of_page();
    let send = async move |request: PasswordRequest| {
        let Some(identity) = removing.get_untracked() else {
            return Ok(());
        };
        session
            .send(&client::identities::remove(identity.id, &request))
            .await?;
        ways.reload();
        open.set(false);
        toasts.say(tr!(
            "{} was removed. Other devices were signed out.",
            identity.way
        ));
        Ok(())
    };
    let which = move || {
        let identity = removing.get();
        identity.map(|identity| format!("{}: {}", identity.way, identity.label))
    };
    view! {
        <PasswordForm action=tr!("Remove") open=open send=send>
            <p>
                <strong class="wrap-anywhere">{which}</strong>
                {tr!(" no longer opens your account then, and you are signed out on all other devices.")}
            </p>
        </PasswordForm>
    }
}
