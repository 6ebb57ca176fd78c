//! Where the keys are, by the checker's own reckoning: made with a draft, gone with what can never go out, in shares once held.
//! It never asks the machine under test.

use super::cast::{CORRECTED, CORRECTION, NEEDED, SHARED};
use super::check::{Checker, Fact, Violation, approvals, none_if, set};

/// Takes in what became of a key.
pub(crate) fn take(c: &mut Checker, fact: Fact) -> Result<(), Violation> {
    match fact {
        Fact::KeyDestroyed { t } => {
            let seen = &mut c.telegrams[t];
            none_if(!seen.void && !seen.withdrawn, Violation::KeyInUseDestroyed)?;
            seen.keys.remove(&seen.version);
            set(&mut seen.key_destroyed)
        }
        Fact::KeyMade { t, version } => {
            c.telegrams[t].keys.insert(version);
            Ok(())
        }
        Fact::DraftForgotten { t, version } => {
            none_if(version == c.telegrams[t].version, Violation::KeyInUseDestroyed)?;
            c.telegrams[t].keys.remove(&version);
            Ok(())
        }
        Fact::KeyParted { t } => {
            let seen = &mut c.telegrams[t];
            none_if(t != SHARED || !seen.held, Violation::KeyInUseDestroyed)?;
            seen.keys.remove(&seen.version);
            Ok(())
        }
        Fact::Share { t, by } => {
            let holds = t == SHARED && by < c.telegrams[t].holders;
            none_if(!holds || !may_be_released(c, t), Violation::OpenedEarly)?;
            c.telegrams[t].shares.insert(by);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// No key of a draft that was replaced, of what can never go out, or of what is in shares.
pub(crate) fn no_key_left(checker: &Checker, t: usize) -> Result<(), Violation> {
    let seen = &checker.telegrams[t];
    if seen.version == 0 {
        return Ok(());
    }
    none_if(seen.keys.iter().any(|version| *version < seen.version), Violation::KeyLeft)?;
    let there = seen.keys.contains(&seen.version);
    let never = never_goes_out(checker, t);
    none_if(never && (there || !seen.key_destroyed), Violation::KeyLeft)?;
    let parted = t == SHARED && seen.held;
    none_if(parted && there, Violation::KeyLeft)?;
    none_if(!never && !parted && !there, Violation::KeyInUseDestroyed)
}

/// Ready by a decision that stands, or a quorum agreed on one reason; and nothing else is out.
fn may_be_released(c: &Checker, t: usize) -> bool {
    let (seen, office) = (&c.telegrams[t], &c.offices[c.telegrams[t].about.0]);
    let sound = seen.held && !seen.withdrawn && !seen.void && approvals(c, t) >= NEEDED;
    let agreed =
        |reason: usize| seen.overrides.iter().take(c.named).filter(|r| **r == Some(reason)).count() >= NEEDED;
    let ready = office.must_be_ready == Some(t) && !office.overtaken;
    sound && office.released.is_none() && (ready || agreed(1) || agreed(2))
}

/// Whether a telegram that was drafted can never go out, by our own reckoning.
fn never_goes_out(c: &Checker, t: usize) -> bool {
    let seen = &c.telegrams[t];
    let out = c.offices[seen.about.0].released;
    let corrected = &c.telegrams[CORRECTED];
    let vain = t == CORRECTION && (corrected.void || corrected.withdrawn);
    let other = |out| out != t && !(t == CORRECTION && out == CORRECTED);
    seen.void || seen.withdrawn || vain || out.is_some_and(other)
}
