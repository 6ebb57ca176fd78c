//! What has been done so far in a college, and what may be done next.
//!
//! A world is told by counts and words, not by acts: two ways to the same world are one. Refuses
//! to know what a policy makes of it.

use standing::{IssuerId, Kind, Law, PlaceId, Published, RoleId};

use super::college::{College, Side};
use super::cone::Cone;

/// How often the same body speaks: a first word, and another after it.
pub(crate) const WORDS: u8 = 2;

/// A jurisdiction, or several that act together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Local {
    /// Whose electors the first certificate appoints.
    pub first: Option<Side>,
    /// What came after it.
    pub second: Second,
    /// How the electors of A and of B have voted.
    pub votes: [Vote; 2],
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
    /// For nobody.
    Blank,
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
pub(crate) fn voices(law: &Law, classes: &[(IssuerId, usize)], cone: &Cone) -> Vec<Voice> {
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
    voices.extend((named || cone.electors).then_some(Voice::Death));
    voices.extend(chamber(law, cone));
    voices
}

fn chamber(law: &Law, cone: &Cone) -> Option<Voice> {
    let rule = law.counting.contingent.first().filter(|_| cone.nobody)?;
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
            }
        }
        Move::Revoke(bloc) => {
            if let Some(local) = w.blocs.get_mut(bloc) {
                local.second = Second::Revoked;
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

/// Of the two slates of a place, that of a side.
pub(crate) fn index(side: Side) -> usize {
    match side {
        Side::A => 0,
        Side::B => 1,
    }
}

/// Every act that the law lets happen next, within the bounds.
pub(crate) fn acts(law: &Law, college: &College, voices: &[Voice], world: &World, votes: bool) -> Vec<Move> {
    let mut moves = Vec::new();
    let revocable = law.authorities.iter().any(|a| a.kind == Kind::Ascertain && !a.undone_by.is_empty());
    for (n, local) in world.blocs.iter().enumerate() {
        if !repeats(college, world, n) {
            of_bloc(&mut moves, n, *local, revocable, votes && !deviates_elsewhere(world, n));
            if votes && deviates_elsewhere(world, n) {
                as_pledged(&mut moves, n, *local);
            }
        }
    }
    for (n, (voice, word)) in voices.iter().zip(&world.words).enumerate() {
        let same = |(v, w): &(&Voice, &Word)| class(v).is_some() && class(v) == class(voice) && *w == word;
        if voices.iter().zip(&world.words).take(n).any(|other| same(&other)) {
            continue;
        }
        of_voice(law, voices, world, &mut moves, n, voice, *word);
    }
    moves
}

/// Blocs of one size that have done the same are one: only the first of them acts.
fn repeats(college: &College, world: &World, n: usize) -> bool {
    let this = (college.blocs.get(n).map(|b| b.electors), world.blocs.get(n));
    (0..n).any(|m| (college.blocs.get(m).map(|b| b.electors), world.blocs.get(m)) == this)
}

/// Electors vote otherwise than pledged in one bloc at most.
fn deviates_elsewhere(world: &World, n: usize) -> bool {
    let otherwise = |l: &Local| l.votes.iter().any(|v| matches!(v, Vote::Other | Vote::Blank));
    world.blocs.iter().enumerate().any(|(m, l)| m != n && otherwise(l))
}

fn of_bloc(moves: &mut Vec<Move>, n: usize, local: Local, revocable: bool, votes: bool) {
    match (local.first, local.second) {
        (None, _) => moves.extend([Side::A, Side::B].map(|s| Move::Certify(n, s, Second::None))),
        (Some(first), Second::None) => {
            let other = first.other();
            moves.push(Move::Certify(n, other, Second::Superseded));
            moves.push(Move::Certify(n, other, Second::Rival));
            if revocable {
                moves.push(Move::Revoke(n));
            }
        }
        _ => {}
    }
    if votes {
        as_pledged(moves, n, local);
        for side in acting(local) {
            moves.extend([Vote::Other, Vote::Blank].map(|v| Move::Vote(n, side, v)));
        }
    }
}

fn as_pledged(moves: &mut Vec<Move>, n: usize, local: Local) {
    moves.extend(acting(local).into_iter().map(|side| Move::Vote(n, side, Vote::Own)));
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

fn of_voice(
    law: &Law,
    voices: &[Voice],
    world: &World,
    moves: &mut Vec<Move>,
    n: usize,
    voice: &Voice,
    word: Word,
) {
    let row = |kind: Kind| law.authorities.iter().find(|a| a.kind == kind);
    let undone = |kind: Kind| row(kind).is_some_and(|a| !a.undone_by.is_empty());
    let may = allowed(voices, world, voice);
    if word.said.is_none() && word.acts < WORDS {
        moves.extend(may.iter().map(|said| Move::Speak(n, *said)));
    }
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
fn allowed(voices: &[Voice], world: &World, voice: &Voice) -> Vec<Said> {
    let sides = [Said::Side(Side::A), Said::Side(Side::B)];
    let declared = said_by(voices, world, |v| matches!(v, Voice::Office(Kind::Declare, _)));
    let living = |s: &Said| said_by(voices, world, |v| *v == Voice::Death) != Some(Some(*s));
    match voice {
        Voice::Source(..) | Voice::Canvass(_) => sides.to_vec(),
        Voice::Office(Kind::Diploma, _) => named(declared, &sides),
        Voice::Office(..) => sides.into_iter().chain([Said::Done]).collect(),
        // The dead neither concede, nor accept, nor take an oath; and nobody does but who is declared, if anybody is.
        Voice::InPerson(Kind::Concede, _) => sides.to_vec(),
        Voice::InPerson(..) => named(declared, &sides).into_iter().filter(living).collect(),
        Voice::Publish(..) | Voice::Challenge(..) | Voice::Annul(_) => vec![Said::Done],
        Voice::Death | Voice::Chamber(_) => sides.to_vec(),
    }
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
