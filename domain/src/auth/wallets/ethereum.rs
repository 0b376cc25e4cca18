//! Ethereum and other chains with its addresses: ECDSA on secp256k1 over the message as of EIP-191.

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use sha3::{Digest, Keccak256};

/// An address with the capitals of EIP-55; `None` if it is none. Capitals that were given are not looked at: a typing
/// error leads to an address that nobody can sign for.
pub(super) fn normal(address: &str) -> Option<String> {
    let digits = address
        .strip_prefix("0x")
        .or_else(|| address.strip_prefix("0X"))?;
    if digits.len() != 40 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digits = digits.to_ascii_lowercase();
    let hash = hex::encode(Keccak256::digest(&digits));
    let capital = |(digit, hash): (char, char)| match hash {
        '8'..='f' => digit.to_ascii_uppercase(),
        _ => digit,
    };
    let digits: String = digits.chars().zip(hash.chars()).map(capital).collect();
    Some(format!("0x{digits}"))
}

/// `Some` if the address, as [`normal`] writes it, signed the message. Of the two signatures that the curve has for each,
/// only the one with the lower `s` counts, as on the chain.
pub(super) fn is_signed(address: &str, message: &str, signature: &str) -> Option<()> {
    let bytes = hex::decode(signature.strip_prefix("0x")?).ok()?;
    let (signature, v) = bytes.split_at_checked(64)?;
    let id = match v {
        [0 | 27] => 0,
        [1 | 28] => 1,
        _ => return None,
    };
    let signature = Signature::from_slice(signature).ok()?;
    if signature.normalize_s() != signature {
        return None;
    }
    let prefixed = format!("\x19Ethereum Signed Message:\n{}{message}", message.len());
    let hash = Keccak256::digest(prefixed);
    let key = VerifyingKey::recover_from_prehash(&hash, &signature, RecoveryId::from_byte(id)?).ok()?;
    (of_key(&key)? == address).then_some(())
}

/// The address of a key: the end of its hash.
fn of_key(key: &VerifyingKey) -> Option<String> {
    let point = key.to_sec1_point(false);
    let hash = Keccak256::digest(point.as_bytes().get(1..)?);
    normal(&format!("0x{}", hex::encode(hash.get(12..)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_the_capitals_of_the_standard() {
        // EIP-55's own.
        for address in [
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
            "0xde709f2102306220921060314715629080e2fb77",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            for given in [address.to_owned(), address.to_lowercase(), address.to_uppercase()] {
                assert_eq!(normal(&given).as_deref(), Some(address));
            }
        }
        for wrong in [
            "",
            "0x",
            "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
        ] {
            assert_eq!(normal(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_signature_of_another_program_is_right() {
        // As of eth_account's documentation: `Account.sign_message(encode_defunct(text="I♥SF"), b"\xb2…")`.
        let address = "0x5ce9454909639D2D17A3F753ce7d93fa0b9aB12E";
        let signature = "0xe6ca9bba58c88611fad66a6ce8f996908195593807c4b38bd528d2cff09d4eb33e5bfbbf4d3e39b1a2fd816a7680c19ebebaf3a141b239934ad43cb33fcec8ce1c";
        assert!(is_signed(address, "I♥SF", signature).is_some());
        assert!(is_signed(address, "I♥NY", signature).is_none());
        let other = "0x52908400098527886E0F7030069857D2E4169EE7";
        assert!(is_signed(other, "I♥SF", signature).is_none());
    }
}
