//! Wallets, each with a key of its own, that sign as MetaMask, Phantom and Keplr do.

use api_types::identities::WalletKind;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer;
use k256::ecdsa::SigningKey;
use ripemd::Ripemd160;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sha3::Keccak256;

pub struct Wallet {
    pub kind: WalletKind,
    seed: [u8; 32],
}

impl Wallet {
    /// `number` makes the key.
    pub fn new(kind: WalletKind, number: u8) -> Self {
        Self {
            kind,
            seed: [number; 32],
        }
    }

    fn secp256k1(&self) -> SigningKey {
        SigningKey::from_slice(&self.seed).unwrap()
    }

    fn ed25519(&self) -> ed25519_dalek::SigningKey {
        ed25519_dalek::SigningKey::from_bytes(&self.seed)
    }

    /// As the wallet tells it, Ethereum's in small letters.
    pub fn address(&self) -> String {
        match self.kind {
            WalletKind::Ethereum => {
                let point = self.secp256k1().verifying_key().to_sec1_point(false);
                let hash = Keccak256::digest(&point.as_bytes()[1..]);
                format!("0x{}", hex::encode(&hash[12..]))
            }
            WalletKind::Solana => bs58::encode(self.ed25519().verifying_key()).into_string(),
            WalletKind::Cosmos => {
                let hash = Ripemd160::digest(Sha256::digest(self.key()));
                let hrp = bech32::Hrp::parse("cosmos").unwrap();
                bech32::encode::<bech32::Bech32>(hrp, &hash).unwrap()
            }
        }
    }

    fn key(&self) -> Vec<u8> {
        let point = self.secp256k1().verifying_key().to_sec1_point(true);
        point.as_bytes().to_vec()
    }

    /// The signature as bytes: of Ethereum 65, of others 64.
    pub fn sign(&self, message: &str) -> Vec<u8> {
        match self.kind {
            WalletKind::Ethereum => {
                let prefixed = format!("\x19Ethereum Signed Message:\n{}{message}", message.len());
                let hash = Keccak256::digest(prefixed);
                let (signature, id) = self.secp256k1().sign_prehash_recoverable(&hash);
                let mut bytes = signature.to_bytes().to_vec();
                bytes.push(27 + id.to_byte());
                bytes
            }
            WalletKind::Solana => self.ed25519().sign(message.as_bytes()).to_bytes().to_vec(),
            WalletKind::Cosmos => {
                let document = json!({
                    "account_number": "0", "chain_id": "", "fee": { "amount": [], "gas": "0" }, "memo": "",
                    "msgs": [{
                        "type": "sign/MsgSignData",
                        "value": { "data": STANDARD.encode(message), "signer": self.address() },
                    }],
                    "sequence": "0",
                });
                // Its names are in alphabetical order.
                let signature: k256::ecdsa::Signature =
                    self.secp256k1().sign(document.to_string().as_bytes());
                signature.to_bytes().to_vec()
            }
        }
    }

    /// What is sent back.
    pub fn answer(&self, message: &str) -> Value {
        self.with_signature(message, &self.sign(message))
    }

    /// The same with another signature.
    pub fn with_signature(&self, message: &str, signature: &[u8]) -> Value {
        match self.kind {
            WalletKind::Ethereum => {
                json!({ "message": message, "signature": format!("0x{}", hex::encode(signature)) })
            }
            WalletKind::Solana => json!({ "message": message, "signature": STANDARD.encode(signature) }),
            WalletKind::Cosmos => json!({
                "message": message, "signature": STANDARD.encode(signature), "public_key": STANDARD.encode(self.key()),
            }),
        }
    }
}

/// The other signature that the curve has for the same message: `s` is taken from its order.
pub fn malleated(signature: &[u8]) -> Vec<u8> {
    let small = k256::ecdsa::Signature::from_slice(&signature[..64]).unwrap();
    let (r, s) = small.split_scalars();
    let large = k256::ecdsa::Signature::from_scalars(r, -s).unwrap();
    let mut bytes = large.to_bytes().to_vec();
    // Another point then leads to the same key.
    bytes.extend(signature.get(64).map(|v| if *v == 27 { 28 } else { 27 }));
    bytes
}
