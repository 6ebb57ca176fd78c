//! Witness policies: docs/spec.md § 10.3. Nothing panics, and what is accepted is what the writer makes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use record::witness_policy::{check, from_text};

fuzz_target!(|bytes: &[u8]| {
    let (policy, note) = match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => bytes.split_at(at),
        None => (bytes, &[][..]),
    };
    if let Ok(policy) = from_text(policy) {
        let _ = check(note.get(1..).unwrap_or_default(), &policy);
    }
});
