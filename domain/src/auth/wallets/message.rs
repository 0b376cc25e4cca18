//! The words that are signed: EIP-4361.

use api_types::identities::WalletKind;
use chrono::{Duration, SecondsFormat, Utc};
use url::Url;

use crate::auth::identities::Purpose;
use crate::auth::pending::Kind;
use crate::{Error, Result};

/// Writes the message. Its nonce is of 128 bits.
pub(super) fn write(
    public_url: &str,
    purpose: Purpose,
    kind: WalletKind,
    address: &str,
    chain_id: &str,
) -> Result<String> {
    let url = Url::parse(public_url).map_err(anyhow::Error::from)?;
    let host = url.host_str().unwrap_or_default();
    let domain = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let statement = match purpose {
        Purpose::SignIn => "Sign in to Botwright.",
        Purpose::Link { .. } => "Add this wallet to your account at Botwright.",
    };
    let now = Utc::now();
    let time = |time: chrono::DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let lifetime = Duration::seconds(Kind::Wallet.seconds().cast_signed());
    Ok(format!(
        "{domain} wants you to sign in with your {} account:\n{address}\n\n{statement}\n\nURI: {public_url}\n\
         Version: 1\nChain ID: {chain_id}\nNonce: {}\nIssued At: {}\nExpiration Time: {}",
        kind.network(),
        hex::encode(rand::random::<[u8; 16]>()),
        time(now),
        time(now + lifetime),
    ))
}

/// The chain that the wallet is on, or the usual one.
pub(super) fn chain(kind: WalletKind, given: Option<&str>) -> Result<&str> {
    let Some(given) = given else {
        return Ok(match kind {
            WalletKind::Ethereum => "1",
            WalletKind::Solana => "mainnet",
            WalletKind::Cosmos => "cosmoshub-4",
        });
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_right = match kind {
        WalletKind::Ethereum => given
            .parse::<u64>()
            .is_ok_and(|id| id > 0 && id.to_string() == given),
        WalletKind::Solana => ["mainnet", "testnet", "devnet", "localnet"].contains(&given),
        WalletKind::Cosmos => (1..=50).contains(&given.len()) && given.bytes().all(is_name),
    };
    if is_right {
        return Ok(given);
    }
    Err(Error::field(
        "chain_id",
        "This is not the id of a chain for such a wallet.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_that_of_the_standard() {
        let address = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf";
        let url = "https://bots.example.com:8443";
        let message = write(url, Purpose::SignIn, WalletKind::Ethereum, address, "137").unwrap();
        let lines: Vec<&str> = message.lines().collect();
        assert_eq!(
            lines[..8],
            [
                "bots.example.com:8443 wants you to sign in with your Ethereum account:",
                address,
                "",
                "Sign in to Botwright.",
                "",
                "URI: https://bots.example.com:8443",
                "Version: 1",
                "Chain ID: 137",
            ]
        );
        let nonce = lines[8].strip_prefix("Nonce: ").unwrap();
        assert!(nonce.len() == 32 && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let [issued, expires] = ["Issued At: ", "Expiration Time: "].map(|name| {
            let line = lines.iter().find_map(|line| line.strip_prefix(name));
            chrono::DateTime::parse_from_rfc3339(line.unwrap()).unwrap()
        });
        assert_eq!((expires - issued).num_seconds(), 300);
        assert_eq!(lines.len(), 11);
    }

    #[test]
    fn a_chain_can_not_add_lines() {
        for (kind, chains) in [
            (
                WalletKind::Ethereum,
                &["0", "01", "1\nNonce: x", "-1", "1.0", ""][..],
            ),
            (WalletKind::Solana, &["moon", "mainnet\n"]),
            (
                WalletKind::Cosmos,
                &["", "a b", "cosmoshub-4\nURI: https://evil.example"],
            ),
        ] {
            for given in chains {
                assert!(chain(kind, Some(given)).is_err(), "{given}");
            }
        }
        assert_eq!(chain(WalletKind::Cosmos, Some("osmosis-1")).unwrap(), "osmosis-1");
        assert_eq!(chain(WalletKind::Ethereum, None).unwrap(), "1");
    }
}
