//! Proofs of inclusion: docs/spec.md § 4. Nothing panics, and what is accepted is what the writer makes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use record::tlog_proof::{from_text, to_text};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(proof) = from_text(bytes) {
        assert_eq!(to_text(&proof), bytes);
    }
});
