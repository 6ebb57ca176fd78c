//! Programs of others that the mail tests run, and folders for one test.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a program said.
pub struct Said {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
}

/// Says, past the capture of the test runner, that something was not tested.
pub fn skipped(what: &str, why: &str) {
    let line = format!("\n*** SKIPPED: {what}: {why} (run tools.sh) ***\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// The system's Python, if it has the module.
pub fn python(module: &str, what: &str) -> Option<String> {
    let python = "/usr/bin/python3";
    let has = Command::new(python).args(["-c", &format!("import {module}")]).output();
    if has.is_ok_and(|o| o.status.success()) {
        return Some(python.into());
    }
    skipped(what, &format!("{python} has no module {module}"));
    None
}

/// Whether a program starts at all with these arguments.
pub fn works(program: &str, arguments: &[&str], what: &str) -> bool {
    let works = Command::new(program).args(arguments).output().is_ok_and(|o| o.status.success());
    if !works {
        skipped(what, &format!("`{program} {}` does not work", arguments.join(" ")));
    }
    works
}

pub fn run(program: &str, arguments: &[&str]) -> Said {
    let output = Command::new(program).current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output();
    let Output { status, stdout, stderr } = output.unwrap();
    Said {
        success: status.success(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// A folder that goes with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("ascertain-mail-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
