//! Questions on the error output, answers from the input: a terminal, or a pipe.
//!
//! An answer that cannot be used is asked for again, with the reason. Refuses to know what it asks.

use std::io::{BufRead, Write};

use crate::error::Error;

/// Who asks.
pub struct Asking<R: BufRead> {
    from: R,
}

impl<R: BufRead> Asking<R> {
    /// Asks those who answer in lines.
    pub fn new(from: R) -> Self {
        Self { from }
    }

    /// Asks until an answer can be read; an empty line is the default.
    pub fn ask<T>(
        &mut self,
        question: &str,
        default: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Error> {
        loop {
            let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
            self.say(&format!("{question}{shown}"))?;
            let mut line = String::new();
            let failed =
                |source| Error::File { path: "standard input".into(), doing: "cannot be read", source };
            if self.from.read_line(&mut line).map_err(failed)? == 0 {
                let message = format!("the answers ended at \"{question}\": nothing was written");
                return Err(Error::Usage { message });
            }
            let answer = line.trim();
            match read(if answer.is_empty() { default } else { answer }) {
                Ok(value) => return Ok(value),
                Err(reason) => self.say(&format!("  {reason}"))?,
            }
        }
    }

    /// Says a line to whoever answers.
    pub fn say(&self, line: &str) -> Result<(), Error> {
        let failed =
            |source| Error::File { path: "standard error".into(), doing: "cannot be written", source };
        writeln!(std::io::stderr(), "{line}").map_err(failed)
    }
}
