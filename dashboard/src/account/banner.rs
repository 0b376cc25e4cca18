//! "Confirm your address", above every page until it is done.

use api_types::client;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::auth::OutboxHint;
use crate::session::use_session;
use crate::ui::button::Button;
use crate::ui::icon::{self, Icon};
use crate::ui::toast::use_toasts;

/// Asks for the address to be confirmed, and offers another mail.
#[component]
pub fn ConfirmAddress() -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let email = Memo::new(move |_| {
        let user = session.identity()?.user;
        (!user.email_verified).then_some(user.email)
    });
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
                    class="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-base-300 bg-primary/8 px-4 py-2 sm:px-6"
                >
                    <Icon glyph=icon::INFO class="size-4 shrink-0 text-primary" />
                    <div class="flex min-w-0 flex-1 basis-60 flex-wrap gap-x-2">
                        <p>
                            {tr!("Confirm your address: open the link in the mail to ")}
                            <strong class="wrap-anywhere">{email}</strong> "."
                        </p>
                        <OutboxHint />
                    </div>
                    <Button small=true busy=busy on_click=resend>{tr!("Send it again")}</Button>
                </div>
            }
        })
    }
}
