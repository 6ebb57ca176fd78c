//! The acts of a step, in a college.
//!
//! Refuses to know which step is worth taking.

use std::collections::BTreeMap;

use standing::{
    Act, ActId, Basis, Bounds, ByOffice, Chamber, ChamberVote, ChamberVotes, Deed, Ground, Instant, IssuerId,
    Kind, PlaceId, RoleId, Signers, Undo, UndoHow,
};

use super::college::{self, College, Side};
use super::world::{Move, Said, Second, Voice, Vote, Word, World, kind_of};

/// The acts by which a step is taken at an instant, from the world before it.
pub(crate) fn deeds(c: &College, voices: &[Voice], before: &World, m: Move, t: Instant) -> Vec<Act> {
    match m {
        Move::Certify(bloc, side, how) => each(c, bloc, |p| certify(c, p, side, how, t)),
        Move::Revoke(bloc) => each(c, bloc, |p| revoke(c, p, t)),
        Move::Vote(bloc, side, vote) => each(c, bloc, |p| elector_vote(c, p, side, vote, t)),
        Move::Reject(bloc, side) => {
            let places = c.acting.get(bloc).into_iter().flatten();
            places.flat_map(|p| reject(c, p, side, t)).collect()
        }
        Move::Speak(n, said) => of_voice(voices, before, n, |v, w| speak(c, v, w, said, None, t)),
        Move::Replace(n, said) => {
            of_voice(voices, before, n, |v, w| speak(c, v, w, said, Some(UndoHow::Supersedes), t))
        }
        Move::TakeBack(n) => of_voice(voices, before, n, |v, w| take_back(c, v, w, t)),
        Move::End(n) => of_voice(voices, before, n, |v, w| end(c, v, w, t)),
        Move::Wait(_) | Move::Until(_) => Vec::new(),
    }
}

fn each(c: &College, bloc: usize, act: impl Fn(&PlaceId) -> Option<Act>) -> Vec<Act> {
    c.acting.get(bloc).into_iter().flatten().filter_map(act).collect()
}

fn of_voice(
    voices: &[Voice],
    before: &World,
    n: usize,
    acts: impl Fn(&Voice, Word) -> Option<Vec<Act>>,
) -> Vec<Act> {
    let word = before.words.get(n).copied().unwrap_or_default();
    voices.get(n).and_then(|v| acts(v, word)).unwrap_or_default()
}

fn new(id: String, kind: Kind, issuer: IssuerId, deed: Deed, undo: Option<Undo>, t: Instant) -> Option<Act> {
    let at = Bounds::certainly(t, Basis::Act);
    let id = ActId::try_from(id).ok()?;
    Some(Act {
        id,
        kind,
        issuer,
        capacity: None,
        deed,
        undo,
        issued: at,
        effective: at,
        law: None,
        note: None,
    })
}

fn ends(how: UndoHow, target: String) -> Option<Undo> {
    Some(Undo { how, target: ActId::try_from(target).ok()? })
}

fn certify(c: &College, place: &PlaceId, side: Side, how: Second, t: Instant) -> Option<Act> {
    let issuer = college::officer(college::role_of(&c.law, Kind::Ascertain)?, place)?;
    let slate = college::slate(place, side);
    let (id, undo) = match how {
        Second::None => (format!("{place}.certificate"), None),
        Second::Superseded => {
            (format!("{place}.certificate.2"), ends(UndoHow::Supersedes, format!("{place}.certificate")))
        }
        _ => (format!("{place}.certificate.2"), None),
    };
    let deed = Deed::Ascertain { place: place.clone(), slate, not_appointed: 0 };
    new(id, Kind::Ascertain, issuer, deed, undo, t)
}

fn revoke(c: &College, place: &PlaceId, t: Instant) -> Option<Act> {
    let row = c.law.authorities.iter().find(|a| a.kind == Kind::Ascertain)?;
    let issuer = college::officer(row.undone_by.first()?, place)?;
    let undo = ends(UndoHow::Revokes, format!("{place}.certificate"));
    let deed = Deed::Noted { person: None, place: Some(place.clone()) };
    new(format!("{place}.revoked"), Kind::Order, issuer, deed, undo, t)
}

fn elector_vote(c: &College, place: &PlaceId, side: Side, vote: Vote, t: Instant) -> Option<Act> {
    let slate = college::slate(place, side)?;
    let issuer = IssuerId::try_from(slate.as_str()).ok()?;
    let person = match vote {
        Vote::Own => side.person(),
        Vote::Other => side.other().person(),
        Vote::None => None,
    };
    let electors = c.law.places.get(place).map_or(0, |p| p.electors);
    let votes: ByOffice =
        BTreeMap::from([(c.list.clone(), person.map(|p| (p, electors)).into_iter().collect())]);
    let deed = Deed::ElectorVote { place: place.clone(), slate, votes, ballots: Vec::new() };
    new(format!("{place}.{}.vote", side.id()), Kind::ElectorVote, issuer, deed, None, t)
}

/// An objection signed by as many as any law has asked for, and every chamber that rules sustains it.
fn reject(c: &College, place: &PlaceId, side: Side, t: Instant) -> Vec<Act> {
    let id = format!("{place}.{}.objection", side.id());
    let chambers = &c.law.counting.chambers;
    let signers = chambers.iter().map(|r| (r.clone(), Signers { signed: 1, sworn: 1 })).collect();
    let object = Deed::Object {
        of: ActId::try_from(format!("{place}.{}.vote", side.id())).ok(),
        members: Vec::new(),
        signed_by: chambers.clone(),
        signers,
        votes_for: None,
        ground: Some(Ground::NotRegularlyGiven),
    };
    let member = college::role_of(&c.law, Kind::Object).and_then(|r| college::officer(r, &c.law.nation));
    let mut acts: Vec<Act> =
        member.and_then(|who| new(id.clone(), Kind::Object, who, object, None, t)).into_iter().collect();
    for role in chambers {
        let Ok(of) = ActId::try_from(id.as_str()) else { continue };
        let rule = Deed::Rule { of, chamber: Chamber { sustained: true, yeas: None, nays: None } };
        let who = college::officer(role, &c.law.nation);
        acts.extend(
            who.and_then(|who| new(format!("{id}.{role}"), Kind::RuleOnObjection, who, rule, None, t)),
        );
    }
    acts
}

/// The name under which a voice's acts are filed.
fn file(voice: &Voice) -> String {
    match voice {
        Voice::Source(source, _) => format!("call.{source}"),
        Voice::Canvass(_) => "canvass".into(),
        Voice::Office(kind, role) | Voice::InPerson(kind, role) => {
            format!("{}.{role}", format!("{kind:?}").to_lowercase())
        }
        Voice::Publish(what, _) => format!("publish.{what:?}").to_lowercase(),
        Voice::Challenge(..) => "challenge".into(),
        Voice::Annul(_) => "annul".into(),
        Voice::Death => "death".into(),
        Voice::Chamber(_) => "chamber".into(),
    }
}

fn speak(c: &College, v: &Voice, w: Word, said: Said, how: Option<UndoHow>, t: Instant) -> Option<Vec<Act>> {
    let n = w.acts.saturating_add(1);
    let id = format!("{}.{n}", file(v));
    let undo = how.and_then(|how| ends(how, format!("{}.{}", file(v), w.acts)));
    if let Voice::Canvass(places) = v {
        return Some(places.iter().filter_map(|p| canvass(c, p, said, n, how, t)).collect());
    }
    let kind = kind_of(v);
    let deed = deed(c, v, said)?;
    Some(new(id, kind, issuer(c, v, said)?, deed, undo, t).into_iter().collect())
}

fn side_of(said: Said) -> Option<Side> {
    match said {
        Said::Side(side) => Some(side),
        Said::Done => None,
    }
}

fn canvass(c: &College, place: &PlaceId, said: Said, n: u8, how: Option<UndoHow>, t: Instant) -> Option<Act> {
    let issuer = college::officer(college::role_of(&c.law, Kind::Canvass)?, place)?;
    let slate = college::slate(place, side_of(said)?)?;
    let undo = how.and_then(|how| ends(how, format!("{place}.canvass.{}", n.saturating_sub(1))));
    let deed = Deed::Canvass { place: place.clone(), slate, popular: BTreeMap::new() };
    new(format!("{place}.canvass.{n}"), Kind::Canvass, issuer, deed, undo, t)
}

fn deed(c: &College, v: &Voice, said: Said) -> Option<Deed> {
    let office = c.office.clone();
    let person = side_of(said).and_then(Side::person);
    let elected = BTreeMap::from([(office.clone(), person.clone())]);
    Some(match v {
        Voice::Source(..) => Deed::Call { office, place: c.law.nation.clone(), person: person? },
        Voice::Office(Kind::Declare, _) => {
            Deed::Declare { elected, votes: BTreeMap::new(), stated: None, without: BTreeMap::new() }
        }
        Voice::Office(Kind::Certify | Kind::Validate, _) => Deed::Confirm { elected },
        Voice::InPerson(Kind::Oath, _) => Deed::Oath { office, person: person? },
        Voice::Office(..) | Voice::InPerson(..) => Deed::OfPerson { office, person: person? },
        Voice::Publish(what, _) => Deed::Publish { office, what: *what },
        Voice::Challenge(..) => Deed::Challenge { office },
        Voice::Annul(_) => Deed::Annul { office },
        Voice::Death => Deed::Noted { person, place: None },
        Voice::Chamber(_) => Deed::ContingentVote { office, ballot: 1, votes: chamber_votes(c, said)? },
        Voice::Canvass(_) => return None,
    })
}

/// The chamber is of one mind.
fn chamber_votes(c: &College, said: Said) -> Option<ChamberVotes> {
    let person = side_of(said)?.person()?;
    let states: Vec<PlaceId> = c.law.places.values().filter(|p| p.state).map(|p| p.code.clone()).collect();
    let rule = c.law.counting.contingent.iter().find(|r| r.office == c.office)?;
    Some(match rule.votes {
        ChamberVote::ByState => {
            ChamberVotes::ByState(states.into_iter().map(|s| (s, Some(person.clone()))).collect())
        }
        ChamberVote::ByTwoOfEachState => {
            let members = u32::try_from(states.len()).ok()?.checked_mul(2)?;
            ChamberVotes::ByMember(BTreeMap::from([(person, members)]))
        }
    })
}

fn issuer(c: &College, v: &Voice, said: Said) -> Option<IssuerId> {
    let nation = |role: &RoleId| college::officer(role, &c.law.nation);
    match v {
        Voice::Source(source, _) => Some(source.clone()),
        Voice::Canvass(_) => None,
        Voice::Office(_, role)
        | Voice::Publish(_, role)
        | Voice::Challenge(role, _)
        | Voice::Annul(role)
        | Voice::Chamber(role) => nation(role),
        // It is the other who concedes.
        Voice::InPerson(Kind::Concede, role) => college::in_person(role, side_of(said)?.other()),
        Voice::InPerson(_, role) => college::in_person(role, side_of(said)?),
        Voice::Death => c.law.authorities.first().and_then(|a| nation(&a.role)),
    }
}

fn take_back(c: &College, v: &Voice, w: Word, t: Instant) -> Option<Vec<Act>> {
    let target = format!("{}.{}", file(v), w.acts);
    let (kind, how) = match v {
        Voice::Source(..) => (Kind::Report, UndoHow::Retracts),
        _ => (Kind::Withdraw, UndoHow::Revokes),
    };
    let deed = Deed::Noted { person: None, place: None };
    let undo = ends(how, target.clone());
    Some(new(format!("{target}.back"), kind, issuer(c, v, w.said?)?, deed, undo, t).into_iter().collect())
}

/// A court, or whoever may, ends what a voice said last.
fn end(c: &College, v: &Voice, w: Word, t: Instant) -> Option<Vec<Act>> {
    let deed = || Deed::Noted { person: None, place: None };
    let row = c.law.authorities.iter().find(|a| a.kind == kind_of(v))?;
    if let Voice::Canvass(places) = v {
        let ended = |p: &PlaceId| {
            let court = college::officer(row.undone_by.first()?, p)?;
            let target = format!("{p}.canvass.{}", w.acts);
            new(format!("{target}.ended"), Kind::Order, court, deed(), ends(UndoHow::Revokes, target), t)
        };
        return Some(places.iter().filter_map(ended).collect());
    }
    let (role, how) = match v {
        Voice::Challenge(_, Some(decides)) => (decides, UndoHow::Resolves),
        _ => (row.undone_by.first()?, UndoHow::Revokes),
    };
    let target = format!("{}.{}", file(v), w.acts);
    let who = college::officer(role, &c.law.nation)?;
    Some(new(format!("{target}.ended"), Kind::Order, who, deed(), ends(how, target), t).into_iter().collect())
}
