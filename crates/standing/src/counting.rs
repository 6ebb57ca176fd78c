//! The counting regime of a law: on what ballot electors vote, which votes fall
//! at the count and by whose word, what leaves the base, who chooses where the
//! electors do not.
//!
//! Each is a choice among named methods; the code that follows a method carries
//! its citation. Refuses expressions.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::ids::{CiteId, OfficeId, PlaceId, RoleId};

/// The rules of the count.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counting {
    /// A short name for pages, such as `Electoral Count Act`.
    pub name: Option<String>,
    /// On how many lists electors vote.
    #[serde(default)]
    pub ballot: BallotRule,
    /// Offices of the chambers that rule.
    pub chambers: Vec<RoleId>,
    /// Whose rejection is needed.
    pub rejects: Rejects,
    /// What settles which of several returns is counted.
    #[serde(default)]
    pub rivals: Rivals,
    /// Chambers of which a member must sign an objection for it to be received.
    pub objection_needs: Vec<RoleId>,
    /// How many members of each of them.
    #[serde(default)]
    pub objection_signed_by: SignedBy,
    /// Whether rejected votes also leave the base.
    pub rejected_leave_base: LeaveBase,
    /// Whether a certificate that names fewer electors than are allotted lets the others leave the base.
    #[serde(default)]
    pub short_certificate_leaves_base: bool,
    /// The legal date from whose end on no certificate supersedes another.
    pub certificate_closes: Option<String>,
    /// Who chooses where the electors do not.
    #[serde(default)]
    pub contingent: Vec<Contingent>,
    /// The provision on objections.
    pub cite: CiteId,
    /// The provision by which votes are counted, if it is another.
    pub count_cite: Option<CiteId>,
    /// The provision on certificates that come too late, if it is another.
    pub certificate_cite: Option<CiteId>,
    /// The provision for several returns, if it is another.
    pub rivals_cite: Option<CiteId>,
    /// The provision for the base, if it is another.
    pub base_cite: Option<CiteId>,
}

/// On how many lists electors vote.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BallotRule {
    /// One list, each elector two votes of equal rank for two persons.
    Double {
        /// The name of the list in acts.
        list: OfficeId,
    },
    /// A list for each office.
    #[default]
    Separate,
}

/// Whose rejection makes a vote fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejects {
    /// All chambers must sustain the objection.
    EveryChamber,
    /// One chamber suffices.
    AnyChamber,
}

/// What settles which of several returns from one place is counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rivals {
    /// The certificate of appointment alone.
    #[default]
    Certificate,
    /// The chambers, where they agree; the certificate of appointment where they do not.
    ChambersAgree,
    /// A body of its own, unless every chamber objects to its decision.
    DecidedBy(RoleId),
}

/// How many members must sign an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedBy {
    /// One.
    #[default]
    OneMember,
    /// One fifth of those chosen and sworn.
    OneFifth,
}

/// Whether rejected votes leave the base. Files of the first version say `false` and `true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveBase {
    /// Electors once appointed stay in it.
    Never,
    /// They leave it whatever the ground.
    Always,
    /// They leave it only where the ground is that they were not lawfully certified.
    NotLawfullyCertified,
}

impl<'de> Deserialize<'de> for LeaveBase {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(LeaveBaseWord)
    }
}

struct LeaveBaseWord;

impl serde::de::Visitor<'_> for LeaveBaseWord {
    type Value = LeaveBase;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("`never`, `always` or `not_lawfully_certified`")
    }

    fn visit_bool<E: serde::de::Error>(self, always: bool) -> Result<LeaveBase, E> {
        Ok(if always { LeaveBase::Always } else { LeaveBase::Never })
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<LeaveBase, E> {
        match word {
            "never" => Ok(LeaveBase::Never),
            "always" => Ok(LeaveBase::Always),
            "not_lawfully_certified" => Ok(LeaveBase::NotLawfullyCertified),
            _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
        }
    }
}

/// On what ground an objection is made, where the law knows grounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The electors were not lawfully certified.
    NotLawfullyCertified,
    /// A vote was not regularly given.
    NotRegularlyGiven,
}

/// A choice by a chamber where the electors make none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contingent {
    /// The office.
    pub office: OfficeId,
    /// The chamber.
    pub chamber: RoleId,
    /// Who has a vote in it.
    pub votes: ChamberVote,
    /// From how many of the highest on the list it chooses.
    pub from_highest: u8,
    /// Whether all who are equal at the end of that list are on it: the highest *numbers*, not so many persons.
    #[serde(default)]
    pub equals_are_all_on_the_list: bool,
    /// The provision.
    pub cite: CiteId,
}

/// Who has a vote in a chamber that chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChamberVote {
    /// Each state one, whatever its members; a majority of all states is needed.
    ByState,
    /// Each member one, two for every state; a majority of the whole number is needed.
    ByTwoOfEachState,
}

/// States whose electors' votes a law shuts out of the count for one election.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    /// The year of the election.
    pub election: i16,
    /// The states.
    pub states: BTreeSet<PlaceId>,
    /// The provision.
    pub cite: CiteId,
}

impl Counting {
    /// Of a law that allots no electors: there is no count of their votes, and nothing to object to.
    pub(crate) fn without_electors(cite: CiteId) -> Self {
        Self {
            name: None,
            ballot: BallotRule::Separate,
            chambers: Vec::new(),
            rejects: Rejects::EveryChamber,
            rivals: Rivals::Certificate,
            objection_needs: Vec::new(),
            objection_signed_by: SignedBy::OneMember,
            rejected_leave_base: LeaveBase::Never,
            short_certificate_leaves_base: false,
            certificate_closes: None,
            contingent: Vec::new(),
            cite,
            count_cite: None,
            certificate_cite: None,
            rivals_cite: None,
            base_cite: None,
        }
    }

    /// The list on which votes for an office are written in a certificate of vote.
    #[must_use]
    pub fn list_of<'a>(&'a self, office: &'a OfficeId) -> &'a OfficeId {
        match &self.ballot {
            BallotRule::Separate => office,
            BallotRule::Double { list } => list,
        }
    }

    /// Every provision this regime cites.
    pub(crate) fn cites(&self) -> impl Iterator<Item = &CiteId> {
        let others = [&self.base_cite, &self.rivals_cite, &self.count_cite, &self.certificate_cite];
        self.contingent.iter().map(|c| &c.cite).chain([&self.cite]).chain(others.into_iter().flatten())
    }
}
