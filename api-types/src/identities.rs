//! Other ways to sign in than the password: `/api/v1/auth/identities`, `/api/v1/auth/oauth`,
//! `/api/v1/auth/wallets`, `/api/v1/auth/passkeys`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who vouches for people: a service that they are sent to and come back from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Issuer {
    /// Its name in paths, such as `google`.
    pub id: String,
    /// Its name for people, such as `Google`.
    pub label: String,
}

/// What sort of way it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// An account at an issuer.
    Issuer,
    /// A wallet.
    Wallet,
    /// A passkey.
    Passkey,
}

/// One way to sign in of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identity {
    /// Id.
    pub id: Uuid,
    /// What sort of way it is.
    pub kind: IdentityKind,
    /// The way in words, such as `Google`.
    pub way: String,
    /// Which one of its kind, such as an e-mail address there.
    pub label: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last signed them in.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// `GET /auth/identities`: how the person can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaysToSignIn {
    /// Whether they have a password, which counts as one.
    pub has_password: bool,
    /// The others, oldest first.
    pub identities: Vec<Identity>,
}

/// `current` of the problem `sign_up_required`: what is known of somebody who has no account yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewIdentity {
    /// The way in words, such as `Google`.
    pub way: String,
    /// Who they are there.
    pub label: String,
    /// How they are called there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their e-mail address there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// `POST /auth/identities/signup`: makes an account for whom the sign-in of this browser found none.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct IdentitySignupRequest {
    /// E-mail address. It has to be confirmed unless the issuer says that it is theirs.
    pub email: String,
    /// How the person wants to be called, 1 to 80 characters.
    pub name: String,
    /// The token of an invitation: they join what it leads to, and get no organization of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
}

/// `POST /auth/oauth/{issuer}`: begins to sign in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BeginOAuthRequest {
    /// The page to go on with afterwards, a path of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Where the browser has to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Redirect {
    /// A page of the issuer.
    pub url: String,
}

/// Whose wallet it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WalletKind {
    /// Ethereum, and other chains with its addresses.
    Ethereum,
    /// Solana.
    Solana,
    /// Cosmos, and other chains with its addresses.
    Cosmos,
}

impl WalletKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ethereum, Self::Solana, Self::Cosmos];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ethereum => "ethereum",
            Self::Solana => "solana",
            Self::Cosmos => "cosmos",
        }
    }

    /// Its name for people.
    pub const fn network(self) -> &'static str {
        match self {
            Self::Ethereum => "Ethereum",
            Self::Solana => "Solana",
            Self::Cosmos => "Cosmos",
        }
    }
}

/// `POST /auth/wallets/message`: begins to sign in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WalletMessageRequest {
    /// Whose wallet it is.
    pub kind: WalletKind,
    /// The address that will sign.
    pub address: String,
    /// The chain that the wallet is on; the usual one if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain_id: Option<String>,
}

/// `POST /auth/identities/wallets/message`: begins to add a wallet to one's account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkWalletRequest {
    /// Whose wallet it is.
    pub kind: WalletKind,
    /// The address that will sign.
    pub address: String,
    /// The chain that the wallet is on; the usual one if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain_id: Option<String>,
    /// The account's password; empty for whoever has none and signed in within the last ten minutes.
    #[serde(default)]
    pub current_password: String,
}

/// What the wallet has to sign, within five minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WalletMessage {
    /// The text, exactly as it is signed and sent back.
    pub message: String,
}

/// `POST /auth/wallets/verify`: the message, signed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WalletSignature {
    /// The text that was signed.
    pub message: String,
    /// Ethereum: 65 bytes as `0x` and hexadecimal digits. Solana and Cosmos: 64 bytes in Base64.
    pub signature: String,
    /// Cosmos: the key, 33 bytes in Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
}

/// What a passkey is made or asked with, within five minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyChallenge {
    /// To be sent back with the answer; works once.
    pub challenge: String,
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON` or `…parseRequestOptionsFromJSON` of the browser.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub options: serde_json::Value,
}

/// `POST /auth/identities/passkeys`: adds a passkey to one's account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddPasskeyRequest {
    /// What the server asked with.
    pub challenge: String,
    /// How the person calls it, 1 to 80 characters.
    pub name: String,
    /// What the browser made, by its `toJSON()`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub credential: serde_json::Value,
}

/// `POST /auth/passkeys/verify`: signs in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyAnswer {
    /// What the server asked with.
    pub challenge: String,
    /// What the browser answered, by its `toJSON()`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub credential: serde_json::Value,
}
