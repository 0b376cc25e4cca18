//! The secrets with which a site vouches for its visitors.

use api_types::client;
use api_types::visitors::VisitorSecret;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::alert::Notice;
use crate::ui::button::{Button, IconButton};
use crate::ui::copy::CopyBox;
use crate::ui::dialog::{ConfirmDialog, Dialog};
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::time::Ago;
use crate::ui::toast::use_toasts;

/// As many as the server keeps.
const MOST: usize = 2;

const EXAMPLE: &str = r#"// On your server, for the visitor who is signed in:
const token = jwt.sign({ sub: user.id, name: user.name }, SECRET, { expiresIn: '10m' });

// On the page:
Botwright('identify', { token });"#;

/// The section. For admins.
#[component]
pub fn VerifiedVisitors(
    /// The bot.
    id: Uuid,
    /// Whether it talks to nobody else.
    #[prop(into)]
    is_required: Signal<bool>,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let secrets = load(move || client::bots::visitor_secrets(id));
    let made = RwSignal::new(None::<String>);
    let showing = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let deleting = RwSignal::new(None::<VisitorSecret>);
    let asking = RwSignal::new(false);
    let create = move || {
        busy.set(true);
        spawn_local(async move {
            match session.send(&client::bots::create_visitor_secret(id)).await {
                Ok(created) => {
                    made.set(Some(created.secret));
                    showing.set(true);
                    secrets.reload();
                }
                Err(error) => toasts.fail(&error),
            }
            busy.set(false);
        });
    };
    let delete = async move || {
        let Some(secret) = deleting.get_untracked() else {
            return Ok(());
        };
        session
            .send(&client::bots::delete_visitor_secret(id, secret.id))
            .await?;
        secrets.reload();
        Ok(())
    };
    let ask = move |secret: VisitorSecret| {
        deleting.set(Some(secret));
        asking.set(true);
    };
    let hint = move || deleting.get().map(|secret| secret.hint).unwrap_or_default();
    view! {
        <Section
            title=tr!("Verified visitors")
            subtitle=tr!("Your site can say who its visitor is. Then a conversation is theirs alone.")
        >
            {loaded(
                secrets,
                rows,
                move |found| {
                    let is_missing = move || is_required.get() && found.with(Vec::is_empty);
                    view! {
                        <div class="flex flex-col gap-4">
                            <Show when=is_missing>
                                <Notice>
                                    {tr!("This bot talks to verified visitors only, and has no secret yet: it talks to nobody.")}
                                </Notice>
                            </Show>
                            <ul class="divide-y divide-base-300 empty:hidden">
                                {move || {
                                    found
                                        .get()
                                        .into_iter()
                                        .map(|secret| view! { <Row secret=secret ask=ask /> })
                                        .collect_view()
                                }}
                            </ul>
                            <Show when=move || found.with(|found| found.len() < MOST)>
                                <div>
                                    <Button icon=icon::KEY_ROUND busy=busy on_click=create>
                                        {tr!("Make a secret")}
                                    </Button>
                                </div>
                            </Show>
                            <CopyBox text=EXAMPLE.to_owned() what=tr!("example") />
                        </div>
                    }
                },
            )}
        </Section>
        <Dialog open=showing title=tr!("The secret")>
            <div class="flex flex-col gap-4">
                <Notice>{tr!("Copy it now and keep it on your server, never in a page. It is not shown again.")}</Notice>
                {move || made.get().map(|secret| view! { <CopyBox text=secret what=tr!("secret") /> })}
                <div class="flex justify-end">
                    <Button on_click=move || {
                        showing.set(false);
                        made.set(None);
                    }>{tr!("Done")}</Button>
                </div>
            </div>
        </Dialog>
        <ConfirmDialog open=asking title=tr!("Delete this secret?") action=tr!("Delete secret") on_confirm=delete>
            <p>
                {tr!("Tokens signed with the secret that ends in ")} <strong>{hint}</strong>
                {tr!(" are refused from now on. Conversations stay.")}
            </p>
        </ConfirmDialog>
    }
}

#[component]
fn Row(secret: VisitorSecret, ask: impl Fn(VisitorSecret) + Copy + 'static) -> impl IntoView {
    let hint = secret.hint.clone();
    let made_at = secret.created_at;
    view! {
        <li class="flex items-center gap-3 py-2">
            <div class="min-w-0 grow">
                <p class="font-medium">{tr!("Ends in ")} <code>{hint}</code></p>
                <p class="muted">{tr!("made ")} <Ago at=made_at /></p>
            </div>
            <IconButton icon=icon::TRASH_2 label=tr!("Delete this secret") on_click=move || ask(secret.clone()) />
        </li>
    }
}
