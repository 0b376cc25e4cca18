//! The end of the account.

use api_types::auth::PasswordRequest;
use api_types::client;
use api_types::data::DeletionReceipt;
use leptos::prelude::*;

use super::password_form::PasswordForm;
use crate::session::use_session;
use crate::ui::button::{Button, Variant};
use crate::ui::dialog::Dialog;
use crate::ui::page::Section;

/// The section.
#[component]
pub fn DeleteAccount() -> impl IntoView {
    let session = use_session();
    let open = RwSignal::new(false);
    let receipt = RwSignal::new(None::<DeletionReceipt>);
    // Whoever has read the receipt is signed out here, too.
    Effect::new(move |_| {
        if !open.get() && receipt.with_untracked(Option::is_some) {
            session.forget();
        }
    });
    let title = move || {
        if receipt.with(Option::is_some) {
            tr!("Your account is deleted").to_owned()
        } else {
            tr!("Delete your account?").to_owned()
        }
    };
    view! {
        <Section
            title=tr!("Delete your account")
            subtitle=tr!("For good, with organizations that nobody else belongs to. What you made in those of others stays there.")
        >
            <Button variant=Variant::Danger on_click=move || open.set(true)>
                {tr!("Delete your account…")}
            </Button>
        </Section>
        <Dialog open=open title=Signal::derive(title)>
            {move || match receipt.get() {
                None => view! { <Ask open=open receipt=receipt /> }.into_any(),
                Some(receipt) => view! { <Deleted receipt=receipt open=open /> }.into_any(),
            }}
        </Dialog>
    }
}

#[component]
fn Ask(open: RwSignal<bool>, receipt: RwSignal<Option<DeletionReceipt>>) -> impl IntoView {
    let session = use_session();
    let send = async move |request: PasswordRequest| {
        receipt.set(Some(session.send(&client::auth::delete_account(&request)).await?));
        Ok(())
    };
    view! {
        <PasswordForm action=tr!("Delete account") variant=Variant::Danger open=open send=send>
            <p>
                {tr!("Your account, sessions, exports and invitations go at once, and so do organizations that only you belong to, with their workspaces, bots, knowledge and conversations. This can't be undone.")}
            </p>
        </PasswordForm>
    }
}

#[component]
fn Deleted(receipt: DeletionReceipt, open: RwSignal<bool>) -> impl IntoView {
    let address = client::data::receipt(receipt.id).url();
    view! {
        <div class="flex flex-col gap-4">
            <p role="status">
                {tr!("What is left is being removed in the background. The receipt says when it is done; it holds counts and ids only, and whoever has its address may read it.")}
            </p>
            <p>
                <a class="link break-all" href=address rel="external noreferrer" target="_blank">
                    {tr!("Receipt {}", receipt.id)}
                </a>
            </p>
            <div class="flex justify-end">
                <Button variant=Variant::Primary on_click=move || open.set(false)>
                    {tr!("Done")}
                </Button>
            </div>
        </div>
    }
}
