//! Where the link of an invitation leads.

use api_types::ErrorCode;
use api_types::client;
use api_types::tenancy::{InvitationPreview, PresentInvitationRequest};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::level::title;
use crate::auth::{Welcome, link};
use crate::session::{Access, tab, use_session};
use crate::ui::alert::ErrorAlert;
use crate::ui::button::{Button, ButtonLink, Variant};
use crate::ui::load::{load, loaded, rows};
use crate::ui::page;

/// What one is invited to, and the way in: as who is signed in, or with an account that is made or signed in to first.
#[component]
pub fn JoinPage() -> impl IntoView {
    page::title(|| tr!("Invitation").to_owned());
    // Whoever signed in meanwhile comes back without it.
    let mut token = link::token();
    if token.is_empty() {
        token = tab::invitation().unwrap_or_default();
    } else {
        tab::keep_invitation(&token);
    }
    let request = StoredValue::new(PresentInvitationRequest { token });
    let preview = load(move || request.with_value(client::auth::invitation));
    let is_gone = move || {
        preview
            .error()
            .is_some_and(|error| error.code() == Some(ErrorCode::InvitationGone))
    };
    view! {
        <Welcome>
            <Show
                when=is_gone
                fallback=move || {
                    loaded(preview, rows, move |found| view! { <Invited invitation=found.get() request=request /> })
                }
            >
                <h1 class="text-2xl font-semibold">{tr!("This invitation is gone")}</h1>
                <p class="muted mt-2 mb-6">
                    {tr!("It was used, taken back, or has expired. Ask whoever sent it for another one.")}
                </p>
                <ButtonLink href="/bots">{tr!("Go to the dashboard")}</ButtonLink>
            </Show>
        </Welcome>
    }
}

#[component]
fn Invited(invitation: InvitationPreview, request: StoredValue<PresentInvitationRequest>) -> impl IntoView {
    let session = use_session();
    let place = match &invitation.workspace_name {
        Some(workspace) => tr!(
            "{workspace}, a workspace of {}",
            invitation.organization_name,
            workspace
        ),
        None => invitation.organization_name.clone(),
    };
    let by = invitation.invited_by.map_or_else(
        || tr!("You are invited").to_owned(),
        |name| tr!("{name} invites you", name),
    );
    let role = title(invitation.role);
    let way = move || match session.access() {
        Access::SignedIn(identity) => {
            let name = format!("{} ({})", identity.user.name, identity.user.email);
            view! { <Accept name=name request=request /> }.into_any()
        }
        Access::SignedOut => {
            let way = |page: &str| format!("{page}?next={}", tab::INVITE);
            view! {
                <div class="flex flex-col gap-3">
                    <ButtonLink variant=Variant::Primary href=way("/sign-up")>
                        {tr!("Create an account")}
                    </ButtonLink>
                    <ButtonLink href=way("/sign-in")>{tr!("I have an account")}</ButtonLink>
                </div>
            }
            .into_any()
        }
        Access::Restoring | Access::Unreachable(_) => {
            view! { <span class="loading loading-spinner" role="status" aria-label=tr!("Loading")></span> }
                .into_any()
        }
    };
    view! {
        <h1 class="text-2xl font-semibold">{by}</h1>
        <p class="mt-2 mb-6">
            {tr!("to join ")} <strong dir="auto">{place}</strong> {tr!(" as {role}.", role)}
            {invitation.email.map(|email| tr!(" The invitation is for {email}.", email))}
        </p>
        {way}
    }
}

/// Joins as who is signed in.
#[component]
fn Accept(name: String, request: StoredValue<PresentInvitationRequest>) -> impl IntoView {
    let session = use_session();
    let navigate = StoredValue::new_local(use_navigate());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let join = move || {
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            match session.accept_invitation(&request.get_value()).await {
                Ok(()) => navigate.with_value(|navigate| navigate("/bots", NavigateOptions::default())),
                Err(problem) => error.set(Some(crate::i18n::explain(&problem))),
            }
            busy.set(false);
        });
    };
    let leave = move || {
        spawn_local(async move {
            if let Err(problem) = session.sign_out().await {
                error.set(Some(crate::i18n::explain(&problem)));
            }
        });
    };
    view! {
        <div class="flex flex-col gap-3">
            <ErrorAlert message=error />
            <p class="muted">{tr!("You are signed in as {name}.", name)}</p>
            <Button variant=Variant::Primary busy=busy on_click=join>
                {tr!("Join")}
            </Button>
            <Button on_click=leave>{tr!("Use another account")}</Button>
        </div>
    }
}
