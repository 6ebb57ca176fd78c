//! Statements: who attests an act, and the flat line in which a user writes one.
//!
//! Parsing here is total: every line either becomes a typed act or a message
//! with file, line and field. Refuses to know signatures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::act::{
    Act, Ballot, ByOffice, Chamber, ChamberVotes, Deed, Elected, Kind, Published, Signers, Stated, Undo,
    UndoHow,
};
use crate::counting::Ground;
use crate::ids::{
    ActId, AttesterId, CiteId, IssuerId, OfficeId, PersonId, PlaceId, RoleId, SlateId, SourceId, StatementId,
};
use crate::instant::{Bounds, Instant};
use crate::{Error, once};

/// How an attester came to see the act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "plain words")]
pub enum Channel {
    Paper,
    Scan,
    SignedPdf,
    Feed,
    Page,
    Telephone,
}

/// How an order says that votes are to be announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announce {
    /// Both ways: with the votes of the place, and without them.
    Alternative,
}

/// A line of an acts file and, without `known_at` and `statement` (which the
/// record's header carries), the body of a recorded statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are described in docs/format.md and schemas/act.schema.json")]
pub struct ActLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amends: Option<StatementId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announce: Option<Announce>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ballot: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ballots: Option<Vec<Ballot>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<String>,
    pub channel: Channel,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<ActId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Bounds>,
    #[serde(default, deserialize_with = "once::map", skip_serializing_if = "Option::is_none")]
    pub elected: Option<Elected>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    pub id: ActId,
    pub issued: Bounds,
    pub issuer: IssuerId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<PlaceId>,
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub law: Option<CiteId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nays: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub none_appointed: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_appointed: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<ActId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<OfficeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    #[serde(default, deserialize_with = "once::map", skip_serializing_if = "Option::is_none")]
    pub popular: Option<BTreeMap<PersonId, u64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolves: Option<ActId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retracts: Option<ActId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revokes: Option<ActId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<Vec<RoleId>>,
    #[serde(default, deserialize_with = "once::map", skip_serializing_if = "Option::is_none")]
    pub signers: Option<BTreeMap<RoleId, Signers>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slate: Option<SlateId>,
    pub sources: Vec<SourceId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Stated>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementId>,
    #[serde(default, deserialize_with = "once::map", skip_serializing_if = "Option::is_none")]
    pub states: Option<BTreeMap<PlaceId, Option<PersonId>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<ActId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sustained: Option<bool>,
    #[serde(default, deserialize_with = "once::maps", skip_serializing_if = "Option::is_none")]
    pub votes: Option<ByOffice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<Published>,
    #[serde(default, deserialize_with = "once::map_of_maps", skip_serializing_if = "Option::is_none")]
    pub without: Option<BTreeMap<PlaceId, ByOffice>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yeas: Option<u32>,
}

/// The body of a recorded statement: an [`ActLine`] without header fields.
pub type StatementBody = ActLine;

/// An act as attested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its id, unique per attester.
    pub id: StatementId,
    /// Its position in the record.
    pub index: u64,
    /// Who attests.
    pub attester: AttesterId,
    /// When the attester says it knew.
    pub known_at: Instant,
    /// An earlier statement of the same attester that this one replaces.
    pub amends: Option<StatementId>,
    /// How the attester saw it.
    pub channel: Channel,
    /// The source documents.
    pub sources: Vec<SourceId>,
    /// The act.
    pub act: Act,
}

/// Parses an acts file: JSON Lines, blank lines and lines beginning with `#` skipped.
///
/// # Errors
/// The first line that is wrong, with its field.
pub fn parse_lines(file: &str, text: &str) -> Result<Vec<(usize, ActLine)>, Error> {
    let mut lines = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let number = n.saturating_add(1);
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let parsed: ActLine = serde_json::from_str(line).map_err(|e| Error::Syntax {
            file: file.into(),
            line: number,
            message: told(line, e.column(), strip_position(&e.to_string())),
        })?;
        lines.push((number, parsed));
    }
    Ok(lines)
}

/// What the parser says, with the key it does not name: that before a value of another kind.
fn told(line: &str, column: usize, message: &str) -> String {
    let key = line.get(..column).filter(|_| message.starts_with("invalid")).and_then(|before| {
        let colons = before.rmatch_indices(':').filter_map(|(at, _)| before.get(..at));
        let key = colons.filter_map(|head| head.trim_end().strip_suffix('"')?.rsplit_once('"'));
        key.map(|(_, key)| key).next()
    });
    key.map_or_else(
        || format!("column {column}: {message}"),
        |key| format!("column {column}: `{key}`: {message}"),
    )
}

fn strip_position(message: &str) -> &str {
    message.rsplit_once(" at line").map_or(message, |(m, _)| m)
}

impl ActLine {
    /// A line that says nothing but who did what: no time, no source, no content.
    #[must_use]
    pub fn new(id: ActId, kind: Kind, issuer: IssuerId, channel: Channel) -> Self {
        Self {
            amends: None,
            announce: None,
            ballot: None,
            ballots: None,
            capacity: None,
            channel,
            corrects: None,
            effective: None,
            elected: None,
            ground: None,
            id,
            issued: Bounds::default(),
            issuer,
            jurisdiction: None,
            kind,
            known_at: None,
            law: None,
            members: None,
            nays: None,
            none_appointed: None,
            not_appointed: None,
            note: None,
            of: None,
            office: None,
            person: None,
            popular: None,
            resolves: None,
            retracts: None,
            revokes: None,
            signed_by: None,
            signers: None,
            slate: None,
            sources: Vec::new(),
            stated: None,
            statement: None,
            states: None,
            supersedes: None,
            sustained: None,
            votes: None,
            what: None,
            without: None,
            yeas: None,
        }
    }

    /// The typed act, or the field that is missing or does not belong to its kind.
    ///
    /// # Errors
    /// `(field, what is wrong)`.
    pub fn to_act(&self) -> Result<Act, (String, String)> {
        let deed = self.deed()?;
        self.no_stray_fields(&deed)?;
        Ok(Act {
            id: self.id.clone(),
            kind: self.kind,
            issuer: self.issuer.clone(),
            capacity: self.capacity.clone(),
            deed,
            undo: self.undo()?,
            issued: self.issued,
            effective: self.effective.unwrap_or(self.issued),
            law: self.law.clone(),
            note: self.note.clone(),
        })
    }

    fn deed(&self) -> Result<Deed, (String, String)> {
        let place = || self.need("jurisdiction", self.jurisdiction.as_ref());
        Ok(match self.kind {
            Kind::Call => Deed::Call {
                office: self.need("office", self.office.as_ref())?,
                place: place()?,
                person: self.need("person", self.person.as_ref())?,
            },
            Kind::Canvass => Deed::Canvass {
                place: place()?,
                slate: self.need("slate", self.slate.as_ref())?,
                popular: self.popular.clone().unwrap_or_default(),
            },
            Kind::Ascertain => Deed::Ascertain {
                place: place()?,
                slate: self.appointed()?,
                not_appointed: self.not_appointed.unwrap_or(0),
            },
            Kind::ElectorVote => Deed::ElectorVote {
                place: place()?,
                slate: self.need("slate", self.slate.as_ref())?,
                votes: self.need("votes", self.votes.as_ref())?,
                ballots: self.ballots.clone().unwrap_or_default(),
            },
            Kind::Transmit | Kind::Receive => {
                Deed::Passed { received: self.kind == Kind::Receive, of: self.of.clone() }
            }
            Kind::Open => Deed::Open,
            Kind::Object => self.objection()?,
            Kind::RuleOnObjection => Deed::Rule {
                of: self.need("of", self.of.as_ref())?,
                chamber: Chamber {
                    sustained: self.need("sustained", self.sustained.as_ref())?,
                    yeas: self.yeas,
                    nays: self.nays,
                },
            },
            Kind::Order if self.announce.is_some() => Deed::Alternative { place: place()? },
            Kind::ContingentVote => Deed::ContingentVote {
                office: self.need("office", self.office.as_ref())?,
                ballot: self.need("ballot", self.ballot.as_ref())?,
                votes: self.chamber_votes()?,
            },
            Kind::Declare => Deed::Declare {
                elected: self.need("elected", self.elected.as_ref())?,
                votes: self.votes.clone().unwrap_or_default(),
                stated: self.stated,
                without: self.without.clone().unwrap_or_default(),
            },
            Kind::Annul => Deed::Annul { office: self.need("office", self.office.as_ref())? },
            Kind::Oath => Deed::Oath {
                office: self.need("office", self.office.as_ref())?,
                person: self.need("person", self.person.as_ref())?,
            },
            _ => self.named_step(),
        })
    }

    /// The steps by which an office without electors is filled. Where a line does not say enough, it is
    /// kept and shown and nothing follows from it.
    fn named_step(&self) -> Deed {
        let of_person = || Some((self.office.clone()?, self.person.clone()?));
        let step = match self.kind {
            Kind::Certify | Kind::Validate => self.elected.clone().map(|elected| Deed::Confirm { elected }),
            Kind::Accept | Kind::Refuse | Kind::Diploma | Kind::Concede => {
                of_person().map(|(office, person)| Deed::OfPerson { office, person })
            }
            Kind::Publish => {
                self.office.clone().zip(self.what).map(|(office, what)| Deed::Publish { office, what })
            }
            Kind::Challenge => self.office.clone().map(|office| Deed::Challenge { office }),
            _ => None,
        };
        let noted = || Deed::Noted { person: self.person.clone(), place: self.jurisdiction.clone() };
        step.unwrap_or_else(noted)
    }

    fn objection(&self) -> Result<Deed, (String, String)> {
        Ok(Deed::Object {
            of: self.of.clone(),
            members: self.members.clone().unwrap_or_default(),
            signed_by: self.need("signed_by", self.signed_by.as_ref())?,
            signers: self.signers.clone().unwrap_or_default(),
            votes_for: self.votes_for()?,
            ground: self.ground,
        })
    }

    fn votes_for(&self) -> Result<Option<(OfficeId, PersonId)>, (String, String)> {
        match (&self.office, &self.person) {
            (None, None) => Ok(None),
            (Some(office), Some(person)) => Ok(Some((office.clone(), person.clone()))),
            _ => Err((
                "person".into(),
                "an objection to some votes of a certificate names the `office` and the `person` they are for".into(),
            )),
        }
    }

    fn chamber_votes(&self) -> Result<ChamberVotes, (String, String)> {
        let office = self.need("office", self.office.as_ref())?;
        let members = self.votes.as_ref().map(|v| v.get(&office).filter(|_| v.len() == 1));
        match (&self.states, members) {
            (Some(states), None) => Ok(ChamberVotes::ByState(states.clone())),
            (None, Some(Some(votes))) => Ok(ChamberVotes::ByMember(votes.clone())),
            _ => Err((
                "states".into(),
                "a `contingent_vote` gives either `states`, one vote each, or `votes` of members for its office".into(),
            )),
        }
    }

    fn appointed(&self) -> Result<Option<SlateId>, (String, String)> {
        match (&self.slate, self.none_appointed) {
            (Some(s), None | Some(false)) => Ok(Some(s.clone())),
            (None, Some(true)) => Ok(None),
            _ => Err((
                "slate".into(),
                "an ascertain act names one `slate`, or says `none_appointed`: true, not both".into(),
            )),
        }
    }

    fn need<T: Clone>(&self, field: &str, value: Option<&T>) -> Result<T, (String, String)> {
        let kind = kind_name(self.kind);
        value.cloned().ok_or_else(|| (field.into(), format!("missing; a `{kind}` act needs it")))
    }

    fn undo(&self) -> Result<Option<Undo>, (String, String)> {
        let fields = [
            (UndoHow::Supersedes, "supersedes", &self.supersedes),
            (UndoHow::Revokes, "revokes", &self.revokes),
            (UndoHow::Retracts, "retracts", &self.retracts),
            (UndoHow::Corrects, "corrects", &self.corrects),
            (UndoHow::Resolves, "resolves", &self.resolves),
        ];
        let mut found = None;
        for (how, name, target) in fields {
            let Some(target) = target else { continue };
            if *target == self.id {
                return Err((name.into(), "an act cannot end itself".into()));
            }
            if found.is_some() {
                return Err((name.into(), "an act ends one other act in one manner only".into()));
            }
            found = Some(Undo { how, target: target.clone() });
        }
        Ok(found)
    }

    /// A field that does not belong to the kind is refused, never ignored.
    fn no_stray_fields(&self, deed: &Deed) -> Result<(), (String, String)> {
        let noted = matches!(deed, Deed::Noted { .. }) || deed.is_a_step();
        let k = self.kind;
        let names = matches!(k, Kind::Declare | Kind::Certify | Kind::Validate);
        let stray = [
            ("votes", self.votes.is_some(), names || matches!(k, Kind::ElectorVote | Kind::ContingentVote)),
            ("ballots", self.ballots.is_some(), k == Kind::ElectorVote),
            ("ballot", self.ballot.is_some(), k == Kind::ContingentVote),
            ("states", self.states.is_some(), k == Kind::ContingentVote),
            ("announce", self.announce.is_some(), k == Kind::Order),
            ("ground", self.ground.is_some(), k == Kind::Object),
            ("signers", self.signers.is_some(), k == Kind::Object),
            ("not_appointed", self.not_appointed.is_some(), k == Kind::Ascertain && self.slate.is_some()),
            ("popular", self.popular.is_some(), k == Kind::Canvass || noted),
            (
                "of",
                self.of.is_some(),
                noted || matches!(k, Kind::Transmit | Kind::Receive | Kind::Object | Kind::RuleOnObjection),
            ),
            ("slate", self.slate.is_some(), matches!(k, Kind::Canvass | Kind::Ascertain | Kind::ElectorVote)),
            ("none_appointed", self.none_appointed.is_some(), k == Kind::Ascertain),
            ("elected", self.elected.is_some(), names),
            ("what", self.what.is_some(), k == Kind::Publish),
            ("stated", self.stated.is_some(), k == Kind::Declare),
            ("without", self.without.is_some(), k == Kind::Declare),
            ("sustained", self.sustained.is_some(), k == Kind::RuleOnObjection),
            ("yeas", self.yeas.is_some(), k == Kind::RuleOnObjection),
            ("nays", self.nays.is_some(), k == Kind::RuleOnObjection),
            ("members", self.members.is_some(), k == Kind::Object || noted),
            ("signed_by", self.signed_by.is_some(), k == Kind::Object),
            ("person", self.person.is_some(), matches!(k, Kind::Call | Kind::Oath | Kind::Object) || noted),
            (
                "office",
                self.office.is_some(),
                matches!(k, Kind::Call | Kind::Oath | Kind::Annul | Kind::Object | Kind::ContingentVote)
                    || noted,
            ),
        ]
        .into_iter()
        .find(|(_, present, belongs)| *present && !belongs);
        match stray {
            Some((field, ..)) => Err((field.into(), format!("does not belong to a `{}` act", kind_name(k)))),
            None => Ok(()),
        }
    }
}

/// The kind as the file format writes it.
pub(crate) fn kind_name(kind: Kind) -> String {
    serde_json::to_string(&kind).unwrap_or_default().trim_matches('"').to_owned()
}
