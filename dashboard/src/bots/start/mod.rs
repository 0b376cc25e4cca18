//! A first bot in two minutes: a name and what it should know; the rest is done while one looks on.
//!
//! What is made on the way are ordinary drafts, named in the address: whoever leaves the page finds them in the lists,
//! and whoever comes back to the address goes on where it was.

mod begin;
mod files;
mod form;
mod indexing;
mod reading;
mod templates;

use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::empty::Empty;
use crate::ui::icon;
use crate::ui::page::PageHead;
use form::StartForm;
use indexing::Indexing;
use reading::Reading;

/// How far it is, as the address says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was made yet.
    Asking,
    /// Sources are read into a draft of a knowledge base.
    Reading { bot: Uuid, draft: Uuid },
    /// The knowledge base is being indexed.
    Indexing { bot: Uuid, base: Uuid },
}

/// The page.
#[component]
pub fn StartPage() -> impl IntoView {
    let session = use_session();
    let query = use_query_map();
    let id = move |name: &str| query.with(|query| query.get(name)?.parse::<Uuid>().ok());
    let stage = Memo::new(move |_| match (id("bot"), id("draft"), id("base")) {
        (Some(bot), _, Some(base)) => Stage::Indexing { bot, base },
        (Some(bot), Some(draft), None) => Stage::Reading { bot, draft },
        _ => Stage::Asking,
    });
    view! {
        <div class="mx-auto max-w-2xl">
            <PageHead
                title=tr!("New bot")
                subtitle=tr!("Say what it should know. You can try it, change it and see it on a page before anyone else does.")
                back=("/bots", tr!("Bots"))
            />
            {move || match stage.get() {
                _ if !session.may(Role::Editor) => view! {
                    <Empty
                        icon=icon::BOT
                        title=tr!("Your role here is to read")
                        text=tr!("Editors build bots. An admin of the workspace can make you one, under Members.")
                    />
                }
                .into_any(),
                Stage::Asking => view! { <StartForm /> }.into_any(),
                Stage::Reading { bot, draft } => view! { <Reading bot=bot draft=draft /> }.into_any(),
                Stage::Indexing { bot, base } => view! { <Indexing bot=bot base=base /> }.into_any(),
            }}
        </div>
    }
}

/// Goes to an address in the place of this one.
fn use_go() -> impl Fn(String) + Copy + Send + Sync + 'static {
    let navigate = StoredValue::new_local(use_navigate());
    move |path: String| {
        let options = NavigateOptions {
            replace: true,
            ..NavigateOptions::default()
        };
        navigate.try_with_value(|navigate| navigate(&path, options));
    }
}
