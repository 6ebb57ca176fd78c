//! Log entries: docs/spec.md § 3. Nothing panics, and what is accepted is what the writer makes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use record::signed_statement::{from_entry, to_entry};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(signed) = from_entry(bytes) {
        assert_eq!(to_entry(&signed).unwrap(), bytes);
    }
});
