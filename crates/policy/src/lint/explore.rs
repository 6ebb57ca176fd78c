//! Explores every world that the law lets happen, breadth first: the first way to a finding is a
//! shortest one.
//!
//! A world is asked of the one `standing` and the policy's one answer. Refuses to know how a
//! finding is worded.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use standing::{Act, Instant, Kind, Outcome};

use super::college::{College, Side};
use super::cone::Cone;
use super::deeds;
use super::look::{self, Look};
use super::when::{SHORT, in_time, waits, when};
use super::world::{self, Move, Said, Second, Voice, World};
use crate::Error;
use crate::language::{Action, Policy};

/// What is tried, and where.
pub(crate) struct Model<'a> {
    pub college: &'a College,
    pub policy: &'a Policy,
    pub cone: &'a Cone,
    pub voices: &'a [Voice],
    /// The ends of the law's dates, in order, with their ids.
    pub dates: Vec<(Instant, String)>,
}

/// A way to a world: steps, each at an instant.
pub(crate) type Path = Vec<(Move, Instant)>;

/// What can be found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// Two outcomes are met at once.
    Two,
    /// Met, then undone by a step of this kind.
    Undone(By, Of),
    /// Met, then undone by an act that ends no other: in another order of arrival it had come first.
    Order(By),
    /// Met for a person who had died.
    Dead,
    /// Everything is over, and the policy waits in silence.
    Silent(Silent),
}

/// Of what outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    Person,
    Nobody,
    Annulled,
}

/// On what a policy is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Silent {
    /// That nothing comes.
    Nothing,
    /// That nobody is elected.
    Nobody,
    /// That the election is set aside.
    Annulled,
    /// That announcements contradict each other.
    Contested,
}

/// By what kind of step, and of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    Rival,
    Superseded,
    Revoked,
    Voted,
    Rejected,
    Spoke(Kind),
    TookBack(Kind),
    Replaced(Kind),
    Ended(Kind),
    Time,
}

/// What came of an exploration.
#[derive(Debug, Default)]
pub(crate) struct Explored {
    pub hits: BTreeMap<What, Path>,
    pub states: u64,
    /// Whether every reachable world was seen.
    pub whole: bool,
    /// Whether the person's formula was met anywhere, and which alternatives of it.
    pub met: BTreeSet<usize>,
}

struct Node {
    world: World,
    t: Instant,
    parent: Option<usize>,
    step: Option<Move>,
    acts: Vec<Act>,
    released: Option<Outcome>,
}

/// More worlds than this are not looked at.
pub(crate) const MOST: usize = 1_500_000;

/// Explores.
///
/// # Errors
/// Only when law and election do not fit each other.
pub(crate) fn explore(m: &Model<'_>, most: usize) -> Result<Explored, Error> {
    let mut found = Explored { whole: true, ..Explored::default() };
    let start = Node {
        world: world::empty(m.college, m.cone, m.voices),
        t: m.college.start,
        parent: None,
        step: None,
        acts: Vec::new(),
        released: None,
    };
    let mut nodes = vec![start];
    let mut seen: BTreeSet<Key> = BTreeSet::new();
    let mut pushed: BTreeSet<(Key, i64)> = BTreeSet::new();
    let mut layer = vec![0_usize];
    let timed = m.cone.window || !m.cone.holds.is_empty();
    while !layer.is_empty() {
        let looks = looks(m, &nodes, &layer)?;
        let mut next = Vec::new();
        for (n, seen_here) in layer.into_iter().zip(looks) {
            if timed && nodes.get(n).is_some_and(|node| !seen.insert(key(m, node, &seen_here.holds))) {
                continue;
            }
            found.states = found.states.saturating_add(1);
            if judge(m, &mut nodes, n, &seen_here, &mut found) {
                step(m, &mut nodes, n, &seen_here, &mut pushed, &mut next);
            }
        }
        if nodes.len() >= most {
            found.whole = next.is_empty();
            break;
        }
        layer = next;
    }
    Ok(found)
}

/// Two nodes with the same key have the same future.
type Key = (World, usize, Vec<u8>, Option<Outcome>);

/// The worlds of a layer, looked at by as many threads as there are processors.
fn looks(m: &Model<'_>, nodes: &[Node], layer: &[usize]) -> Result<Vec<Look>, Error> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let share = layer.len().div_ceil(workers).max(1);
    std::thread::scope(|scope| {
        let work = |part: &[usize]| part.iter().map(|n| look(m, nodes, *n)).collect::<Result<Vec<_>, _>>();
        let threads: Vec<_> = layer.chunks(share).map(|part| scope.spawn(move || work(part))).collect();
        let mut looks = Vec::with_capacity(layer.len());
        for t in threads {
            looks.extend(t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(looks)
    })
}

fn look(m: &Model<'_>, nodes: &[Node], n: usize) -> Result<Look, Error> {
    let t = nodes.get(n).map_or(m.college.start, |node| node.t);
    let known = |a: &Act| a.effective.not_after.map_or(t, |b| b.at);
    let evidence = look::evidence(acts_to(nodes, n).into_iter().map(|a| (known(a), a.clone())));
    look::look_at(m.college, m.policy, &evidence, t)
}

fn acts_to(nodes: &[Node], n: usize) -> Vec<&Act> {
    let mut back = Vec::new();
    let mut at = Some(n);
    while let Some(node) = at.and_then(|n| nodes.get(n)) {
        back.push(&node.acts);
        at = node.parent;
    }
    back.into_iter().rev().flatten().collect()
}

fn path_to(nodes: &[Node], n: usize) -> Path {
    let mut back = Vec::new();
    let mut at = Some(n);
    while let Some(node) = at.and_then(|n| nodes.get(n)) {
        back.extend(node.step.map(|m| (m, node.t)));
        at = node.parent;
    }
    back.reverse();
    back
}

fn key(m: &Model<'_>, node: &Node, holds: &[u8]) -> Key {
    let phase = m.dates.iter().filter(|(end, _)| *end <= node.t).count();
    let mut world = node.world.clone();
    canonical(m, &mut world);
    (world, phase, holds.to_vec(), node.released.clone())
}

/// Blocs of one size are told apart by nothing but what they have done.
fn canonical(m: &Model<'_>, world: &mut World) {
    let classed = m.voices.iter().map(world::class).zip(world.words.clone());
    let mut words: BTreeMap<usize, Vec<world::Word>> = BTreeMap::new();
    for (class, word) in classed.filter_map(|(class, word)| Some((class?, word))) {
        words.entry(class).or_default().push(word);
    }
    words.values_mut().for_each(|of| of.sort());
    for (slot, class) in world.words.iter_mut().zip(m.voices.iter().map(world::class)) {
        if let Some(word) = class.and_then(|c| words.get_mut(&c)).and_then(Vec::pop) {
            *slot = word;
        }
    }
    let mut sized: Vec<_> = m.college.blocs.iter().map(|b| b.electors).zip(world.blocs.clone()).collect();
    let sizes: Vec<u32> = sized.iter().map(|(n, _)| *n).collect();
    sized.sort();
    let mut sorted: BTreeMap<u32, VecDeque<world::Local>> = BTreeMap::new();
    for (n, local) in sized {
        sorted.entry(n).or_default().push_back(local);
    }
    for (slot, n) in world.blocs.iter_mut().zip(sizes) {
        if let Some(local) = sorted.get_mut(&n).and_then(VecDeque::pop_front) {
            *slot = local;
        }
    }
}

/// Keeps what this world shows; whether anything after it can show more.
fn judge(m: &Model<'_>, nodes: &mut [Node], n: usize, seen: &Look, found: &mut Explored) -> bool {
    let Some(node) = nodes.get(n) else { return false };
    let mut hit = |what: What| {
        found.hits.entry(what).or_insert_with(|| path_to(nodes, n));
    };
    if seen.persons() > 1 {
        hit(What::Two);
    }
    let now = seen.answer.released();
    found.met.extend(seen.alternatives.iter().copied());
    if let Some(released) = &node.released {
        if now.as_ref() != Some(released) {
            if let Some(by) = node.step.map(|s| by(m, s)) {
                let of = of(released);
                // That nobody is elected is overtaken in the course of the law, not by a rival.
                let order = adds(by) && of == Of::Person;
                hit(if order { What::Order(by) } else { What::Undone(by, of) });
            }
            return false;
        }
        return true;
    }
    if let Some(Outcome::Person(p)) = &now {
        let side = [Side::A, Side::B].into_iter().find(|s| s.person().as_ref() == Some(p));
        let dead = world::said_by(m.voices, &node.world, |v| *v == Voice::Death).flatten();
        if dead.is_some() && dead == side.map(Said::Side) {
            hit(What::Dead);
        }
    }
    if now.is_none() && last(m, node.t) && !seen.pending && seen.answer.action == Action::Wait {
        hit(What::Silent(silent(seen)));
    }
    if let Some(node) = nodes.get_mut(n) {
        node.released = now;
    }
    true
}

fn of(released: &Outcome) -> Of {
    match released {
        Outcome::Nobody => Of::Nobody,
        Outcome::Annulled => Of::Annulled,
        _ => Of::Person,
    }
}

fn silent(seen: &Look) -> Silent {
    match (&seen.answer.outcome, &seen.outcome) {
        (Some(Outcome::Nobody), _) | (None, Some(Outcome::Nobody)) => Silent::Nobody,
        (Some(Outcome::Annulled), _) | (None, Some(Outcome::Annulled)) => Silent::Annulled,
        (Some(Outcome::Contested(_)), _) => Silent::Contested,
        _ => Silent::Nothing,
    }
}

fn last(m: &Model<'_>, t: Instant) -> bool {
    m.dates.iter().all(|(end, _)| *end <= t)
}

pub(crate) fn by(m: &Model<'_>, step: Move) -> By {
    let kind = |n: usize| m.voices.get(n).map_or(Kind::Report, world::kind_of);
    match step {
        Move::Certify(_, _, Second::Superseded) => By::Superseded,
        Move::Certify(..) => By::Rival,
        Move::Revoke(_) => By::Revoked,
        Move::Vote(..) => By::Voted,
        Move::Reject(..) => By::Rejected,
        Move::Speak(n, _) => By::Spoke(kind(n)),
        Move::TakeBack(n) => By::TookBack(kind(n)),
        Move::Replace(n, _) => By::Replaced(kind(n)),
        Move::End(n) => By::Ended(kind(n)),
        Move::Wait(_) | Move::Until(_) => By::Time,
    }
}

/// Whether a step ends nothing and only says something beside what was said.
fn adds(by: By) -> bool {
    match by {
        By::Rival | By::Voted => true,
        By::Spoke(kind) => !matches!(kind, Kind::Annul | Kind::Challenge | Kind::ContingentVote | Kind::Die),
        _ => false,
    }
}

/// Steps that lead to one world from worlds in which the same hold times run are one step.
fn step(
    m: &Model<'_>,
    nodes: &mut Vec<Node>,
    n: usize,
    seen: &Look,
    pushed: &mut BTreeSet<(Key, i64)>,
    next: &mut Vec<usize>,
) {
    let Some(node) = nodes.get(n) else { return };
    let (before, t, released) = (node.world.clone(), node.t, node.released.clone());
    for s in moves(m, &before, t, released.is_some(), seen) {
        let at = when(m, s, t);
        let long = m.cone.holds.first().is_none_or(|hold| at.second().saturating_sub(t.second()) >= *hold);
        let long = long && (!m.cone.holds.is_empty() || at.second().saturating_sub(t.second()) > SHORT);
        if seen.pending && long && !matches!(s, Move::Wait(_)) {
            continue;
        }
        let mut child = Node {
            world: world::after(&before, s),
            t: at,
            parent: Some(n),
            step: Some(s),
            acts: Vec::new(),
            released: released.clone(),
        };
        let wait = match s {
            Move::Wait(seconds) => seconds,
            _ => 0,
        };
        if !pushed.insert((key(m, &child, &seen.holds), wait)) {
            continue;
        }
        child.acts = deeds::deeds(m.college, m.voices, &before, s, at);
        nodes.push(child);
        next.push(nodes.len().saturating_sub(1));
    }
}

fn moves(m: &Model<'_>, before: &World, t: Instant, released: bool, seen: &Look) -> Vec<Move> {
    let mut moves = world::acts(m.college, m.voices, before, m.cone.votes);
    // Who dies after the message is gone has not undone it; and of two that are alike, A is the first.
    moves.retain(|s| !(released && by(m, *s) == By::Spoke(Kind::Die)));
    if *before == world::empty(m.college, m.cone, m.voices) {
        moves.retain(|s| !names(*s, Side::B));
    }
    moves.retain(|s| in_time(m, seen, *s, t));
    if seen.pending {
        moves.extend(waits(m, seen, t).into_iter().map(Move::Wait));
    }
    moves.extend(m.dates.iter().position(|(end, _)| *end > t).map(Move::Until));
    moves
}

fn names(s: Move, side: Side) -> bool {
    match s {
        Move::Certify(_, named, _) | Move::Vote(_, named, _) => named == side,
        Move::Speak(_, said) | Move::Replace(_, said) => said == Said::Side(side),
        _ => false,
    }
}
