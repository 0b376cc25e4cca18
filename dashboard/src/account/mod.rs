//! The person's own account: name, address, password, other ways to sign in, second factor, sessions.

mod add_way;
mod banner;
mod delete;
mod email;
mod link;
mod password;
mod password_form;
mod profile;
mod sessions;
mod two_step;
mod two_step_setup;
mod ways;

use leptos::prelude::*;

use crate::exports::{Exports, Source};
use crate::ui::page::PageHead;
pub use banner::ConfirmAddress;
use delete::DeleteAccount;
use email::Email;
pub use link::LinkPage;
use password::Password;
use profile::Profile;
use sessions::Sessions;
use two_step::TwoStep;
use ways::{Ways, WaysSection};

/// The page.
#[component]
pub fn AccountPage() -> impl IntoView {
    Ways::provide();
    view! {
        <PageHead title=tr!("Account") subtitle=tr!("You, in every workspace.") />
        <div class="flex max-w-3xl flex-col gap-5">
            <Profile />
            <Email />
            <Password />
            <WaysSection />
            <TwoStep />
            <Sessions />
            <Exports
                source=Source::Person
                title=tr!("Take your data along")
                subtitle=tr!("Your account, sessions, memberships and what you did, as a ZIP archive. What a workspace holds is exported in its settings.")
            />
            <DeleteAccount />
        </div>
    }
}
