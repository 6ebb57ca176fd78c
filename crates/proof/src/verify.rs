//! Re-derives everything a proof says, offline, and names the first thing that does not hold.
//!
//! Calls the same `standing` and `first_decision` as every command. Refuses to
//! read a clock, a file or a network. Total: any bytes give a [`Report`].

mod tree;
mod trusted;

use std::collections::{BTreeMap, BTreeSet};

use policy::{Case, Decision};
use record::checkpoint::Checkpoint;
use record::digest::Digest;
use record::keys::{KeyId, VerifyingKey};
use record::note::NoteVerifier;
use record::signed_statement::{self, Class, Header, Salt, SignedStatement};
use record::{canonical, checkpoint};
use standing::{AttesterId, Election, Evidence, Law, Statement};

use crate::body::{Body, DecisionBody, OutcomeText};
use crate::build::{self, logged_statement};
use crate::file::{EntryWithBody, FIRST_SEMANTICS, Kind, ProofFile, SEMANTICS, files_digest, policy_digest};
use crate::trust::Trust;

/// What verification comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything holds under the verifier's own trust.
    Holds,
    /// Everything fits together, but the verifier has no trust for the keys.
    ConsistentSignerUnknown,
    /// A body needed to re-derive the decision is not there.
    UnverifiableAt(u64),
    /// Something does not hold; the first failing check says what.
    DoesNotHold,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Holds => f.write_str("holds"),
            Self::ConsistentSignerUnknown => f.write_str("consistent, signer unknown"),
            Self::UnverifiableAt(i) => write!(f, "unverifiable at {i}"),
            Self::DoesNotHold => f.write_str("does not hold"),
        }
    }
}

/// One check, in the order of docs/spec.md § 7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// What was found.
    pub detail: String,
}

/// The report of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it comes to.
    pub verdict: Verdict,
    /// Full or brief, once known.
    pub kind: Option<Kind>,
    /// Checks made, in order; verification stops at the first that fails.
    pub checks: Vec<Check>,
    /// The decision, once it has been read.
    pub decision: Option<DecisionBody>,
}

impl Report {
    /// Whether the proof holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.verdict == Verdict::Holds
    }
}

/// Why a check failed.
enum Stop {
    Fails(String),
    Erased(u64),
}

type Checked<T> = Result<T, Stop>;

fn fails<T>(detail: impl Into<String>) -> Checked<T> {
    Err(Stop::Fails(detail.into()))
}

/// Verifies a proof file. Without `trust` the best verdict is [`Verdict::ConsistentSignerUnknown`].
#[must_use]
pub fn verify(bytes: &[u8], trust: Option<&Trust>) -> Report {
    let mut report = Report { verdict: Verdict::DoesNotHold, kind: None, checks: Vec::new(), decision: None };
    match run(bytes, trust, &mut report) {
        Ok(verdict) => report.verdict = verdict,
        Err((name, stop)) => {
            let detail = match stop {
                Stop::Fails(detail) => detail,
                Stop::Erased(i) => {
                    report.verdict = Verdict::UnverifiableAt(i);
                    format!("the body of statement {i} is not there, so the decision cannot be re-derived")
                }
            };
            report.checks.push(Check { name, holds: false, detail });
        }
    }
    report
}

fn run(bytes: &[u8], trust: Option<&Trust>, report: &mut Report) -> Result<Verdict, (&'static str, Stop)> {
    let mut pass =
        |name: &'static str, detail: String| report.checks.push(Check { name, holds: true, detail });
    let at = |name: &'static str| move |stop: Stop| (name, stop);

    let p = form(bytes).map_err(at("form"))?;
    report.kind = Some(p.kind);
    pass("form", format!("canonical, {} bytes, {} entries", bytes.len(), p.statements.len()));

    let (signed, decision) = decision(&p).map_err(at("decision"))?;
    report.decision = Some(decision.clone());
    pass("decision", format!("signed by the decider, {} for {}", decision.at, name_of(&decision.outcome)));

    let detail = hashes(&p, &decision).map_err(at("hashes"))?;
    pass("hashes", detail);

    let checkpoint = checkpoint_of(&p, &decision).map_err(at("checkpoint"))?;
    pass("checkpoint", format!("{} size {} root {}", checkpoint.origin, checkpoint.size, checkpoint.root));

    let (entries, checked) = entries(&p, signed.class).map_err(at("entries"))?;
    let others = entries.len().saturating_sub(checked);
    pass("entries", format!("{checked} signatures checked; {others} by keys that are not needed here"));

    let mut detail = tree::tree(&p, &decision).map_err(at("tree"))?;
    if p.v > 1 {
        detail.push_str(&tree::placed(&p, &decision, &checkpoint).map_err(at("tree"))?);
    }
    pass("tree", detail);

    let statements = bodies(&p, &decision, &entries).map_err(at("bodies"))?;
    pass("bodies", format!("{} acts of {}", statements.len(), decision.election));

    let detail = rederive(&p, &decision, statements).map_err(at("decision re-derived"))?;
    pass("decision re-derived", detail);

    let Some(trust) = trust else {
        pass("trust", "no trust given: who signed is not known".into());
        return Ok(Verdict::ConsistentSignerUnknown);
    };
    let detail = trusted::trusted(&p, &decision, signed.class, trust).map_err(at("trust"))?;
    pass("trust", detail);
    Ok(Verdict::Holds)
}

fn form(bytes: &[u8]) -> Checked<ProofFile> {
    let p: ProofFile = canonical::from_canonical(bytes, "proof").or_else(|e| fails(e.to_string()))?;
    if !(1..=2).contains(&p.v) {
        return fails(format!("version {} of the form is unknown; this program reads 1 and 2", p.v));
    }
    // A name shaped like a key id could stand for a stranger, who is named by key id.
    let like_a_key =
        |n: &AttesterId| n.as_str().len() == 64 && n.as_str().bytes().all(|b| b.is_ascii_hexdigit());
    if let Some(a) = p.claims.attesters.iter().find(|a| like_a_key(&a.name)) {
        return fails(format!("attester {} bears a key id as its name", a.name));
    }
    if let Err(e) = p.policy.check("the proof's policy") {
        return fails(e.to_string());
    }
    Ok(p)
}

fn decision(p: &ProofFile) -> Checked<(SignedStatement, DecisionBody)> {
    let signed = parse_entry(&p.decision)?;
    let Some(Body::Decision(body)) = &p.decision.body else {
        return fails("the decision entry carries no decision");
    };
    body_matches(&p.decision, &signed.header)?;
    signed_statement::verify_signature(&signed, &p.claims.decider).or_else(|e| fails(e.to_string()))?;
    if !(FIRST_SEMANTICS..=SEMANTICS).contains(&body.semantics) {
        return fails(format!(
            "semantics {} is unknown; this program knows {FIRST_SEMANTICS} to {SEMANTICS}",
            body.semantics
        ));
    }
    index(p, body.record_size)?;
    if signed.header.subject != subject_of_decisions(&body.election) {
        return fails("the decision is filed under another subject");
    }
    if signed.header.known_at != body.at.to_string() {
        return fails("the decision's instant and its header differ");
    }
    Ok((signed, (**body).clone()))
}

/// A decision never stands before the record it was made on ends; in version 1 it stands right there.
fn index(p: &ProofFile, size: u64) -> Checked<()> {
    let (at, shown) = (p.decision.index, [p.decision.inclusion.is_some(), p.consistency.is_some()]);
    match p.v {
        1 if at != size || shown != [false, false] => {
            fails("the decision is not the entry that follows the record it was made on")
        }
        1 => Ok(()),
        _ if at < size => {
            fails(format!("the decision is entry {at}, before the {size} entries it was made on end"))
        }
        _ if shown != [true, true] => fails("it is not shown where the decision stands"),
        _ => Ok(()),
    }
}

/// Decisions are filed beside, not among, the acts of an election.
#[must_use]
pub fn subject_of_decisions(election: &str) -> String {
    format!("{election}:decision")
}

fn hashes(p: &ProofFile, d: &DecisionBody) -> Checked<String> {
    let expect = |what: &str, found: Result<Digest, crate::Error>, wanted: Digest| match found {
        Ok(found) if found == wanted => Ok(()),
        Ok(found) => fails(format!("{what}: the decision says {wanted}, the file carries {found}")),
        Err(e) => fails(e.to_string()),
    };
    expect("policy", policy_digest(&p.policy), d.policy_sha256)?;
    expect("law", files_digest(&p.law), d.law_sha256)?;
    expect("election", files_digest(&p.election), d.election_sha256)?;
    Ok(format!("policy {}", d.policy_sha256))
}

fn checkpoint_of(p: &ProofFile, d: &DecisionBody) -> Checked<Checkpoint> {
    let log = NoteVerifier::new(&p.claims.origin, p.claims.log).or_else(|e| fails(e.to_string()))?;
    let c = checkpoint::open_checkpoint(p.checkpoint.as_bytes(), &log).or_else(|e| fails(e.to_string()))?;
    if p.v == 1 && (c.size, c.root) != (d.record_size, d.record_root) {
        return fails(format!(
            "the checkpoint is of size {} root {}, the decision of {} {}",
            c.size, c.root, d.record_size, d.record_root
        ));
    }
    Ok(c)
}

/// Every entry parses, is of the decision's class, and is signed if its key is claimed.
fn entries(p: &ProofFile, class: Class) -> Checked<(Vec<(u64, SignedStatement)>, usize)> {
    let attesters = p.claims.attesters.iter().map(|a| &a.key);
    let keys: BTreeMap<KeyId, &VerifyingKey> =
        attesters.chain([&p.claims.decider]).map(|k| (k.id(), k)).collect();
    let mut entries = Vec::new();
    let mut checked = 0_usize;
    for e in &p.statements {
        let signed = parse_entry(e)?;
        if signed.class != class {
            return fails(format!("statement {} is of another class than the decision", e.index));
        }
        if let Some(key) = keys.get(&signed.header.attester) {
            let verified = signed_statement::verify_signature(&signed, key);
            verified.or_else(|why| fails(format!("statement {}: {why}", e.index)))?;
            checked = checked.saturating_add(1);
        }
        entries.push((e.index, signed));
    }
    Ok((entries, checked))
}

fn bodies(p: &ProofFile, d: &DecisionBody, entries: &[(u64, SignedStatement)]) -> Checked<Vec<Statement>> {
    let names: BTreeMap<KeyId, AttesterId> =
        p.claims.attesters.iter().map(|a| (a.key.id(), a.name.clone())).collect();
    let mut statements = Vec::new();
    for (e, (index, signed)) in p.statements.iter().zip(entries) {
        let filed_so = signed.header.subject == d.election;
        let ours = filed_so && *index < d.record_size;
        match (&e.body, ours) {
            (None, true) => return Err(Stop::Erased(*index)),
            (Some(_), false) => return fails(format!("statement {index} carries a body that is not needed")),
            (None, false) if e.salt.is_some() => {
                return fails(format!("statement {index} carries a stray salt"));
            }
            // Who decides later may not leave out what was known by then.
            (None, false) if filed_so && signed.header.known_at <= d.at.to_string() => {
                return fails(format!(
                    "statement {index} was known by {}, but the decision is made without it",
                    d.at
                ));
            }
            (None, false) => continue,
            (Some(_), true) => body_matches(e, &signed.header)?,
        }
        let statement = logged_statement(&d.election, *index, &signed.header, e.body.as_ref(), &names);
        statements.extend(statement.or_else(fails)?);
    }
    Ok(statements)
}

/// The same functions as every command: standing, policy, first decision.
fn rederive(p: &ProofFile, d: &DecisionBody, statements: Vec<Statement>) -> Checked<String> {
    let election = Election::parse(&p.election).or_else(|e| fails(e.to_string()))?;
    if election.id != d.election {
        return fails(format!("the head files are of {}, the decision of {}", election.id, d.election));
    }
    let law = Law::parse(&p.law, &election.law, election.year).or_else(|e| fails(e.to_string()))?;
    let claimed: BTreeSet<KeyId> = p.claims.attesters.iter().map(|a| a.key.id()).collect();
    if claimed.iter().ne(d.attesters.iter()) {
        return fails("the attesters claimed are not those the decision was made with");
    }
    let enrolled: BTreeSet<AttesterId> = p.claims.attesters.iter().map(|a| a.name.clone()).collect();
    let evidence = Evidence { statements, enrolled };
    let case = Case { law: &law, election: &election, evidence: &evidence, past: None };
    let prepared = d.prepared.iter().cloned().collect();
    let found = match p.kind {
        Kind::Full => policy::first_decision(&case, &p.policy, Some(&prepared), d.at),
        Kind::Brief => policy::answer(&case, &p.policy, Some(&prepared), standing::At::same(d.at))
            .map(|a| policy::decided(&case, &p.policy, &a, d.at)),
    };
    let found = found.or_else(|e| fails(e.to_string()))?;
    let Some(found) = found else {
        return fails("from these statements the policy is not met at that instant");
    };
    same(p.kind, d, &found)?;
    Ok(match p.kind {
        Kind::Full => "the same decision at the same first instant".into(),
        Kind::Brief => "met by these statements; whether others contradict them is not proven".into(),
    })
}

fn same(kind: Kind, d: &DecisionBody, found: &Decision) -> Checked<()> {
    let outcome = OutcomeText::try_from(&found.outcome).or_else(|e| fails(e.to_string()))?;
    if outcome != d.outcome || found.office != d.office {
        return fails(format!(
            "re-derived for {}, the decision says {}",
            name_of(&outcome),
            name_of(&d.outcome)
        ));
    }
    if found.at != d.at {
        return fails(format!("first met at {}, the decision says {}", found.at, d.at));
    }
    if kind == Kind::Full && found.record_size != d.record_size {
        return fails(format!("met on {} entries, the decision says {}", found.record_size, d.record_size));
    }
    if build::relied(found) != d.relied {
        return fails("it rests on other statements than the decision says");
    }
    Ok(())
}

fn parse_entry(e: &EntryWithBody) -> Checked<SignedStatement> {
    signed_statement::from_entry(e.entry.as_bytes())
        .or_else(|why| fails(format!("statement {}: {why}", e.index)))
}

fn body_matches(e: &EntryWithBody, header: &Header) -> Checked<()> {
    let (Some(body), Some(salt)) = (&e.body, &e.salt) else {
        return fails(format!("statement {} lacks its body or salt", e.index));
    };
    let bytes = canonical::to_canonical(body).or_else(|why| fails(why.to_string()))?;
    let digest = signed_statement::body_digest(&Salt(salt.0), &bytes);
    if digest == header.body {
        Ok(())
    } else {
        fails(format!("statement {}: the body hashes to {digest}, the header says {}", e.index, header.body))
    }
}

fn name_of(o: &OutcomeText) -> String {
    match o {
        OutcomeText::Person(p) => p.to_string(),
        OutcomeText::Nobody => "nobody".into(),
        OutcomeText::Annulled => "annulled".into(),
    }
}
