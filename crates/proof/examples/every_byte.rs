//! Changes every byte of a proof in turn and verifies each time; prints how many changes went unnoticed.
//!
//! `cargo run --release -p proof --example every_byte -- PROOF TRUST`. The test suite does the same to a small
//! proof and to a sample of a large one; this is for all of a large one, by hand.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let (Some(file), Some(trust)) = (words.next(), words.next()) else {
        println!("usage: every_byte PROOF TRUST");
        return ExitCode::from(2);
    };
    let read = |path: &str| std::fs::read(path).unwrap_or_default();
    let bytes = read(&file);
    let Ok(trust) = proof::trust_from_toml(&trust, &String::from_utf8_lossy(&read(&trust))) else {
        println!("the trust file does not parse");
        return ExitCode::from(2);
    };
    if !proof::verify(&bytes, Some(&trust)).holds() {
        println!("the proof does not hold as it is");
        return ExitCode::from(2);
    }
    let unnoticed = AtomicUsize::new(0);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut copy = bytes.clone();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(byte) = copy.get_mut(at) else { break };
                    *byte ^= 1;
                    if proof::verify(&copy, Some(&trust)).holds() {
                        unnoticed.fetch_add(1, Ordering::Relaxed);
                        println!("byte {at} was changed and nothing noticed");
                    }
                    if let Some(byte) = copy.get_mut(at) {
                        *byte ^= 1;
                    }
                }
            });
        }
    });
    let unnoticed = unnoticed.into_inner();
    println!("{} bytes changed one at a time, {unnoticed} changes unnoticed", bytes.len());
    ExitCode::from(u8::from(unnoticed > 0))
}
