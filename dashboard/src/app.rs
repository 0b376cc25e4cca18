//! Every page and its address.

use std::time::Duration;

use leptos::leptos_dom::helpers::set_timeout;
use leptos::prelude::*;
use leptos_router::components::{Outlet, ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::hooks::use_location;
use leptos_router::path;

use crate::auth::TypedAddress;
use crate::inbox::Counts;
use crate::live::Live;
use crate::pages::{begin, build, door, home, monitor, page, settings};
use crate::session::{Access, Session, tab};
use crate::shell::{NotFound, Shell};
use crate::ui::load::Failure;
use crate::ui::theme::ThemeChoice;
use crate::ui::time::Clock;
use crate::ui::toast::{ToastArea, Toasts};

/// When nothing else is loaded any more.
const EXPIRED_AFTER: Duration = Duration::from_secs(5);

/// The whole app.
#[component]
pub fn App() -> impl IntoView {
    provide_context(Session::start());
    provide_context(Clock::start());
    provide_context(ThemeChoice::restore());
    provide_context(Toasts::new());
    provide_context(TypedAddress::default());
    let live = Live::start();
    provide_context(live);
    provide_context(Counts::start(live));

    view! {
        <Router>
            <Routes fallback=NotFound>
                <ParentRoute path=path!("") view=Public>
                    <Route path=path!("/sign-in") view=page(door::sign_in) />
                    <Route path=path!("/sign-in/finish") view=page(door::finish) />
                    <Route path=path!("/sign-up") view=page(begin::sign_up) />
                </ParentRoute>
                <Route path=path!("/invite") view=page(begin::join) />
                <Route path=path!("/forgot") view=page(begin::forgot) />
                <Route path=path!("/reset") view=page(begin::reset) />
                <Route path=path!("/verify") view=page(begin::verify) />
                <ParentRoute path=path!("") view=Private>
                    <Route path=path!("/") view=|| view! { <Redirect path="/bots" /> } />
                    <Route path=path!("/bots") view=page(home::bots) />
                    <Route path=path!("/bots/draft/:id") view=page(build::bot_draft) />
                    <Route path=path!("/bots/new") view=page(build::new_bot) />
                    <ParentRoute path=path!("/bots/:id") view=page(build::bot_frame)>
                        <Route path=path!("") view=page(build::bot) />
                        <Route path=path!("/build") view=page(build::bot_build) />
                        <Route path=path!("/test") view=page(build::playground) />
                        <Route path=path!("/test/sets") view=page(build::bot_sets) />
                        <Route path=path!("/deploy") view=page(build::deploy) />
                        <Route path=path!("/deploy/api") view=page(build::api) />
                        <Route path=path!("/monitor") view=page(build::bot_monitor) />
                        <Route path=path!("/monitor/conversations") view=page(monitor::bot_conversations) />
                        <Route path=path!("/monitor/gaps") view=page(monitor::bot_gaps) />
                        <Route path=path!("/monitor/analytics") view=page(monitor::bot_analytics) />
                        <Route path=path!("/*any") view=NotFound />
                    </ParentRoute>
                    <Route path=path!("/knowledge") view=page(build::knowledge) />
                    <Route path=path!("/knowledge/draft/:id") view=page(build::knowledge_draft) />
                    <Route path=path!("/knowledge/:id") view=page(build::knowledge_base) />
                    <Route path=path!("/inbox/:id?") view=page(monitor::inbox) />
                    <Route path=path!("/conversations") view=page(monitor::conversations) />
                    <Route path=path!("/conversations/gaps") view=page(monitor::gaps) />
                    <Route path=path!("/conversations/:id") view=page(monitor::conversation) />
                    <Route path=path!("/leads") view=page(monitor::leads) />
                    <Route path=path!("/leads/:id") view=page(monitor::lead) />
                    <Route path=path!("/analytics") view=page(monitor::analytics) />
                    <Route path=path!("/tests") view=page(build::test_sets) />
                    <Route path=path!("/tests/:id") view=page(build::test_set) />
                    <Route path=path!("/settings") view=page(settings::workspace) />
                    <Route path=path!("/members") view=page(settings::members) />
                    <Route path=path!("/organization") view=page(settings::organization) />
                    <Route path=path!("/account") view=page(settings::account) />
                    <Route path=path!("/settings/data") view=page(settings::data) />
                    <Route path=path!("/settings/inbox") view=page(settings::inbox) />
                    <Route path=path!("/settings/usage") view=page(settings::usage) />
                    <Route path=path!("/settings/webhooks") view=page(settings::webhooks) />
                    <Route path=path!("/account/link") view=page(settings::link) />
                    <Route path=path!("/settings/audit") view=page(settings::audit) />
                    <Route path=path!("/*any") view=NotFound />
                </ParentRoute>
            </Routes>
        </Router>
        <Expired />
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
            view! { <Outlet /> }.into_any()
        }
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
        Place::Workspace(..) => view! { <Shell /> }.into_any(),
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

/// "Please sign in again", over the page. Its code comes a while after the page's, so that it is there when it is needed; nothing
/// of it shows until then.
#[component]
fn Expired() -> impl IntoView {
    let session = expect_context::<Session>();
    let is_late = RwSignal::new(false);
    set_timeout(move || is_late.set(true), EXPIRED_AFTER);
    let is_wanted = Memo::new(move |before: Option<&bool>| {
        before == Some(&true) || is_late.get() || session.is_expired()
    });
    move || {
        is_wanted
            .get()
            .then(|| view! { <div class="*:aria-busy:hidden">{door::expired()}</div> })
    }
}

#[derive(Clone, PartialEq)]
enum Place {
    Waiting,
    Unreachable(api_types::client::ClientError),
    Door,
    Workspace(uuid::Uuid, uuid::Uuid),
}
