//! Signing in with a wallet: its owner signs a message that we wrote.
//!
//! The message is that of Sign-In with Ethereum (EIP-4361), and the same words for Solana and Cosmos. It is made here,
//! with our own domain, the time and a number used once, and kept here for five minutes; what comes back must be that very
//! text. So nothing in it can be another's. Contracts that sign (EIP-1271) are left out: they need a node of their chain.

mod cosmos;
mod ethereum;
mod message;
mod solana;

use api_types::ErrorCode;
use api_types::identities::{
    LinkWalletRequest, WalletKind, WalletMessage, WalletMessageRequest, WalletSignature,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::identities::{Outcome, Proof, Purpose, Ticket};
use super::pending::{self, Kind};
use super::sign_in;
use crate::{Error, Result, Services};

/// Longest message that is looked for, in bytes; ours have about 400.
const MAX_MESSAGE: usize = 2_000;

/// A message that waits to be signed.
#[derive(Serialize, Deserialize)]
struct Asked {
    purpose: Purpose,
    kind: WalletKind,
    /// As it is written in the message.
    address: String,
}

/// The message that signs the owner of an address in.
pub async fn wallet_message(services: &Services, request: &WalletMessageRequest) -> Result<WalletMessage> {
    require_wallets(services)?;
    let (kind, chain_id) = (request.kind, request.chain_id.as_deref());
    ask(services, Purpose::SignIn, kind, &request.address, chain_id).await
}

/// The message that adds an address to the account of somebody who proves once more that it is them.
pub async fn link_wallet_message(
    services: &Services,
    user_id: Uuid,
    session_id: Uuid,
    request: LinkWalletRequest,
) -> Result<WalletMessage> {
    require_wallets(services)?;
    sign_in::confirm(&services.db, user_id, session_id, request.current_password).await?;
    let purpose = Purpose::Link { user_id, session_id };
    let chain_id = request.chain_id.as_deref();
    ask(services, purpose, request.kind, &request.address, chain_id).await
}

async fn ask(
    services: &Services,
    purpose: Purpose,
    kind: WalletKind,
    address: &str,
    chain_id: Option<&str>,
) -> Result<WalletMessage> {
    let address = normal(kind, address.trim())
        .ok_or_else(|| Error::field("address", "This is not the address of such a wallet."))?;
    let chain_id = message::chain(kind, chain_id)?;
    let message = message::write(&services.public_url, purpose, kind, &address, chain_id)?;
    let asked = Asked {
        purpose,
        kind,
        address,
    };
    pending::keep_as(&services.redis, Kind::Wallet, &message, &asked).await?;
    Ok(WalletMessage { message })
}

/// Takes a message with its signature. Answers a ticket for the browser that goes on with it.
pub async fn verify_wallet(services: &Services, request: &WalletSignature) -> Result<String> {
    require_wallets(services)?;
    let asked: Option<Asked> = match request.message.len() {
        0..=MAX_MESSAGE => pending::take(&services.redis, Kind::Wallet, &request.message).await?,
        _ => None,
    };
    let asked = asked.ok_or_else(|| {
        failed("This message is not one of ours, or it was used already or is older than five minutes. Begin again.")
    })?;
    if !is_signed(&asked, request) {
        return Err(failed(
            "The signature is not that of this address. Begin again, and sign with the same account of the wallet.",
        ));
    }
    let ticket = Ticket {
        purpose: asked.purpose,
        outcome: Outcome::Proven(proof(&asked)),
    };
    pending::keep(&services.redis, Kind::Ticket, &ticket).await
}

/// An address as it is written in messages; `None` if it is none.
fn normal(kind: WalletKind, address: &str) -> Option<String> {
    match kind {
        WalletKind::Ethereum => ethereum::normal(address),
        WalletKind::Solana => solana::normal(address),
        WalletKind::Cosmos => cosmos::normal(address),
    }
}

fn is_signed(asked: &Asked, request: &WalletSignature) -> bool {
    let (address, message, signature) = (&asked.address, &request.message, request.signature.trim());
    let signed = match asked.kind {
        WalletKind::Ethereum => ethereum::is_signed(address, message, signature),
        WalletKind::Solana => solana::is_signed(address, message, signature),
        WalletKind::Cosmos => {
            let key = request.public_key.as_deref().unwrap_or_default();
            cosmos::is_signed(address, message, signature, key)
        }
    };
    signed.is_some()
}

fn proof(asked: &Asked) -> Proof {
    Proof {
        kind: asked.kind.as_str().to_owned(),
        subject: asked.address.clone(),
        label: asked.address.clone(),
        name: None,
        email: None,
        email_verified: false,
        is_strong: false,
    }
}

fn require_wallets(services: &Services) -> Result<()> {
    if services.wallets {
        return Ok(());
    }
    Err(Error::refused(
        ErrorCode::NotFound,
        "Wallets are not set up here. Choose another way to sign in.",
    ))
}

fn failed(detail: &str) -> Error {
    Error::refused(ErrorCode::SignInFailed, detail)
}
