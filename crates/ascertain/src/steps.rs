//! Names the steps between durable writes, so that a test can stop the process at each.
//!
//! In ordinary use every call does nothing.

use std::cell::Cell;
use std::io::Write;

/// A place at which a test may stop the process.
#[derive(Debug, Default)]
pub struct Steps {
    taken: Cell<u32>,
    pause_at: Option<u32>,
}

impl Steps {
    /// Never stops, or stops at the given step and waits there to be killed.
    #[must_use]
    pub fn new(pause_at: Option<u32>) -> Self {
        Self { taken: Cell::new(0), pause_at }
    }

    /// A step lies between what was written before and what follows.
    pub fn step(&self, name: &str) {
        let n = self.taken.get().saturating_add(1);
        self.taken.set(n);
        if self.pause_at == Some(n) {
            // The reader of this line kills the process; nothing wakes it.
            let _ = writeln!(std::io::stderr(), "paused at step {n}: {name}");
            loop {
                std::thread::park();
            }
        }
    }
}
