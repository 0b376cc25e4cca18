//! "Confirm your address", above every page until it is done.

use api_types::client;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::auth::{OutboxHint, sign_in_options};
use crate::session::{tab, use_session};
use crate::ui::button::{Button, IconButton};
use crate::ui::icon::{self, Icon};
use crate::ui::toast::use_toasts;

/// What it is called where it is noted that somebody put it away.
const BANNER: &str = "confirm-address";

/// Asks for the address to be confirmed, and offers another mail. It can be put away until the tab is closed.
#[component]
pub fn ConfirmAddress() -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let is_put_away = RwSignal::new(tab::is_put_away(BANNER));
    let email = Memo::new(move |_| {
        let user = session.identity()?.user;
        (!user.email_verified && !is_put_away.get()).then_some(user.email)
    });
    let options = sign_in_options();
    let has_outbox = move || options.get().is_some_and(|options| options.outbox);
    let put_away = move || {
        tab::put_away(BANNER);
        is_put_away.set(true);
    };
    let resend = move || {
        busy.set(true);
        spawn_local(async move {
            match session.send(&client::auth::resend_verification()).await {
                Ok(()) => toasts.say(tr!("The mail was sent again.")),
                Err(error) => toasts.fail(&error),
            }
            busy.try_set(false);
        });
    };
    move || {
        email.get().map(|email| {
            view! {
                <div
                    role="status"
                    data-banner=""
                    class="flex items-center gap-x-2 border-b border-base-300 bg-primary/8 px-4 py-1 max-sm:text-xs sm:px-6 sm:py-1.5"
                >
                    <Icon glyph=icon::INFO class="size-4 shrink-0 text-primary max-sm:hidden" />
                    <div class="flex min-w-0 flex-1 flex-wrap gap-x-2">
                        <p class:max-sm:hidden=has_outbox title=email.clone()>
                            {tr!("Confirm your address: open the link in the mail to ")}
                            <strong class="wrap-anywhere">{email.clone()}</strong> "."
                        </p>
                        <div class="max-sm:hidden">
                            <OutboxHint />
                        </div>
                        // A phone has room for one of them.
                        <Show when=has_outbox>
                            <p class="sm:hidden">
                                {tr!("Confirm your address: ")}
                                <a class="link-plain" href="/outbox" rel="external" target="_blank">
                                    {tr!("open the outbox")}
                                </a> "."
                            </p>
                        </Show>
                    </div>
                    <Button small=true busy=busy on_click=resend>{tr!("Send it again")}</Button>
                    <IconButton icon=icon::X label=tr!("Not now") on_click=put_away />
                </div>
            }
        })
    }
}
