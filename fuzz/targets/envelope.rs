//! DSSE envelopes: docs/spec.md § 2. Nothing panics, and what is accepted is what the writer makes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use record::signed_statement::{from_envelope, to_envelope};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(signed) = from_envelope(bytes) {
        assert_eq!(to_envelope(&signed).unwrap(), bytes);
    }
});
