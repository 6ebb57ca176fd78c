//! Who calls on a desk that stays open: a socket in the data folder, for programs of the same user.
//!
//! A caller hands in signed statements, or borrows the whole record for as long as it stays connected. Refuses to know
//! what a borrower does. The folder's rights say who may call.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::Sender;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::courier::flight::Arrival;
use crate::error::Error;
use crate::logbook::{self, Logbook, Opening};
use crate::sequencer::{Packed, Placed};
use crate::submission::{self, Submission};

/// A caller that waits for an answer.
pub struct Visit {
    stream: UnixStream,
    /// What it wants.
    pub wants: Wants,
}

/// What a caller wants.
pub enum Wants {
    /// The record, until it hangs up.
    Record,
    /// Statements appended.
    Append(Vec<Packed>),
}

/// What became of statements handed in: appended, and published.
#[derive(Serialize, Deserialize)]
pub struct Answer {
    /// Entries of the record now.
    pub size: u64,
    /// Its root.
    pub root: String,
    /// Where each stands.
    pub placed: Vec<Placed>,
}

/// The record is borrowed for as long as this lives.
pub struct Loan(#[expect(dead_code, reason = "it is the connection that counts")] UnixStream);

/// Whether a desk may be opened here.
///
/// # Errors
/// Another is open.
pub fn nobody_else(data: &Path) -> Result<(), Error> {
    if near(data, |path| UnixStream::connect(path)).is_err() {
        return Ok(());
    }
    let message = format!("{}: another `telegram run` is at work here", data.display());
    Err(Error::Usage { message })
}

/// Listens for callers; each is handed in at the door.
///
/// # Errors
/// Another desk is open here, or the socket cannot be made.
pub fn listen(data: &Path, door: Sender<Arrival>) -> Result<(), Error> {
    nobody_else(data)?;
    let path = data.join(SOCKET);
    // What a killed desk left.
    let _ = std::fs::remove_file(&path);
    let failed = |source| Error::File { path: path.clone(), doing: "cannot be listened on", source };
    let listener = near(data, |path| UnixListener::bind(path)).map_err(failed)?;
    let mut rights = std::fs::metadata(&path).map_err(failed)?.permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut rights, 0o600);
    std::fs::set_permissions(&path, rights).map_err(failed)?;
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let door = door.clone();
            std::thread::spawn(move || receive(stream, &door));
        }
    });
    Ok(())
}

/// Opens the record to write to it, borrowed from a desk that stays open if there is one; who else writes is waited for
/// so many times a twentieth of a second.
///
/// # Errors
/// As [`logbook::open`]; [`Error::Busy`] if nobody makes room.
pub fn open(data: &Path, opening: &Opening, patience: u32) -> Result<Logbook, Error> {
    let mut tries = patience;
    loop {
        let loan = borrow(data);
        match logbook::open(data, opening.clone()) {
            Err(Error::Busy { .. }) if tries > 0 => tries = tries.saturating_sub(1),
            opened => {
                return opened.map(|mut logbook| {
                    logbook.loan = loan;
                    logbook
                });
            }
        }
        drop(loan);
        std::thread::sleep(BETWEEN);
    }
}

/// Has an open desk append signed statements, and says what became of each; `None` if no desk is open.
///
/// # Errors
/// The desk hung up: nobody knows whether they stand, and they are to be handed in again.
pub fn append(data: &Path, statements: &str) -> Result<Option<Answer>, Error> {
    let Some(mut stream) = call(data) else { return Ok(None) };
    let unknown =
        |source| Error::File { path: data.join(SOCKET), doing: "gave no answer; hand it in again", source };
    stream.write_all(format!("{APPEND}\n{statements}").as_bytes()).map_err(unknown)?;
    stream.shutdown(std::net::Shutdown::Write).map_err(unknown)?;
    let mut said = String::new();
    stream.read_to_string(&mut said).map_err(unknown)?;
    match said.split_once('\n') {
        Some((DONE, answer)) => Ok(Some(serde_json::from_str(answer)?)),
        Some((_, why)) if !why.is_empty() => Err(Error::Usage { message: why.trim_end().to_owned() }),
        _ => Err(unknown(std::io::ErrorKind::UnexpectedEof.into())),
    }
}

/// Asks for the record; `None` if no desk is open, or it does not answer.
fn borrow(data: &Path) -> Option<Loan> {
    let mut stream = call(data)?;
    stream.write_all(format!("{RECORD}\n").as_bytes()).ok()?;
    let mut said = [0; 1];
    stream.read_exact(&mut said).ok()?;
    Some(Loan(stream))
}

fn call(data: &Path) -> Option<UnixStream> {
    let stream = near(data, |path| UnixStream::connect(path)).ok()?;
    stream.set_read_timeout(Some(LONGEST)).ok()?;
    stream.set_write_timeout(Some(LONGEST)).ok()?;
    Some(stream)
}

/// The system takes short names only, of about a hundred bytes; a longer one is reached by way of the open folder.
fn near<T>(data: &Path, act: impl FnOnce(&Path) -> std::io::Result<T>) -> std::io::Result<T> {
    let path = data.join(SOCKET);
    if path.as_os_str().len() < LONGEST_NAME {
        return act(&path);
    }
    let folder = std::fs::File::open(data)?;
    let number = std::os::fd::AsRawFd::as_raw_fd(&folder);
    act(&Path::new("/proc/self/fd").join(number.to_string()).join(SOCKET))
}

fn receive(stream: UnixStream, door: &Sender<Arrival>) {
    let _ = stream.set_read_timeout(Some(LONGEST));
    let _ = stream.set_write_timeout(Some(LONGEST));
    let Some(wants) = read(&stream) else { return };
    // A desk that ended answers nobody.
    let _ = door.send(Arrival::Visit(Visit { stream, wants }));
}

/// What it wants; who says something else is told why.
fn read(stream: &UnixStream) -> Option<Wants> {
    let mut reader = BufReader::new(stream.take(MOST));
    let mut word = String::new();
    reader.read_line(&mut word).ok()?;
    match word.trim_end() {
        RECORD => Some(Wants::Record),
        APPEND => {
            let mut text = String::new();
            reader.read_to_string(&mut text).ok()?;
            match submission::read("handed in", &text) {
                Ok(Submission::Signed(batch)) => Some(Wants::Append(batch)),
                Ok(Submission::Acts(_)) => refuse(stream, "acts are signed before they are handed in"),
                Err(why) => refuse(stream, &why.to_string()),
            }
        }
        _ => refuse(stream, "what is wanted is not known"),
    }
}

fn refuse(mut stream: &UnixStream, why: &str) -> Option<Wants> {
    let _ = writeln!(stream, "refused\n{why}");
    None
}

impl Visit {
    /// Lends: the caller has the record until this returns.
    pub fn lend(mut self) {
        let _ = self.stream.set_read_timeout(None);
        if self.stream.write_all(b"\n").is_ok() {
            // Nothing is said any more; the end of the connection is the end of the loan.
            let _ = self.stream.read(&mut [0]);
        }
    }

    /// Answers who handed statements in.
    pub fn answer(mut self, answer: &Answer) {
        let text = serde_json::to_string(answer).unwrap_or_default();
        let _ = write!(self.stream, "{DONE}\n{text}");
    }
}

/// The socket's name.
const SOCKET: &str = "desk.sock";
const LONGEST_NAME: usize = 100;
const RECORD: &str = "record";
const APPEND: &str = "append";
const DONE: &str = "done";
const MOST: u64 = 32 << 20;
/// A desk answers between two turns; a turn that cannot write waits for the disk.
const LONGEST: Duration = Duration::from_secs(30);
/// Without waiting.
pub const AT_ONCE: u32 = 0;
/// Ten seconds.
pub const PATIENTLY: u32 = 200;
/// Between two tries.
pub const BETWEEN: Duration = Duration::from_millis(50);
