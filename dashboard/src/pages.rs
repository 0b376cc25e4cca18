//! The pages, by area. The code of an area is a file of its own, fetched when the first of its pages is
//! opened: who signs in loads the frame and the list of bots, but not the builder.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use futures::FutureExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::SplitLoaderError;

use crate::ui::button::{Button, Variant};
use crate::ui::icon::{self, Icon};
use crate::ui::load::{blocks, waiting};

type Page = Result<AnyView, SplitLoaderError>;

/// A page for a route. To the router all of them have one type; with one each, there would be as much code of it for each.
pub fn page(view: fn() -> AnyView) -> fn() -> AnyView {
    view
}

/// A module for each area, with the view of a route for each page.
macro_rules! areas {
    ($($area:ident { $($name:ident: $page:path),+ $(,)? })+) => { $(
        pub mod $area {
            use leptos::prelude::*;
            $(
                pub fn $name() -> AnyView {
                    #[leptos::wasm_split::wasm_split(
                        $area, wasm_split_path = leptos::wasm_split, preload(load), fallible
                    )]
                    fn $name() -> super::Page {
                        Ok(view! { <$page /> }.into_any())
                    }
                    super::when_loaded(Box::pin(load()), std::rc::Rc::new(|| Box::pin($name())))
                }
            )+
        }
    )+ };
}

areas! {
    door {
        sign_in: crate::auth::SignIn,
        finish: crate::auth::FinishSignIn,
        expired: crate::session::ExpiredDialog,
    }
    begin {
        sign_up: crate::auth::SignUp,
        forgot: crate::auth::Forgot,
        reset: crate::auth::Reset,
        verify: crate::auth::Verify,
        join: crate::members::JoinPage,
    }
    home {
        bots: crate::bots::BotsPage,
        palette: crate::shell::PaletteContent,
    }
    build {
        new_bot: crate::bots::StartPage,
        bot_frame: crate::bots::BotFrame,
        bot: crate::bots::BotPage,
        bot_build: crate::bots::BuildPage,
        bot_draft: crate::bots::BuilderPage,
        playground: crate::bots::PlaygroundPage,
        bot_sets: crate::bots::BotSetsPage,
        deploy: crate::bots::DeployPage,
        api: crate::bots::ApiPage,
        bot_monitor: crate::bots::MonitorPage,
        knowledge: crate::kb::KnowledgePage,
        knowledge_base: crate::kb::KnowledgeBasePage,
        knowledge_draft: crate::kb::WizardPage,
        test_sets: crate::test_sets::TestSetsPage,
        test_set: crate::test_sets::TestSetPage,
    }
    monitor {
        inbox: crate::inbox::InboxPage,
        conversations: crate::conversations::ConversationsPage,
        conversation: crate::conversations::ConversationPage,
        gaps: crate::conversations::GapsPage,
        bot_conversations: crate::bots::BotConversationsPage,
        bot_gaps: crate::bots::BotGapsPage,
        bot_analytics: crate::bots::BotAnalyticsPage,
        leads: crate::leads::LeadsPage,
        lead: crate::leads::LeadPage,
        analytics: crate::analytics::AnalyticsPage,
    }
    settings {
        workspace: crate::settings::SettingsPage,
        data: crate::settings::DataPage,
        inbox: crate::settings::InboxSettingsPage,
        usage: crate::settings::UsagePage,
        webhooks: crate::settings::WebhooksPage,
        audit: crate::settings::AuditPage,
        members: crate::members::MembersPage,
        organization: crate::members::OrganizationPage,
        account: crate::account::AccountPage,
        link: crate::account::LinkPage,
    }
}

/// How far the code of a page is.
#[derive(Clone, Copy)]
enum Code {
    Loading,
    Missing,
    Ready,
}

type Coming<T> = Pin<Box<dyn Future<Output = T>>>;

/// Shows `page` once `load` has brought its code.
fn when_loaded(load: Coming<Result<(), SplitLoaderError>>, page: Rc<dyn Fn() -> Coming<Page>>) -> AnyView {
    let code = RwSignal::new(Code::Loading);
    let page = StoredValue::new_local(page);
    spawn_local(async move {
        let loaded = if load.await.is_ok() {
            Code::Ready
        } else {
            Code::Missing
        };
        // Whoever went elsewhere in the meantime took the signal along.
        code.try_set(loaded);
    });
    // What is loaded answers at once; so the page begins below its route, where it finds what the route gives it.
    let view = move || match code.get() {
        Code::Loading => waiting(blocks()),
        Code::Missing => view! { <Missing /> }.into_any(),
        Code::Ready => match page.with_value(|page| page()).now_or_never() {
            Some(Ok(page)) => page,
            _ => view! { <Missing /> }.into_any(),
        },
    };
    view.into_any()
}

/// The code could not be fetched: there is no connection, or a newer version of it took its place.
#[component]
fn Missing() -> impl IntoView {
    let reload = || {
        // Refused only inside a sandbox, where there is nothing to reload.
        let _ = window().location().reload();
    };
    view! {
        <div role="alert" class="panel flex flex-col items-center gap-3 px-6 py-12 text-center">
            <Icon glyph=icon::TRIANGLE_ALERT class="size-6 text-error" />
            <h1 class="text-base font-semibold">{tr!("This page could not be loaded")}</h1>
            <p class="muted max-w-md">
                {tr!(
                    "The connection may be down, or Botwright was updated since you opened it. What you made is saved."
                )}
            </p>
            <Button variant=Variant::Primary icon=icon::ROTATE_CCW on_click=reload>
                {tr!("Reload")}
            </Button>
        </div>
    }
}
