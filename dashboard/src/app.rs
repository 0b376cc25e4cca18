//! Every page and its address.

use leptos::prelude::*;
use leptos_router::components::{Outlet, ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::hooks::use_location;
use leptos_router::path;

use crate::auth::Welcome;
use crate::inbox::Counts;
use crate::live::Live;
use crate::pages::{build, door, home, monitor, settings};
use crate::session::{Access, ExpiredDialog, Session, tab};
use crate::shell::{NotFound, Shell};
use crate::ui::load::Failure;
use crate::ui::theme::ThemeChoice;
use crate::ui::time::Clock;
use crate::ui::toast::{ToastArea, Toasts};

/// The whole app.
#[component]
pub fn App() -> impl IntoView {
    provide_context(Session::start());
    provide_context(Clock::start());
    provide_context(ThemeChoice::restore());
    provide_context(Toasts::new());
    let live = Live::start();
    provide_context(live);
    provide_context(Counts::start(live));

    view! {
        <Router>
            <Routes fallback=NotFound>
                <ParentRoute path=path!("") view=Public>
                    <Route path=path!("/sign-in") view=door::sign_in />
                    <Route path=path!("/sign-in/finish") view=door::finish />
                    <Route path=path!("/sign-up") view=door::sign_up />
                </ParentRoute>
                <Route path=path!("/invite") view=door::join />
                <ParentRoute path=path!("") view=Anyone>
                    <Route path=path!("/forgot") view=door::forgot />
                    <Route path=path!("/reset") view=door::reset />
                    <Route path=path!("/verify") view=door::verify />
                </ParentRoute>
                <ParentRoute path=path!("") view=Private>
                    <Route path=path!("/") view=|| view! { <Redirect path="/bots" /> } />
                    <Route path=path!("/bots") view=home::bots />
                    <Route path=path!("/bots/draft/:id") view=build::bot_draft />
                    <Route path=path!("/bots/new") view=build::new_bot />
                    <Route path=path!("/bots/:id") view=build::bot />
                    <Route path=path!("/bots/:id/deploy") view=build::deploy />
                    <Route path=path!("/knowledge") view=build::knowledge />
                    <Route path=path!("/knowledge/draft/:id") view=build::knowledge_draft />
                    <Route path=path!("/knowledge/:id") view=build::knowledge_base />
                    <Route path=path!("/inbox/:id?") view=monitor::inbox />
                    <Route path=path!("/conversations") view=monitor::conversations />
                    <Route path=path!("/conversations/gaps") view=monitor::gaps />
                    <Route path=path!("/conversations/:id") view=monitor::conversation />
                    <Route path=path!("/leads") view=monitor::leads />
                    <Route path=path!("/leads/:id") view=monitor::lead />
                    <Route path=path!("/analytics") view=monitor::analytics />
                    <Route path=path!("/tests") view=build::test_sets />
                    <Route path=path!("/tests/:id") view=build::test_set />
                    <Route path=path!("/settings") view=settings::workspace />
                    <Route path=path!("/members") view=settings::members />
                    <Route path=path!("/organization") view=settings::organization />
                    <Route path=path!("/account") view=settings::account />
                    <Route path=path!("/settings/data") view=settings::data />
                    <Route path=path!("/settings/inbox") view=settings::inbox />
                    <Route path=path!("/settings/usage") view=settings::usage />
                    <Route path=path!("/settings/webhooks") view=settings::webhooks />
                    <Route path=path!("/account/link") view=settings::link />
                    <Route path=path!("/settings/audit") view=settings::audit />
                    <Route path=path!("/*any") view=NotFound />
                </ParentRoute>
            </Routes>
        </Router>
        <ExpiredDialog />
        <ToastArea />
    }
}

/// Pages for people who are not signed in; others go where they wanted to.
#[component]
fn Public() -> impl IntoView {
    let session = expect_context::<Session>();
    let location = use_location();
    let wanted = move || {
        // Only a path of our own: `//host` would lead away.
        let wanted = location.query.with(|query| query.get("next"));
        wanted
            .filter(|path| path.starts_with('/') && !path.starts_with("//"))
            // Whoever signed up with an invitation has accepted it.
            .filter(|path| path != tab::INVITE || tab::invitation().is_some())
            .unwrap_or_else(|| "/bots".to_owned())
    };
    let signed_in = Memo::new(move |_| matches!(session.access(), Access::SignedIn(_)));
    move || {
        if signed_in.get() {
            view! { <Redirect path=untrack(wanted) /> }.into_any()
        } else {
            view! {
                <Welcome>
                    <Outlet />
                </Welcome>
            }
            .into_any()
        }
    }
}

/// Pages that links in mails lead to, whether or not somebody is signed in.
#[component]
fn Anyone() -> impl IntoView {
    view! {
        <Welcome>
            <Outlet />
        </Welcome>
    }
}

/// Pages for people who are signed in; others are asked to sign in first.
#[component]
fn Private() -> impl IntoView {
    let session = expect_context::<Session>();
    let location = use_location();
    let sign_in = move || {
        let path = location.pathname.get_untracked();
        let search = location.search.get_untracked();
        if path == "/" {
            return "/sign-in".to_owned();
        }
        let wanted = if search.is_empty() {
            path
        } else {
            format!("{path}?{search}")
        };
        format!("/sign-in?next={}", js_sys::encode_uri_component(&wanted))
    };
    // The pages stay while the same person works in the same workspace, whatever happens to the token.
    let place = Memo::new(move |_| match session.access() {
        Access::SignedIn(identity) => Place::Workspace(identity.user.id, identity.workspace.id),
        Access::SignedOut => Place::Door,
        Access::Restoring => Place::Waiting,
        Access::Unreachable(error) => Place::Unreachable(error),
    });
    move || match place.get() {
        Place::Workspace(..) => view! {
            <Shell>
                <Outlet />
            </Shell>
        }
        .into_any(),
        Place::Door => view! { <Redirect path=sign_in() /> }.into_any(),
        Place::Waiting => view! {
            <div class="grid min-h-dvh place-items-center" role="status" aria-label=tr!("Loading")>
                <span class="loading loading-spinner text-primary"></span>
            </div>
        }
        .into_any(),
        Place::Unreachable(error) => view! {
            <main class="mx-auto max-w-lg p-6 pt-24">
                <Failure error=error retry=move || session.restore() />
            </main>
        }
        .into_any(),
    }
}

#[derive(Clone, PartialEq)]
enum Place {
    Waiting,
    Unreachable(api_types::client::ClientError),
    Door,
    Workspace(uuid::Uuid, uuid::Uuid),
}
