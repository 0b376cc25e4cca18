//! Solana: Ed25519 over the message itself. The address is the key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};

/// An address, which is written in one way only; `None` if it is none.
pub(super) fn normal(address: &str) -> Option<String> {
    key(address).map(|_| address.to_owned())
}

/// `Some` if the address signed the message. Strictly: keys and signatures that fit many messages don't count.
pub(super) fn is_signed(address: &str, message: &str, signature: &str) -> Option<()> {
    let bytes = STANDARD.decode(signature).ok()?;
    let signature = Signature::from_slice(&bytes).ok()?;
    key(address)?.verify_strict(message.as_bytes(), &signature).ok()
}

fn key(address: &str) -> Option<VerifyingKey> {
    // 32 bytes take up to 44 characters.
    if address.len() > 44 {
        return None;
    }
    let bytes = bs58::decode(address).into_vec().ok()?;
    let key = VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()?;
    (!key.is_weak()).then_some(key)
}
