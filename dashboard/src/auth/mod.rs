//! Signing up and signing in, and the pages that links in mails lead to.

mod device;
mod finish;
mod forgot;
pub mod link;
mod outbox_hint;
mod reset;
mod second_step;
mod sign_in;
mod sign_up;
mod typed;
mod verify;
mod ways;
mod welcome;

pub use device::{passkey, wallet};
pub use finish::FinishSignIn;
pub use forgot::Forgot;
pub use outbox_hint::OutboxHint;
pub use reset::Reset;
pub use second_step::{SecondStep, challenge_of};
pub use sign_in::SignIn;
pub use sign_up::SignUp;
pub use typed::TypedAddress;
pub use verify::Verify;
pub use ways::{Way, leave_for, sign_in_options};
pub use welcome::Welcome;

/// What a good password is, below the field for a new one.
pub const PASSWORD_HINT: &str =
    mark!("At least 10 characters, such as four words that don't belong together.");
