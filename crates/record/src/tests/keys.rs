//! Keys: the vectors of RFC 8032, and what the strict rule refuses.

use crate::Error;
use crate::digest::sha256;
use crate::keys::{KeyId, SigningKey, VerifyingKey};
use crate::text::{from_hex, to_hex};

/// Seed, public key, message, signature.
// Spec: RFC 8032 § 7.1 TEST 1 and TEST 2.
const RFC_8032: [(&str, &str, &[u8], [&str; 2]); 2] = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        [
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        b"\x72",
        [
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
    ),
];

/// The order of the group, little-endian.
// Spec: RFC 8032 § 5.1: L = 2^252 + 27742317777372353535851937790883648493.
const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

fn signature(halves: [&str; 2]) -> [u8; 64] {
    let bytes: Vec<u8> = halves.iter().flat_map(|half| from_hex(half, "half").unwrap()).collect();
    bytes.try_into().unwrap()
}

fn check_key_refused(hex: &str) {
    assert_eq!(VerifyingKey::from_bytes(&from_hex(hex, "key").unwrap()), Err(Error::KeyRefused), "{hex}");
}

#[test]
fn rfc_8032_vectors() {
    for (seed, public, message, halves) in RFC_8032 {
        let key = SigningKey::from_seed(&from_hex(seed, "seed").unwrap());
        assert_eq!(to_hex(&key.verifying_key().to_bytes()), public);
        assert_eq!(key.sign(message), signature(halves));
        assert_eq!(key.verifying_key().verify(message, &signature(halves)), Ok(()));
        assert!(key.verifying_key().verify(b"other", &signature(halves)).is_err());
    }
}

#[test]
fn a_second_spelling_of_a_signature_is_refused() {
    let (_, public, message, [r, s]) = RFC_8032[0];
    let mut carry = 0;
    let (s, order) = (from_hex(s, "s").unwrap(), from_hex(ORDER, "order").unwrap());
    let s_plus_order: Vec<u8> = s
        .iter()
        .zip(order)
        .map(|(a, b)| {
            let [low, high] = (u16::from(*a) + u16::from(b) + carry).to_le_bytes();
            carry = u16::from(high);
            low
        })
        .collect();
    let malleated = signature([r, &to_hex(&s_plus_order.try_into().unwrap())]);
    let key = VerifyingKey::from_bytes(&from_hex(public, "key").unwrap()).unwrap();
    assert_eq!(key.verify(message, &malleated), Err(Error::SignatureRefused { key: key.id() }));
}

#[test]
fn keys_that_prove_nothing_are_refused() {
    check_key_refused(&"0".repeat(64)); // order 4
    check_key_refused(&format!("01{}", "0".repeat(62))); // the identity
    check_key_refused(&format!("ec{}7f", "f".repeat(60))); // order 2
    check_key_refused(&format!("02{}", "0".repeat(62))); // no point
}

#[test]
fn text_forms() {
    let key = super::attester();
    let public = key.verifying_key();
    assert_eq!(public.to_string().parse(), Ok(public));
    assert_eq!(key.id(), KeyId(sha256(&public.to_bytes())));
    assert_eq!(key.id().to_string().parse(), Ok(key.id()));
    assert_eq!(serde_json::to_string(&public).unwrap(), format!("\"{public}\""));
    assert_eq!(serde_json::from_str::<VerifyingKey>(&format!("\"{public}\"")).unwrap(), public);
    assert_eq!(serde_json::to_string(&key.id()).unwrap(), format!("\"{}\"", key.id()));
    assert!(key.id().to_string().to_uppercase().parse::<KeyId>().is_err());
    assert!(public.to_string().trim_end_matches('=').parse::<VerifyingKey>().is_err());
}

#[test]
fn a_private_key_is_never_printed() {
    let shown = format!("{:?}", super::attester());
    let seed = to_hex(&super::ATTESTER_SEED);
    assert!(!shown.contains(&seed) && !shown.contains("17, 17") && !shown.contains("1111"), "{shown}");
    assert_eq!(format!("{:?}", super::SALT), "Salt(not shown)");
}
