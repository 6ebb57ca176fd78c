//! The predicates about the steps by which an office without electors is filled.
//!
//! Refuses to know what comes after a step, and whether it is enough.

use standing::{ActId, Kind, PersonId, Published};

use crate::State;
use crate::evaluate::{Missing, Verdict, cannot, empty, met};
use crate::predicates::Asked;

impl Asked<'_> {
    /// A step that names X and nobody else.
    pub(crate) fn step(&self, x: &PersonId, kind: Kind, level: &str) -> Verdict {
        if !self.law_knows(kind) {
            return cannot(format!("the law in force gives nobody power to do what `{level}` asks for"));
        }
        let by = self.o.steps.get(&kind).map_or(&[][..], Vec::as_slice);
        self.named(x, level, by, &format!("no standing act: {level}"))
    }

    pub(crate) fn law_knows(&self, kind: Kind) -> bool {
        self.case.law.authorities.iter().any(|a| a.kind == kind)
    }

    pub(crate) fn living(&self, x: &PersonId) -> Verdict {
        match self.o.died.iter().find(|(p, _)| p == x) {
            Some((_, act)) => cannot(format!("{} has died ({act})", self.name(x))),
            None => met(Vec::new()),
        }
    }

    pub(crate) fn published(&self, what: Published) -> Verdict {
        let (name, are) = match what {
            Published::Result => ("the result", "is"),
            Published::Records => ("the records of the polling stations", "are"),
        };
        if !self.case.law.publishes(what) {
            return cannot(format!("the law in force charges nobody with publishing {name}"));
        }
        let acts: Vec<ActId> =
            self.o.published.iter().filter(|(w, _)| *w == what).map(|(_, act)| act.clone()).collect();
        if acts.is_empty() {
            let who = Some(self.publishers(what));
            return self.missing("published", format!("{name} {are} not published"), who);
        }
        met(self.because(&acts))
    }

    fn publishers(&self, what: Published) -> String {
        let its = |a: &&standing::Authority| a.kind == Kind::Publish && a.what.is_none_or(|w| w == what);
        let rows = self.case.law.authorities.iter().filter(its);
        rows.map(|a| a.role.to_string()).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn challenge_window_closed(&self) -> Verdict {
        let declared: Vec<ActId> = self.o.declared.iter().map(|(_, act)| act.clone()).collect();
        if declared.is_empty() {
            return self.missing(
                "declared",
                "no declaration stands, so no time for challenges runs".into(),
                None,
            );
        }
        let Some(c) = &self.case.law.challenge else {
            // Where the law gives no time for challenges, a declaration leaves none open.
            return met(self.because(&declared));
        };
        match self.o.challenge_ends {
            Some(end) if end <= self.s.at.effects => met(self.because(&declared)),
            end => {
                let until = end.map_or_else(|| "an instant not established".to_owned(), |t| t.to_string());
                let missing = Missing {
                    clause: format!("the time for challenges runs until {until}"),
                    who: "time".into(),
                    by: None,
                    cite: self.case.law.cite(&c.cite),
                };
                Verdict { missing: vec![missing], recheck_at: end, ..empty(State::NotYet) }
            }
        }
    }

    pub(crate) fn no_challenge_pending(&self) -> Verdict {
        if self.o.challenges.is_empty() {
            return met(Vec::new());
        }
        let names: Vec<&str> = self.o.challenges.iter().map(ActId::as_str).collect();
        let rows = self.case.law.authorities.iter().filter(|a| a.kind == Kind::Challenge);
        let who: std::collections::BTreeSet<String> =
            rows.clone().flat_map(|a| a.undone_by.iter().map(ToString::to_string)).collect();
        let missing = Missing {
            clause: format!("pending: {}", names.join(", ")),
            who: if who.is_empty() {
                "whoever decides it".into()
            } else {
                who.into_iter().collect::<Vec<_>>().join(", ")
            },
            by: None,
            cite: rows.map(|a| self.case.law.cite(&a.cite)).next().unwrap_or_default(),
        };
        Verdict { missing: vec![missing], ..empty(State::NotYet) }
    }
}
