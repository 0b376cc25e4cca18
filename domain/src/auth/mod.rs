//! Accounts, passwords, sessions, second factors and the tokens of all of them.
//!
//! Each way to sign in is a module with one function that finds out who it is; all lead to `sign_in::admit`, which asks
//! for the second factor and begins the session. The password lies on the account; the others keep whom they know in
//! `identities`, by kind and subject.

mod accounts;
mod attempts;
mod deletion;
mod device;
mod email;
mod identities;
mod links;
mod mfa;
mod oauth;
mod passkeys;
pub mod password;
mod pending;
mod reset;
mod sessions;
mod sign_in;
mod sweep;
pub mod tokens;
mod wallets;

pub use accounts::{me, save_profile, seed, signup, user};
pub use deletion::{delete_account, forget_person};
pub use device::Device;
pub use email::{change_email, resend_verification, verify_email};
pub use identities::{finish, identities, link, remove_identity, signup_with_identity};
pub(crate) use mfa::reseal;
pub use mfa::{answer, disable, enable, new_recovery_codes, setup, status};
pub use oauth::{Begun, Issuers, OAuthAnswer, Returned, begin, begin_link, callback};
pub(crate) use passkeys::site;
pub use passkeys::{add_passkey, passkey_challenge, passkey_registration, verify_passkey};
pub use reset::{change_password, forgot_password, mail_reset, reset_password};
pub use sessions::{
    REFRESH_DAYS, Session, authenticate, end, end_everywhere, list, refresh, revoke, switch_workspace,
};
pub use sign_in::login;
pub use sweep::sweep;
pub use tokens::ACCESS_SECONDS;
pub use wallets::{link_wallet_message, verify_wallet, wallet_message};
