//! What is asked of a statement before it gets a place in a record.
//!
//! A signature is checked singly and strictly, on as many threads as there are; whether its key is in force is asked
//! again at the place the statement gets. Refuses to know whether what a statement says is true.

use std::collections::BTreeMap;

use proof::Body;
use record::keyring::{Action, KeyNotice, KeyUse, Keyring, SUBJECT, Span};
use record::keys::{KeyId, VerifyingKey};
use record::signed_statement::{self, Class};

use crate::keychain::{class_word, word};
use crate::sequencer::Packed;

/// Whose keys there are, and what kind of record it is.
pub struct Desk {
    /// The keys.
    pub keyring: Keyring,
    /// What it holds.
    pub class: Class,
}

/// As many threads as there are cores.
#[must_use]
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Checks signatures and bodies of a batch on `threads`. A refusal is a sentence.
#[must_use]
pub fn check_batch(desk: &Desk, batch: &[Packed], threads: usize) -> Vec<Result<(), String>> {
    let keys: BTreeMap<KeyId, VerifyingKey> =
        desk.keyring.spans().iter().map(|span| (span.key.id(), span.key)).collect();
    let share = batch.len().div_ceil(threads.max(1)).max(1);
    let (keys, class) = (&keys, desk.class);
    std::thread::scope(|scope| {
        let check =
            |some: &[Packed]| some.iter().map(|packed| check(keys, class, packed)).collect::<Vec<_>>();
        let running: Vec<_> = batch.chunks(share).map(|some| scope.spawn(move || check(some))).collect();
        running
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|p| std::panic::resume_unwind(p)))
            .collect()
    })
}

fn check(keys: &BTreeMap<KeyId, VerifyingKey>, class: Class, packed: &Packed) -> Result<(), String> {
    let header = &packed.signed.header;
    if packed.signed.class != class {
        return Err(format!(
            "is a statement of class {}, the record holds {}",
            class_word(packed.signed.class),
            class_word(class)
        ));
    }
    let key = keys.get(&header.attester).ok_or_else(|| {
        format!("signed by {}, which is no key of this record; `record key add` enrols it", header.attester)
    })?;
    signed_statement::verify_signature(&packed.signed, key).map_err(|e| e.to_string())?;
    let Some((salt, body)) = &packed.opened else { return Ok(()) };
    if signed_statement::body_digest(salt, body) != header.body {
        return Err("the body is not the one that was signed".to_owned());
    }
    Ok(())
}

/// Whether the key may say this, at this place; and what a notice does to the keys.
///
/// # Errors
/// The reason, a sentence.
pub fn place(desk: &mut Desk, index: u64, packed: &Packed) -> Result<(), String> {
    let header = &packed.signed.header;
    let span = desk.keyring.at(header.attester, index);
    let span = span.ok_or_else(|| format!("its key {} is not in force at {index}", header.attester))?;
    let (key_use, name) = (span.key_use, span.name.clone());
    if key_use == KeyUse::Log {
        return Err(format!("the key of {name} signs checkpoints only"));
    }
    let Some((_, body)) = &packed.opened else {
        return if header.subject == SUBJECT {
            Err("a key notice needs its body".to_owned())
        } else {
            Ok(())
        };
    };
    let body: Body = record::canonical::from_canonical(body, "body").map_err(|e| e.to_string())?;
    let wanted = match &body {
        Body::Act(_) => KeyUse::Attester,
        Body::Approval(_) => KeyUse::Approver,
        Body::Decision(_) | Body::Deliveries(_) | Body::Telegram(_) => KeyUse::Decider,
        Body::Key(_) => KeyUse::Root,
    };
    if key_use != wanted {
        return Err(format!(
            "the key of {name} is of the use `{}`, this needs one of the use `{}`",
            word(key_use),
            word(wanted)
        ));
    }
    match body {
        Body::Key(notice) => {
            keeps_a_log_key(desk, index, &notice)?;
            desk.keyring.apply(index, &packed.signed, &notice).map_err(|why| format!("the notice {why}"))
        }
        _ if header.subject == SUBJECT => Err(format!("only key notices are filed under {SUBJECT}")),
        _ => Ok(()),
    }
}

/// A record whose checkpoints nobody can sign is at its end.
fn keeps_a_log_key(desk: &Desk, index: u64, notice: &KeyNotice) -> Result<(), String> {
    let in_force =
        |span: &&Span| span.key_use == KeyUse::Log && desk.keyring.at(span.key.id(), index).is_some();
    let last = desk.keyring.spans().iter().filter(in_force).count() == 1;
    if notice.action == Action::Revoke && notice.key_use == KeyUse::Log && last {
        return Err("would leave the log no key to sign with; add another first".to_owned());
    }
    Ok(())
}
