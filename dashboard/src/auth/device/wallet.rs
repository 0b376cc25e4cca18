//! Wallets: extensions that add an object to the page, each network's by another name.

use api_types::identities::{WalletKind, WalletSignature};
use js_sys::Uint8Array;
use leptos::prelude::window;
use serde_json::json;
use wasm_bindgen::{JsCast, JsValue};

use super::js;

/// The chain that Keplr is asked on; the account is the same on all.
const COSMOS_CHAIN: &str = "cosmoshub-4";

/// An account of a wallet.
pub struct Account {
    wallet: JsValue,
    kind: WalletKind,
    /// Its address.
    pub address: String,
    /// The chain that the wallet is on, if it says so.
    pub chain_id: Option<String>,
}

/// The networks that this browser has a wallet for.
pub fn installed() -> Vec<WalletKind> {
    let all = WalletKind::ALL.into_iter();
    all.filter(|kind| find(*kind).is_some()).collect()
}

fn find(kind: WalletKind) -> Option<JsValue> {
    js::find(match kind {
        WalletKind::Ethereum => &["ethereum"],
        WalletKind::Solana => &["solana"],
        WalletKind::Cosmos => &["keplr"],
    })
}

/// Asks the wallet which account to use.
pub async fn connect(kind: WalletKind) -> Result<Account, String> {
    let wallet = find(kind).ok_or_else(|| tr!("The wallet is gone. Reload the page.").to_owned())?;
    let (address, chain_id) = match kind {
        WalletKind::Ethereum => {
            let accounts = ethereum(&wallet, json!({ "method": "eth_requestAccounts" })).await?;
            let chain = ethereum(&wallet, json!({ "method": "eth_chainId" })).await?;
            let chain = chain.as_string().and_then(|text| {
                let digits = text.strip_prefix("0x")?;
                u64::from_str_radix(digits, 16).ok()
            });
            let first = js_sys::Reflect::get_u32(&accounts, 0).ok();
            let address = first.and_then(|first| first.as_string());
            (address, chain.map(|chain| chain.to_string()))
        }
        WalletKind::Solana => {
            js::call(&wallet, "connect", &[]).await?;
            let key = js::get(&wallet, "publicKey").unwrap_or_default();
            (js::call_now(&key, "toString", &[])?.as_string(), None)
        }
        WalletKind::Cosmos => {
            let chain = JsValue::from(COSMOS_CHAIN);
            js::call(&wallet, "enable", std::slice::from_ref(&chain)).await?;
            let key = js::call(&wallet, "getKey", &[chain]).await?;
            (js::text(&key, "bech32Address"), Some(COSMOS_CHAIN.to_owned()))
        }
    };
    Ok(Account {
        wallet,
        kind,
        address: address
            .ok_or_else(|| tr!("The wallet names no account. Open it, and choose one.").to_owned())?,
        chain_id,
    })
}

impl Account {
    /// Has the wallet sign the message.
    pub async fn sign(&self, message: String) -> Result<WalletSignature, String> {
        let mut public_key = None;
        let signature = match self.kind {
            WalletKind::Ethereum => {
                let hex: String = message.bytes().map(|byte| format!("{byte:02x}")).collect();
                let params = [format!("0x{hex}"), self.address.clone()];
                let asked = json!({ "method": "personal_sign", "params": params });
                ethereum(&self.wallet, asked).await?.as_string()
            }
            WalletKind::Solana => {
                let bytes = Uint8Array::from(message.as_bytes());
                let signed = js::call(&self.wallet, "signMessage", &[bytes.into(), "utf8".into()]).await?;
                js::get(&signed, "signature").and_then(|it| base64(it.dyn_ref()?))
            }
            WalletKind::Cosmos => {
                let arguments = [COSMOS_CHAIN, &self.address, &message].map(JsValue::from);
                let signed = js::call(&self.wallet, "signArbitrary", &arguments).await?;
                public_key = js::get(&signed, "pub_key").and_then(|key| js::text(&key, "value"));
                js::text(&signed, "signature")
            }
        };
        Ok(WalletSignature {
            message,
            signature: signature.ok_or_else(|| tr!("The wallet did not sign.").to_owned())?,
            public_key,
        })
    }
}

/// Ethereum's wallets have one method for everything (EIP-1193).
async fn ethereum(wallet: &JsValue, asked: serde_json::Value) -> Result<JsValue, String> {
    js::call(wallet, "request", &[js::object(&asked)?]).await
}

fn base64(bytes: &Uint8Array) -> Option<String> {
    let binary: String = bytes.to_vec().into_iter().map(char::from).collect();
    window().btoa(&binary).ok()
}
