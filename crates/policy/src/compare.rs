//! In which clauses two policies differ, and whether they mean the same.
//!
//! Two that differ only in how they are written mean the same: a default spelt out, a list in
//! another order, one formula in a list of one. Refuses to prove more: what is left is called different.

use crate::language::{Clause, Formula, Policy};
use crate::words::clauses_in_english;

/// A clause in which two policies differ, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The clause's key.
    pub clause: &'static str,
    /// What the first says.
    pub a: String,
    /// What the second says.
    pub b: String,
}

/// The clauses in which two policies mean something else; none if they mean the same.
#[must_use]
pub fn differences(a: &Policy, b: &Policy) -> Vec<Difference> {
    let (plain_a, plain_b) = (plain(a), plain(b));
    let same = |key: &str| match key {
        "office" => plain_a.office == plain_b.office,
        "person" => plain_a.person == plain_b.person,
        "another_person" => plain_a.another_person == plain_b.another_person,
        "nobody" => plain_a.nobody == plain_b.nobody,
        "annulled" => plain_a.annulled == plain_b.annulled,
        "contested" => plain_a.contested == plain_b.contested,
        _ => plain_a.never == plain_b.never,
    };
    let both = clauses_in_english(a).into_iter().zip(clauses_in_english(b));
    let differing = both.filter(|((key, _), _)| !same(key));
    differing.map(|((clause, a), (_, b))| Difference { clause, a, b }).collect()
}

/// The policy with its defaults spelt out and every formula in one way of writing it.
fn plain(p: &Policy) -> Policy {
    let clause = |c: &Clause, meaning: Option<&Formula>| Clause {
        action: c.action,
        when: c.when.as_ref().or(meaning).map(normal),
    };
    let mut plain = p.clone();
    plain.person.when = normal(&p.person.when);
    plain.another_person = clause(&p.another_person, None);
    // Of others the same is asked, whether that is said or not.
    plain.another_person.when = plain.another_person.when.filter(|f| *f != plain.person.when);
    plain.nobody = clause(&p.nobody, Some(&Formula::Nobody));
    plain.annulled = clause(&p.annulled, Some(&Formula::Annulled));
    plain.contested = clause(&p.contested, Some(&Formula::Contested));
    plain.never = clause(&p.never, None);
    // Where there is no limit to waiting, nothing is done at it.
    if plain.never.when.is_none() {
        plain.never.action = crate::Action::Wait;
    }
    plain
}

/// One way of writing a formula among those that have the same answer at every instant.
fn normal(f: &Formula) -> Formula {
    match f {
        Formula::All(of) => one_or(of, Formula::All, |f| match f {
            Formula::All(of) => Some(of),
            _ => None,
        }),
        Formula::Any(of) => one_or(of, Formula::Any, |f| match f {
            Formula::Any(of) => Some(of),
            _ => None,
        }),
        Formula::AtLeast { n: 1, of } => normal(&Formula::Any(of.clone())),
        Formula::AtLeast { n, of } if usize::try_from(*n).is_ok_and(|n| n == of.len()) => {
            normal(&Formula::All(of.clone()))
        }
        Formula::AtLeast { n, of } => {
            let mut of: Vec<Formula> = of.iter().map(normal).collect();
            of.sort_by_key(written);
            Formula::AtLeast { n: *n, of }
        }
        Formula::HeldFor { duration, of } if duration.get() == 0 => normal(of),
        Formula::HeldFor { duration, of } => {
            Formula::HeldFor { duration: *duration, of: Box::new(normal(of)) }
        }
        Formula::Called { at_least, by, counting } => {
            Formula::Called { at_least: *at_least, by: set(by), counting: *counting }
        }
        Formula::Canvassed { places } => Formula::Canvassed { places: set(places) },
        other => other.clone(),
    }
}

/// A list without order, repetition and lists of its own kind in it; of one, that one.
fn one_or(
    of: &[Formula],
    make: fn(Vec<Formula>) -> Formula,
    inner: fn(&Formula) -> Option<&Vec<Formula>>,
) -> Formula {
    let normal: Vec<Formula> = of.iter().map(normal).collect();
    let mut flat: Vec<Formula> = Vec::new();
    for f in normal {
        match inner(&f) {
            Some(of) => flat.extend(of.iter().cloned()),
            None => flat.push(f),
        }
    }
    flat.sort_by_key(written);
    flat.dedup();
    match flat.as_slice() {
        [one] => one.clone(),
        _ => make(flat),
    }
}

fn set<T: Ord + Clone>(of: &[T]) -> Vec<T> {
    let set: std::collections::BTreeSet<T> = of.iter().cloned().collect();
    set.into_iter().collect()
}

fn written(f: &Formula) -> String {
    serde_json::to_string(f).unwrap_or_default()
}
