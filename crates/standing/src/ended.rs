//! Which acts are ended, how and by which.
//!
//! What undoes counts from `not_before`, what supports from `not_after`. To end
//! what ended an act supports that act again, so every act has two answers here:
//! whether it may be ended, and whether it certainly is. Refuses to know what
//! the acts say.

use std::collections::{BTreeMap, VecDeque};

use crate::At;
use crate::act::UndoHow;
use crate::authority::may_end;
use crate::effect::{ActStanding, Status};
use crate::election::Election;
use crate::ids::ActId;
use crate::law::Law;

/// The acts that are ended, or may be: an act that may be ended supports nothing.
/// Of several acts that end one, the first by id is named.
pub(crate) fn ended(
    law: &Law,
    election: &Election,
    acts: &BTreeMap<ActId, ActStanding>,
    at: At,
) -> BTreeMap<ActId, (UndoHow, ActId)> {
    let links: Vec<Link<'_>> = acts.values().filter_map(|a| link(law, election, acts, a, at)).collect();
    let settled = settle(&links);
    let mut ended = BTreeMap::new();
    for l in links.iter().filter(|l| settled.get(&(l.by, Sure::Certainly)) == Some(&false)) {
        ended.entry(l.target.clone()).or_insert_with(|| (l.how, l.by.clone()));
    }
    ended
}

/// An act by which another is ended, once it has begun.
struct Link<'a> {
    by: &'a ActId,
    target: &'a ActId,
    how: UndoHow,
    /// Whether it has certainly taken effect.
    certain: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sure {
    Possibly,
    Certainly,
}

/// An act and how sure its end is.
type Node<'a> = (&'a ActId, Sure);

fn link<'a>(
    law: &Law,
    election: &Election,
    acts: &'a BTreeMap<ActId, ActStanding>,
    a: &'a ActStanding,
    at: At,
) -> Option<Link<'a>> {
    let undo = a.act.undo.as_ref()?;
    let target = acts.get(&undo.target)?;
    let begun = a.act.effective.not_before.is_none_or(|b| b.at <= at.effects);
    let certain = a.act.effective.not_after.is_some_and(|b| b.at <= at.effects);
    let works = matches!(a.status, Status::Standing | Status::Supported);
    let works = works && begun && may_end(law, election, &target.act, &a.act);
    works.then_some(Link { by: &a.act.id, target: &undo.target, how: undo.how, certain })
}

/// Whether each act named is ended, from those nothing ends onwards. An act ends
/// at most one other, so what remains unsettled is a circle, and a circle ends nothing.
fn settle<'a>(links: &[Link<'a>]) -> BTreeMap<Node<'a>, bool> {
    let mut open: BTreeMap<Node<'a>, usize> = BTreeMap::new();
    let mut ends: BTreeMap<Node<'a>, Node<'a>> = BTreeMap::new();
    let mut edge = |from: Node<'a>, to: Node<'a>| {
        ends.insert(from, to);
        open.entry(from).or_default();
        let n = open.entry(to).or_default();
        *n = n.saturating_add(1);
    };
    for l in links {
        edge((l.by, Sure::Certainly), (l.target, Sure::Possibly));
        if l.certain {
            edge((l.by, Sure::Possibly), (l.target, Sure::Certainly));
        }
    }
    let mut settled: BTreeMap<Node<'a>, bool> = BTreeMap::new();
    let mut queue: VecDeque<(Node<'a>, bool)> =
        open.iter().filter(|(_, n)| **n == 0).map(|(node, _)| (*node, false)).collect();
    while let Some((node, is_ended)) = queue.pop_front() {
        if settled.contains_key(&node) {
            continue;
        }
        settled.insert(node, is_ended);
        let Some(target) = ends.get(&node) else { continue };
        let left = open.entry(*target).or_default();
        *left = left.saturating_sub(1);
        if !is_ended || *left == 0 {
            queue.push_back((*target, !is_ended));
        }
    }
    settled
}
