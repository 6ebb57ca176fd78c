//! The proof files of decisions made on a record of one's own, and the trust under which they hold.
//!
//! Made from the store alone, at any time, so that a crash between a decision and its files loses nothing. They carry
//! bodies, which can be erased and are not published, so they do not lie among the published files. Refuses to make a
//! file that does not hold.

use std::path::{Path, PathBuf};

use policy::Policy;
use proof::{AttesterKey, Body, Claims, DecisionBody, InForce, Kind, Logged, Trust, TrustClass, Verdict};
use record::checkpoint::open_checkpoint;
use record::keyring::{KeyUse, Keyring, Span};
use record::keys::VerifyingKey;
use record::signed_statement::{Class, Salt};
use record::witness_policy::{self, PolicyWitness};
use serde::{Deserialize, Serialize};
use standing::{AttesterId, Files};

use crate::announcing;
use crate::courier;
use crate::desk::Brief;
use crate::error::Error;
use crate::folder;
use crate::logbook::{self, Founding};
use crate::store::{Store, entries};

/// The full proof.
pub const PROOF: &str = "decision.proof";
/// The brief proof.
pub const BRIEF: &str = "decision.brief.proof";
/// The trust file.
pub const TRUST: &str = "trust.toml";

/// What a decision is made with, as it is kept beside it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grounds {
    election: Files,
    law: Files,
    policy: Policy,
}

/// The text that is kept of head, law and policy.
///
/// # Errors
/// Only if the encoder fails.
pub fn grounds(brief: &Brief<'_>) -> Result<String, Error> {
    let grounds = Grounds {
        election: brief.loaded.head.clone(),
        law: brief.loaded.law_files.clone(),
        policy: brief.policy.clone(),
    };
    Ok(String::from_utf8_lossy(&record::canonical::to_canonical(&grounds)?).into_owned())
}

/// Where the files about the decision on an office lie.
#[must_use]
pub fn folder_of(data: &Path, office: &str) -> PathBuf {
    data.join("proofs").join(office.replace('/', "%2F").replace(':', "%3A"))
}

/// The full proof of the decision on an office, if it is written.
#[must_use]
pub fn file_of(data: &Path, office: &str) -> Option<PathBuf> {
    Some(folder_of(data, office).join(PROOF)).filter(|path| path.is_file())
}

/// What was written, and what a person should know of what was not.
#[derive(Default)]
pub struct Written {
    /// The files.
    pub files: Vec<PathBuf>,
    /// Sentences.
    pub notes: Vec<String>,
}

/// Writes the files that are missing, or were made on a checkpoint of fewer witnesses. A failure is a sentence: what is to
/// be delivered does not wait for it.
///
/// # Errors
/// The store cannot be read.
pub fn heal(store: &Store) -> Result<Vec<String>, Error> {
    let mut said = Vec::new();
    for office in store.decided_offices()? {
        let folder = folder_of(store.folder(), &office);
        let done = decided(store, &office).and_then(|d| {
            let whole = folder.join(PROOF).is_file() && is_newest(&folder, &d);
            if whole { Ok(Written::default()) } else { write(store, &d, &folder) }
        });
        match done {
            Ok(written) => said.extend(written.notes),
            Err(e) => said.push(format!("no proof of the decision on {office} is written: {e}")),
        }
    }
    Ok(said)
}

/// Writes the files about the decision on an office into a folder.
///
/// # Errors
/// There is no decision, it was made before its grounds were kept, or a file cannot be written.
pub fn write_to(store: &Store, office: &str, folder: &Path) -> Result<Written, Error> {
    write(store, &decided(store, office)?, folder)
}

/// A decision with its place in the record.
struct Decided {
    body: DecisionBody,
    grounds: Grounds,
    index: u64,
    logged: Signed,
    founding: Founding,
    keyring: Keyring,
    size: u64,
    note: String,
    cosignatures: usize,
}

fn decided(store: &Store, office: &str) -> Result<Decided, Error> {
    let none = |message: String| Error::Usage { message };
    let text = store.decision(office)?.ok_or_else(|| none(format!("nothing is decided on {office}")))?;
    let body: DecisionBody = record::canonical::from_canonical(text.as_bytes(), "decision")?;
    let kept = store.grounds(office)?.ok_or_else(|| {
        none(
            "it was made by an earlier version of this program, which did not keep law, head and policy"
                .into(),
        )
    })?;
    let grounds: Grounds = record::canonical::from_canonical(kept.as_bytes(), "grounds")?;
    let (index, logged) = entry(store, &body)?;
    let unsigned = || Error::WrongStore { message: format!("no checkpoint covers entry {index} yet") };
    let size = store.covering_checkpoint(index)?.ok_or_else(unsigned)?;
    let mut note = store.checkpoint(size)?.ok_or_else(unsigned)?;
    let cosigned = store.cosignatures(size)?;
    let cosignatures = cosigned.lines().count();
    note.extend(cosigned.into_bytes());
    let founding = logbook::founding(store, store.folder())?;
    let keyring = logbook::keyring(store, founding.root)?;
    let note = String::from_utf8_lossy(&note).into_owned();
    Ok(Decided { body, grounds, index, logged, founding, keyring, size, note, cosignatures })
}

type Signed = (record::signed_statement::SignedStatement, Salt);

fn entry(store: &Store, body: &DecisionBody) -> Result<(u64, Signed), Error> {
    for index in store.indices_of(&courier::decision_name(body))? {
        let Some(row) = store.row(index)? else { continue };
        let logged = entries::logged(&row)?;
        if let Some((salt, Body::Decision(found))) = logged.opened
            && *found == *body
        {
            return Ok((index, (logged.signed, salt)));
        }
    }
    let message =
        format!("the decision on {} does not stand in the record, or its body is erased", body.office);
    Err(Error::WrongStore { message })
}

/// The trust file is written last, and begins with the checkpoint it was made at.
fn is_newest(folder: &Path, d: &Decided) -> bool {
    std::fs::read_to_string(folder.join(TRUST)).is_ok_and(|text| text.starts_with(&heading(d)))
}

fn heading(d: &Decided) -> String {
    format!(
        "# Whose keys count for the decision on {}, entry {} of {}; as of {} entries, with {} cosignatures.\n",
        d.body.office, d.index, d.founding.origin, d.size, d.cosignatures
    )
}

fn write(store: &Store, d: &Decided, folder: &Path) -> Result<Written, Error> {
    let made = |source| Error::File { path: folder.into(), doing: "cannot be made", source };
    std::fs::create_dir_all(folder).map_err(made)?;
    let mut logged = Vec::new();
    store.each_row(0, d.size, &mut |row| {
        logged.push(entries::logged(&row)?);
        Ok(())
    })?;
    let claims = claims(d)?;
    let mut trust = trust(store, &d.founding, &d.keyring, (claims.decider, claims.log), d.size, None)?;
    if !cosigned(&trust, &d.note) {
        trust.witnesses = None;
    }
    let mut written = Written::default();
    for (kind, name) in [(Kind::Full, PROOF), (Kind::Brief, BRIEF)] {
        match proof_bytes(kind, d, claims.clone(), &logged, &trust) {
            Ok(bytes) => {
                folder::write_whole(&folder.join(name), &bytes)?;
                written.files.push(folder.join(name));
            }
            Err(why) => written.notes.push(format!("no {name} is written: {why}")),
        }
    }
    let text = format!("{}{GIVEN}{}", heading(d), proof::trust_to_toml(&trust)?);
    folder::write_whole(&folder.join(TRUST), text.as_bytes())?;
    written.files.push(folder.join(TRUST));
    Ok(written)
}

const GIVEN: &str = "# Give it to those who check by another way than the proof: who could change both could change what they show.\n";

/// The proof, if one can be made that holds.
fn proof_bytes(
    kind: Kind,
    d: &Decided,
    claims: Claims,
    logged: &[Logged],
    trust: &Trust,
) -> Result<Vec<u8>, String> {
    let heads = (&d.grounds.election, &d.grounds.law);
    let (signed, salt) = &d.logged;
    let decision = (signed, salt, &d.body);
    let bytes = proof::build(kind, claims, d.note.clone(), decision, &d.grounds.policy, heads, logged)
        .map_err(|e| e.to_string())?;
    let report = proof::verify(&bytes, Some(trust));
    match (report.verdict, kind) {
        (Verdict::Holds, _) => Ok(bytes),
        (_, Kind::Brief) => {
            Err("the decision does not follow from the statements it relies on alone; the full proof has the rest".into())
        }
        _ => Err(report.checks.last().map_or_else(String::new, |c| format!("{}: {}", c.name, c.detail))),
    }
}

fn claims(d: &Decided) -> Result<Claims, Error> {
    let lost = |what: &str| Error::WrongStore { message: format!("the key of {what} is not in the record") };
    let mut attesters = Vec::new();
    for span in d.keyring.spans().iter().filter(|s| d.body.attesters.contains(&s.key.id())) {
        attesters.push(AttesterKey { key: span.key, name: AttesterId::try_from(span.name.as_str())? });
    }
    let by = d.logged.0.header.attester;
    let decider = d.keyring.spans().iter().find(|s| s.key.id() == by).ok_or_else(|| lost("the decider"))?;
    let logs = logbook::log_verifiers(&d.founding.origin, &d.keyring, None);
    let signed = logs.iter().rev().find(|log| open_checkpoint(d.note.as_bytes(), log).is_ok());
    let log = *signed.ok_or_else(|| lost("the checkpoint's log"))?.key();
    Ok(Claims { attesters, decider: decider.key, log, origin: d.founding.origin.clone() })
}

fn cosigned(trust: &Trust, note: &str) -> bool {
    let policy = trust.witnesses.as_ref().map(|text| witness_policy::from_text(text.as_bytes()));
    policy.is_none_or(|p| p.is_ok_and(|p| witness_policy::check(note.as_bytes(), &p).is_ok()))
}

/// What a reader needs to check decisions of a record: its keys and since when each is good, and, where witnesses are named,
/// that so many of them (or all) must have cosigned.
///
/// # Errors
/// The store cannot be read, or a name no trust file can carry.
pub fn trust(
    store: &Store,
    founding: &Founding,
    keyring: &Keyring,
    (decider, log): (VerifyingKey, VerifyingKey),
    size: u64,
    quorum: Option<usize>,
) -> Result<Trust, Error> {
    let (mut attester, mut in_force) = (Vec::new(), Vec::new());
    let span = |s: &Span| InForce { key: s.key, from: s.from, until: s.until };
    in_force.extend(keyring.spans().iter().filter(|s| s.key == decider).map(span));
    for s in keyring.spans().iter().filter(|s| s.key_use == KeyUse::Attester) {
        attester.push(AttesterKey { key: s.key, name: AttesterId::try_from(s.name.as_str())? });
        in_force.push(span(s));
    }
    let class = match founding.class {
        Class::Real => TrustClass::Real,
        Class::Drill => TrustClass::Drill,
        Class::History => TrustClass::History,
    };
    let witnesses = witness_policy_text(store, founding, keyring, size, quorum)?;
    let origin = founding.origin.clone();
    Ok(Trust { class, origin, log, decider, witnesses, attester, in_force, pins: None })
}

/// The witness policy, if any witness is to have cosigned.
fn witness_policy_text(
    store: &Store,
    founding: &Founding,
    keyring: &Keyring,
    size: u64,
    quorum: Option<usize>,
) -> Result<Option<String>, Error> {
    let named = store.witnesses()?.into_iter();
    let named: Vec<PolicyWitness> =
        named.map(|w| PolicyWitness { name: w.name, witness: w.witness, url: None }).collect();
    let quorum = quorum.unwrap_or(named.len());
    if quorum > named.len() {
        let message = format!("--quorum {quorum}: only {} witnesses are named", named.len());
        return Err(Error::Usage { message });
    }
    let logs = logbook::log_verifiers(&founding.origin, keyring, Some(size)).into_iter();
    let logs: Vec<_> = logs.map(|log| (log, None)).collect();
    Ok((quorum > 0).then(|| witness_policy::to_text(&logs, &named, quorum)))
}

/// The proof files that carry a body, by its salt: what is erased in the store stays in them.
#[must_use]
pub fn carrying(data: &Path, salt: &Salt) -> Vec<PathBuf> {
    let word = format!("\"salt\":\"{}\"", record::digest::Digest(salt.0));
    let folders = std::fs::read_dir(data.join("proofs")).into_iter().flatten().flatten();
    let files = folders.flat_map(|f| [f.path().join(PROOF), f.path().join(BRIEF)]);
    // Those of announced decisions are published.
    let public = std::fs::read_dir(logbook::public_of(data).join(announcing::FOLDER));
    let public = public.into_iter().flatten().flatten().map(|file| file.path());
    let files = files.chain(public.filter(|path| path.extension().is_some_and(|e| e == "proof")));
    files.filter(|path| std::fs::read_to_string(path).is_ok_and(|text| text.contains(&word))).collect()
}
