//! Requests to a witness: docs/spec.md § 10. Nothing panics, and what is accepted is what the writer makes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use record::witness::{KnownLog, from_request, judge, to_request};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = from_request(bytes) {
        assert_eq!(to_request(&request), bytes);
    }
    let _ = judge(bytes, |_| None);
    let _ = judge(bytes, |_| Some(KnownLog { keys: Vec::new(), last: None }));
});
