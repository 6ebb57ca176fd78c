//! Appends for many at once: what arrives while one group is being written forms the next.
//!
//! Three stages at the same time: signatures of the next group are checked on every core, while the one before is made
//! durable, guarded and signed, and what was signed before that is published. A statement is answered once its group is durable and guarded; an answer that
//! never comes means that it is not known, and the statement is to be handed in again.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::admission::{Desk, check_batch, threads};
use crate::error::Error;
use crate::logbook::{Logbook, Published};
use crate::sequencer::{Packed, Placed};
use crate::store::Store;

/// A running appender.
pub struct Appender {
    hand_in: SyncSender<Request>,
    checker: JoinHandle<()>,
    writer: JoinHandle<Result<Logbook, Error>>,
}

struct Request {
    batch: Vec<Packed>,
    answer: Sender<Vec<Placed>>,
}

struct Group {
    statements: Vec<Packed>,
    checked: Vec<Result<(), String>>,
    answers: Vec<(usize, Sender<Vec<Placed>>)>,
}

/// Statements in a group at most.
pub const GROUP: usize = 4096;
/// How long the writer waits for more before it looks whether something is to be published.
const PAUSE: Duration = Duration::from_millis(20);
/// Requests that may wait before one who hands in has to.
const WAITING: usize = 16_384;

/// Starts the stages.
#[must_use]
pub fn start(logbook: Logbook) -> Appender {
    let (hand_in, requests) = sync_channel(WAITING);
    let (checked, groups) = sync_channel(1);
    let desk = Desk { keyring: logbook.desk.keyring.clone(), class: logbook.desk.class };
    let desk = Arc::new(RwLock::new(desk));
    let known = Arc::clone(&desk);
    let checker = std::thread::spawn(move || check(&requests, &checked, &known));
    let writer = std::thread::spawn(move || write(logbook, &groups, &desk));
    Appender { hand_in, checker, writer }
}

impl Appender {
    /// Hands statements in. What is received is where they stand; a receiver without an answer means that nobody knows.
    #[must_use]
    pub fn submit(&self, batch: Vec<Packed>) -> Receiver<Vec<Placed>> {
        let (answer, receiver) = channel();
        // A writer that ended drops the request, and with it the answer.
        let _ = self.hand_in.send(Request { batch, answer });
        receiver
    }

    /// Waits until everything handed in is written, and gives the record back.
    ///
    /// # Errors
    /// What ended the writing.
    pub fn finish(self) -> Result<Logbook, Error> {
        drop(self.hand_in);
        self.checker.join().unwrap_or_else(|p| std::panic::resume_unwind(p));
        self.writer.join().unwrap_or_else(|p| std::panic::resume_unwind(p))
    }
}

fn check(requests: &Receiver<Request>, checked: &SyncSender<Group>, desk: &RwLock<Desk>) {
    while let Ok(first) = requests.recv() {
        let mut group = Group { statements: Vec::new(), checked: Vec::new(), answers: Vec::new() };
        let mut next = Some(first);
        while let Some(Request { batch, answer }) = next.take() {
            group.answers.push((batch.len(), answer));
            group.statements.extend(batch);
            if group.statements.len() < GROUP {
                next = requests.try_recv().ok();
            }
        }
        let Ok(desk) = desk.read() else { return };
        group.checked = check_batch(&desk, &group.statements, threads());
        drop(desk);
        if checked.send(group).is_err() {
            return;
        }
    }
}

/// Writes groups one after another, and lets a third thread publish what is signed meanwhile: a reader of the published
/// files is never in the way of one who waits to be acknowledged.
fn write(mut logbook: Logbook, groups: &Receiver<Group>, desk: &RwLock<Desk>) -> Result<Logbook, Error> {
    let folder = logbook.store.folder().to_owned();
    std::thread::scope(|scope| {
        let (hand_on, publications) = sync_channel::<Published>(1);
        let (tell, told) = sync_channel::<Result<(), Error>>(1);
        scope.spawn(move || publish(&folder, &publications, &tell));
        let (mut behind, mut busy) = (false, false);
        loop {
            match groups.recv_timeout(PAUSE) {
                Ok(group) => {
                    enter(&mut logbook, group, desk)?;
                    behind = true;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if let Ok(done) = told.try_recv() {
                done?;
                busy = false;
            }
            if behind && !busy {
                busy = hand_on.send(logbook.publication()?).is_ok();
                behind = false;
            }
        }
        if busy {
            told.recv().unwrap_or(Ok(()))?;
        }
        logbook.publish()?;
        Ok(logbook)
    })
}

fn publish(folder: &Path, publications: &Receiver<Published>, tell: &SyncSender<Result<(), Error>>) {
    let store = Store::existing(folder);
    while let Ok(published) = publications.recv() {
        let done = match &store {
            Ok(store) => published.write(store),
            Err(e) => Err(Error::WrongStore { message: e.to_string() }),
        };
        if tell.send(done).is_err() {
            return;
        }
    }
}

/// Durable, guarded, signed; then answered.
fn enter(logbook: &mut Logbook, group: Group, desk: &RwLock<Desk>) -> Result<(), Error> {
    let Group { statements, checked, answers } = group;
    let keys = logbook.desk.keyring.clone();
    let mut placed = logbook.append_checked(&statements, checked)?.into_iter();
    if logbook.desk.keyring != keys
        && let Ok(mut desk) = desk.write()
    {
        desk.keyring = logbook.desk.keyring.clone();
    }
    for (count, answer) in answers {
        // Who does not wait for the answer can ask again.
        let _ = answer.send(placed.by_ref().take(count).collect());
    }
    Ok(())
}
