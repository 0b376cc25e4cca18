//! The frame around every page: navigation, workspace, account.

mod account;
mod nav;
mod not_found;
mod palette;
mod palette_dialog;
mod workspaces;

use leptos::html;
use leptos::prelude::*;
use leptos_router::components::Outlet;
use leptos_router::hooks::use_location;

use crate::account::ConfirmAddress;
use account::AccountMenu;
use nav::{BottomBar, SideBar};
pub use not_found::{NotFound, WaysOn};
pub use palette::PaletteContent;
use palette_dialog::PaletteButton;
use workspaces::WorkspaceMenu;

/// Navigation at the side (at the bottom on a phone), a bar on top, the page between them.
#[component]
pub fn Shell() -> impl IntoView {
    let main = NodeRef::<html::Main>::new();
    move_focus(main);
    view! {
        <a
            href="#main"
            class="btn btn-primary btn-sm fixed start-3 top-3 z-50 -translate-y-20 focus:translate-y-0"
        >
            {tr!("Skip to content")}
        </a>
        <div class="flex min-h-dvh">
            <SideBar />
            <div class="group/frame flex min-w-0 grow flex-col">
                <header class="sticky top-0 z-30 flex h-14 items-center gap-2 border-b border-base-300 bg-base-100 px-3 sm:px-5">
                    <img src="/favicon.svg" alt="Botwright" width="28" height="28" class="md:hidden" />
                    <WorkspaceMenu />
                    <div class="grow"></div>
                    <PaletteButton />
                    <AccountMenu />
                </header>
                <ConfirmAddress />
                <main
                    node_ref=main
                    id="main"
                    tabindex="-1"
                    class="mx-auto w-full max-w-[1200px] grow px-4 pt-6 pb-24 outline-none sm:px-6 md:pb-10"
                >
                    <Outlet />
                </main>
            </div>
            <BottomBar />
        </div>
    }
}

/// Puts the focus on a page when it is shown instead of another one, so that screen readers begin there.
fn move_focus(main: NodeRef<html::Main>) {
    let path = use_location().pathname;
    Effect::new(move |last: Option<String>| {
        let path = path.get();
        let has_moved = last.is_some_and(|last| last != path);
        if let Some(main) = main.get_untracked().filter(|_| has_moved) {
            // An element that can't take the focus leaves it where it is.
            let _ = main.focus();
        }
        path
    });
}
