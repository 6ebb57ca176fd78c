//! COSE receipts: docs/spec.md § 10.6. Nothing panics, and what is accepted is what the writer makes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use record::digest::Digest;
use record::keys::SigningKey;
use record::receipt::verify;

fuzz_target!(|bytes: &[u8]| {
    let key = SigningKey::from_seed(&[0x22; 32]).verifying_key();
    let _ = verify(bytes, &Digest([1; 32]), &key);
});
