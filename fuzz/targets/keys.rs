//! The file of key notices: docs/spec.md § 10.4. Nothing panics, and what is accepted is what the writer makes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use record::check::{keys_from_text, keys_to_text};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(lines) = keys_from_text(bytes) {
        assert_eq!(keys_to_text(&lines).unwrap(), bytes);
    }
});
