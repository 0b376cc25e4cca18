//! What the browser itself can prove somebody with: passkeys, and wallets that add themselves to the page.

mod js;
pub mod passkey;
mod prove;
pub mod wallet;

pub use prove::{Device, prove};
