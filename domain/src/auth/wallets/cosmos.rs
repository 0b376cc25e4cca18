//! Cosmos: ECDSA on secp256k1 over a document that holds the message and can be nothing else (ADR-036).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bech32::{Bech32, Hrp};
use k256::ecdsa::signature::Verifier;
use k256::ecdsa::{Signature, VerifyingKey};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

/// An address in small letters; `None` if it is none.
pub(super) fn normal(address: &str) -> Option<String> {
    if address.len() > 90 {
        return None;
    }
    let (hrp, bytes) = bech32::decode(address).ok()?;
    // Keys have 20 bytes, contracts and modules more.
    let is_of_key = bytes.len() == 20 && hrp.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_of_key {
        return None;
    }
    let address = address.to_ascii_lowercase();
    // Its checksum is that of Bech32, not of the later Bech32m.
    let written = bech32::encode_lower::<Bech32>(hrp, &bytes).ok()?;
    (written == address).then_some(address)
}

/// `Some` if the address signed the message with this key, and the key is the address's. Of the two signatures that the
/// curve has for each, only the one with the lower `s` counts, as on the chain.
pub(super) fn is_signed(address: &str, message: &str, signature: &str, key: &str) -> Option<()> {
    let key = STANDARD.decode(key.trim()).ok()?;
    if key.len() != 33 || of_key(address, &key)? != address {
        return None;
    }
    let signature = Signature::from_slice(&STANDARD.decode(signature).ok()?).ok()?;
    if signature.normalize_s() != signature {
        return None;
    }
    let key = VerifyingKey::from_sec1_bytes(&key).ok()?;
    key.verify(document(address, message).as_bytes(), &signature).ok()
}

/// The address of a key on the chain of another address.
fn of_key(address: &str, key: &[u8]) -> Option<String> {
    let (prefix, _) = address.rsplit_once('1')?;
    let hash = Ripemd160::digest(Sha256::digest(key));
    bech32::encode_lower::<Bech32>(Hrp::parse(prefix).ok()?, &hash).ok()
}

/// What wallets sign for ADR-036: a transaction without a chain, a number or a fee, in canonical JSON. Neither an address
/// nor Base64 has anything to escape.
fn document(signer: &str, message: &str) -> String {
    let data = STANDARD.encode(message);
    format!(
        r#"{{"account_number":"0","chain_id":"","fee":{{"amount":[],"gas":"0"}},"memo":"","msgs":[{{"type":"sign/MsgSignData","value":{{"data":"{data}","signer":"{signer}"}}}}],"sequence":"0"}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_that_of_its_key() {
        // BIP-173's key: its hash is 751e76e8199196d454941c45d1b3a323f1433bd6.
        let key = hex::decode("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798").unwrap();
        let address = of_key("cosmos1", &key).unwrap();
        let (hrp, hash) = bech32::decode(&address).unwrap();
        assert_eq!(hrp.as_str(), "cosmos");
        assert_eq!(hex::encode(hash), "751e76e8199196d454941c45d1b3a323f1433bd6");
        assert_eq!(normal(&address.to_uppercase()), Some(address.clone()));
        let other = address.replace("cosmos1", "osmo1");
        for wrong in ["", "cosmos1", "0x00", &other, &format!("{address}q")] {
            assert_eq!(normal(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_document_is_that_of_the_standard() {
        assert_eq!(
            document("cosmos1abc", "Hi <&>"),
            "{\"account_number\":\"0\",\"chain_id\":\"\",\"fee\":{\"amount\":[],\"gas\":\"0\"},\"memo\":\"\",\
             \"msgs\":[{\"type\":\"sign/MsgSignData\",\"value\":{\"data\":\"SGkgPCY+\",\"signer\":\"cosmos1abc\"}}],\
             \"sequence\":\"0\"}"
        );
    }
}
