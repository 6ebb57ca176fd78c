//! Runs the program and scratch folders for it. Not a test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of this test's own, removed when dropped.
pub struct Scratch(PathBuf);

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the program said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ascertain"))
}

/// Runs the program with these words in the repository's root.
pub fn ascertain(words: &[&str]) -> Said {
    let output: Output = program().args(words).current_dir(root()).output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// As [`ascertain`], with lines on the standard input.
pub fn answered(words: &[&str], lines: &str) -> Said {
    let piped = || std::process::Stdio::piped();
    let mut child = program()
        .args(words)
        .current_dir(root())
        .stdin(piped())
        .stdout(piped())
        .stderr(piped())
        .spawn()
        .unwrap();
    // A program that stops asking closes the pipe.
    let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), lines.as_bytes());
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The last line of JSON output.
pub fn last_json(said: &Said) -> serde_json::Value {
    let line = said.out.lines().last().unwrap_or_else(|| panic!("no output; {}", said.err));
    serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}"))
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A copy of a shipped history.
pub fn history(scratch: &Scratch, name: &str) -> PathBuf {
    let to = scratch.join(name);
    copy(&root().join("history").join(name), &to);
    to
}

/// Rewrites the lines of an acts file: `change` returns the lines that take a line's place.
pub fn rewrite(folder: &Path, file: &str, change: impl Fn(serde_json::Value) -> Vec<serde_json::Value>) {
    let path = folder.join("acts").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().map(|l| serde_json::from_str(l).unwrap());
    let new: String = lines.flat_map(change).map(|l: serde_json::Value| format!("{l}\n")).collect();
    std::fs::write(&path, new).unwrap();
}
