//! The predicates about calls: how many sources, how independent, which takes precedence.
//!
//! A source whose standing calls name different persons names nobody. Refuses to
//! know what a call is worth.

use std::collections::{BTreeMap, BTreeSet};

use standing::{Because, IssuerId, Kind, PersonId};

use crate::evaluate::{Verdict, cannot, met};
use crate::language::Counting;
use crate::predicates::Asked;

impl Asked<'_> {
    pub(crate) fn called(&self, x: &PersonId, n: u32, by: &[IssuerId], counting: Counting) -> Verdict {
        let unit = if counting == Counting::Outlets { "outlets" } else { "independent sources" };
        let key = |issuer: &IssuerId, upstream: Option<&str>| match (counting, upstream) {
            (Counting::Upstreams, Some(upstream)) => upstream.to_owned(),
            _ => issuer.to_string(),
        };
        let mut sources: BTreeMap<String, Vec<Because>> = BTreeMap::new();
        for c in self.o.calls.iter().filter(|c| by.is_empty() || by.contains(&c.issuer)) {
            if self.caller_names(&c.issuer) == Some(x) {
                let because = self.because(std::slice::from_ref(&c.act));
                sources.entry(key(&c.issuer, Some(&c.upstream))).or_default().extend(because);
            }
        }
        let have = sources.len();
        let enough = |count: usize| usize::try_from(n).is_ok_and(|n| count >= n);
        if enough(have) {
            return met(sources.into_values().flatten().collect());
        }
        let callers = self.case.election.issuers.values();
        let callers =
            callers.filter(|i| self.may(Kind::Call, &i.role) && (by.is_empty() || by.contains(&i.id)));
        let known: BTreeSet<String> = callers.map(|i| key(&i.id, i.upstream.as_deref())).collect();
        if !enough(known.len()) {
            return cannot(format!("{n} {unit} are asked for, and only {} are known here", known.len()));
        }
        self.missing("called", format!("{have} of {n} {unit} have called it for {}", self.name(x)), None)
    }

    pub(crate) fn first_of(&self, x: &PersonId, sources: &[IssuerId]) -> Verdict {
        let Some(first) = sources.iter().find(|s| self.o.calls.iter().any(|c| c.issuer == **s)) else {
            return self.missing("called", "none of the sources named has called".into(), None);
        };
        let clause = match self.caller_names(first) {
            Some(person) if person == x => {
                let calls = self.o.calls.iter().filter(|c| c.issuer == *first);
                return met(self.because(&calls.map(|c| c.act.clone()).collect::<Vec<_>>()));
            }
            Some(person) => {
                format!("{first}, which takes precedence, calls it for {}", self.name(person))
            }
            None => format!("{first}, which takes precedence, has standing calls for different persons"),
        };
        self.missing("called", clause, None)
    }

    /// Whom a source's standing calls name; a source that contradicts itself names nobody.
    fn caller_names(&self, issuer: &IssuerId) -> Option<&PersonId> {
        let mut named = self.o.calls.iter().filter(|c| c.issuer == *issuer).map(|c| &c.person);
        let first = named.next()?;
        named.all(|p| p == first).then_some(first)
    }

    fn may(&self, kind: Kind, role: &standing::RoleId) -> bool {
        self.case.law.authorities.iter().any(|a| a.kind == kind && a.role == *role)
    }
}
