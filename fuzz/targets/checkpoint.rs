//! Signed notes and checkpoints: docs/spec.md § 4. Nothing panics, and what is accepted is what the writer makes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use record::checkpoint::{from_text, open_checkpoint, to_text};
use record::keys::SigningKey;
use record::note::NoteVerifier;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(checkpoint) = from_text(text)
    {
        assert_eq!(to_text(&checkpoint).unwrap(), text);
    }
    let key = SigningKey::from_seed(&[0x22; 32]).verifying_key();
    let _ = open_checkpoint(bytes, &NoteVerifier::new("log.example/golden", key).unwrap());
});
