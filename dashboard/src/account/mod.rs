//! The person's own account: name, address, password, second factor, sessions.

mod banner;
mod delete;
mod email;
mod password;
mod password_form;
mod profile;
mod sessions;
mod two_step;
mod two_step_setup;

use leptos::prelude::*;

use crate::exports::{Exports, Source};
use crate::ui::page::PageHead;
pub use banner::ConfirmAddress;
use delete::DeleteAccount;
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
            <Exports
                source=Source::Person
                title="Take your data along"
                subtitle="Your account, sessions, memberships and what you did, as a ZIP archive. What a workspace holds is exported in its settings."
            />
            <DeleteAccount />
        </div>
    }
}
