//! What is to be known of a bot at a glance, and done next.

use api_types::bots::{BotStatus, SetStatusRequest};
use api_types::client::{self, ClientError};
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use super::frame::{ThisBot, this_bot};
use super::list::conversations;
use super::status::StatusBadge;
use super::steps::NextSteps;
use super::versions::Versions;
use super::visitors::VerifiedVisitors;
use super::week::Week;
use crate::session::use_session;
use crate::ui::button::Button;
use crate::ui::dialog::ConfirmDialog;
use crate::ui::icon;
use crate::ui::page::Section;
use crate::ui::time::Ago;
use crate::ui::toast::use_toasts;

/// The page.
#[component]
pub fn BotPage() -> impl IntoView {
    let this = this_bot();
    this.title(tr!("Overview"));
    let is_verified_only = Memo::new(move |_| this.bot.with(|bot| bot.content.access.verified_only));
    let session = use_session();
    let (is_admin, is_editor) = (session.may(Role::Admin), session.may(Role::Editor));
    view! {
        <div class="grid gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
            <div class="flex min-w-0 flex-col gap-5">
                <Week this=this />
                <Versions id=this.id bot=this.load />
                {is_admin.then(|| view! { <VerifiedVisitors id=this.id is_required=is_verified_only /> })}
            </div>
            <div class="flex min-w-0 flex-col gap-5 max-lg:order-first">
                <NextSteps this=this />
                <State this=this />
                <Facts this=this />
                {is_editor.then(|| view! { <DeleteBot id=this.id this=this /> })}
            </div>
        </div>
    }
}

#[component]
fn State(this: ThisBot) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let status = Memo::new(move |_| this.bot.with(|bot| bot.summary.status));
    let is_live = move || status.get() == BotStatus::Live;
    let set = async move |status: BotStatus| -> Result<(), ClientError> {
        let call = client::bots::set_status(this.id, &SetStatusRequest { status });
        session.send(&call).await?;
        this.load.reload();
        Ok(())
    };
    let asking = RwSignal::new(false);
    let toggle = move || {
        // Visitors notice at once.
        if untrack(is_live) {
            asking.set(true);
            return;
        }
        busy.set(true);
        spawn_local(async move {
            if let Err(error) = set(BotStatus::Live).await {
                toasts.fail(&error);
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
        <ConfirmDialog
            open=asking
            title=Signal::derive(move || tr!("Take {} down?", this.name()))
            action=tr!("Take it down")
            on_confirm=async move || set(BotStatus::Offline).await
        >
            <p>{tr!("Visitors are told at once that it is away. Nothing is lost, and you can put it up again at any time.")}</p>
        </ConfirmDialog>
    }
}

#[component]
fn Facts(this: ThisBot) -> impl IntoView {
    let bot = this.bot;
    let deployed_at = Memo::new(move |_| bot.with(|bot| bot.summary.deployed_at));
    let version = move || bot.with(|bot| bot.summary.live_version);
    let conversations = move || bot.with(|bot| conversations(bot.summary.conversation_count));
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
fn DeleteBot(id: Uuid, this: ThisBot) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let navigate = StoredValue::new_local(use_navigate());
    let asking = RwSignal::new(false);
    let delete = async move || {
        session.send(&client::bots::delete(id)).await?;
        toasts.say(tr!("{} was deleted.", untrack(|| this.name())));
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
            title=Signal::derive(move || tr!("Delete {}?", this.name()))
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
