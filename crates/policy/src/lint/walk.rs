//! Random walks: the same steps, in groups of jurisdictions drawn anew for each walk, taken by every
//! jurisdiction itself and asked of the law's own college.
//!
//! A check on the exploration, not a part of it. The draws come from a seed, so a walk can be taken again.
//! Refuses to know the designs by which the exploration gathers.

use std::collections::BTreeSet;

use standing::{Election, Instant, Kind, Law, Outcome, PlaceId};

use super::cone::{self, Cone};
use super::explore::{self, Model, Path};
use super::look::{self, Look};
use super::world::{self, Move};
use super::{Code, Tried, codes, college, deeds, story, when};
use crate::Error;
use crate::language::Policy;

/// What walks came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Walked {
    /// Walks taken.
    pub walks: u64,
    /// Steps taken in them.
    pub steps: u64,
    /// Walks at whose end the policy had been met for somebody.
    pub met: u64,
    /// What the first walk that broke the policy found, and its story.
    pub broken: Option<(Code, Vec<story::Step>)>,
}

/// Walks at random through what the law lets happen; a stream of walks stops at the first that meets the policy
/// for two outcomes, or undoes what it was met for.
///
/// # Errors
/// Only when law and election do not fit each other.
pub fn walks(law: &Law, election: &Election, policy: &Policy, seed: u64, n: u64) -> Result<Walked, Error> {
    let own = cone::cone(policy, law, election);
    let cone = everything(&own, law);
    let stream = |k: u64| -> Result<Walked, Error> {
        let share = n.checked_div(STREAMS).unwrap_or(0);
        let share = share.saturating_add(u64::from(k < n.checked_rem(STREAMS).unwrap_or(0)));
        one_after_another(law, election, policy, (&own, &cone), seed.wrapping_add(k), share)
    };
    let streams: Vec<Result<Walked, Error>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..STREAMS).map(|k| scope.spawn(move || stream(k))).collect();
        threads
            .into_iter()
            .map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut walked = Walked::default();
    for of in streams {
        let of = of?;
        walked.walks = walked.walks.saturating_add(of.walks);
        walked.steps = walked.steps.saturating_add(of.steps);
        walked.met = walked.met.saturating_add(of.met);
        walked.broken = walked.broken.or(of.broken);
    }
    Ok(walked)
}

/// Walks are drawn in so many streams, on however many processors, so that the same seed takes the same walks.
const STREAMS: u64 = 8;

fn one_after_another(
    law: &Law,
    election: &Election,
    policy: &Policy,
    (own, cone): (&Cone, &Cone),
    seed: u64,
    n: u64,
) -> Result<Walked, Error> {
    let mut draw = Draw(seed);
    let mut walked = Walked::default();
    let alone: Vec<Vec<PlaceId>> = law.places.keys().map(|p| vec![p.clone()]).collect();
    let mut tried = Tried::new(law, election, policy, cone, &alone)?;
    for _ in 0..n {
        let design = groups(law, &mut draw);
        tried.full.blocs = college::blocs(law, &design);
        tried.full.acting = design;
        tried.college.blocs.clone_from(&tried.full.blocs);
        let m = tried.model(cone);
        let end = walk(&m, &tried, own, &mut draw)?;
        walked.walks = walked.walks.saturating_add(1);
        walked.steps = walked.steps.saturating_add(u64::try_from(end.path.len()).unwrap_or(0));
        walked.met = walked.met.saturating_add(u64::from(end.met));
        if let Some(code) = end.broken {
            walked.broken = Some((code, story::steps(&m, &tried.full, &end.path)));
            break;
        }
    }
    Ok(walked)
}

/// A policy's cone, and beside it all that electors and announcing officers do.
fn everything(cone: &Cone, law: &Law) -> Cone {
    let electors = law.has_electors();
    Cone { electors, votes: electors, declare: true, nobody: electors, ..cone.clone() }
}

/// Numbers from a seed.
// Spec: Steele, Lea, Flood, Fast splittable pseudorandom number generators, 2014 (SplitMix64)
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap_or(1).max(1);
        usize::try_from(self.next().checked_rem(n).unwrap_or(0)).unwrap_or(0)
    }
}

/// The jurisdictions in two to four groups.
fn groups(law: &Law, draw: &mut Draw) -> Vec<Vec<PlaceId>> {
    let k = draw.below(3).saturating_add(2);
    let mut groups = vec![Vec::new(); k];
    for place in law.places.keys() {
        if let Some(group) = groups.get_mut(draw.below(k)) {
            group.push(place.clone());
        }
    }
    groups.retain(|g| !g.is_empty());
    groups
}

struct End {
    path: Path,
    met: bool,
    broken: Option<Code>,
}

const LONGEST: usize = 24;

/// The policy is asked after every step it speaks of, and at the end.
fn walk(m: &Model<'_>, tried: &Tried<'_>, own: &Cone, draw: &mut Draw) -> Result<End, Error> {
    let mut world = world::empty(m.college, m.cone, m.voices);
    let (mut t, mut path, mut acts) = (m.college.start, Path::new(), Vec::new());
    let mut released: Option<Outcome> = None;
    let mut seen = look::look_at(&tried.full, m.policy, &look::evidence(std::iter::empty()), t)?;
    let length = draw.below(LONGEST).saturating_add(1);
    for left in (0..length).rev() {
        let Some(s) = next(m, &world, t, released.is_some(), &seen, draw) else { break };
        t = when::when(m, s, t);
        acts.extend(deeds::deeds(&tried.full, m.voices, &world, s, t).into_iter().map(|a| (t, a)));
        world = world::after(&world, s);
        path.push((s, t));
        if left > 0 && !own.electors && of_electors(s) {
            continue;
        }
        seen = look::look_at(&tried.full, m.policy, &look::evidence(acts.iter().cloned()), t)?;
        let now = seen.answer.released();
        let broken = broken(m, s, seen.persons(), now.as_ref(), released.as_ref());
        if broken.is_some() {
            return Ok(End { path, met: true, broken });
        }
        released = released.or(now);
    }
    Ok(End { path, met: released.is_some(), broken: None })
}

fn of_electors(s: Move) -> bool {
    matches!(s, Move::Certify(..) | Move::Revoke(_) | Move::Vote(..) | Move::Reject(..))
}

fn next(
    m: &Model<'_>,
    world: &world::World,
    t: Instant,
    released: bool,
    seen: &Look,
    draw: &mut Draw,
) -> Option<Move> {
    let mut moves = world::acts(m.college, m.voices, world, m.cone.votes);
    moves.retain(|s| !(released && explore::by(m, *s) == explore::By::Spoke(Kind::Die)));
    moves.retain(|s| when::in_time(m, seen, *s, t));
    moves.extend(when::waits(m, seen, t).into_iter().map(Move::Wait));
    moves.extend(m.dates.iter().position(|(end, _)| *end > t).map(Move::Until));
    // First what kind of step, then which: there are many more votes than announcements.
    let kinds: BTreeSet<explore::By> = moves.iter().map(|s| explore::by(m, *s)).collect();
    // And a date passes seldom, for what has a day of its own can come after it no more.
    let mut kind = kinds.iter().nth(draw.below(kinds.len())).copied()?;
    if kind == explore::By::Time && draw.below(8) > 0 {
        kind = kinds.iter().nth(draw.below(kinds.len())).copied()?;
    }
    moves.retain(|s| explore::by(m, *s) == kind);
    moves.get(draw.below(moves.len())).copied()
}

fn broken(
    m: &Model<'_>,
    s: Move,
    met: usize,
    now: Option<&Outcome>,
    released: Option<&Outcome>,
) -> Option<Code> {
    if met > 1 {
        return Some(Code::TwoOutcomes);
    }
    if released.is_none() || now == released {
        return None;
    }
    let code = super::undone(m, explore::by(m, s));
    (code.severity() != codes::Severity::Note).then_some(code)
}
