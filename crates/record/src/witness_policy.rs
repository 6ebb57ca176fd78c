//! The witness policy: which logs, which witnesses, and how many of them must have cosigned.
//!
//! Refuses to know where a policy comes from or whether a URL in it answers. Spec: c2sp.org/tlog-policy (untagged, text
//! of 2026-06-22). Deviates: names and comments must be UTF-8, which the specification only recommends.

use std::collections::BTreeMap;

use crate::checkpoint::{Checkpoint, open_checkpoint_of};
use crate::cosignature::{Cosignature, Witness, cosignatures};
use crate::error::Error;
use crate::note::NoteVerifier;
use crate::text;

/// A policy as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessPolicy {
    /// The logs whose checkpoints are accepted.
    pub logs: Vec<(NoteVerifier, Option<String>)>,
    /// The witnesses, each under its name in this file, and where it can be asked.
    pub witnesses: Vec<PolicyWitness>,
    groups: BTreeMap<String, Group>,
    quorum: Option<String>,
}

/// A witness in a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWitness {
    /// What it is called in the file.
    pub name: String,
    /// Its key.
    pub witness: Witness,
    /// Its submission prefix.
    pub url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    threshold: usize,
    members: Vec<String>,
}

/// A checkpoint that meets a policy, and who cosigned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// What the log signed.
    pub checkpoint: Checkpoint,
    /// The good cosignatures of the policy's witnesses.
    pub cosignatures: Vec<Cosignature>,
}

/// A policy is refused if it is longer.
pub const MAX_POLICY_BYTES: usize = 1 << 20;

/// Checks a signed checkpoint against a policy: signed by one of its logs, cosigned as its quorum asks.
pub fn check(note: &[u8], policy: &WitnessPolicy) -> Result<Witnessed, Error> {
    let logs: Vec<NoteVerifier> = policy.logs.iter().map(|(log, _)| log.clone()).collect();
    check_for(note, &logs, policy)
}

/// The same for logs known otherwise than from the policy.
pub fn check_for(note: &[u8], logs: &[NoteVerifier], policy: &WitnessPolicy) -> Result<Witnessed, Error> {
    let checkpoint = open_checkpoint_of(note, logs)?;
    let witnesses: Vec<Witness> = policy.witnesses.iter().map(|w| w.witness.clone()).collect();
    let cosignatures = cosignatures(note, &witnesses)?;
    let signed: Vec<&Witness> = cosignatures.iter().map(|c| &c.witness).collect();
    if !meets(policy, &signed) {
        let quorum = policy.quorum.clone().unwrap_or_default();
        return Err(Error::QuorumMissing { quorum, found: cosignatures.len() });
    }
    Ok(Witnessed { checkpoint, cosignatures })
}

/// Whether cosignatures of these witnesses are enough.
pub fn meets(policy: &WitnessPolicy, signed: &[&Witness]) -> bool {
    // A group names only what stands before it and each name is asked by one group at most, so the walk ends and is no
    // longer than the file.
    policy.quorum.as_ref().is_none_or(|name| met(policy, name, signed))
}

fn met(policy: &WitnessPolicy, name: &str, signed: &[&Witness]) -> bool {
    match policy.groups.get(name) {
        Some(group) => group.members.iter().filter(|m| met(policy, m, signed)).count() >= group.threshold,
        None => policy.witnesses.iter().any(|w| w.name == name && signed.contains(&&w.witness)),
    }
}

/// Reads a policy file.
pub fn from_text(bytes: &[u8]) -> Result<WitnessPolicy, Error> {
    if bytes.len() > MAX_POLICY_BYTES {
        return Err(Error::TooLong { what: WHAT, bytes: bytes.len(), limit: MAX_POLICY_BYTES });
    }
    let whole = text::from_utf8(bytes, WHAT)?;
    let control = |byte: u8| (byte < 0x20 && byte != b'\n' && byte != b'\t') || byte == 0x7f;
    if let Some(offset) = whole.bytes().position(control) {
        return Err(Error::ControlCharacter { what: WHAT, offset });
    }
    let ended =
        whole.strip_suffix('\n').ok_or_else(|| refused(whole.lines().count(), "a newline at its end"))?;
    let mut read = Reading::default();
    for (line, number) in ended.split('\n').zip(1usize..) {
        let items: Vec<&str> = line.split([' ', '\t']).filter(|item| !item.is_empty()).collect();
        if items.first().is_some_and(|first| !first.starts_with('#')) {
            read.line(&items, number)?;
        }
    }
    let quorum = read.quorum.ok_or_else(|| refused(ended.lines().count(), "a `quorum` line in the file"))?;
    Ok(WitnessPolicy { logs: read.logs, witnesses: read.witnesses, groups: read.groups, quorum })
}

/// Writes a policy of one quorum over all witnesses, `threshold` of which must sign; 0 for none.
pub fn to_text(
    policy: &[(NoteVerifier, Option<String>)],
    witnesses: &[PolicyWitness],
    threshold: usize,
) -> String {
    let url = |url: &Option<String>| url.as_ref().map(|u| format!(" {u}")).unwrap_or_default();
    let logs = policy.iter().map(|(log, at)| format!("log {log}{}\n", url(at)));
    let named = witnesses.iter().map(|w| format!("witness {} {}{}\n", w.name, w.witness, url(&w.url)));
    let names: Vec<&str> = witnesses.iter().map(|w| w.name.as_str()).collect();
    let quorum = match threshold {
        0 => "quorum none\n".to_owned(),
        n => format!("group witnesses {n} {}\nquorum witnesses\n", names.join(" ")),
    };
    logs.chain(named).chain([quorum]).collect()
}

/// What was read so far. Names are looked up among what stands before them.
#[derive(Default)]
struct Reading {
    logs: Vec<(NoteVerifier, Option<String>)>,
    witnesses: Vec<PolicyWitness>,
    groups: BTreeMap<String, Group>,
    used: Vec<String>,
    quorum: Option<Option<String>>,
}

impl Reading {
    fn line(&mut self, items: &[&str], number: usize) -> Result<(), Error> {
        match items {
            ["log", vkey] => self.log(vkey, None, number),
            ["log", vkey, url] => self.log(vkey, Some(url), number),
            ["witness", name, vkey] => self.witness(name, vkey, None, number),
            ["witness", name, vkey, url] => self.witness(name, vkey, Some(url), number),
            ["group", name, threshold, members @ ..] => self.group(name, threshold, members, number),
            ["quorum", name] => self.set_quorum(name, number),
            _ => Err(refused(number, "`log`, `witness`, `group` or `quorum` with what belongs to it")),
        }
    }

    fn log(&mut self, vkey: &str, url: Option<&str>, number: usize) -> Result<(), Error> {
        let log: NoteVerifier = vkey.parse()?;
        if self.logs.iter().any(|(other, _)| other.key() == log.key()) {
            return Err(refused(number, "a log whose key no other line has"));
        }
        self.logs.push((log, url.map(str::to_owned)));
        Ok(())
    }

    fn witness(&mut self, name: &str, vkey: &str, url: Option<&str>, number: usize) -> Result<(), Error> {
        let witness: Witness = vkey.parse()?;
        if self.witnesses.iter().any(|other| other.witness.key() == witness.key()) {
            return Err(refused(number, "a witness whose key no other line has"));
        }
        self.define(name, number)?;
        self.witnesses.push(PolicyWitness { name: name.to_owned(), witness, url: url.map(str::to_owned) });
        Ok(())
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str], number: usize) -> Result<(), Error> {
        let threshold = match threshold {
            "all" => members.len(),
            "any" => 1,
            k => usize::try_from(text::from_decimal(k, "group threshold")?).unwrap_or(usize::MAX),
        };
        if threshold == 0 || threshold > members.len() {
            return Err(refused(number, "a threshold from 1 to the number of members"));
        }
        for member in members {
            if !self.defined(member) {
                return Err(refused(number, "members defined on lines before"));
            }
            // Spec: "Each defined name can be listed as a group member at most once."
            if self.used.iter().any(|used| used == member) {
                return Err(refused(number, "members that no group has yet"));
            }
            self.used.push((*member).to_owned());
        }
        self.define(name, number)?;
        let members = members.iter().map(|m| (*m).to_owned()).collect();
        self.groups.insert(name.to_owned(), Group { threshold, members });
        Ok(())
    }

    fn set_quorum(&mut self, name: &str, number: usize) -> Result<(), Error> {
        if self.quorum.is_some() {
            return Err(refused(number, "one `quorum` line only"));
        }
        if name != NONE && !self.defined(name) {
            return Err(refused(number, "a witness or group defined on a line before, or `none`"));
        }
        self.quorum = Some((name != NONE).then(|| name.to_owned()));
        Ok(())
    }

    fn define(&mut self, name: &str, number: usize) -> Result<(), Error> {
        if self.witnesses.len().saturating_add(self.groups.len()) >= MAX_NAMES {
            return Err(refused(number, "at most 1,000 witnesses and groups"));
        }
        if name == NONE || self.defined(name) {
            return Err(refused(number, "a name that is not `none` and not taken"));
        }
        Ok(())
    }

    fn defined(&self, name: &str) -> bool {
        self.groups.contains_key(name) || self.witnesses.iter().any(|w| w.name == name)
    }
}

fn refused(line: usize, expected: &'static str) -> Error {
    Error::LineRefused { what: WHAT, line, expected }
}

const WHAT: &str = "witness policy";
const NONE: &str = "none";
// Spec: "Implementation limits": "at least up to 32 logs, 32 witnesses, and 32 groups".
const MAX_NAMES: usize = 1000;
