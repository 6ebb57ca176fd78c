//! The record of a drill: its name begins with `drill/`, its keys are made for it, and what the script prepares is drafted.
//!
//! Refuses to found a record of another class.

use std::path::Path;

use record::keyring::KeyUse;
use telegram::{Event, Opening, Quorum};

use super::{DECIDER, Plan};
use crate::clock::Clock;
use crate::desk;
use crate::error::Error;
use crate::logbook::{self, Logbook};
use crate::steps::Steps;

/// Founds it, with a key for everybody, and drafts what is prepared.
///
/// # Errors
/// A record lies there already, or files cannot be written.
pub(super) fn found(plan: &Plan<'_>, data: &Path, guard: &Path) -> Result<(), Error> {
    let (script, election) = (plan.script, &plan.loaded.election.id);
    let mut logbook = logbook::found(data, &format!("drill/{election}"), guard)?;
    // Ways that are due at once are taken in the order of their salted names: the same in every rehearsal.
    logbook.store.meta_once("lanes", "drill")?;
    let approvers = script.approvers.iter().map(|name| (KeyUse::Approver, name.as_str()));
    let attesters = script.attesters.iter().map(|name| (KeyUse::Attester, name.as_str()));
    for (key_use, name) in approvers.chain(attesters).chain([(KeyUse::Decider, DECIDER)]) {
        let (_, notice) = logbook::new_key(&mut logbook, data, key_use, name)?;
        logbook.append(&[notice])?;
    }
    draft(plan, &mut logbook, data)
}

fn draft(plan: &Plan<'_>, logbook: &mut Logbook, data: &Path) -> Result<(), Error> {
    let approvers = desk::approvers(logbook)?;
    let steps = Steps::default();
    let shown = std::cell::Cell::new(plan.script.start);
    let (clock, election) = (Clock::Scripted(&shown), &plan.loaded.election.id);
    let mut courier = desk::open_at(logbook, DECIDER, election, data.join("outbox"), &steps, clock)?;
    courier.tell(&Event::Quorum(Quorum::new(plan.script.needed, approvers)?))?;
    let policy = proof::policy_digest(plan.policy)?;
    for prepared in &plan.script.telegrams {
        let refused = desk::draft(
            &mut courier,
            &prepared.message,
            policy,
            (Opening::Automatic, prepared.corrects.clone()),
        )?;
        if let Some(why) = refused.first() {
            let message = format!("{}: telegram {}: {why}", plan.script.file, prepared.message.id);
            return Err(Error::Usage { message });
        }
    }
    Ok(())
}
