//! Keys, salts and trust of histories.
//!
//! The keys of histories are public on purpose: anybody can rebuild a history's
//! record byte for byte, and nobody can pass one off as real, because the class
//! is signed. What a trust for a history establishes is the pinned statements,
//! law and head, never a signer.

use std::collections::BTreeSet;

use proof::{AttesterKey, Body, Claims, PinnedAct, Pins, Trust, TrustClass};
use record::digest::sha256;
use record::keys::SigningKey;
use record::merkle;
use record::signed_statement::{self, Class, Header, Salt, SignedStatement};
use standing::{ActLine, AttesterId, Evidence, Statement};

use crate::error::Error;
use crate::folder::Loaded;

/// The name under which the history attester is enrolled.
pub const ATTESTER: &str = "history";

/// Who uses a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Attests acts.
    Attester,
    /// Signs checkpoints.
    Log,
    /// Signs decisions and what happens to telegrams.
    Decider,
    /// Demonstration approvers.
    Approver(u8),
}

/// A public key pair of histories.
#[must_use]
pub fn key(of: Use) -> SigningKey {
    let name = match of {
        Use::Attester => "attester".to_owned(),
        Use::Log => "log".to_owned(),
        Use::Decider => "decider".to_owned(),
        Use::Approver(n) => format!("approver {n}"),
    };
    SigningKey::from_seed(&sha256(format!("ascertain history key, public on purpose: {name}").as_bytes()).0)
}

/// The salt of a statement of a history: fixed, so that two replays give the same bytes.
#[must_use]
pub fn salt(election: &str, statement: &str) -> Salt {
    Salt(sha256(format!("ascertain history salt: {election}: {statement}").as_bytes()).0)
}

/// The name of a history's record.
#[must_use]
pub fn origin(election: &str) -> String {
    format!("ascertain/history/{election}")
}

/// A statement of a history with salt and body, ready for the record.
pub struct Made {
    /// Signed header.
    pub signed: SignedStatement,
    /// The salt.
    pub salt: Salt,
    /// The body.
    pub body: Body,
}

/// Signs a body under `subject` as statement `id`.
///
/// # Errors
/// An id or instant the header cannot carry.
pub fn make(
    election: &str,
    subject: &str,
    id: &str,
    known_at: String,
    body: Body,
    of: Use,
) -> Result<Made, Error> {
    let key = key(of);
    let salt = salt(election, id);
    let (_, digest) = proof::prepared_body(&salt, &body)?;
    let header = Header {
        attester: key.id(),
        body: digest,
        known_at,
        statement: id.to_owned(),
        subject: subject.to_owned(),
        v: 1,
    };
    Ok(Made { signed: signed_statement::sign(Class::History, header, &key)?, salt, body })
}

/// The statement that attests a line of an acts file.
///
/// # Errors
/// As [`make`].
pub fn make_act(election: &str, line: &ActLine) -> Result<Made, Error> {
    let id = line.statement.as_ref().map_or_else(|| line.id.as_str(), |s| s.as_str()).to_owned();
    let known_at = line.known_at.map(|t| t.to_string()).unwrap_or_default();
    let body = ActLine { known_at: None, statement: None, ..line.clone() };
    make(election, election, &id, known_at, Body::Act(Box::new(body)), Use::Attester)
}

/// The keys a replay of a history uses.
///
/// # Errors
/// Never: the attester's name is fixed.
pub fn claims(election: &str) -> Result<Claims, Error> {
    let name = AttesterId::try_from(ATTESTER)?;
    Ok(Claims {
        attesters: vec![AttesterKey { key: key(Use::Attester).verifying_key(), name }],
        decider: key(Use::Decider).verifying_key(),
        log: key(Use::Log).verifying_key(),
        origin: origin(election),
    })
}

/// The attesters enrolled for a history.
///
/// # Errors
/// Never: the attester's name is fixed.
pub fn enrolled() -> Result<BTreeSet<AttesterId>, Error> {
    Ok(BTreeSet::from([AttesterId::try_from(ATTESTER)?]))
}

/// The lines of a history as statements of its attester.
///
/// # Errors
/// A line that is no act.
pub fn evidence(lines: &[ActLine]) -> Result<Evidence, Error> {
    let attester = AttesterId::try_from(ATTESTER)?;
    let mut statements = Vec::new();
    for (index, line) in (0_u64..).zip(lines) {
        let wrong = |(field, message): (String, String)| Error::Usage {
            message: format!("{}: `{field}`: {message}", line.id),
        };
        let id = line.statement.clone().map_or_else(|| line.id.as_str().try_into(), Ok)?;
        let Some(known_at) = line.known_at else { continue };
        statements.push(Statement {
            id,
            index,
            attester: attester.clone(),
            known_at,
            amends: line.amends.clone(),
            channel: line.channel,
            sources: line.sources.clone(),
            act: line.to_act().map_err(wrong)?,
        });
    }
    Ok(Evidence { statements, enrolled: enrolled()? })
}

/// A trust that pins the statements, law and head of a loaded history.
///
/// # Errors
/// A statement the record cannot carry.
pub fn trust(loaded: &Loaded) -> Result<Trust, Error> {
    let mut acts = Vec::new();
    for line in &loaded.acts {
        let made = make_act(&loaded.election.id, line)?;
        let leaf = merkle::leaf_hash(&signed_statement::to_entry(&made.signed)?);
        acts.extend(line.known_at.map(|known_at| PinnedAct { known_at, leaf }));
    }
    let claims = claims(&loaded.election.id)?;
    Ok(Trust {
        class: TrustClass::History,
        origin: claims.origin,
        log: claims.log,
        decider: claims.decider,
        witnesses: None,
        attester: claims.attesters,
        in_force: Vec::new(),
        pins: Some(Pins {
            election_sha256: proof::files_digest(&loaded.head)?,
            law_sha256: proof::files_digest(&loaded.law_files)?,
            acts,
        }),
    })
}
