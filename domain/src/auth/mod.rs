//! Accounts, passwords, sessions and access tokens.

mod accounts;
mod password;
mod sessions;
mod tokens;

pub use accounts::{login, me, signup, user};
pub use sessions::{REFRESH_DAYS, Session, authenticate, refresh, revoke, switch_workspace};
pub use tokens::ACCESS_SECONDS;
