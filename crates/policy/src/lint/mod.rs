//! What the law lets go wrong with a policy, found before the vote.
//!
//! Explores what may be done under a law, one act after another, asks the one `standing` and the
//! policy's one answer of every world, and replays each finding with the law's own jurisdictions.
//! Refuses to know how likely any of it is.

mod codes;
mod college;
mod cone;
mod deeds;
mod explore;
mod look;
mod still;
mod story;
mod walk;
mod when;
mod world;

use std::collections::BTreeSet;

use standing::{BallotRule, Election, IssuerId, Kind, Law};

pub use codes::{Code, Severity};
pub use story::Step;
pub use walk::{Walked, walks};

use self::college::College;
use self::cone::Cone;
use self::explore::{By, Explored, Model, Of, Path, Silent, What};
use self::world::Voice;
use crate::Error;
use crate::language::{Action, Policy};

/// Something a policy's owner should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing.
    pub code: Code,
    /// The clause of the policy.
    pub clause: &'static str,
    /// What it is, here.
    pub message: String,
    /// How it comes about: a shortest sequence of acts, replayed.
    pub story: Vec<Step>,
}

/// What was found, and how much was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linted {
    /// Findings, the gravest first.
    pub findings: Vec<Finding>,
    /// Worlds looked at.
    pub states: u64,
    /// Whether those are all, within the bounds.
    pub exhaustive: bool,
    /// Ways found in the gathered college that the law's own did not bear out.
    pub not_borne_out: u32,
}

/// An election of which nobody is known yet, with two candidates `a` and `b` for the law's first office, a slate of
/// each in every place (`GA.a`), and an officer for every power of the law (`executive.GA`, `president-of-senate.US`).
///
/// # Errors
/// Only when law and election do not fit each other.
pub fn stand_ins(law: &Law, election: &Election) -> Result<Election, Error> {
    let Some(office) = law.offices.first() else { return Ok(election.clone()) };
    let alone: Vec<Vec<standing::PlaceId>> = law.places.keys().map(|p| vec![p.clone()]).collect();
    Ok(college::gather(law, election, &office.id, &Cone::default(), &alone)?.election)
}

/// The bounds within which everything is looked at.
pub const BOUNDS: [&str; 6] = [
    "two candidates, A and B, of whom A is named first; of several roles with one power the first that the law lists",
    "two certificates of appointment for each jurisdiction: the second stands beside the first, supersedes it, or is replaced by a court's revocation",
    "each source (where there are more than four: once), office and candidate speaks twice at most; a call or a concession can be taken back, an announcement replaced or set aside by whoever the law says",
    "electors vote once, and otherwise than pledged in the smallest of three groups only; an announcement says what the votes that count come to, and nothing that was counted changes after it",
    "jurisdictions act in groups chosen so that any two of three are a majority, or that two are halves",
    "one challenge at a time, in the time the law gives; nobody who has died takes an oath, and how somebody leaves an office is not explored; courts may act without a case, because a law file does not say which need one",
];

/// Lints a policy for an election.
///
/// # Errors
/// Only when law and election do not fit each other.
pub fn lint(law: &Law, election: &Election, policy: &Policy) -> Result<Linted, Error> {
    explored(law, election, policy, &designs, explore::MOST)
}

/// As [`lint`], with every jurisdiction by itself: exponential in their number, and there to check the other
/// by. `most` bounds the worlds looked at.
///
/// # Errors
/// As [`lint`].
pub fn lint_singly(law: &Law, election: &Election, policy: &Policy, most: usize) -> Result<Linted, Error> {
    let alone = |law: &Law, _: &Cone| vec![law.places.keys().map(|p| vec![p.clone()]).collect()];
    explored(law, election, policy, &alone, most)
}

type Designs<'a> = &'a dyn Fn(&Law, &Cone) -> Vec<Vec<Vec<standing::PlaceId>>>;

fn explored(
    law: &Law,
    election: &Election,
    policy: &Policy,
    designs: Designs<'_>,
    most: usize,
) -> Result<Linted, Error> {
    let mut out = Linted {
        findings: still::findings(law, election, policy),
        states: 0,
        exhaustive: true,
        not_borne_out: 0,
    };
    if law.counting.ballot != BallotRule::Separate {
        let message = Code::NotExplored.says().into();
        out.findings.push(Finding { code: Code::NotExplored, clause: "office", message, story: Vec::new() });
    }
    let closed = |f: &Finding| matches!(f.code, Code::UnknownName | Code::NotExplored);
    if out.findings.iter().any(closed) {
        out.exhaustive = false;
        return Ok(out);
    }
    let cone = cone::cone(policy, law, election);
    let mut met = BTreeSet::new();
    for design in designs(law, &cone) {
        let tried = Tried::new(law, election, policy, &cone, &design)?;
        let explored = explore::explore(&tried.model(&cone), most)?;
        out.states = out.states.saturating_add(explored.states);
        out.exhaustive &= explored.whole;
        met.extend(explored.met.iter().copied());
        tried.tell(&cone, &explored, &mut out)?;
    }
    probe(law, election, policy, &cone, &mut out)?;
    let why = match met.is_empty() {
        true => hopeless(law, election, policy, &cone)?,
        false => None,
    };
    still::unmet(policy, &met, out.exhaustive, why, &mut out.findings);
    tidy(&mut out.findings);
    Ok(out)
}

/// What stands against everybody before anything is done.
fn hopeless(law: &Law, election: &Election, policy: &Policy, cone: &Cone) -> Result<Option<String>, Error> {
    let design = designs(law, cone).into_iter().next().unwrap_or_default();
    let tried = Tried::new(law, election, policy, cone, &design)?;
    let nothing = look::evidence(std::iter::empty());
    let look = look::look_at(&tried.college, policy, &nothing, tried.college.start)?;
    Ok(crate::backtest::commonest_first(&look.answer.verdict.why).into_iter().next())
}

/// Where no act of electors matters, one way of gathering them is as good as another.
fn designs(law: &Law, cone: &Cone) -> Vec<Vec<Vec<standing::PlaceId>>> {
    let mut designs = college::designs(law);
    if !cone.electors {
        designs.truncate(1);
    }
    if designs.is_empty() {
        designs.push(Vec::new());
    }
    designs
}

/// A policy in a college.
struct Tried<'a> {
    policy: &'a Policy,
    college: College,
    full: College,
    voices: Vec<Voice>,
    dates: Vec<(standing::Instant, String)>,
}

impl<'a> Tried<'a> {
    fn new(
        law: &Law,
        election: &Election,
        policy: &'a Policy,
        cone: &Cone,
        design: &[Vec<standing::PlaceId>],
    ) -> Result<Self, Error> {
        let office = policy.office_in(law);
        let college = college::gather(law, election, office, cone, design)?;
        let full = college::spread(law, election, &college, cone)?;
        let voices = world::voices(law, office, &classes(policy, election, cone), cone);
        let dates = dates(&college, cone);
        Ok(Self { policy, college, full, voices, dates })
    }

    fn model<'b>(&'b self, cone: &'b Cone) -> Model<'b> {
        Model {
            college: &self.college,
            policy: self.policy,
            cone,
            voices: &self.voices,
            dates: self.dates.clone(),
        }
    }

    fn tell(&self, cone: &Cone, explored: &Explored, out: &mut Linted) -> Result<(), Error> {
        let m = self.model(cone);
        for (what, path) in &explored.hits {
            match story::told(&m, &self.full, what, path)? {
                Some(story) => findings(&m, what, path, story, &mut out.findings),
                None => out.not_borne_out = out.not_borne_out.saturating_add(1),
            }
        }
        Ok(())
    }
}

/// The ends of the dates on which something can change, in order.
fn dates(c: &College, cone: &Cone) -> Vec<(standing::Instant, String)> {
    let begins = cone.oath.then(|| c.law.term_begins.clone());
    let named: BTreeSet<String> =
        cone.dates.iter().map(|d| c.law.date_id(d).to_owned()).chain(begins).collect();
    let all = c.law.dates(c.election.year, &c.election.zone);
    let mut dates: Vec<_> =
        all.into_iter().filter(|d| named.contains(&d.id)).map(|d| (d.ends, d.id)).collect();
    dates.sort();
    dates
}

/// Sources that a policy cannot tell from each other are of one class: named in the same places, and
/// with one upstream, or each with its own.
fn classes(policy: &Policy, election: &Election, cone: &Cone) -> Vec<(IssuerId, usize)> {
    let upstream = |id: &IssuerId| election.issuers.get(id).and_then(|i| i.upstream.clone());
    let shared = |id: &IssuerId| {
        let of = upstream(id)?;
        (cone.sources.iter().filter(|other| upstream(other).as_ref() == Some(&of)).count() > 1).then_some(of)
    };
    let mut keys: Vec<(Vec<bool>, Option<String>)> = Vec::new();
    let named =
        |id: &IssuerId| still::calls(policy).into_iter().map(|by| by.contains(id)).collect::<Vec<_>>();
    let ranked = still::ranked(policy);
    let mut classes = Vec::new();
    for source in &cone.sources {
        let key = (named(source), shared(source));
        let known = keys.iter().position(|k| *k == key).filter(|_| !ranked.contains(source));
        let class = known.unwrap_or(keys.len());
        if known.is_none() {
            keys.push(key);
        }
        classes.push((source.clone(), class));
    }
    classes
}

fn findings(m: &Model<'_>, what: &What, path: &Path, story: Vec<Step>, out: &mut Vec<Finding>) {
    let mut add = |code: Code, clause: &'static str, message: String, story: Vec<Step>| {
        out.push(Finding { code, clause, message, story });
    };
    match what {
        What::Two => {
            let message = "two outcomes are met at once".to_owned();
            if called_for_both(m, path) {
                let message = "sources that disagree can each meet the rule, and it says nothing of which goes before the other".into();
                add(Code::NoPrecedence, "person", message, story.clone());
            }
            add(Code::TwoOutcomes, "person", message, story);
        }
        What::Order(by) => {
            let message =
                format!("the same acts decide otherwise if they arrive in another order: {}", act(*by));
            add(Code::OrderOfArrival, "person", message, story);
        }
        What::Undone(by, of) => {
            let told = match of {
                Of::Person => "met",
                Of::Nobody => "met for nobody",
                Of::Annulled => "met for an election set aside",
            };
            let message = format!("{told}, the message gone, then undone by {}", act(*by));
            let code = undone(m, *by);
            if matches!(by, By::TookBack(_)) && still::bare(&m.policy.person.when) {
                let message =
                    "it rests on a statement that can be taken back at any moment, and asks for no hold time"
                        .into();
                add(Code::NoHoldTime, "person", message, story.clone());
            }
            add(code, clause(*of), message, story);
        }
        What::Dead => add(
            Code::MetForTheDead,
            "person",
            "met for a person who has died; nothing asks whether the person is living".into(),
            story,
        ),
        What::Silent(silent) => {
            let (code, clause) = said_nothing(*silent);
            add(code, clause, code.says().to_owned(), story);
        }
    }
}

fn clause(of: Of) -> &'static str {
    match of {
        Of::Person => "person",
        Of::Nobody => "nobody",
        Of::Annulled => "annulled",
    }
}

fn said_nothing(silent: Silent) -> (Code, &'static str) {
    match silent {
        Silent::Nothing => (Code::WaitsForever, "never"),
        Silent::Nobody => (Code::SilentOnNobody, "nobody"),
        Silent::Annulled => (Code::SilentOnAnnulment, "annulled"),
        Silent::Contested => (Code::SilentOnContest, "contested"),
    }
}

/// An office that corrects what it alone may say is nothing a rule could foresee: a note.
fn undone(m: &Model<'_>, by: By) -> Code {
    let alone = |kind: Kind| {
        let row = m.college.law.authorities.iter().find(|a| a.kind == kind);
        row.is_some_and(|a| a.undone_by.is_empty()) && matches!(kind, Kind::Declare | Kind::Validate)
    };
    match by {
        By::Replaced(kind) if alone(kind) => Code::OwnCorrection,
        _ => Code::UndoneAfterRelease,
    }
}

fn called_for_both(m: &Model<'_>, path: &Path) -> bool {
    let calls = |side: college::Side| {
        path.iter().any(|(s, _)| match s {
            world::Move::Speak(n, said) => {
                matches!(m.voices.get(*n), Some(Voice::Source(..))) && *said == world::Said::Side(side)
            }
            _ => false,
        })
    };
    calls(college::Side::A) && calls(college::Side::B)
}

/// The act that does it, in words.
fn act(by: By) -> String {
    let name = |kind: Kind| match kind {
        Kind::Call => "a call",
        Kind::Concede => "a concession",
        Kind::Canvass => "a canvass",
        Kind::Declare => "a declaration",
        Kind::Certify => "a certificate",
        Kind::Validate => "a finding that the election is valid",
        Kind::Challenge => "a challenge",
        Kind::Annul => "an annulment",
        Kind::ContingentVote => "the choice of the chamber that chooses where the electors do not",
        Kind::Oath => "an oath",
        Kind::Accept => "an acceptance",
        Kind::Diploma => "a diploma",
        Kind::Die => "a death",
        _ => "an act",
    };
    match by {
        By::Rival => "a rival certificate of appointment".into(),
        By::Superseded => "a certificate that supersedes the first".into(),
        By::Revoked => "a court that revokes a certificate".into(),
        By::Voted => "votes of electors".into(),
        By::Rejected => "votes rejected at the count".into(),
        By::Spoke(kind) => name(kind).into(),
        By::TookBack(kind) => format!("{} taken back", name(kind)),
        By::Replaced(kind) => format!("{} replaced by the same office", name(kind)),
        By::Ended(kind) => format!("{} set aside by another body", name(kind)),
        By::Time => "time alone".into(),
    }
}

/// Ways written by hand to what a policy may have forgotten: that nobody is elected, and that the election is
/// set aside. Told only if the policy waits in silence at their end.
fn probe(
    law: &Law,
    election: &Election,
    policy: &Policy,
    cone: &Cone,
    out: &mut Linted,
) -> Result<(), Error> {
    let cone =
        Cone { electors: law.has_electors(), votes: law.has_electors(), declare: true, ..cone.clone() };
    let design = college::designs(law).into_iter().find(|d| d.len() == 2).unwrap_or_default();
    let tried = Tried::new(law, election, policy, &cone, &design)?;
    let m = tried.model(&cone);
    let declare = m.voices.iter().position(|v| matches!(v, Voice::Office(Kind::Declare, _)));
    let annul = m.voices.iter().position(|v| matches!(v, Voice::Annul(_)));
    let nobody = match (law.has_electors(), declare) {
        (true, _) => story::tie(&m),
        (false, Some(n)) => Some(vec![world::Move::Speak(n, world::Said::Done)]),
        (false, None) => None,
    };
    let set_aside = declare.zip(annul).map(|(d, a)| {
        let elected = world::Said::Side(college::Side::A);
        vec![world::Move::Speak(d, elected), world::Move::Speak(a, world::Said::Done)]
    });
    let ways = [
        (Silent::Nobody, policy.nobody.action, nobody),
        (Silent::Annulled, policy.annulled.action, set_aside),
    ];
    for (silent, action, way) in ways {
        let Some(way) = way.filter(|_| action == Action::Wait) else { continue };
        let path = timed(&m, way);
        if let Some(story) = story::told(&m, &tried.full, &What::Silent(silent), &path)? {
            findings(&m, &What::Silent(silent), &path, story, &mut out.findings);
        }
    }
    Ok(())
}

/// The steps of a way, each when it would be taken, and then nothing until every date is past.
fn timed(m: &Model<'_>, way: Vec<world::Move>) -> Path {
    let mut t = m.college.start;
    let mut path = Path::new();
    let dates = (0..m.dates.len()).map(world::Move::Until);
    for step in way.into_iter().chain(dates) {
        if matches!(step, world::Move::Until(n) if m.dates.get(n).is_none_or(|(end, _)| *end < t)) {
            continue;
        }
        t = when::when(m, step, t);
        path.push((step, t));
    }
    path
}

/// One finding for each code and message, the shortest story of it; the gravest first.
fn tidy(findings: &mut Vec<Finding>) {
    findings.sort_by(|x, y| {
        let key = |f: &Finding| (f.code.severity(), f.code, f.message.clone(), f.story.len());
        key(x).cmp(&key(y))
    });
    findings.dedup_by(|x, y| x.code == y.code && x.message == y.message);
}
