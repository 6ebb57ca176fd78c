//! The one checker that knows everything, fed with what became durable and
//! what the world saw, in order. It never asks the machine under test.

use std::collections::BTreeSet;

use super::cast::{APPROVERS, CORRECTED, CORRECTION, NAMED, NEEDED, OFFICES, RECIPIENTS, SHARED, TELEGRAMS};
use super::keys;

/// Something durable, or seen in the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    Draft { t: usize, version: usize, office: usize, outcome: usize, policy: usize },
    Approve { t: usize, by: usize, version: usize, outcome: usize, policy: usize, recipients: usize },
    ApproveOverride { t: usize, by: usize, version: usize, reason: usize },
    Quorum { named: usize },
    Held { t: usize },
    Withdrawn { t: usize },
    Decision { office: usize, d: usize, outcome: usize, policy: usize },
    Release { office: usize, t: usize, ground: Why },
    Overtaken { office: usize },
    Void { t: usize },
    Attempt { t: usize, r: usize, n: usize },
    Acknowledged { t: usize, r: usize },
    Resend { t: usize, r: usize },
    Opened { t: usize },
    KeyMade { t: usize, version: usize },
    DraftForgotten { t: usize, version: usize },
    KeyParted { t: usize },
    Share { t: usize, by: usize },
    KeyDestroyed { t: usize },
    Tried { t: usize, r: usize, n: usize },
    File { t: usize, r: usize, version: usize },
    PersonReached { t: usize, r: usize },
    Crash,
}

/// On what ground something was let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Decision(usize),
    Override(usize),
    Correction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Violation {
    MachineError,
    NeverQuiet,
    TwoDecisions,
    TwoReleased,
    ReleasedWithoutDecision,
    ReleasedWithoutQuorum,
    CorrectedForNothing,
    TriedTooEarly,
    TriedWhatIsCorrected,
    Overtaking,
    VoidAfterRelease,
    OpenedUnreleased,
    KeyInUseDestroyed,
    DraftedUnsealed,
    OpenedEarly,
    ReleasedSealed,
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
#[derive(Clone)]
pub(crate) struct Checker {
    seen: usize,
    /// Of those named, how many may approve now.
    pub(crate) named: usize,
    pub(crate) telegrams: [Seen; TELEGRAMS],
    pub(crate) offices: [Office; OFFICES],
}

#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) version: usize,
    pub(crate) about: (usize, usize, usize),
    approved: [bool; APPROVERS],
    pub(crate) overrides: [Option<usize>; APPROVERS],
    pub(crate) without_decision: bool,
    pub(crate) held: bool,
    pub(crate) withdrawn: bool,
    pub(crate) released: bool,
    pub(crate) void: bool,
    pub(crate) opened: bool,
    pub(crate) key_destroyed: bool,
    /// The keys there are, by the version of the draft.
    pub(crate) keys: BTreeSet<usize>,
    /// Whose shares were given back.
    pub(crate) shares: BTreeSet<usize>,
    /// Who has a share: so many of those named.
    pub(crate) holders: usize,
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

impl Default for Checker {
    fn default() -> Self {
        Self { seen: 0, named: NAMED, telegrams: Default::default(), offices: Default::default() }
    }
}

#[derive(Clone, Default)]
pub(crate) struct Office {
    pub(crate) decision: Option<(usize, usize, usize)>,
    pub(crate) released: Option<usize>,
    /// What the decision must release, and make void, by our own reckoning.
    pub(crate) must_release: Option<usize>,
    pub(crate) must_be_ready: Option<usize>,
    pub(crate) overtaken: bool,
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
            approve(&mut c.telegrams[t], by, (version, outcome, policy), recipients == t)
        }
        Fact::ApproveOverride { t, by, version, reason } => {
            let seen = &mut c.telegrams[t];
            let counts = version == seen.version && seen.held;
            seen.overrides[by] = Some(reason).filter(|_| counts).or(seen.overrides[by]);
            Ok(())
        }
        Fact::Quorum { named } => {
            c.named = named;
            Ok(())
        }
        Fact::Overtaken { office } => {
            c.offices[office].overtaken = c.offices[office].decision.is_some();
            Ok(())
        }
        Fact::Held { t } => held(c, t),
        Fact::Withdrawn { t } => withdrawn(c, t),
        Fact::Decision { office, d, outcome, policy } => decision(c, office, d, (office, outcome, policy)),
        Fact::Release { office, t, ground } => release(c, office, t, ground),
        Fact::Void { t } => {
            none_if(c.telegrams[t].released, Violation::VoidAfterRelease)?;
            set(&mut c.telegrams[t].void)
        }
        Fact::Opened { t } => {
            none_if(!c.telegrams[t].released, Violation::OpenedUnreleased)?;
            set(&mut c.telegrams[t].opened)
        }
        Fact::KeyMade { .. }
        | Fact::DraftForgotten { .. }
        | Fact::KeyParted { .. }
        | Fact::Share { .. }
        | Fact::KeyDestroyed { .. } => keys::take(c, fact),
        Fact::Attempt { t, r, n } => {
            let corrected = t == CORRECTED && c.telegrams[CORRECTION].released;
            none_if(corrected, Violation::TriedWhatIsCorrected)?;
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

fn held(c: &mut Checker, t: usize) -> Result<(), Violation> {
    let seen = &mut c.telegrams[t];
    seen.holders = if seen.held { seen.holders } else { c.named };
    set(&mut seen.held)
}

/// With what never goes out its correction never does.
fn withdrawn(c: &mut Checker, t: usize) -> Result<(), Violation> {
    let correction = &mut c.telegrams[CORRECTION];
    correction.withdrawn |=
        t == CORRECTED && correction.version > 0 && !correction.void && !correction.released;
    set(&mut c.telegrams[t].withdrawn)
}

fn approve(seen: &mut Seen, by: usize, of: (usize, usize, usize), ours: bool) -> Result<(), Violation> {
    let same = ours && of == (seen.version, seen.about.1, seen.about.2);
    seen.approved[by] |= same && !seen.held;
    Ok(())
}

fn draft(c: &mut Checker, t: usize, version: usize, about: (usize, usize, usize)) -> Result<(), Violation> {
    let (held, keys) = (c.telegrams[t].held, std::mem::take(&mut c.telegrams[t].keys));
    none_if(!keys.contains(&version), Violation::DraftedUnsealed)?;
    c.telegrams[t] = Seen { version, about, held, keys, ..Seen::default() };
    Ok(())
}

fn decision(c: &mut Checker, o: usize, d: usize, about: (usize, usize, usize)) -> Result<(), Violation> {
    none_if(c.offices[o].decision.is_some(), Violation::TwoDecisions)?;
    let waits = |t: &usize| {
        let seen = &c.telegrams[*t];
        seen.version > 0 && !seen.withdrawn && !seen.void && seen.about.0 == o && *t != CORRECTION
    };
    let approved = |t: &usize| approvals(c, *t) >= NEEDED;
    let free = c.offices[o].released.is_none();
    let there: Vec<usize> = (0..TELEGRAMS).filter(waits).collect();
    let fits = |t: &usize| c.telegrams[*t].about == about;
    let held = there.iter().copied().filter(|t| c.telegrams[*t].held);
    let winner = held.filter(fits).find(approved).filter(|_| free);
    let out = winner.or(c.offices[o].released);
    // With nothing out, what fits may still be released by a quorum.
    let loses = |t: &usize| Some(*t) != out && (out.is_some() || !fits(t));
    let mut must_void: Vec<usize> = there.iter().copied().filter(loses).collect();
    let correction = &c.telegrams[CORRECTION];
    let waits = correction.version > 0 && !correction.withdrawn && !correction.void && !correction.released;
    let vain = must_void.contains(&CORRECTED) || out.is_some_and(|t| t != CORRECTED);
    if waits && vain && correction.about.0 == o {
        must_void.push(CORRECTION);
    }
    let office = &mut c.offices[o];
    office.decision = Some((d, about.1, about.2));
    office.must_release = winner.filter(|t| *t != SHARED);
    office.must_be_ready = winner.filter(|t| *t == SHARED);
    office.must_void.extend(must_void);
    Ok(())
}

pub(crate) fn approvals(c: &Checker, t: usize) -> usize {
    c.telegrams[t].approved.iter().take(c.named).filter(|yes| **yes).count()
}

fn release(c: &mut Checker, o: usize, t: usize, ground: Why) -> Result<(), Violation> {
    let sound = c.telegrams[t].held && !c.telegrams[t].withdrawn && approvals(c, t) >= NEEDED;
    none_if(!sound, Violation::ReleasedWithoutQuorum)?;
    none_if(t == SHARED && c.telegrams[t].shares.len() < NEEDED, Violation::ReleasedSealed)?;
    match ground {
        Why::Decision(d) => {
            none_if(c.offices[o].released.is_some(), Violation::TwoReleased)?;
            let decided = c.offices[o].decision;
            let about = (o, decided.map(|x| x.1), decided.map(|x| x.2));
            let seen = &c.telegrams[t];
            let ours = (seen.about.0, Some(seen.about.1), Some(seen.about.2));
            none_if(decided.map(|x| x.0) != Some(d) || about != ours, Violation::ReleasedWithoutDecision)?;
            c.offices[o].released = Some(t);
        }
        Why::Override(reason) => {
            none_if(c.offices[o].released.is_some(), Violation::TwoReleased)?;
            let agreed =
                c.telegrams[t].overrides.iter().take(c.named).filter(|r| **r == Some(reason)).count();
            none_if(agreed < NEEDED || t == CORRECTION, Violation::ReleasedWithoutQuorum)?;
            c.telegrams[t].without_decision = true;
            c.offices[o].released = Some(t);
        }
        Why::Correction => {
            let corrected = &c.telegrams[CORRECTED];
            let undone = corrected.without_decision || c.offices[o].overtaken;
            let fits = t == CORRECTION && corrected.released && undone && !c.telegrams[t].released;
            none_if(!fits, Violation::CorrectedForNothing)?;
        }
    }
    set(&mut c.telegrams[t].released)
}

fn tried(seen: &mut Seen, r: usize, n: usize) -> Result<(), Violation> {
    let to = &mut seen.to[r];
    none_if(to.recorded & bit(n) == 0, Violation::AttemptUnrecorded)?;
    none_if(to.acknowledged, Violation::AttemptAfterAcknowledgement)?;
    none_if(!seen.opened, Violation::TriedUnopened)?;
    mark(&mut to.tried, n, Violation::AttemptRepeated)
}

pub(crate) fn none_if(wrong: bool, violation: Violation) -> Result<(), Violation> {
    if wrong { Err(violation) } else { Ok(()) }
}

pub(crate) fn set(flag: &mut bool) -> Result<(), Violation> {
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
