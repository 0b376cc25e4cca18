//! Signing in with what the browser has. Few do, so the code is fetched when somebody does.

use std::future::Future;
use std::pin::Pin;

use api_types::client;
use api_types::identities::{PasskeyAnswer, WalletKind, WalletMessageRequest};
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use super::{passkey, wallet};

/// What proves it.
#[derive(Debug, Clone, Copy)]
pub enum Device {
    /// A passkey.
    Passkey,
    /// A wallet.
    Wallet(WalletKind),
}

type Proof = Pin<Box<dyn Future<Output = Result<(), String>>>>;

/// Proves to the server who it is. What went wrong is an error, in words.
pub async fn prove(device: Device) -> Result<(), String> {
    match begin(device).await {
        Ok(proof) => proof.await,
        Err(_) => {
            Err(tr!("What this takes could not be loaded. Check your connection and try again.").to_owned())
        }
    }
}

#[wasm_split(device, wasm_split_path = leptos::wasm_split, fallible)]
fn begin(device: Device) -> Result<Proof, SplitLoaderError> {
    Ok(match device {
        Device::Passkey => Box::pin(with_passkey()),
        Device::Wallet(kind) => Box::pin(with_wallet(kind)),
    })
}

async fn with_passkey() -> Result<(), String> {
    let asked = client::identities::passkey_challenge().send(None).await;
    let asked = asked.map_err(|error| crate::i18n::explain(&error))?;
    let answer = PasskeyAnswer {
        credential: passkey::get(&asked.options).await?,
        challenge: asked.challenge,
    };
    let verified = client::identities::verify_passkey(&answer).send(None).await;
    verified.map_err(|error| crate::i18n::explain(&error))
}

async fn with_wallet(kind: WalletKind) -> Result<(), String> {
    let account = wallet::connect(kind).await?;
    let request = WalletMessageRequest {
        kind,
        address: account.address.clone(),
        chain_id: account.chain_id.clone(),
    };
    let asked = client::identities::wallet_message(&request).send(None).await;
    let asked = asked.map_err(|error| crate::i18n::explain(&error))?;
    let signed = account.sign(asked.message).await?;
    let verified = client::identities::verify_wallet(&signed).send(None).await;
    verified.map_err(|error| crate::i18n::explain(&error))
}
