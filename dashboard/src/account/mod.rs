//! The person's own account: name, address, password, second factor, sessions.

mod banner;
mod email;
mod password;
mod password_form;
mod profile;
mod sessions;
mod two_step;
mod two_step_setup;

use leptos::prelude::*;

use crate::ui::page::PageHead;
pub use banner::ConfirmAddress;
use email::Email;
use password::Password;
use profile::Profile;
use sessions::Sessions;
use two_step::TwoStep;

/// The page.
#[component]
pub fn AccountPage() -> impl IntoView {
    view! {
        <PageHead title="Account" subtitle="You, in every workspace." />
        <div class="flex max-w-3xl flex-col gap-5">
            <Profile />
            <Email />
            <Password />
            <TwoStep />
            <Sessions />
        </div>
    }
}
