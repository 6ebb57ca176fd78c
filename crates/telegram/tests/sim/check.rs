//! The one checker that knows everything, fed with what became durable and
//! what the world saw, in order. It never asks the machine under test.

use super::cast::{APPROVERS, NAMED, NEEDED, OFFICES, RECIPIENTS, TELEGRAMS};

/// Something durable, or seen in the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    Draft { t: usize, version: usize, office: usize, outcome: usize, policy: usize },
    Approve { t: usize, by: usize, version: usize, outcome: usize, policy: usize, recipients: usize },
    Held { t: usize },
    Withdrawn { t: usize },
    Decision { office: usize, d: usize, outcome: usize, policy: usize },
    Release { office: usize, t: usize, d: usize },
    Void { t: usize },
    Attempt { t: usize, r: usize, n: usize },
    Acknowledged { t: usize, r: usize },
    Resend { t: usize, r: usize },
    Opened { t: usize },
    KeyDestroyed { t: usize },
    Tried { t: usize, r: usize, n: usize },
    File { t: usize, r: usize, version: usize },
    PersonReached { t: usize, r: usize },
    Crash,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Violation {
    MachineError,
    NeverQuiet,
    TwoDecisions,
    TwoReleased,
    ReleasedWithoutDecision,
    ReleasedWithoutQuorum,
    VoidAfterRelease,
    OpenedUnreleased,
    KeyInUseDestroyed,
    AttemptUnrecorded,
    AttemptRecordedTwice,
    AttemptRepeated,
    AttemptAfterAcknowledgement,
    TriedUnopened,
    TwoFiles,
    WrongBytes,
    PersonReachedTwice,
    ReleaseLost,
    VoidLost,
    KeyLeft,
    DeliveryLost,
    FalseAcknowledgement,
    FalseUndeliverable,
    NotToldToTheRecord,
}

/// What the facts so far add up to.
#[derive(Clone, Default)]
pub(crate) struct Checker {
    seen: usize,
    pub(crate) telegrams: [Seen; TELEGRAMS],
    pub(crate) offices: [Office; OFFICES],
}

#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) version: usize,
    about: (usize, usize, usize),
    approved: [bool; APPROVERS],
    pub(crate) held: bool,
    pub(crate) withdrawn: bool,
    pub(crate) released: bool,
    pub(crate) void: bool,
    pub(crate) opened: bool,
    pub(crate) key_destroyed: bool,
    pub(crate) to: [To; RECIPIENTS],
}

#[derive(Clone, Default)]
pub(crate) struct To {
    recorded: u128,
    tried: u128,
    pub(crate) acknowledged: bool,
    pub(crate) files: usize,
    pub(crate) reached: usize,
    resends: usize,
}

#[derive(Clone, Default)]
pub(crate) struct Office {
    pub(crate) decision: Option<(usize, usize, usize)>,
    pub(crate) released: Option<usize>,
    /// What the decision must release, and make void, by our own reckoning.
    pub(crate) must_release: Option<usize>,
    pub(crate) must_void: Vec<usize>,
}

impl Checker {
    /// Keeps what is known; a schedule counts its facts from 0.
    pub(crate) fn forget_position(&mut self) {
        self.seen = 0;
    }
}

/// Takes in the facts not yet seen; called after every step.
pub(crate) fn check(checker: &mut Checker, facts: &[Fact]) -> Result<(), Violation> {
    let fresh = facts.get(checker.seen..).unwrap_or_default();
    checker.seen = facts.len();
    fresh.iter().try_for_each(|fact| take(checker, *fact))
}

fn take(c: &mut Checker, fact: Fact) -> Result<(), Violation> {
    match fact {
        Fact::Draft { t, version, office, outcome, policy } => {
            draft(c, t, version, (office, outcome, policy))
        }
        Fact::Approve { t, by, version, outcome, policy, recipients } => {
            let seen = &mut c.telegrams[t];
            let same =
                (version, outcome, policy, recipients) == (seen.version, seen.about.1, seen.about.2, t);
            seen.approved[by] |= same && !seen.held;
            Ok(())
        }
        Fact::Held { t } => set(&mut c.telegrams[t].held),
        Fact::Withdrawn { t } => set(&mut c.telegrams[t].withdrawn),
        Fact::Decision { office, d, outcome, policy } => decision(c, office, d, (office, outcome, policy)),
        Fact::Release { office, t, d } => release(c, office, t, d),
        Fact::Void { t } => {
            none_if(c.telegrams[t].released, Violation::VoidAfterRelease)?;
            set(&mut c.telegrams[t].void)
        }
        Fact::Opened { t } => {
            none_if(!c.telegrams[t].released, Violation::OpenedUnreleased)?;
            set(&mut c.telegrams[t].opened)
        }
        Fact::KeyDestroyed { t } => {
            let seen = &mut c.telegrams[t];
            none_if(!seen.void && !seen.withdrawn, Violation::KeyInUseDestroyed)?;
            set(&mut seen.key_destroyed)
        }
        Fact::Attempt { t, r, n } => {
            mark(&mut c.telegrams[t].to[r].recorded, n, Violation::AttemptRecordedTwice)
        }
        Fact::Acknowledged { t, r } => set(&mut c.telegrams[t].to[r].acknowledged),
        Fact::Resend { t, r } => add(&mut c.telegrams[t].to[r].resends),
        Fact::Tried { t, r, n } => tried(&mut c.telegrams[t], r, n),
        Fact::File { t, r, version } => {
            let seen = &mut c.telegrams[t];
            add(&mut seen.to[r].files)?;
            none_if(version != seen.version, Violation::WrongBytes)?;
            none_if(seen.to[r].files > 1, Violation::TwoFiles)
        }
        Fact::PersonReached { t, r } => {
            let to = &mut c.telegrams[t].to[r];
            add(&mut to.reached)?;
            none_if(to.reached > to.resends.saturating_add(1), Violation::PersonReachedTwice)
        }
        Fact::Crash => Ok(()),
    }
}

fn draft(c: &mut Checker, t: usize, version: usize, about: (usize, usize, usize)) -> Result<(), Violation> {
    c.telegrams[t] = Seen { version, about, held: c.telegrams[t].held, ..Seen::default() };
    Ok(())
}

fn decision(c: &mut Checker, o: usize, d: usize, about: (usize, usize, usize)) -> Result<(), Violation> {
    none_if(c.offices[o].decision.is_some(), Violation::TwoDecisions)?;
    let waits = |t: &usize| {
        let seen = &c.telegrams[*t];
        seen.held && !seen.withdrawn && seen.about.0 == o
    };
    let (fits, others): (Vec<usize>, Vec<usize>) =
        (0..TELEGRAMS).filter(waits).partition(|t| c.telegrams[*t].about == about);
    c.offices[o] = Office {
        decision: Some((d, about.1, about.2)),
        released: c.offices[o].released,
        must_release: fits.first().copied(),
        must_void: others,
    };
    Ok(())
}

fn release(c: &mut Checker, o: usize, t: usize, d: usize) -> Result<(), Violation> {
    none_if(c.offices[o].released.is_some(), Violation::TwoReleased)?;
    let seen = &mut c.telegrams[t];
    let decided = c.offices[o].decision;
    let about = (o, decided.map(|x| x.1), decided.map(|x| x.2));
    let ours = (seen.about.0, Some(seen.about.1), Some(seen.about.2));
    none_if(decided.map(|x| x.0) != Some(d) || about != ours, Violation::ReleasedWithoutDecision)?;
    let approvals = seen.approved.iter().take(NAMED).filter(|yes| **yes).count();
    let sound = seen.held && !seen.withdrawn && approvals >= NEEDED;
    none_if(!sound, Violation::ReleasedWithoutQuorum)?;
    c.offices[o].released = Some(t);
    set(&mut seen.released)
}

fn tried(seen: &mut Seen, r: usize, n: usize) -> Result<(), Violation> {
    let to = &mut seen.to[r];
    none_if(to.recorded & bit(n) == 0, Violation::AttemptUnrecorded)?;
    none_if(to.acknowledged, Violation::AttemptAfterAcknowledgement)?;
    none_if(!seen.opened, Violation::TriedUnopened)?;
    mark(&mut to.tried, n, Violation::AttemptRepeated)
}

fn none_if(wrong: bool, violation: Violation) -> Result<(), Violation> {
    if wrong { Err(violation) } else { Ok(()) }
}

fn set(flag: &mut bool) -> Result<(), Violation> {
    *flag = true;
    Ok(())
}

fn add(count: &mut usize) -> Result<(), Violation> {
    *count = count.saturating_add(1);
    Ok(())
}

fn mark(bits: &mut u128, n: usize, twice: Violation) -> Result<(), Violation> {
    none_if(*bits & bit(n) != 0, twice)?;
    *bits |= bit(n);
    Ok(())
}

fn bit(n: usize) -> u128 {
    1_u128.checked_shl(u32::try_from(n).expect("small")).expect("under 128 attempts")
}
