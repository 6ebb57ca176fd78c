//! Acts: something a named office, body or speaker did.
//!
//! Typed from the flat line a user writes. Refuses to know who attests it and
//! whether the actor was entitled to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::counting::Ground;
use crate::ids::{ActId, CiteId, IssuerId, OfficeId, PersonId, PlaceId, RoleId, SlateId};
use crate::instant::Bounds;
use crate::once;

/// The closed list of act kinds. A reader that meets another fails closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the kinds are the glossary's words")]
pub enum Kind {
    Report,
    Call,
    Concede,
    Canvass,
    Certify,
    Order,
    Challenge,
    Ascertain,
    ElectorVote,
    Transmit,
    Receive,
    Open,
    Object,
    RuleOnObjection,
    Declare,
    Validate,
    Annul,
    Accept,
    Diploma,
    Publish,
    ContingentVote,
    Oath,
    Refuse,
    Die,
    Withdraw,
    Recognise,
    ContraryStatement,
    Poll,
    Article,
}

/// Votes or totals by office and person.
pub type ByOffice = BTreeMap<OfficeId, BTreeMap<PersonId, u32>>;

/// The persons an act names for each office; `None` says that nobody is.
pub type Elected = BTreeMap<OfficeId, Option<PersonId>>;

/// The base and majority as an act states them, kept beside our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    /// The whole number as announced.
    pub base: u32,
    /// The majority as announced.
    pub majority: u32,
}

/// An elector known by name, and what is known of the vote. A person votes once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ballot {
    /// The elector.
    pub elector: String,
    /// The persons voted for, by office; `null` for a blank.
    #[serde(deserialize_with = "once::needed")]
    pub votes: Elected,
}

/// Members who signed an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signers {
    /// How many signed.
    pub signed: u32,
    /// How many were chosen and sworn.
    pub sworn: u32,
}

/// The votes of a chamber that chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChamberVotes {
    /// One for each state; `None` where it is divided or blank.
    ByState(BTreeMap<PlaceId, Option<PersonId>>),
    /// One for each member.
    ByMember(BTreeMap<PersonId, u32>),
}

/// What an officer makes public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Published {
    /// The result as declared, in a gazette.
    Result,
    /// The records of the polling stations.
    Records,
}

/// A chamber's division on an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chamber {
    /// Whether the chamber sustained it.
    pub sustained: bool,
    /// Votes to sustain, where recorded.
    pub yeas: Option<u32>,
    /// Votes against, where recorded.
    pub nays: Option<u32>,
}

/// What was done. Kinds that have no effect on a standing under any law of
/// this version are [`Deed::Noted`]: kept, shown, and of no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// A source says who won a place.
    Call {
        /// The office.
        office: OfficeId,
        /// A jurisdiction, a district, or the whole country.
        place: PlaceId,
        /// Who.
        person: PersonId,
    },
    /// A jurisdiction's result compiled and certified.
    Canvass {
        /// The jurisdiction.
        place: PlaceId,
        /// The slate shown to have the most votes.
        slate: SlateId,
        /// Popular votes as stated, where entered.
        popular: BTreeMap<PersonId, u64>,
    },
    /// The executive's certificate naming appointed electors.
    Ascertain {
        /// The jurisdiction.
        place: PlaceId,
        /// The slate appointed; `None` when the certificate says that none was.
        slate: Option<SlateId>,
        /// Electors of whom the certificate says that they were not appointed, beside the slate.
        not_appointed: u32,
    },
    /// Electors gave their votes.
    ElectorVote {
        /// The jurisdiction.
        place: PlaceId,
        /// The slate that acted.
        slate: SlateId,
        /// Votes by office and person; of a double ballot, under the name of its list.
        votes: ByOffice,
        /// The electors known by name, each with what is known of his or her vote.
        ballots: Vec<Ballot>,
    },
    /// A certificate was sent or received.
    Passed {
        /// Sent or received.
        received: bool,
        /// The act it carries.
        of: Option<ActId>,
    },
    /// The certificates are opened.
    Open,
    /// An objection to a vote.
    Object {
        /// The vote objected to.
        of: Option<ActId>,
        /// Who signed it.
        members: Vec<String>,
        /// The chambers of which a member signed.
        signed_by: Vec<RoleId>,
        /// How many signed, of how many chosen and sworn, by chamber.
        signers: BTreeMap<RoleId, Signers>,
        /// The votes objected to, if not all of the certificate.
        votes_for: Option<(OfficeId, PersonId)>,
        /// The ground, where the law knows grounds.
        ground: Option<Ground>,
    },
    /// A chamber rules on an objection.
    Rule {
        /// The objection.
        of: ActId,
        /// How it divided.
        chamber: Chamber,
    },
    /// The votes of a place are to be announced both ways, with and without.
    Alternative {
        /// The place.
        place: PlaceId,
    },
    /// A chamber votes where the electors have not chosen.
    ContingentVote {
        /// The office.
        office: OfficeId,
        /// Which ballot, from 1.
        ballot: u32,
        /// What it came to.
        votes: ChamberVotes,
    },
    /// The result is announced.
    Declare {
        /// Who is announced as elected.
        elected: Elected,
        /// Totals as announced.
        votes: ByOffice,
        /// Base and majority as announced.
        stated: Option<Stated>,
        /// Totals as announced without the votes of a place, where it was announced both ways.
        without: BTreeMap<PlaceId, ByOffice>,
    },
    /// The election to an office is set aside.
    Annul {
        /// The office.
        office: OfficeId,
    },
    /// An oath of office.
    Oath {
        /// The office.
        office: OfficeId,
        /// Who took it.
        person: PersonId,
    },
    /// A board certifies, or a court validates, who is elected; `None` where it names nobody.
    Confirm {
        /// Who.
        elected: Elected,
    },
    /// The person elected accepts or refuses, receives the diploma, or is conceded to.
    OfPerson {
        /// The office.
        office: OfficeId,
        /// Who.
        person: PersonId,
    },
    /// Something is made public by those whom the law charges with it.
    Publish {
        /// The office.
        office: OfficeId,
        /// What.
        what: Published,
    },
    /// A challenge to the result is brought; pending until an act ends it.
    Challenge {
        /// The office.
        office: OfficeId,
    },
    /// Kept and shown, of no effect on a standing.
    Noted {
        /// The person it concerns, if one is named.
        person: Option<PersonId>,
        /// The place it concerns, if one is named.
        place: Option<PlaceId>,
    },
}

impl Deed {
    /// Whether it is a step of filling an office without electors. Where a law has no row for its kind, it is
    /// kept and shown like everything without effect.
    #[must_use]
    pub fn is_a_step(&self) -> bool {
        matches!(
            self,
            Self::Confirm { .. } | Self::OfPerson { .. } | Self::Publish { .. } | Self::Challenge { .. }
        )
    }
}

/// How an act ends another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of the file format")]
pub enum UndoHow {
    Supersedes,
    Revokes,
    Retracts,
    Corrects,
    Resolves,
}

impl std::fmt::Display for UndoHow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Supersedes => "superseded",
            Self::Revokes => "revoked",
            Self::Retracts => "retracted",
            Self::Corrects => "corrected",
            Self::Resolves => "resolved",
        })
    }
}

/// One act ends another act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// In what manner.
    pub how: UndoHow,
    /// The act ended.
    pub target: ActId,
}

/// A typed act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Its id.
    pub id: ActId,
    /// Its kind.
    pub kind: Kind,
    /// Who acted.
    pub issuer: IssuerId,
    /// The office claimed, `role@place`. A claim confers nothing.
    pub capacity: Option<String>,
    /// What was done.
    pub deed: Deed,
    /// What it ends, if anything.
    pub undo: Option<Undo>,
    /// When it was issued.
    pub issued: Bounds,
    /// When it takes effect.
    pub effective: Bounds,
    /// The law it says it rests on.
    pub law: Option<CiteId>,
    /// A remark of whoever entered it.
    pub note: Option<String>,
}
