//! Every version that was deployed, and the way back to one.

use api_types::bots::{Bot, BotVersion, RollbackRequest};
use api_types::client;
use leptos::prelude::*;
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::button::Button;
use crate::ui::dialog::ConfirmDialog;
use crate::ui::icon;
use crate::ui::load::{Load, load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::time::Ago;
use crate::ui::toast::use_toasts;

/// The versions of a bot.
#[component]
pub fn Versions(
    /// The bot's id.
    id: Uuid,
    /// The bot, which changes with a roll-back.
    bot: Load<Bot>,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let versions = load(move || client::bots::versions(id));
    let chosen = RwSignal::new(None::<i32>);
    let asking = RwSignal::new(false);
    let version = move || chosen.get().unwrap_or_default();
    let live = move || bot.get().map_or(0, |bot| bot.summary.live_version);
    let roll_back = async move || {
        let version = untrack(version);
        session
            .send(&client::bots::rollback(id, &RollbackRequest { version }))
            .await?;
        toasts.say(tr!("Version {version} is live again.", version));
        versions.reload();
        bot.reload();
        Ok(())
    };
    let choose = move |version: i32| {
        chosen.set(Some(version));
        asking.set(true);
    };
    view! {
        <Section title=tr!("Versions") subtitle=tr!("Each deploy is kept as it was.")>
            {loaded(
                versions,
                rows,
                move |found| {
                    view! {
                        <ol class="-my-3 divide-y divide-base-300">
                            {move || {
                                found
                                    .get()
                                    .into_iter()
                                    .map(|version| view! { <Row version=version live=live() choose=choose /> })
                                    .collect_view()
                            }}
                        </ol>
                    }
                },
            )}
        </Section>
        <ConfirmDialog
            open=asking
            title=Signal::derive(move || tr!("Make version {} live again?", version()))
            action=Signal::derive(move || way_to(version(), live()).to_owned())
            on_confirm=roll_back
        >
            <p>{tr!("Visitors get answers from that version at once. The version that is live now is kept.")}</p>
        </ConfirmDialog>
    }
}

/// What it is called to make a version live in the place of another one.
fn way_to(version: i32, live: i32) -> &'static str {
    if version > live {
        tr!("Make live")
    } else {
        tr!("Roll back")
    }
}

#[component]
fn Row(version: BotVersion, live: i32, choose: impl Fn(i32) + Copy + Send + Sync + 'static) -> impl IntoView {
    let number = version.version;
    let by = version.deployed_by.map(|name| tr!(" by {name}", name));
    view! {
        <li class="flex flex-wrap items-center gap-x-3 gap-y-2 py-3">
            <span class="font-medium">{tr!("Version {number}", number)}</span>
            <span class="muted min-w-0 grow">{tr!("deployed ")} <Ago at=version.deployed_at /> {by}</span>
            {if version.live {
                view! { <span class="text-xs font-medium text-success">{tr!("Live now")}</span> }.into_any()
            } else {
                view! {
                    <Button small=true icon=icon::HISTORY on_click=move || choose(number)>
                        {way_to(number, live)}
                    </Button>
                }
                    .into_any()
            }}
        </li>
    }
}
