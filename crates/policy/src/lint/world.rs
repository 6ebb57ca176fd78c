//! What has been done so far in a college, and what may be done next.
//!
//! A world is told by counts and words, not by acts: two ways to the same world are one. Refuses
//! to know what a policy makes of it.

use standing::{IssuerId, Kind, Law, OfficeId, PlaceId, Published, RoleId};

use super::college::{College, Side};
use super::cone::Cone;

/// How often the same body speaks: a first word, and another after it.
const WORDS: u8 = 2;

/// Of more sources than this each speaks once.
const FEW: usize = 4;

/// A jurisdiction, or several that act together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Local {
    /// Whose electors the first certificate appoints.
    pub first: Option<Side>,
    /// What came after it.
    pub second: Second,
    /// How the electors of A and of B have voted.
    pub votes: [Vote; 2],
    /// Whether their votes were rejected at the count.
    pub rejected: bool,
}

/// What became of a first certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Second {
    /// It stands alone.
    #[default]
    None,
    /// Another, for the other side's electors, stands beside it.
    Rival,
    /// Another, for the other side's electors, supersedes it.
    Superseded,
    /// A court has revoked it.
    Revoked,
}

/// How electors have voted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Vote {
    /// Not yet.
    #[default]
    None,
    /// As pledged.
    Own,
    /// For the other candidate.
    Other,
}

/// What somebody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Said {
    /// That it is this one.
    Side(Side),
    /// That it is nobody; or, where no person is named, that it is done.
    Done,
}

/// Where a voice is: what it says now, how often it has spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Word {
    /// What stands, as far as the speaker goes.
    pub said: Option<Said>,
    /// How many acts there were.
    pub acts: u8,
}

/// Somebody or something that may speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Voice {
    /// A news organisation, and the class of those that a policy cannot tell from it.
    Source(IssuerId, usize),
    /// The canvassers of places that a policy names together.
    Canvass(Vec<PlaceId>),
    /// An office that acts for the whole.
    Office(Kind, RoleId),
    /// Candidates, each in their own person: that they concede, accept, take the oath.
    InPerson(Kind, RoleId),
    /// A publication.
    Publish(Published, RoleId),
    /// A challenge, and whoever decides it.
    Challenge(RoleId, Option<RoleId>),
    /// The election is set aside.
    Annul(RoleId),
    /// One of the two dies.
    Death,
    /// The chamber that chooses where the electors do not.
    Chamber(RoleId),
}

/// Everything done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct World {
    /// The blocs, in the college's order.
    pub blocs: Vec<Local>,
    /// The voices, in the order of [`voices`].
    pub words: Vec<Word>,
}

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// A certificate of appointment in a bloc, and what it does to the first.
    Certify(usize, Side, Second),
    /// A court revokes the certificate of a bloc.
    Revoke(usize),
    /// The electors of a side vote in a bloc.
    Vote(usize, Side, Vote),
    /// Those who rule on objections reject the votes of a side's electors in a bloc.
    Reject(usize, Side),
    /// A voice speaks.
    Speak(usize, Said),
    /// A voice takes back its last word.
    TakeBack(usize),
    /// A voice replaces its last word.
    Replace(usize, Said),
    /// Another body ends a voice's last word.
    End(usize),
    /// Nothing is done for so many seconds.
    Wait(i64),
    /// Nothing is done until a legal date, by its place among the law's dates.
    Until(usize),
}

/// All that may speak in a college under a policy's cone.
pub(crate) fn voices(law: &Law, office: &OfficeId, classes: &[(IssuerId, usize)], cone: &Cone) -> Vec<Voice> {
    let rows = |kind: Kind| law.authorities.iter().filter(move |a| a.kind == kind);
    let role = |kind: Kind| rows(kind).next().map(|a| a.role.clone());
    let mut voices = Vec::new();
    let sources = classes.iter().filter(|_| role(Kind::Call).is_some());
    voices.extend(sources.map(|(id, class)| Voice::Source(id.clone(), *class)));
    voices
        .extend(cone.canvassed.iter().filter(|_| role(Kind::Canvass).is_some()).cloned().map(Voice::Canvass));
    let kinds = [(cone.declare, Kind::Declare), (cone.oath, Kind::Oath)];
    let asked = kinds.into_iter().filter(|(asked, _)| *asked).map(|(_, kind)| kind);
    for kind in cone.steps.iter().copied().chain(asked) {
        voices.extend(role(kind).map(|r| match kind {
            Kind::Certify | Kind::Validate | Kind::Declare | Kind::Diploma => Voice::Office(kind, r),
            _ => Voice::InPerson(kind, r),
        }));
    }
    for what in &cone.published {
        let row = rows(Kind::Publish).find(|a| a.what.is_none_or(|w| w == *what));
        voices.extend(row.map(|a| Voice::Publish(*what, a.role.clone())));
    }
    if cone.challenge {
        voices.extend(
            rows(Kind::Challenge)
                .next()
                .map(|a| Voice::Challenge(a.role.clone(), a.undone_by.first().cloned())),
        );
    }
    let named = cone.declare || cone.oath || !cone.steps.is_empty();
    voices.extend(role(Kind::Annul).filter(|_| named).map(Voice::Annul));
    let anybody = named || cone.electors || !cone.sources.is_empty();
    voices.extend(anybody.then_some(Voice::Death));
    voices.extend(chamber(law, office, cone));
    voices
}

fn chamber(law: &Law, office: &OfficeId, cone: &Cone) -> Option<Voice> {
    let rule = law.counting.contingent.iter().find(|c| c.office == *office).filter(|_| cone.nobody)?;
    Some(Voice::Chamber(rule.chamber.clone()))
}

/// A world in which nothing has been done.
pub(crate) fn empty(college: &College, cone: &Cone, voices: &[Voice]) -> World {
    let blocs = if cone.electors { college.blocs.len() } else { 0 };
    World { blocs: vec![Local::default(); blocs], words: vec![Word::default(); voices.len()] }
}

/// The world after a step.
pub(crate) fn after(world: &World, m: Move) -> World {
    let mut w = world.clone();
    match m {
        Move::Certify(bloc, side, how) => {
            if let Some(local) = w.blocs.get_mut(bloc) {
                match how {
                    Second::None => local.first = Some(side),
                    how => local.second = how,
                }
                forget(local);
            }
        }
        Move::Revoke(bloc) => {
            if let Some(local) = w.blocs.get_mut(bloc) {
                local.second = Second::Revoked;
                forget(local);
            }
        }
        Move::Reject(bloc, _) => {
            if let Some(local) = w.blocs.get_mut(bloc) {
                local.rejected = true;
            }
        }
        Move::Vote(bloc, side, vote) => {
            if let Some(v) = w.blocs.get_mut(bloc).and_then(|l| l.votes.get_mut(index(side))) {
                *v = vote;
            }
        }
        Move::Speak(voice, said) | Move::Replace(voice, said) => {
            if let Some(word) = w.words.get_mut(voice) {
                *word = Word { said: Some(said), acts: word.acts.saturating_add(1) };
            }
        }
        Move::TakeBack(voice) | Move::End(voice) => {
            if let Some(word) = w.words.get_mut(voice) {
                word.said = None;
            }
        }
        Move::Wait(_) | Move::Until(_) => {}
    }
    w
}

/// Votes of electors whose appointment was taken away can count no more: they are told apart no more.
fn forget(local: &mut Local) {
    let Some(first) = local.first else { return };
    if matches!(local.second, Second::Superseded | Second::Revoked)
        && let Some(v) = local.votes.get_mut(index(first))
    {
        *v = Vote::None;
    }
}

/// Of the two slates of a place, that of a side.
pub(crate) fn index(side: Side) -> usize {
    match side {
        Side::A => 0,
        Side::B => 1,
    }
}

/// Every act that the law lets happen next, within the bounds.
pub(crate) fn acts(college: &College, voices: &[Voice], world: &World, votes: bool) -> Vec<Move> {
    let law = &college.law;
    let mut moves = Vec::new();
    let revocable = law.authorities.iter().any(|a| a.kind == Kind::Ascertain && !a.undone_by.is_empty());
    let rejecting = votes && law.authorities.iter().any(|a| a.kind == Kind::RuleOnObjection);
    let closed = counted(voices, world);
    let many = voices.iter().filter(|v| matches!(v, Voice::Source(..))).count() > FEW;
    for (n, local) in world.blocs.iter().enumerate().filter(|_| !closed) {
        if repeats(college, world, n) {
            continue;
        }
        certificates(&mut moves, n, *local, revocable);
        if votes {
            votes_of(&mut moves, college, n, *local);
        }
        if rejecting && !local.rejected {
            moves.extend(voted_for(*local).map(|(side, _)| Move::Reject(n, side)));
        }
    }
    for (n, (voice, word)) in voices.iter().zip(&world.words).enumerate() {
        let same = |(v, w): &(&Voice, &Word)| class(v).is_some() && class(v) == class(voice) && *w == word;
        if voices.iter().zip(&world.words).take(n).any(|other| same(&other)) {
            continue;
        }
        let may = allowed(college, voices, world, voice, votes);
        let words = if matches!(voice, Voice::Source(..)) && many { 1 } else { WORDS };
        if word.said.is_none() && word.acts < words {
            moves.extend(may.iter().map(|said| Move::Speak(n, *said)));
        }
        of_voice(law, &mut moves, n, voice, *word, &may);
    }
    moves
}

/// After the announcement, or the choice of a chamber, nothing that was counted changes any more.
fn counted(voices: &[Voice], world: &World) -> bool {
    let said = |which: fn(&Voice) -> bool| said_by(voices, world, which).flatten().is_some();
    said(|v| matches!(v, Voice::Office(Kind::Declare, _))) || said(|v| matches!(v, Voice::Chamber(_)))
}

/// What the votes that count come to, and whether all are in.
fn by_votes(college: &College, world: &World) -> (Option<Side>, bool) {
    let mut sums = [0_u64; 2];
    let mut all = true;
    for (bloc, local) in college.blocs.iter().zip(&world.blocs) {
        match voted_for(*local) {
            Some((_, side)) if !local.rejected => {
                if let Some(sum) = sums.get_mut(index(side)) {
                    *sum = sum.saturating_add(u64::from(bloc.electors));
                }
            }
            Some(_) => {}
            None => all = false,
        }
    }
    let total: u64 = college.blocs.iter().map(|b| u64::from(b.electors)).sum();
    let won = |side: Side| sums.get(index(side)).is_some_and(|n| n.saturating_mul(2) > total);
    ([Side::A, Side::B].into_iter().find(|s| won(*s)), all)
}

/// Whose electors' votes count in a bloc, and for whom they are.
fn voted_for(local: Local) -> Option<(Side, Side)> {
    let first = local.first?;
    let slate = match local.second {
        Second::None => first,
        Second::Superseded => first.other(),
        Second::Rival | Second::Revoked => return None,
    };
    match local.votes.get(index(slate))? {
        Vote::None => None,
        Vote::Own => Some((slate, slate)),
        Vote::Other => Some((slate, slate.other())),
    }
}

/// Blocs of one size that have done the same are one: only the first of them acts.
fn repeats(college: &College, world: &World, n: usize) -> bool {
    let this = (college.blocs.get(n).map(|b| b.electors), world.blocs.get(n));
    (0..n).any(|m| (college.blocs.get(m).map(|b| b.electors), world.blocs.get(m)) == this)
}

fn certificates(moves: &mut Vec<Move>, n: usize, local: Local, revocable: bool) {
    match (local.first, local.second) {
        (None, _) => moves.extend([Side::A, Side::B].map(|s| Move::Certify(n, s, Second::None))),
        (Some(first), Second::None) if !local.rejected => {
            let other = first.other();
            moves.push(Move::Certify(n, other, Second::Superseded));
            moves.push(Move::Certify(n, other, Second::Rival));
            if revocable {
                moves.push(Move::Revoke(n));
            }
        }
        _ => {}
    }
}

/// Electors vote otherwise than pledged in the smallest of three blocs or more only.
fn votes_of(moves: &mut Vec<Move>, college: &College, n: usize, local: Local) {
    let deviates = college.blocs.len() >= 3
        && college.blocs.get(n).map(|b| b.electors) == college.blocs.iter().map(|b| b.electors).min();
    for side in acting(local) {
        moves.push(Move::Vote(n, side, Vote::Own));
        if deviates && local.second != Second::Rival {
            moves.push(Move::Vote(n, side, Vote::Other));
        }
    }
}

/// The sides whose electors somebody certifies and who have not voted.
fn acting(local: Local) -> Vec<Side> {
    let Some(first) = local.first else { return Vec::new() };
    let certified = match local.second {
        Second::None => vec![first],
        Second::Rival => vec![first, first.other()],
        Second::Superseded => vec![first.other()],
        Second::Revoked => Vec::new(),
    };
    certified.into_iter().filter(|s| local.votes.get(index(*s)) == Some(&Vote::None)).collect()
}

fn of_voice(law: &Law, moves: &mut Vec<Move>, n: usize, voice: &Voice, word: Word, may: &[Said]) {
    let row = |kind: Kind| law.authorities.iter().find(|a| a.kind == kind);
    let undone = |kind: Kind| row(kind).is_some_and(|a| !a.undone_by.is_empty());
    let Some(said) = word.said else { return };
    match voice {
        Voice::Source(..) => moves.push(Move::TakeBack(n)),
        Voice::InPerson(Kind::Concede, _) => moves.push(Move::TakeBack(n)),
        Voice::Canvass(_) | Voice::Office(..) if word.acts < WORDS => {
            moves.extend(may.iter().filter(|s| **s != said).map(|said| Move::Replace(n, *said)));
            let kind = kind_of(voice);
            if undone(kind) {
                moves.push(Move::End(n));
            }
        }
        Voice::Challenge(_, Some(_)) => moves.push(Move::End(n)),
        _ => {}
    }
}

/// What a voice may say, given what others have said.
fn allowed(college: &College, voices: &[Voice], world: &World, voice: &Voice, votes: bool) -> Vec<Said> {
    let sides = [Said::Side(Side::A), Said::Side(Side::B)];
    let declared = said_by(voices, world, |v| matches!(v, Voice::Office(Kind::Declare, _)));
    let living = |s: &Said| said_by(voices, world, |v| *v == Voice::Death) != Some(Some(*s));
    match voice {
        Voice::Source(..) | Voice::Canvass(_) => sides.to_vec(),
        Voice::Office(Kind::Diploma, _) => named(declared, &sides),
        // What is found valid was declared or certified before, where the law has that.
        Voice::Office(Kind::Validate, _) if declared.is_some() => named(declared, &sides),
        Voice::Office(Kind::Declare, _) if votes => by_the_votes(college, voices, world),
        Voice::Office(..) => sides.into_iter().chain([Said::Done]).collect(),
        // The dead neither concede, nor accept, nor take an oath; and nobody does but who is declared, if anybody is.
        Voice::InPerson(Kind::Concede, _) => sides.to_vec(),
        Voice::InPerson(..) => named(declared, &sides).into_iter().filter(living).collect(),
        Voice::Annul(_) if !found(voices, world) => Vec::new(),
        Voice::Publish(..) | Voice::Challenge(..) | Voice::Annul(_) => vec![Said::Done],
        Voice::Death => vec![Said::Side(Side::A)],
        Voice::Chamber(_) => match by_votes(college, world) {
            (None, true) => sides.into_iter().filter(living).collect(),
            _ => Vec::new(),
        },
    }
}

/// An announcement says what the votes come to; where they choose nobody, that, or whom the chamber has chosen.
fn by_the_votes(college: &College, voices: &[Voice], world: &World) -> Vec<Said> {
    let chosen = said_by(voices, world, |v| matches!(v, Voice::Chamber(_))).flatten();
    match (by_votes(college, world), chosen) {
        ((Some(side), _), _) => vec![Said::Side(side)],
        ((None, true), Some(chosen)) => vec![chosen],
        ((None, true), None) => vec![Said::Done],
        ((None, false), _) => Vec::new(),
    }
}

/// Whether any office has found somebody, or nobody, elected: before that there is nothing to set aside.
fn found(voices: &[Voice], world: &World) -> bool {
    let mut offices = voices.iter().zip(&world.words).filter(|(v, _)| matches!(v, Voice::Office(..)));
    offices.any(|(_, w)| w.acts > 0)
}

fn named(declared: Option<Option<Said>>, sides: &[Said; 2]) -> Vec<Said> {
    match declared {
        None => sides.to_vec(),
        Some(said) => said.into_iter().filter(|s| sides.contains(s)).collect(),
    }
}

/// What a voice says now; `None` if there is no such voice.
pub(crate) fn said_by(
    voices: &[Voice],
    world: &World,
    which: impl Fn(&Voice) -> bool,
) -> Option<Option<Said>> {
    voices.iter().zip(&world.words).find(|(v, _)| which(v)).map(|(_, w)| w.said)
}

/// The class of a source; other voices are all told apart.
pub(crate) fn class(voice: &Voice) -> Option<usize> {
    match voice {
        Voice::Source(_, class) => Some(*class),
        _ => None,
    }
}

/// The kind of act by which a voice speaks.
pub(crate) fn kind_of(voice: &Voice) -> Kind {
    match voice {
        Voice::Source(..) => Kind::Call,
        Voice::Canvass(_) => Kind::Canvass,
        Voice::Office(kind, _) | Voice::InPerson(kind, _) => *kind,
        Voice::Publish(..) => Kind::Publish,
        Voice::Challenge(..) => Kind::Challenge,
        Voice::Annul(_) => Kind::Annul,
        Voice::Death => Kind::Die,
        Voice::Chamber(_) => Kind::ContingentVote,
    }
}
