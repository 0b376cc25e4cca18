//! The places of the dashboard.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::inbox::Counts;
use crate::session;
use crate::ui::icon::{self, Glyph, Icon};
use crate::ui::menu::{ITEM, Menu};

/// Where the number stands.
const INBOX: &str = "/inbox";
/// It holds these, too.
const ARCHIVE: &str = "/conversations";

const COLLAPSED: &str = "botwright.nav.collapsed";

#[derive(Clone, Copy)]
struct Place {
    href: &'static str,
    name: &'static str,
    glyph: Glyph,
}

/// Places in the bar of a phone; the others are behind “More”.
const IN_BAR: usize = 4;

const SETTINGS: &str = "/settings";
/// Pages that are reached from the settings and have an address of their own.
const BELOW_SETTINGS: [&str; 2] = ["/members", "/organization"];

const PLACES: [Place; 7] = [
    Place {
        href: "/bots",
        name: mark!("Bots"),
        glyph: icon::BOT,
    },
    Place {
        href: "/knowledge",
        name: mark!("Knowledge"),
        glyph: icon::BOOK_OPEN,
    },
    Place {
        href: INBOX,
        name: mark!("Inbox"),
        glyph: icon::MESSAGES_SQUARE,
    },
    Place {
        href: "/leads",
        name: mark!("Leads"),
        glyph: icon::INBOX,
    },
    Place {
        href: "/analytics",
        name: mark!("Analytics"),
        glyph: icon::CHART,
    },
    Place {
        href: "/tests",
        name: mark!("Tests"),
        glyph: icon::LIST_CHECKS,
    },
    Place {
        href: SETTINGS,
        name: mark!("Settings"),
        glyph: icon::SETTINGS,
    },
];

/// Whether the page shown lies in this place.
fn is_current(place: Place) -> impl Fn() -> bool + Copy + Send + Sync {
    let path = use_location().pathname;
    let current = Memo::new(move |_| {
        path.with(|path| {
            let is_in = |href: &str| {
                path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'))
            };
            let below = match place.href {
                SETTINGS => BELOW_SETTINGS.as_slice(),
                INBOX => &[ARCHIVE],
                _ => &[],
            };
            is_in(place.href) || below.iter().copied().any(is_in)
        })
    });
    move || current.get()
}

/// How many conversations want to be looked at.
#[component]
fn Waiting() -> impl IntoView {
    let count = expect_context::<Counts>().0;
    let count = Memo::new(move |_| count.get().attention);
    view! {
        <Show when=move || { count.get() > 0 }>
            <span class="badge badge-primary badge-sm ms-auto tabular-nums" data-testid="waiting">
                {move || count.get()}
                <span class="sr-only">{tr!(" want to be looked at")}</span>
            </span>
        </Show>
    }
}

/// Navigation at the side, which collapses to icons.
#[component]
pub fn SideBar() -> impl IntoView {
    let collapsed = RwSignal::new(session::read(COLLAPSED).is_some());
    let toggle = move |_| {
        collapsed.update(|collapsed| *collapsed = !*collapsed);
        if collapsed.get_untracked() {
            session::write(COLLAPSED, "yes");
        } else {
            session::remove(COLLAPSED);
        }
    };
    let item = move |place: Place| {
        let current = is_current(place);
        view! {
            <a
                href=place.href
                title=move || collapsed.get().then_some(crate::i18n::text(place.name))
                aria-current=move || current().then_some("page")
                class="flex h-10 items-center gap-3 rounded-field px-3 font-medium"
                class=("bg-primary/12", current)
                class=("text-primary", current)
                class=("hover:bg-base-200", move || !current())
            >
                <Icon glyph=place.glyph class="size-5" />
                <span class:sr-only=move || collapsed.get()>{crate::i18n::text(place.name)}</span>
                {(place.href == INBOX).then(|| view! { <Waiting /> })}
            </a>
        }
    };
    view! {
        <aside
            class="sticky top-0 hidden h-dvh shrink-0 flex-col border-e border-base-300 bg-base-100 px-2.5 md:flex"
            class=("w-56", move || !collapsed.get())
            class=("w-[4.25rem]", move || collapsed.get())
        >
            <a href="/bots" class="flex h-14 items-center gap-2.5 px-2 text-base font-semibold">
                <img src="/favicon.svg" alt="" width="28" height="28" />
                <span class:sr-only=move || collapsed.get()>"Botwright"</span>
            </a>
            <nav class="flex grow flex-col gap-1 py-2" aria-label=tr!("Main")>
                {PLACES.map(item).collect_view()}
            </nav>
            <button
                type="button"
                class="btn btn-ghost mb-3 justify-start gap-3 px-3 font-medium muted"
                aria-expanded=move || (!collapsed.get()).to_string()
                aria-label=move || if collapsed.get() { tr!("Show names") } else { tr!("Collapse navigation") }
                on:click=toggle
            >
                {move || {
                    let glyph = if collapsed.get() { icon::PANEL_LEFT_OPEN } else { icon::PANEL_LEFT_CLOSE };
                    view! { <Icon glyph=glyph class="size-5" /> }
                }}
                <span class:hidden=move || collapsed.get()>{tr!("Collapse")}</span>
            </button>
        </aside>
    }
}

/// Classes of what stands in the bar of a phone.
const IN_BAR_CLASS: &str =
    "flex min-w-0 flex-col items-center justify-center gap-0.5 text-[0.6875rem] font-medium tracking-tight";

/// Navigation at the bottom, on phones.
#[component]
pub fn BottomBar() -> impl IntoView {
    let item = |place: Place| {
        let current = is_current(place);
        view! {
            <a
                href=place.href
                aria-current=move || current().then_some("page")
                class=IN_BAR_CLASS
                class=("text-primary", current)
                class=("muted", move || !current())
            >
                <span class="relative">
                    <Icon glyph=place.glyph class="size-5" />
                    {(place.href == INBOX)
                        .then(|| view! { <span class="absolute -end-3 -top-2"><Waiting /></span> })}
                </span>
                {crate::i18n::text(place.name)}
            </a>
        }
    };
    let (shown, others) = PLACES.split_at(IN_BAR);
    view! {
        <nav
            class="fixed inset-x-0 bottom-0 z-30 grid h-16 grid-cols-5 border-t border-base-300 bg-base-100 pb-[env(safe-area-inset-bottom)] md:hidden"
            aria-label=tr!("Main")
        >
            {shown.iter().copied().map(item).collect_view()}
            <More places=others />
        </nav>
    }
}

/// The places that the bar of a phone has no room for.
#[component]
fn More(places: &'static [Place]) -> impl IntoView {
    let open = RwSignal::new(false);
    let current: Vec<_> = places.iter().copied().map(is_current).collect();
    let is_here = Memo::new(move |_| current.iter().any(|current| current()));
    let item = move |place: &Place| {
        let current = is_current(*place);
        view! {
            <a
                href=place.href
                class=ITEM
                class=("text-primary", current)
                aria-current=move || current().then_some("page")
                on:click=move |_| open.set(false)
            >
                <Icon glyph=place.glyph class="size-5" />
                {crate::i18n::text(place.name)}
            </a>
        }
    };
    let button = move || {
        view! {
            <span class=IN_BAR_CLASS class=("text-primary", move || is_here.get()) class=("muted", move || !is_here.get())>
                <Icon glyph=icon::ELLIPSIS class="size-5" />
                {tr!("More")}
            </span>
        }
    };
    view! {
        <div class="grid">
            <Menu open=open label=tr!("More") class="grid size-full place-items-center" end=true up=true button=button.into()>
                {places.iter().map(item).collect_view()}
            </Menu>
        </div>
    }
}
