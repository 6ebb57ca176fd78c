//! Proofs of decisions: docs/spec.md §§ 6 to 8. Nothing panics, and what is accepted is what the writer makes.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let report = proof::verify(bytes, None);
    assert!(!report.holds(), "without trust nothing holds");
});
