//! Which key may sign what, from which index on: keys are added and revoked by statements in the record itself.
//!
//! Refuses to know the time: a key is in force by index, so nobody can backdate. The root key comes from outside. Spec:
//! docs/spec.md § 10.4.

use serde::{Deserialize, Serialize};

use crate::keys::{KeyId, VerifyingKey};
use crate::signed_statement::SignedStatement;

/// The subject under which key notices are filed; statements about keys under another have no effect.
pub const SUBJECT: &str = "record:keys";

/// What a key may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyUse {
    /// Notices like this one.
    Root,
    /// Acts.
    Attester,
    /// Decisions.
    Decider,
    /// Approvals.
    Approver,
    /// Checkpoints. A reader still takes the log's keys from outside; this says since when.
    Log,
}

/// Whether a notice begins or ends a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// From the next index on the key may sign.
    Add,
    /// From the next index on it may not.
    Revoke,
}

/// A notice about a key, the body of a statement by a root key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyNotice {
    /// Begin or end.
    pub action: Action,
    /// The key.
    pub key: VerifyingKey,
    /// Whose it is. Several keys may have one name: that is how one follows another.
    pub name: String,
    /// What it may sign.
    #[serde(rename = "use")]
    pub key_use: KeyUse,
}

/// A key and the indices at which it may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The key.
    pub key: VerifyingKey,
    /// Whose it is.
    pub name: String,
    /// What it may sign.
    pub key_use: KeyUse,
    /// The first index at which it may.
    pub from: u64,
    /// The first index at which it may no more.
    pub until: Option<u64>,
}

/// Why a notice has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoEffect {
    /// It is not by a root key in force.
    NotByRoot,
    /// It adds a key that was added before: a key, once revoked, stays so.
    AddedBefore,
    /// It revokes a key that is not in force, or under another name or use.
    NotInForce,
    /// It would leave no root key.
    LastRoot,
}

/// All keys of a record up to some index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyring {
    spans: Vec<Span>,
}

impl Keyring {
    /// The keyring of an empty record.
    pub fn new(root: VerifyingKey) -> Keyring {
        let root = Span { key: root, name: "root".to_owned(), key_use: KeyUse::Root, from: 0, until: None };
        Keyring { spans: vec![root] }
    }

    /// Applies the notice at an index. Notices are applied in the order of the record; the statement's own signature is
    /// checked by the caller, like every other.
    pub fn apply(
        &mut self,
        index: u64,
        signed: &SignedStatement,
        notice: &KeyNotice,
    ) -> Result<(), NoEffect> {
        let by_root = self.at(signed.header.attester, index).is_some_and(|s| s.key_use == KeyUse::Root);
        if !by_root || signed.header.subject != SUBJECT {
            return Err(NoEffect::NotByRoot);
        }
        let next = index.saturating_add(1);
        match notice.action {
            Action::Add => self.add(notice, next),
            Action::Revoke => self.revoke(notice, index, next),
        }
    }

    fn add(&mut self, notice: &KeyNotice, from: u64) -> Result<(), NoEffect> {
        if self.spans.iter().any(|span| span.key == notice.key) {
            return Err(NoEffect::AddedBefore);
        }
        let KeyNotice { key, name, key_use, .. } = notice.clone();
        self.spans.push(Span { key, name, key_use, from, until: None });
        Ok(())
    }

    fn revoke(&mut self, notice: &KeyNotice, index: u64, until: u64) -> Result<(), NoEffect> {
        let roots = self.spans.iter().filter(|s| s.key_use == KeyUse::Root && in_force(s, index)).count();
        let meant = |s: &&mut Span| {
            s.key == notice.key && s.name == notice.name && s.key_use == notice.key_use && in_force(s, index)
        };
        let span = self.spans.iter_mut().find(meant).ok_or(NoEffect::NotInForce)?;
        if span.key_use == KeyUse::Root && roots == 1 {
            return Err(NoEffect::LastRoot);
        }
        span.until = Some(until);
        Ok(())
    }

    /// The key of this name in force at an index.
    pub fn at(&self, id: KeyId, index: u64) -> Option<&Span> {
        self.spans.iter().find(|span| span.key.id() == id && in_force(span, index))
    }

    /// Every key there was, in the order they were added.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }
}

fn in_force(span: &Span, index: u64) -> bool {
    index >= span.from && span.until.is_none_or(|until| index < until)
}
