//! The predicates of the policy language, each asked of a standing.
//!
//! Refuses to know how predicates are joined and for how long they must hold.

use std::collections::{BTreeMap, BTreeSet};

use standing::{
    ActId, BallotRule, Because, Deed, Instant, Kind, OfficeId, OfficeStanding, Outcome, PersonId, PlaceId,
    Standing, Status,
};
use tally::{Choice, Majority};

use crate::State;
use crate::evaluate::{Case, Missing, Subject, Verdict, cannot, empty, met};
use crate::language::Formula;

/// Asks one predicate. Joined formulas are taken apart before this is called.
pub(crate) fn predicate(
    case: &Case<'_>,
    office: &OfficeId,
    f: &Formula,
    subject: &Subject,
    s: &Standing,
) -> Verdict {
    let Some(o) = s.offices.get(office) else {
        return cannot(format!("the law in force knows no office `{office}`"));
    };
    let ask = Asked { case, s, o };
    let mut verdict = match (f, subject) {
        (Formula::Nobody, _) => ask.nobody(),
        (Formula::Annulled, _) => ask.annulled(),
        (Formula::Contested, _) => ask.contested(),
        (Formula::After { date }, _) => return ask.after(date),
        (Formula::Published { what }, _) => ask.published(*what),
        (Formula::ChallengeWindowClosed, _) => ask.challenge_window_closed(),
        (Formula::NoChallengePending, _) => ask.no_challenge_pending(),
        (_, Subject::Office) => {
            return cannot("this predicate is about a person, and none is asked about".into());
        }
        (Formula::Called { at_least, by, counting }, Subject::Person(x)) => {
            ask.called(x, *at_least, by, *counting)
        }
        (Formula::FirstOf { sources }, Subject::Person(x)) => ask.first_of(x, sources),
        (Formula::Canvassed { places }, Subject::Person(x)) => ask.canvassed(x, places),
        (Formula::Ascertained, Subject::Person(x)) => ask.ascertained(x),
        (Formula::Voted, Subject::Person(x)) => ask.voted(x),
        (Formula::Declared, Subject::Person(x)) => ask.declared(x),
        (Formula::Certified, Subject::Person(x)) => ask.step(x, Kind::Certify, "certified"),
        (Formula::Validated, Subject::Person(x)) => ask.step(x, Kind::Validate, "validated"),
        (Formula::Accepted, Subject::Person(x)) => ask.step(x, Kind::Accept, "accepted"),
        (Formula::Diploma, Subject::Person(x)) => ask.step(x, Kind::Diploma, "diploma"),
        (Formula::Conceded, Subject::Person(x)) => ask.step(x, Kind::Concede, "conceded"),
        (Formula::Living, Subject::Person(x)) => ask.living(x),
        (_, Subject::Person(x)) => ask.in_office(x),
    };
    let own = verdict.recheck_at;
    verdict.recheck_at = [own, ask.next_change()].into_iter().flatten().min();
    verdict
}

/// A standing, of one office, under a case.
pub(crate) struct Asked<'a> {
    pub(crate) case: &'a Case<'a>,
    pub(crate) s: &'a Standing,
    pub(crate) o: &'a OfficeStanding,
}

impl Asked<'_> {
    fn canvassed(&self, x: &PersonId, places: &[PlaceId]) -> Verdict {
        let mut relied = Vec::new();
        let mut open = Vec::new();
        for code in places {
            let Some(place) = self.s.places.get(code) else {
                return cannot(format!("the law in force allots no electors to `{code}`"));
            };
            match &place.canvassed {
                Some((slate, act)) if self.ahead(slate) == Some(x) => {
                    relied.extend(self.because(std::slice::from_ref(act)));
                }
                _ => open.push(code.as_str()),
            }
        }
        if open.is_empty() {
            return met(relied);
        }
        let who = format!("the canvassing authorities of {}", open.join(", "));
        self.missing(
            "canvassed",
            format!("no standing canvass of {} shows {} ahead", open.join(", "), self.name(x)),
            Some(who),
        )
    }

    /// The person to whom most electors of a slate are pledged; nobody where two have as many.
    fn ahead(&self, slate: &standing::SlateId) -> Option<&PersonId> {
        let mut pledged: BTreeMap<&PersonId, u32> = BTreeMap::new();
        for unit in &self.case.election.slates.get(slate)?.units {
            if let Some(person) = unit.pledged.get(&self.o.office) {
                let n = pledged.entry(person).or_default();
                *n = n.saturating_add(unit.electors);
            }
        }
        let most = pledged.values().max().copied()?;
        let mut first = pledged.into_iter().filter(|(_, n)| *n == most).map(|(p, _)| p);
        first.next().filter(|_| first.next().is_none())
    }

    fn ascertained(&self, x: &PersonId) -> Verdict {
        if !self.case.law.has_electors() {
            return cannot("the law in force knows no electors".into());
        }
        let open = |p: &standing::PlaceStanding| {
            matches!(p.appointment, standing::Appointment::Unknown | standing::Appointment::Contested { .. })
        };
        self.majority(
            x,
            "ascertained",
            "appointed electors are pledged to",
            (&self.o.ascertained, &self.o.ascertained_by, self.o.not_ascertained),
            &open,
        )
    }

    fn voted(&self, x: &PersonId) -> Verdict {
        if !self.case.law.has_electors() {
            return cannot("the law in force knows no electors".into());
        }
        let open = |p: &standing::PlaceStanding| {
            p.vote.is_none() && !matches!(p.appointment, standing::Appointment::NotAppointed { .. })
        };
        let by_majority = || self.voted_by_majority(x, &open);
        self.not_by_majority_alone(x, &by_majority).unwrap_or_else(by_majority)
    }

    fn voted_by_majority(&self, x: &PersonId, open: &dyn Fn(&standing::PlaceStanding) -> bool) -> Verdict {
        self.majority(
            x,
            "voted",
            "electors have voted for",
            (&self.o.voted, &self.o.voted_by, self.o.not_voted),
            open,
        )
    }

    /// Where more than a majority is asked: of two persons with equal votes on one list neither is
    /// chosen, nor is anybody while it depends on votes announced both ways.
    // Law: U.S. Const. art. II § 1 cl. 3, text of 1789-03-04
    fn not_by_majority_alone(&self, x: &PersonId, by_majority: &dyn Fn() -> Verdict) -> Option<Verdict> {
        let o = self.o;
        if self.case.law.counting.ballot == BallotRule::Separate && o.alternatives.is_empty() {
            return None;
        }
        let name = self.name(x);
        match &o.choice {
            Choice::Chosen { by, .. } if by == x => {
                Some(met(self.because(o.voted_by.get(x).map_or(&[], Vec::as_slice))))
            }
            Choice::Chosen { by, .. } => Some(cannot(format!("{} is chosen, not {name}", self.name(by)))),
            Choice::Tied { among, votes } => {
                Some(cannot(format!("{} have {votes} votes each, and neither is chosen", self.names(among))))
            }
            Choice::Nobody => Some(cannot("every vote is in and nobody is chosen by them".into())),
            Choice::Open => {
                let so_far = by_majority();
                let open = || format!("the votes so far do not settle whether {name} is chosen");
                Some(if so_far.state == State::Met { self.missing("voted", open(), None) } else { so_far })
            }
        }
    }

    fn names(&self, persons: &[PersonId]) -> String {
        persons.iter().map(|p| self.name(p)).collect::<Vec<_>>().join(" and ")
    }

    // Law: U.S. Const. amend. XII, text of 1804-06-15
    fn majority(
        &self,
        x: &PersonId,
        level: &str,
        words: &str,
        (votes, by, outstanding): (&BTreeMap<PersonId, u32>, &BTreeMap<PersonId, Vec<standing::ActId>>, u32),
        open: &dyn Fn(&standing::PlaceStanding) -> bool,
    ) -> Verdict {
        let base = self.o.base.whole_number;
        let have = votes.get(x).copied().unwrap_or(0);
        let of_x = BTreeMap::from([(x.clone(), have)]);
        let figure =
            format!("{have} {words} {}; {} of {base} are a majority", self.name(x), tally::needed(base));
        match tally::majority(base, &of_x, outstanding) {
            Majority::Reached { .. } => met(self.because(by.get(x).map_or(&[], Vec::as_slice))),
            Majority::Impossible => {
                cannot(format!("{figure}, and only {outstanding} are outstanding as the record stands"))
            }
            Majority::Open => {
                let names: Vec<&PlaceId> =
                    self.s.places.values().filter(|p| open(p)).map(|p| &p.place).collect();
                let mut verdict = self.missing(level, figure, Some(self.of_places(level, &names)));
                if level == "voted" {
                    verdict.missing.extend(self.unappointed());
                }
                verdict
            }
        }
    }

    /// Votes count only of electors whom a standing certificate appoints: who has yet to certify.
    fn unappointed(&self) -> Option<Missing> {
        let open = |p: &&standing::PlaceStanding| {
            matches!(p.appointment, standing::Appointment::Unknown | standing::Appointment::Contested { .. })
        };
        let names: Vec<&PlaceId> = self.s.places.values().filter(open).map(|p| &p.place).collect();
        let clause =
            format!("no single certificate of ascertainment stands for {} jurisdictions", names.len());
        let who = self.of_places("ascertained", &names);
        let missing = self.missing("ascertained", clause, Some(who)).missing;
        missing.into_iter().next().filter(|_| !names.is_empty())
    }

    fn declared(&self, x: &PersonId) -> Verdict {
        if !self.law_knows(Kind::Declare) {
            return cannot("the law in force gives nobody power to declare who is elected".into());
        }
        self.named(x, "declared", &self.o.declared, "no announcement has been made")
    }

    fn in_office(&self, x: &PersonId) -> Verdict {
        let by_term = self.case.law.offices.iter().any(|l| l.id == self.o.office && l.begins.is_some());
        if !by_term && !self.law_knows(Kind::Oath) {
            return cannot("the law in force knows no act by which this office begins".into());
        }
        let holders: Vec<_> =
            self.o.in_office.iter().map(|(p, act)| (Some(p.clone()), act.clone())).collect();
        self.named(x, "in_office", &holders, "nobody elected has taken office")
    }

    pub(crate) fn named(
        &self,
        x: &PersonId,
        level: &str,
        by: &[(Option<PersonId>, standing::ActId)],
        none: &str,
    ) -> Verdict {
        let persons: BTreeSet<Option<&PersonId>> = by.iter().map(|(p, _)| p.as_ref()).collect();
        if persons.len() > 1 {
            return self.missing(level, "standing acts name different persons".into(), None);
        }
        match persons.first() {
            None => self.missing(level, none.into(), None),
            Some(Some(p)) if *p == x => {
                let acts: Vec<_> = by.iter().map(|(_, act)| act.clone()).collect();
                met(self.because(&acts))
            }
            Some(Some(p)) => cannot(format!("{} is named, not {}", self.name(p), self.name(x))),
            Some(None) => cannot("it was announced that nobody is elected".into()),
        }
    }

    fn nobody(&self) -> Verdict {
        if self.o.outcome == Outcome::Nobody {
            let announced = self.o.declared.iter().map(|(_, act)| act);
            let votes = self.o.voted_by.values().flatten();
            return met(self.because(&announced.chain(votes).cloned().collect::<Vec<_>>()));
        }
        match &self.o.outcome {
            Outcome::Person(p) => cannot(format!("{} is elected as the record stands", self.name(p))),
            _ => self.missing("declared", "that nobody is elected".into(), None),
        }
    }

    fn annulled(&self) -> Verdict {
        if self.o.outcome == Outcome::Annulled {
            return met(self.because(&self.o.annulled_by));
        }
        if !self.case.law.authorities.iter().any(|a| a.kind == Kind::Annul) {
            return cannot("the law in force names nobody who may set the election aside".into());
        }
        self.missing("declared", "an act that sets the election aside".into(), None)
    }

    fn contested(&self) -> Verdict {
        if matches!(self.o.outcome, Outcome::Contested(_)) {
            let acts: Vec<ActId> = self.o.declared.iter().map(|(_, act)| act.clone()).collect();
            return met(self.because(&acts));
        }
        self.missing("declared", "two announcements that contradict each other".into(), None)
    }

    fn after(&self, date: &str) -> Verdict {
        let election = self.case.election;
        match self.case.law.date(date, election.year, &election.zone) {
            None => cannot(format!("the law in force has no date `{date}`")),
            Some(d) if d.ends <= self.s.at.effects => met(Vec::new()),
            Some(d) => Verdict {
                missing: vec![Missing {
                    clause: d.name.clone(),
                    who: "time".into(),
                    by: Some(d.date.clone()),
                    cite: self.case.law.cite(&d.cite),
                }],
                recheck_at: Some(d.ends),
                ..empty(State::NotYet)
            },
        }
    }

    pub(crate) fn missing(&self, level: &str, clause: String, who: Option<String>) -> Verdict {
        let (law, election) = (self.case.law, self.case.election);
        let known = law.level(level);
        let rows: Vec<_> = law.authorities.iter().filter(|a| kind_of(level) == Some(a.kind)).collect();
        let roles: BTreeSet<&str> = rows.iter().map(|a| a.role.as_str()).collect();
        let roles = roles.into_iter().collect::<Vec<_>>().join(", ");
        let by =
            known.and_then(|l| l.by.as_deref()).and_then(|id| law.date(id, election.year, &election.zone));
        let missing = Missing {
            clause,
            who: who.or_else(|| known.map(|l| l.who.clone())).unwrap_or(roles),
            by: by.as_ref().map(|d| d.date.clone()),
            cite: known
                .map(|l| &l.cite)
                .or(rows.first().map(|a| &a.cite))
                .map_or_else(String::new, |c| law.cite(c)),
        };
        Verdict { missing: vec![missing], ..empty(State::NotYet) }
    }

    /// The next instant at which time alone can change what is known already:
    /// an end of the span of a known act, or the beginning of a term somebody is sworn for.
    fn next_change(&self) -> Option<Instant> {
        let (law, election, t) = (self.case.law, self.case.election, self.s.at.effects);
        let bounds =
            self.s.acts.values().flat_map(|a| [a.act.effective.not_before, a.act.effective.not_after]);
        let sworn = |a: &standing::ActStanding| {
            matches!(a.act.deed, Deed::Oath { .. }) && a.status == Status::Supported
        };
        let by_term = law.offices.iter().any(|l| l.id == self.o.office && l.begins.is_some());
        let waits = by_term || self.s.acts.values().any(sworn);
        let term = law.date(&law.term_begins, election.year, &election.zone).filter(|_| waits);
        bounds.flatten().map(|b| b.at).chain(term.map(|d| d.ends)).filter(|at| *at > t).min()
    }

    fn of_places(&self, level: &str, places: &[&PlaceId]) -> String {
        let who = self.case.law.level(level).map_or_else(String::new, |l| l.who.clone());
        let names: Vec<String> = places
            .iter()
            .map(|p| self.case.law.places.get(*p).map_or_else(|| p.to_string(), |x| x.name.clone()))
            .collect();
        let states =
            if names.len() > 8 { format!("{} jurisdictions", names.len()) } else { names.join(", ") };
        who.replace("the state", &states)
    }

    pub(crate) fn because(&self, acts: &[standing::ActId]) -> Vec<Because> {
        let known = acts.iter().filter_map(|id| self.s.acts.get(id));
        known
            .map(|a| Because {
                act: a.act.id.clone(),
                statement: a.statement,
                cite: a.cite.as_ref().map_or_else(String::new, |c| self.case.law.cite(c)),
            })
            .collect()
    }

    pub(crate) fn name(&self, x: &PersonId) -> String {
        self.case.election.persons.get(x).map_or_else(|| x.to_string(), |p| p.short.clone())
    }
}

/// The kind of act by which a level is reached: a law that tells of no such level still says who may do it.
fn kind_of(level: &str) -> Option<Kind> {
    Some(match level {
        "called" => Kind::Call,
        "canvassed" => Kind::Canvass,
        "certified" => Kind::Certify,
        "ascertained" => Kind::Ascertain,
        "voted" => Kind::ElectorVote,
        "validated" => Kind::Validate,
        "declared" => Kind::Declare,
        "accepted" => Kind::Accept,
        "diploma" => Kind::Diploma,
        "conceded" => Kind::Concede,
        "published" => Kind::Publish,
        "in_office" => Kind::Oath,
        _ => return None,
    })
}
