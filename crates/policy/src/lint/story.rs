//! A way to a finding, told with the law's own jurisdictions and replayed through the one `standing`.
//!
//! Refuses to print a story that the replay does not bear out.

use standing::{Act, Instant, Kind, Outcome};

use super::college::{College, Side};
use super::deeds;
use super::explore::{Model, Path, What};
use super::look;
use super::when;
use super::world::{self, Move, Said, Second, Voice, Vote};
use crate::Error;
use crate::decision::first_decision;
use crate::evaluate::Case;

/// A step of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Instant,
    /// What is done, and by whom.
    pub what: String,
}

/// The story of a finding, or nothing if the law's own college does not bear it out.
///
/// # Errors
/// Only when law and election do not fit each other.
pub(crate) fn told(
    m: &Model<'_>,
    full: &College,
    what: &What,
    path: &Path,
) -> Result<Option<Vec<Step>>, Error> {
    let orderly = orderly(m, path);
    let mut borne_out = None;
    for path in [&orderly, path] {
        let acts = acts_of(m, full, path);
        let end = path.last().map_or(full.start, |(_, t)| *t);
        if bears_out(m, full, what, &acts, end)? {
            borne_out = Some(path);
            break;
        }
    }
    let Some(path) = borne_out else { return Ok(None) };
    let mut steps = steps(m, full, path);
    if steps.is_empty() {
        steps.push(Step { at: full.start, what: "nothing is done, then or ever".into() });
    }
    Ok(Some(steps))
}

/// The steps of a way, in words.
pub(crate) fn steps(m: &Model<'_>, full: &College, path: &Path) -> Vec<Step> {
    let mut world = world::empty(m.college, m.cone, m.voices);
    let mut steps = Vec::new();
    for (s, at) in path {
        let what = words(m, full, &world, *s);
        world = world::after(&world, *s);
        steps.push(Step { at: *at, what });
    }
    steps
}

/// The same steps, the first certificates before everything else.
fn orderly(m: &Model<'_>, path: &Path) -> Path {
    let first = |s: &Move| matches!(s, Move::Certify(_, _, Second::None));
    let (certificates, rest): (Vec<Move>, Vec<Move>) = path.iter().map(|(s, _)| *s).partition(first);
    let mut t = m.college.start;
    let mut ordered = Path::new();
    for s in certificates.into_iter().chain(rest) {
        t = when::when(m, s, t);
        ordered.push((s, t));
    }
    ordered
}

fn acts_of(m: &Model<'_>, full: &College, path: &Path) -> Vec<(Act, Instant)> {
    let mut world = world::empty(m.college, m.cone, m.voices);
    let mut acts = Vec::new();
    for (s, at) in path {
        acts.extend(deeds::deeds(full, m.voices, &world, *s, *at).into_iter().map(|a| (a, *at)));
        world = world::after(&world, *s);
    }
    acts
}

fn bears_out(
    m: &Model<'_>,
    full: &College,
    what: &What,
    acts: &[(Act, Instant)],
    end: Instant,
) -> Result<bool, Error> {
    let evidence = look::evidence(acts.iter().map(|(a, t)| (*t, a.clone())));
    let look = look::look_at(full, m.policy, &evidence, end)?;
    let case = Case { law: &full.law, election: &full.election, evidence: &evidence, past: None };
    let first = || first_decision(&case, m.policy, None, end);
    Ok(match what {
        What::Two => look.persons() > 1,
        What::Silent(_) => look.answer.action == crate::Action::Wait && look.answer.released().is_none(),
        What::Dead => {
            first()?.is_some_and(|d| acts.iter().any(|(a, _)| a.kind == Kind::Die && names(a, &d.outcome)))
        }
        What::Undone(..) => first()?.is_some_and(|d| look.answer.released() != Some(d.outcome)),
        What::Order(..) => match first()? {
            Some(d) => other_order(m, full, acts, end, &d.outcome)?,
            None => false,
        },
    })
}

fn names(a: &Act, outcome: &Outcome) -> bool {
    match (&a.deed, outcome) {
        (standing::Deed::Noted { person: Some(p), .. }, Outcome::Person(q)) => p == q,
        _ => false,
    }
}

/// Whether the same acts, taking effect when they did, decide otherwise if they become known in another order:
/// the last first, or all of them backwards.
fn other_order(
    m: &Model<'_>,
    full: &College,
    acts: &[(Act, Instant)],
    end: Instant,
    first: &Outcome,
) -> Result<bool, Error> {
    let span = end.second().saturating_sub(full.start.second());
    let last_first = |t: Instant| if t == end { t } else { t.plus(span) };
    let backwards = |t: Instant| end.plus(end.second().saturating_sub(t.second()));
    for known in [&last_first as &dyn Fn(Instant) -> Instant, &backwards] {
        let evidence = look::evidence(acts.iter().map(|(a, t)| (known(*t), a.clone())));
        let case = Case { law: &full.law, election: &full.election, evidence: &evidence, past: None };
        let decision = first_decision(&case, m.policy, None, end.plus(span))?;
        if decision.is_none_or(|d| d.outcome != *first) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn words(m: &Model<'_>, full: &College, before: &world::World, s: Move) -> String {
    let of = |bloc: usize| gathered(full, bloc);
    match s {
        Move::Certify(n, side, how) => {
            let how = match how {
                Second::None => "certificates of appointment name",
                Second::Superseded => "new certificates supersede them and name",
                _ => "rival certificates of the same authority name",
            };
            format!("{how} the electors of {} in {}", side.name(), of(n))
        }
        Move::Revoke(n) => format!("a court revokes the certificates of {}", of(n)),
        Move::Vote(n, side, vote) => {
            let whom = match vote {
                Vote::Other => format!("vote for {}", side.other().name()),
                _ => format!("vote for {}", side.name()),
            };
            format!("the electors of {} in {} {whom}", side.name(), of(n))
        }
        Move::Reject(n, side) => {
            let chambers: Vec<&str> =
                full.law.counting.chambers.iter().map(standing::RoleId::as_str).collect();
            format!(
                "objections to the votes of the electors of {} in {} are sustained: {}",
                side.name(),
                of(n),
                chambers.join(" and ")
            )
        }
        Move::Speak(n, said) => spoken(m, n, said),
        Move::Replace(n, said) => format!("{}, in place of what was said before", spoken(m, n, said)),
        Move::TakeBack(n) => {
            let voice = m
                .voices
                .get(n)
                .map_or_else(String::new, |v| voice(v, before.words.get(n).and_then(|w| w.said)));
            format!("{voice} takes it back")
        }
        Move::End(n) => ended(m, n),
        Move::Wait(seconds) => format!("nothing is done for {}", duration(seconds)),
        Move::Until(n) => {
            let id = m.dates.get(n).map_or("", |(_, id)| id.as_str());
            let name = full.law.dates.iter().find(|d| d.id == id).map_or(id, |d| d.name.as_str());
            format!("nothing more is done until after the date `{id}` ({name})")
        }
    }
}

/// The places of a bloc: those alone by name, of many how many and how many electors.
fn gathered(full: &College, bloc: usize) -> String {
    let Some(b) = full.blocs.get(bloc) else { return String::new() };
    let name = |p| full.law.places.get(p).map_or_else(String::new, |p: &standing::Place| p.name.clone());
    match b.members.as_slice() {
        [alone] => format!("{} ({} electors)", name(alone), b.electors),
        many => {
            let codes: Vec<&str> = many.iter().take(12).map(standing::PlaceId::as_str).collect();
            let more = if many.len() > 12 { " …" } else { "" };
            format!("{} jurisdictions with {} electors ({}{more})", many.len(), b.electors, codes.join(" "))
        }
    }
}

fn voice(v: &Voice, said: Option<Said>) -> String {
    match v {
        Voice::Source(id, _) => id.to_string(),
        Voice::InPerson(Kind::Concede, _) => match said {
            Some(Said::Side(side)) => side.other().name().to_owned(),
            _ => "the candidate".into(),
        },
        Voice::Canvass(places) => {
            let codes: Vec<&str> = places.iter().map(standing::PlaceId::as_str).collect();
            format!("the canvass of {}", codes.join(", "))
        }
        Voice::Office(_, role)
        | Voice::InPerson(_, role)
        | Voice::Publish(_, role)
        | Voice::Challenge(role, _)
        | Voice::Annul(role)
        | Voice::Chamber(role) => format!("the {}", role.as_str().replace('-', " ")),
        Voice::Death => "death".into(),
    }
}

fn spoken(m: &Model<'_>, n: usize, said: Said) -> String {
    let Some(v) = m.voices.get(n) else { return String::new() };
    let who = voice(v, Some(said));
    let whom = match said {
        Said::Side(side) => side.name(),
        Said::Done => "nobody",
    };
    match v {
        Voice::Source(..) => format!("{who} calls the whole election for {whom}"),
        Voice::Canvass(_) => format!("{who} shows {whom} ahead"),
        Voice::Office(Kind::Declare, _) => format!("{who} declares {whom} elected"),
        Voice::Office(Kind::Certify, _) => format!("{who} certifies that {whom} is elected"),
        Voice::Office(Kind::Validate, _) => format!("{who} finds the election of {whom} valid"),
        Voice::Office(..) => format!("{who} gives {whom} the diploma"),
        Voice::InPerson(Kind::Concede, _) => format!("{who} concedes to {whom}"),
        Voice::InPerson(Kind::Accept, _) => format!("{whom} accepts"),
        Voice::InPerson(..) => format!("{whom} takes the oath"),
        Voice::Publish(what, _) => match what {
            standing::Published::Result => format!("{who} publishes the result"),
            standing::Published::Records => format!("{who} publishes the records of the polling stations"),
        },
        Voice::Challenge(..) => format!("{who} challenges the result"),
        Voice::Annul(_) => format!("{who} sets the election aside"),
        Voice::Death => format!("{whom} dies"),
        Voice::Chamber(_) => format!("{who}, which chooses where the electors do not, votes for {whom}"),
    }
}

fn ended(m: &Model<'_>, n: usize) -> String {
    let Some(v) = m.voices.get(n) else { return String::new() };
    let row = m.college.law.authorities.iter().find(|a| a.kind == world::kind_of(v));
    let role = match v {
        Voice::Challenge(_, decides) => decides.as_ref(),
        _ => row.and_then(|a| a.undone_by.first()),
    };
    let who =
        role.map_or_else(|| "another body".to_owned(), |r| format!("the {}", r.as_str().replace('-', " ")));
    match v {
        Voice::Challenge(..) => format!("{who} decides the challenge"),
        v => format!("{who} sets aside what {} said", voice(v, None)),
    }
}

/// A duration in the largest unit that holds it whole.
pub(crate) fn duration(seconds: i64) -> String {
    let whole = seconds.saturating_sub(1);
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let unit = units.iter().find(|(n, _)| whole > 0 && whole.checked_rem(*n) == Some(0));
    match unit {
        Some((n, name)) => match whole.checked_div(*n) {
            Some(1) => format!("1 {name}"),
            many => format!("{} {name}s", many.unwrap_or(0)),
        },
        None => format!("{whole} seconds"),
    }
}

/// A way written by hand to where nobody is elected: two halves, each with its own votes.
pub(crate) fn tie(m: &Model<'_>) -> Option<Vec<Move>> {
    (m.college.blocs.len() == 2).then(|| {
        vec![
            Move::Certify(0, Side::A, Second::None),
            Move::Certify(1, Side::B, Second::None),
            Move::Vote(0, Side::A, Vote::Own),
            Move::Vote(1, Side::B, Vote::Own),
        ]
    })
}
