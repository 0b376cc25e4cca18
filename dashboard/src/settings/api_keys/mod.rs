//! Keys for programs that use the API.

mod create;

use api_types::api_keys::{ApiKey, KeyScope};
use api_types::client;
use api_types::tenancy::Role;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

use self::create::CreateForm;
use crate::session::use_session;
use crate::ui::button::{Button, IconButton};
use crate::ui::dialog::{ConfirmDialog, Dialog};
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::time::{Ago, exact, now};

/// A key that expires within so many days is marked.
const SOON_DAYS: i64 = 14;
/// In seconds.
const DAY: i64 = 24 * 60 * 60;

/// The section.
#[component]
pub fn ApiKeys() -> impl IntoView {
    let session = use_session();
    let keys = load(client::api_keys::list);
    let creating = RwSignal::new(false);
    let revoking = RwSignal::new(None::<ApiKey>);
    let asking = RwSignal::new(false);
    let name = move || revoking.get().map(|key| key.name).unwrap_or_default();
    let revoke = async move || {
        let Some(key) = revoking.get_untracked() else {
            return Ok(());
        };
        session.send(&client::api_keys::delete(key.id)).await?;
        keys.reload();
        Ok(())
    };
    let ask = move |key: ApiKey| {
        revoking.set(Some(key));
        asking.set(true);
    };
    let add = view! {
        <Button small=true icon=icon::KEY_ROUND needs=Role::Admin on_click=move || creating.set(true)>
            {tr!("Create a key")}
        </Button>
    };
    view! {
        <Section
            title=tr!("API keys")
            subtitle=tr!("For programs and OpenAI clients that use this workspace.")
            actions=add.into_any()
        >
            {loaded(
                keys,
                rows,
                move |found| {
                    view! {
                        <Show
                            when=move || found.with(|found| !found.is_empty())
                            fallback=|| view! { <p class="muted">{tr!("None yet.")}</p> }
                        >
                            <ul class="-my-3 divide-y divide-base-300">
                                {move || {
                                    found
                                        .get()
                                        .into_iter()
                                        .map(|key| view! { <Row api_key=key ask=ask /> })
                                        .collect_view()
                                }}
                            </ul>
                        </Show>
                    }
                },
            )}
        </Section>
        <Dialog open=creating title=tr!("Create an API key")>
            <CreateForm open=creating on_created=move || keys.reload() />
        </Dialog>
        <ConfirmDialog open=asking title=tr!("Revoke this key?") action=tr!("Revoke key") on_confirm=revoke>
            <p>{tr!("Programs that use ")} <strong>{name}</strong> {tr!(" are refused from now on. This can't be undone.")}</p>
        </ConfirmDialog>
    }
}

/// A scope's name and what it lets a program do.
fn scope_words(scope: KeyScope) -> (&'static str, &'static str) {
    match scope {
        KeyScope::Chat => (tr!("Chat"), tr!("Talk to live bots as an OpenAI client.")),
        KeyScope::Search => (tr!("Search"), tr!("Search knowledge bases.")),
        KeyScope::Read => (
            tr!("Read"),
            tr!("Read bots, knowledge, conversations, leads, tests and settings."),
        ),
        KeyScope::Write => (
            tr!("Write"),
            tr!(
                "Build and deploy bots, change and delete knowledge and tests, work on leads. Never members, keys or providers."
            ),
        ),
    }
}

#[component]
fn Row(api_key: ApiKey, ask: impl Fn(ApiKey) + Copy + Send + Sync + 'static) -> impl IntoView {
    let used = api_key
        .last_used_at
        .map(|at| view! { {tr!("used ")} <Ago at=at /> }.into_any());
    let label = tr!("Revoke {}", api_key.name);
    let (name, prefix, created_at) = (api_key.name.clone(), api_key.prefix.clone(), api_key.created_at);
    let scopes: Vec<&str> = api_key.scopes.iter().map(|scope| scope_words(*scope).0).collect();
    let (expiry, class) = expiry_words(api_key.expires_at, now());
    view! {
        <li class="flex items-center gap-3 py-3" data-testid="api-key">
            <div class="min-w-0 grow">
                <p class="truncate font-medium" dir="auto">
                    {name}
                </p>
                <p class="text-xs">{scopes.join(", ")}</p>
                <p class="muted flex flex-wrap gap-x-3 text-xs">
                    <code>{format!("{prefix}…")}</code>
                    <span>{tr!("made ")} <Ago at=created_at /></span>
                    <span>{used.unwrap_or_else(|| tr!("never used").into_any())}</span>
                    <span class=class title=api_key.expires_at.map(exact)>
                        {expiry}
                    </span>
                </p>
            </div>
            <IconButton icon=icon::TRASH_2 label=label on_click=move || ask(api_key.clone()) />
        </li>
    }
}

/// When a key expires, and how loudly that is said.
fn expiry_words(expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> (String, &'static str) {
    let Some(at) = expires_at else {
        return (tr!("does not expire").to_owned(), "");
    };
    // A day that has begun counts.
    let days = ((at - now).num_seconds() + DAY - 1) / DAY;
    if at <= now {
        (
            tr!("expired; programs that use it are refused").to_owned(),
            "font-medium text-error",
        )
    } else if days <= SOON_DAYS {
        (
            tr!("expires in {n} day" | "expires in {n} days" % days),
            "font-medium text-warning",
        )
    } else {
        (tr!("expires in {n} day" | "expires in {n} days" % days), "")
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_key_that_ends_soon_is_told_apart() {
        let now = DateTime::UNIX_EPOCH;
        let told = |hours| expiry_words(Some(now + TimeDelta::hours(hours)), now);
        assert_eq!(expiry_words(None, now).0, "does not expire");
        assert_eq!(told(24 * 90), ("expires in 90 days".to_owned(), ""));
        assert!(told(24 * 14).1.contains("warning"));
        assert_eq!(told(25).0, "expires in 2 days");
        assert_eq!(told(1).0, "expires in 1 day");
        assert!(told(0).1.contains("error"));
    }
}
