//! Bodies of statements: an act, a decision, a key, or what happened to a telegram.
//!
//! Refuses unknown kinds: a body that is none of these does not parse.

use record::digest::Digest;
use record::keyring::KeyNotice;
use record::keys::KeyId;
use serde::{Deserialize, Serialize};
use standing::{ActId, ActLine, Instant, OfficeId, Outcome, PersonId};

use crate::Error;

/// What a statement says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// An act is attested.
    Act(Box<ActLine>),
    /// Somebody approves a telegram as it reads.
    Approval(ApprovalBody),
    /// A policy is met.
    Decision(Box<DecisionBody>),
    /// Sendings of a telegram came to an end.
    Deliveries(DeliveriesBody),
    /// A key is added to the record or revoked.
    Key(KeyNotice),
    /// A telegram changed its state.
    Telegram(TelegramBody),
}

/// The outcome of an office as written in files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum OutcomeText {
    /// Set aside.
    Annulled,
    /// Nobody is elected.
    Nobody,
    /// A person.
    Person(PersonId),
}

impl TryFrom<&Outcome> for OutcomeText {
    type Error = Error;

    fn try_from(o: &Outcome) -> Result<Self, Error> {
        match o {
            Outcome::Person(p) => Ok(Self::Person(p.clone())),
            Outcome::Nobody => Ok(Self::Nobody),
            Outcome::Annulled => Ok(Self::Annulled),
            Outcome::NobodyYet | Outcome::Contested(_) => Err(Error::NotReleasable),
        }
    }
}

/// A statement relied on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relied {
    /// The act.
    pub act: ActId,
    /// The provision that gives it effect.
    pub cite: String,
    /// Its index in the record.
    pub statement: u64,
}

/// A decision, with everything it depends on hashed into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    /// The instant.
    pub at: Instant,
    /// Keys whose statements had effect, sorted.
    pub attesters: Vec<KeyId>,
    /// The election.
    pub election: String,
    /// Digest of the election's head files: persons, issuers and their upstreams, slates, sources.
    pub election_sha256: Digest,
    /// Digest of the law's files.
    pub law_sha256: Digest,
    /// The office.
    pub office: OfficeId,
    /// The outcome.
    pub outcome: OutcomeText,
    /// Digest of the canonical policy.
    pub policy_sha256: Digest,
    /// Persons a message was prepared for, sorted.
    pub prepared: Vec<PersonId>,
    /// The record's root at that size.
    pub record_root: Digest,
    /// Entries of the record known at that instant.
    pub record_size: u64,
    /// The statements relied on, by index.
    pub relied: Vec<Relied>,
    /// The version of the rules by which standing and policy are evaluated.
    pub semantics: u32,
}

/// An approval: signed by the approver, it binds the exact bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalBody {
    /// Salted digest of the rendered message.
    pub body: Digest,
    /// The telegram it corrects, if it is a correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<String>,
    /// Its office.
    pub office: OfficeId,
    /// Said if only enough approvers together can open its body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<OpeningText>,
    /// Its outcome.
    pub outcome: OutcomeText,
    /// Digest of the policy it waits for.
    pub policy: Digest,
    /// Why it shall go out without a decision, if that is what is approved; else that it be held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Salted digest of the recipients.
    pub recipients: Digest,
    /// Its id.
    pub telegram: String,
}

/// Who can open a sealed body, where it is not the release step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpeningText {
    /// Enough approvers together.
    Shares,
}

/// What happened to a telegram. Neither its words nor its recipients appear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelegramBody {
    /// Salted digest of the rendered message.
    pub body: Digest,
    /// The telegram it corrects, if it is a correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<String>,
    /// The decision it was released, made ready or voided by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Digest>,
    /// Its office.
    pub office: OfficeId,
    /// Its outcome.
    pub outcome: OutcomeText,
    /// Digest of the policy it waits for.
    pub policy: Digest,
    /// Why it was let go without a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Salted digest of the recipients.
    pub recipients: Digest,
    /// What it became.
    pub state: TelegramState,
    /// Its id.
    pub telegram: String,
}

/// How sendings of a telegram ended. Whoever knows the telegram's salt can show which recipient is meant; nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveriesBody {
    /// How many recipients have it.
    pub acknowledged: u32,
    /// A salted digest for each, of recipient, ending, last attempt and answer, in the order in which they ended.
    pub ended: Vec<Digest>,
    /// Of how many an attempt may have arrived.
    pub in_doubt: u32,
    /// The telegram's id.
    pub telegram: String,
    /// To how many no attempt arrived.
    pub undeliverable: u32,
}

/// The states a telegram enters that the record keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TelegramState {
    /// Approved and sealed.
    Held,
    /// The key of a void or withdrawn one is gone.
    KeyDestroyed,
    /// Decided for; waits for those who can open it.
    Ready,
    /// Let go: by a decision, to correct another, or for a reason.
    Released,
    /// For another outcome than the one decided; its key is destroyed.
    Void,
    /// Taken back by a person.
    Withdrawn,
}
