//! One deployed bot.

use api_types::bots::{Bot, BotStatus, SetStatusRequest};
use api_types::client;
use api_types::live::Topic;
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use super::head::BotHead;
use super::status::StatusBadge;
use super::versions::Versions;
use super::visitors::VerifiedVisitors;
use crate::live::follow;
use crate::session::use_session;
use crate::ui::button::Button;
use crate::ui::dialog::ConfirmDialog;
use crate::ui::icon;
use crate::ui::load::{Load, blocks, load, loaded};
use crate::ui::page::Section;
use crate::ui::params::with_id;
use crate::ui::time::Ago;
use crate::ui::toast::use_toasts;

/// The page.
#[component]
pub fn BotPage() -> impl IntoView {
    with_id(|id| {
        let load = load(move || client::bots::get(id));
        follow(load, move |what, changed| what == Topic::Bot && changed == id);
        loaded(
            load,
            blocks,
            move |bot| view! { <Overview id=id bot=bot load=load /> },
        )
    })
}

#[component]
fn Overview(id: Uuid, bot: RwSignal<Bot>, load: Load<Bot>) -> impl IntoView {
    let name = Memo::new(move |_| bot.with(|bot| bot.summary.name.clone()));
    let is_verified_only = Memo::new(move |_| bot.with(|bot| bot.content.access.verified_only));
    let session = use_session();
    let (is_admin, is_editor) = (session.may(Role::Admin), session.may(Role::Editor));
    view! {
        <BotHead id=id name=name />
        <div class="grid gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
            <div class="flex min-w-0 flex-col gap-5">
                {is_admin.then(|| view! { <VerifiedVisitors id=id is_required=is_verified_only /> })}
                <Versions id=id bot=load />
            </div>
            <div class="flex min-w-0 flex-col gap-5">
                <State id=id bot=bot load=load />
                <Facts bot=bot />
                {is_editor.then(|| view! { <DeleteBot id=id name=name /> })}
            </div>
        </div>
    }
}

#[component]
fn State(id: Uuid, bot: RwSignal<Bot>, load: Load<Bot>) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let status = Memo::new(move |_| bot.with(|bot| bot.summary.status));
    let is_live = move || status.get() == BotStatus::Live;
    let toggle = move || {
        let status = if untrack(is_live) {
            BotStatus::Offline
        } else {
            BotStatus::Live
        };
        busy.set(true);
        spawn_local(async move {
            let call = client::bots::set_status(id, &SetStatusRequest { status });
            match session.send(&call).await {
                Ok(()) => load.reload(),
                Err(error) => toasts.fail(&error),
            }
            busy.set(false);
        });
    };
    let words = move || {
        if is_live() {
            tr!("It answers visitors.")
        } else {
            tr!("Visitors are told that it is away. Nothing is lost.")
        }
    };
    view! {
        <Section title=tr!("Status") actions=view! { <StatusBadge status=status /> }.into_any()>
            <p class="muted mb-3">{words}</p>
            <Button icon=icon::POWER busy=busy needs=Role::Editor on_click=toggle>
                {move || if is_live() { tr!("Take it down") } else { tr!("Put it up again") }}
            </Button>
        </Section>
    }
}

#[component]
fn Facts(bot: RwSignal<Bot>) -> impl IntoView {
    let deployed_at = Memo::new(move |_| bot.with(|bot| bot.summary.deployed_at));
    let version = move || bot.with(|bot| bot.summary.live_version);
    let conversations = move || {
        bot.with(|bot| tr!("{n} conversation" | "{n} conversations" % bot.summary.conversation_count))
    };
    let knowledge = move || {
        bot.with(|bot| {
            tr!("{n} knowledge base" | "{n} knowledge bases" % bot.content.knowledge_base_ids.len() as i64)
        })
    };
    view! {
        <Section title=tr!("At a glance")>
            <dl class="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-2">
                <dt class="muted">{tr!("Version")}</dt>
                <dd>{version} {tr!(" · deployed ")} <Ago at=deployed_at /></dd>
                <dt class="muted">{tr!("Visitors")}</dt>
                <dd>{conversations}</dd>
                <dt class="muted">{tr!("Knows")}</dt>
                <dd>{knowledge}</dd>
            </dl>
        </Section>
    }
}

#[component]
fn DeleteBot(id: Uuid, name: Memo<String>) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let navigate = StoredValue::new_local(use_navigate());
    let asking = RwSignal::new(false);
    let delete = async move || {
        session.send(&client::bots::delete(id)).await?;
        toasts.say(tr!("{} was deleted.", name.get_untracked()));
        navigate.with_value(|navigate| navigate("/bots", NavigateOptions::default()));
        Ok(())
    };
    view! {
        <Section title=tr!("Delete")>
            <p class="muted mb-3">{tr!("The bot goes with its versions and conversations.")}</p>
            <Button icon=icon::TRASH_2 on_click=move || asking.set(true)>
                {tr!("Delete bot")}
            </Button>
        </Section>
        <ConfirmDialog
            open=asking
            title=Signal::derive(move || tr!("Delete {}?", name.get()))
            action=tr!("Delete bot")
            on_confirm=delete
        >
            <p>{tr!("This can't be undone. With the bot go:")}</p>
            <ul class="list-disc ps-5">
                <li>{tr!("all its versions,")}</li>
                <li>{tr!("its conversations and gaps,")}</li>
                <li>{tr!("the answers on every page that embeds it.")}</li>
            </ul>
            <p>{tr!("Its knowledge bases stay.")}</p>
        </ConfirmDialog>
    }
}
