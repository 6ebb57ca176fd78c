//! A whole night rehearsed: a script, a record under drill keys, the one desk, and receivers that live in this process.
//!
//! It opens no channel: what a real night would hand to one is handed to a [`receivers::Receivers`]. Refuses to sleep, to
//! read the clock, and to do anything in another way than the desk does it.

mod deeds;
mod expecting;
mod founding;
mod night;
mod parsing;
mod preparing;
mod receivers;
mod report;
mod script;
mod settling;
mod stepping;
mod telling;

pub use report::{Report, Severity, TelegramRow};
pub use script::{Script, read};
pub use telling::{Kind, Told};

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};

use policy::Policy;
use standing::{OfficeId, Standing};

use crate::clock::Clock;
use crate::courier::Handed;
use crate::desk::{self, Brief};
use crate::error::Error;
use crate::folder::Loaded;
use crate::logbook::{self, Opening};
use crate::steps::Steps;
use night::Night;
use receivers::Receivers;

/// What the acts of an instant did, in words; from whoever prints them elsewhere.
pub type Words = fn(&Loaded, &OfficeId, Option<&Standing>, &Standing) -> Vec<String>;

/// What is rehearsed.
pub struct Plan<'a> {
    /// The election.
    pub loaded: &'a Loaded,
    /// The policy.
    pub policy: &'a Policy,
    /// The script.
    pub script: &'a Script,
    /// Words for acts.
    pub words: Words,
    /// Whether the policy is linted for the report.
    pub lint: bool,
}

/// What stays while the process that rehearses is thrown away: time, and whoever receives.
struct World {
    time: Cell<standing::Instant>,
    /// What the desk's clock shows.
    clock: Cell<standing::Instant>,
    receivers: RefCell<Receivers>,
}

/// Rehearses on a new record in `data`, which must hold none; its guard lies beside it in `guard`.
///
/// # Errors
/// The record cannot be founded or written. What a script expected otherwise is in the report, and no error.
pub fn run(plan: &Plan<'_>, data: &Path, guard: &Path) -> Result<Report, Error> {
    let script = plan.script;
    let world = World {
        time: Cell::new(script.start),
        clock: Cell::new(script.start),
        receivers: RefCell::new(Receivers::new(script.receivers.clone())),
    };
    founding::found(plan, data, guard)?;
    let brief = Brief { loaded: plan.loaded, policy: plan.policy };
    let mut night = Night::new(plan, brief, &world);
    let take = |handed: &Handed<'_>| world.receivers.borrow_mut().take(handed, night::now(&world));
    let steps = Steps::default();
    loop {
        let mut logbook = logbook::open(data, Opening::default())?;
        let (election, outbox) = (&plan.loaded.election.id, data.join("outbox"));
        let clock = Clock::Scripted(&world.clock);
        let mut courier = desk::open_at(&mut logbook, DECIDER, election, outbox, &steps, clock)?;
        courier.stage = Some(&take);
        if !night.until_crash(&mut courier)? {
            let report = report::report(&night, &courier)?;
            drop(courier);
            logbook.publish()?;
            return Ok(report);
        }
    }
}

/// The name of the key that signs decisions and what becomes of telegrams, as `telegram run` has it.
const DECIDER: &str = "desk";

/// A folder for one rehearsal, gone when dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one among the platform's temporary files.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new() -> Result<Self, Error> {
        let name = record::digest::Digest(crate::keychain::random()?).to_string();
        let path =
            std::env::temp_dir().join(format!("ascertain-drill-{}", name.get(..16).unwrap_or_default()));
        let made = std::fs::create_dir(&path);
        made.map_err(|source| Error::File { path: path.clone(), doing: "cannot be made", source })?;
        Ok(Self(path))
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nobody waits for it: the system clears temporary files too.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
