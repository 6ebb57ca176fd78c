//! Evaluates a formula for a person, or for the office, at (T, K).
//!
//! Total: every formula has one of three answers at every instant. Refuses to
//! know what is done with the answer.

use std::collections::{BTreeMap, BTreeSet};

use standing::{
    At, Because, Election, Evidence, Instant, IssuerId, Law, OfficeId, OfficeStanding, Outcome, PersonId,
    PlaceId, Standing,
};
use tally::Majority;

use crate::language::{Counting, Error, Formula};
use crate::{State, held};

/// What a question is asked about: law, election, evidence. The same for every command.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The law.
    pub law: &'a Law,
    /// The election.
    pub election: &'a Election,
    /// The statements and who may attest.
    pub evidence: &'a Evidence,
}

/// Of whom a formula is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Of a person.
    Person(PersonId),
    /// Of the office itself.
    Office,
}

/// A clause that does not hold yet, and who can supply it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// What is missing.
    pub clause: String,
    /// Who can supply it.
    pub who: String,
    /// The legal date by which it is due, `YYYY-MM-DD`.
    pub by: Option<String>,
    /// The provision.
    pub cite: String,
}

/// The answer to one formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Which of the three.
    pub state: State,
    /// What it relies on, when met.
    pub relied: Vec<Because>,
    /// What is missing, when not yet.
    pub missing: Vec<Missing>,
    /// Why it cannot be met.
    pub why: Vec<String>,
    /// When time alone can change the answer.
    pub recheck_at: Option<Instant>,
}

/// Evaluates `formula` at `at`.
///
/// # Errors
/// Only when law and election do not fit each other.
pub fn evaluate(
    case: &Case<'_>,
    office: &OfficeId,
    formula: &Formula,
    subject: &Subject,
    at: At,
) -> Result<Verdict, Error> {
    let standing = standing::standing(case.law, case.election, case.evidence, at)?;
    in_standing(case, office, formula, subject, &standing)
}

/// Evaluates in a standing already computed; only `held_for` looks at others.
pub(crate) fn in_standing(
    case: &Case<'_>,
    office: &OfficeId,
    formula: &Formula,
    subject: &Subject,
    s: &Standing,
) -> Result<Verdict, Error> {
    let each = |of: &[Formula]| -> Result<Vec<Verdict>, Error> {
        of.iter().map(|f| in_standing(case, office, f, subject, s)).collect()
    };
    match formula {
        Formula::All(of) => Ok(at_least(of.len(), &each(of)?)),
        Formula::Any(of) => Ok(at_least(1, &each(of)?)),
        Formula::AtLeast { n, of } => Ok(at_least(usize::try_from(*n).unwrap_or(usize::MAX), &each(of)?)),
        Formula::HeldFor { duration, of } => held::held_for(case, office, *duration, of, subject, s),
        _ => Ok(leaf(case, office, formula, subject, s)),
    }
}

/// At least `n` of the verdicts met; `all` is all of them, `any` is one.
fn at_least(n: usize, verdicts: &[Verdict]) -> Verdict {
    let count = |state: State| verdicts.iter().filter(|v| v.state == state).count();
    let recheck_at = verdicts.iter().filter_map(|v| v.recheck_at).min();
    let (met, possible) = (count(State::Met), verdicts.len().saturating_sub(count(State::CannotBeMet)));
    let state = match () {
        () if met >= n => State::Met,
        () if possible >= n => State::NotYet,
        () => State::CannotBeMet,
    };
    let of = |wanted: State| verdicts.iter().filter(move |v| v.state == wanted);
    let mut verdict = Verdict { recheck_at, ..empty(state) };
    match state {
        State::Met => verdict.relied = of(State::Met).flat_map(|v| v.relied.clone()).collect(),
        State::NotYet => verdict.missing = of(State::NotYet).flat_map(|v| v.missing.clone()).collect(),
        State::CannotBeMet => verdict.why = of(State::CannotBeMet).flat_map(|v| v.why.clone()).collect(),
    }
    verdict
}

fn leaf(case: &Case<'_>, office: &OfficeId, f: &Formula, subject: &Subject, s: &Standing) -> Verdict {
    let Some(o) = s.offices.get(office) else {
        return cannot(format!("the law in force knows no office `{office}`"));
    };
    let ask = Asked { case, s, o };
    match (f, subject) {
        (Formula::Nobody, _) => ask.outcome(o.outcome == Outcome::Nobody, "that nobody is elected"),
        (Formula::Annulled, _) => {
            ask.outcome(o.outcome == Outcome::Annulled, "an act that sets the election aside")
        }
        (Formula::Contested, _) => ask.outcome(
            matches!(o.outcome, Outcome::Contested(_)),
            "two announcements that contradict each other",
        ),
        (Formula::After { date }, _) => ask.after(date),
        (_, Subject::Office) => cannot("this predicate is about a person, and none is asked about".into()),
        (Formula::Called { at_least, by, counting }, Subject::Person(x)) => {
            ask.called(x, *at_least, by, *counting)
        }
        (Formula::FirstOf { sources }, Subject::Person(x)) => ask.first_of(x, sources),
        (Formula::Canvassed { places }, Subject::Person(x)) => ask.canvassed(x, places),
        (Formula::Ascertained, Subject::Person(x)) => ask.ascertained(x),
        (Formula::Voted, Subject::Person(x)) => ask.voted(x),
        (Formula::Declared, Subject::Person(x)) => ask.declared(x),
        (_, Subject::Person(x)) => ask.in_office(x),
    }
}

struct Asked<'a> {
    case: &'a Case<'a>,
    s: &'a Standing,
    o: &'a OfficeStanding,
}

impl Asked<'_> {
    fn called(&self, x: &PersonId, n: u32, by: &[IssuerId], counting: Counting) -> Verdict {
        let calls = self.o.calls.iter().filter(|c| by.is_empty() || by.contains(&c.issuer));
        let mut sources: BTreeMap<String, Vec<Because>> = BTreeMap::new();
        for c in calls.filter(|c| c.person == *x) {
            let key = match counting {
                Counting::Outlets => c.issuer.to_string(),
                Counting::Upstreams => c.upstream.clone(),
            };
            sources.entry(key).or_default().extend(self.because(std::slice::from_ref(&c.act)));
        }
        let have = sources.len();
        if usize::try_from(n).is_ok_and(|n| have >= n) {
            return met(sources.into_values().flatten().collect());
        }
        let unit = if counting == Counting::Outlets { "outlets" } else { "independent sources" };
        self.missing("called", format!("{have} of {n} {unit} have called it for {}", self.name(x)), None)
    }

    fn first_of(&self, x: &PersonId, sources: &[IssuerId]) -> Verdict {
        let first = sources.iter().find_map(|s| self.o.calls.iter().find(|c| c.issuer == *s));
        match first {
            Some(c) if c.person == *x => met(self.because(std::slice::from_ref(&c.act))),
            Some(c) => self.missing(
                "called",
                format!("{}, which takes precedence, calls it for {}", c.issuer, self.name(&c.person)),
                None,
            ),
            None => self.missing("called", "none of the sources named has called".into(), None),
        }
    }

    fn canvassed(&self, x: &PersonId, places: &[PlaceId]) -> Verdict {
        let mut relied = Vec::new();
        let mut open = Vec::new();
        for code in places {
            let shown = self.s.places.get(code).and_then(|p| p.canvassed.as_ref());
            let slate = shown.and_then(|(slate, _)| self.case.election.slates.get(slate));
            let for_x =
                slate.is_some_and(|s| s.units.iter().any(|u| u.pledged.get(&self.o.office) == Some(x)));
            match shown {
                Some((_, act)) if for_x => relied.extend(self.because(std::slice::from_ref(act))),
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

    fn ascertained(&self, x: &PersonId) -> Verdict {
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
        let open = |p: &standing::PlaceStanding| {
            p.vote.is_none() && !matches!(p.appointment, standing::Appointment::NotAppointed { .. })
        };
        self.majority(
            x,
            "voted",
            "electors have voted for",
            (&self.o.voted, &self.o.voted_by, self.o.not_voted),
            &open,
        )
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
                self.missing(level, figure, Some(self.of_places(level, &names)))
            }
        }
    }

    fn declared(&self, x: &PersonId) -> Verdict {
        self.named(x, "declared", &self.o.declared, "no announcement has been made")
    }

    fn in_office(&self, x: &PersonId) -> Verdict {
        let holders: Vec<_> =
            self.o.in_office.iter().map(|(p, act)| (Some(p.clone()), act.clone())).collect();
        self.named(x, "in_office", &holders, "nobody elected has taken office")
    }

    fn named(
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

    fn outcome(&self, holds: bool, what: &str) -> Verdict {
        if !holds {
            return self.missing("declared", what.into(), None);
        }
        let acts: Vec<_> = self
            .o
            .declared
            .iter()
            .map(|(_, act)| act.clone())
            .chain(self.o.annulled_by.iter().cloned())
            .chain(self.o.voted_by.values().flatten().cloned())
            .collect();
        met(self.because(&acts))
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

    fn missing(&self, level: &str, clause: String, who: Option<String>) -> Verdict {
        let (law, election) = (self.case.law, self.case.election);
        let known = law.level(level);
        let by =
            known.and_then(|l| l.by.as_deref()).and_then(|id| law.date(id, election.year, &election.zone));
        let missing = Missing {
            clause,
            who: who.or_else(|| known.map(|l| l.who.clone())).unwrap_or_default(),
            by: by.as_ref().map(|d| d.date.clone()),
            cite: known.map_or_else(String::new, |l| law.cite(&l.cite)),
        };
        Verdict { missing: vec![missing], recheck_at: self.next_known_bound(), ..empty(State::NotYet) }
    }

    /// The next instant at which an act already known becomes certain.
    fn next_known_bound(&self) -> Option<Instant> {
        let ends = self.s.acts.values().filter_map(|a| a.act.effective.not_after.map(|b| b.at));
        ends.filter(|t| *t > self.s.at.effects).min()
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

    fn because(&self, acts: &[standing::ActId]) -> Vec<Because> {
        let known = acts.iter().filter_map(|id| self.s.acts.get(id));
        known
            .map(|a| Because {
                act: a.act.id.clone(),
                statement: a.statement,
                cite: a.cite.as_ref().map_or_else(String::new, |c| self.case.law.cite(c)),
            })
            .collect()
    }

    fn name(&self, x: &PersonId) -> String {
        self.case.election.persons.get(x).map_or_else(|| x.to_string(), |p| p.short.clone())
    }
}

pub(crate) fn empty(state: State) -> Verdict {
    Verdict { state, relied: Vec::new(), missing: Vec::new(), why: Vec::new(), recheck_at: None }
}

fn met(relied: Vec<Because>) -> Verdict {
    Verdict { relied, ..empty(State::Met) }
}

fn cannot(why: String) -> Verdict {
    Verdict { why: vec![why], ..empty(State::CannotBeMet) }
}
