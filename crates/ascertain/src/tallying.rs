//! From a loaded election to its count, perhaps under another regime or on altered facts.
//!
//! Calls the one `standing` and reads its account. Refuses to print.

use standing::{
    Account, ActLine, Alteration, At, BallotRule, Election, Finding, Instant, Kind, Law, OfficeId, Standing,
    Status,
};

use crate::error::Error;
use crate::folder::{self, Loaded};
use crate::history;

/// A count, and what it was made from.
pub struct Counted {
    /// The law, with the regime asked for.
    pub law: Law,
    /// The election, with the facts asked for.
    pub election: Election,
    /// The standing at its end.
    pub standing: Standing,
    /// The account of each office.
    pub accounts: Vec<Account>,
    /// What the reader should know of how the question was read.
    pub notes: Vec<String>,
}

/// What is asked.
#[derive(Default)]
pub struct Question<'a> {
    /// Another regime.
    pub under: Option<&'a str>,
    /// Altered facts.
    pub set: &'a [Alteration],
}

/// Counts.
///
/// # Errors
/// An unknown regime, a regime that cannot read these votes, an alteration that does not fit.
pub fn count(loaded: &Loaded, q: &Question<'_>) -> Result<Counted, Error> {
    if !loaded.law.has_electors() {
        let id = &loaded.election.id;
        let message = format!(
            "{id}: no electors vote under {}, so there is nothing to count; `ascertain why {id}` says who was declared and by whom",
            loaded.law.title
        );
        return Err(Error::Usage { message });
    }
    let mut notes = Vec::new();
    let (mut law, mut election, mut lines) =
        (loaded.law.clone(), loaded.election.clone(), loaded.acts.clone());
    for alteration in q.set {
        let as_is = stand(&law, &election, &lines)?;
        standing::alter(&law, &mut election, &mut lines, &as_is, alteration)?;
    }
    if let Some(regime) = q.under {
        let files = folder::all_law(loaded);
        let path = folder::regime(&files, regime, &election.law)?;
        law = loaded.law.under(&files, &path)?;
        notes.push("The acts are those done under the law of the day. What officers and chambers would have done under another is not guessed, and whether an objection was received is taken from its day.".into());
        bridge(&loaded.law, &law, &mut lines, &mut notes)?;
    }
    let standing = stand(&law, &election, &lines)?;
    let accounts = standing::accounts(&law, &election, &standing);
    Ok(Counted { law, election, standing, accounts, notes })
}

/// The votes of one kind of ballot read under a regime that knows the other.
fn bridge(own: &Law, other: &Law, lines: &mut [ActLine], notes: &mut Vec<String>) -> Result<(), Error> {
    match (&own.counting.ballot, &other.counting.ballot) {
        (BallotRule::Separate, BallotRule::Double { list }) => {
            standing::as_double_ballot(lines, list)?;
            notes.push("The votes on two lists are read as the two equal votes of each elector.".into());
            Ok(())
        }
        (BallotRule::Double { .. }, BallotRule::Separate) => {
            let message = "these electors voted for two persons without saying for which office, so no regime with a list for each office can count them; ask with --under resolution-1788 or act-1792";
            Err(Error::Usage { message: message.into() })
        }
        _ => Ok(()),
    }
}

/// The standing when everything that is known has happened.
fn stand(law: &Law, election: &Election, lines: &[ActLine]) -> Result<Standing, Error> {
    let evidence = history::evidence(lines)?;
    let end = standing::change_points(law, election, &evidence).last().copied();
    let end = end.map_or_else(|| Instant::from_second(0), Ok)?;
    Ok(standing::standing(law, election, &evidence, At::same(end))?)
}

/// Everything a reader should look at: the findings, and papers without effect.
pub fn findings(c: &Counted) -> Vec<(Finding, Option<String>)> {
    let rule = |cite: Option<&standing::CiteId>| cite.map(|id| c.law.cite(id));
    let of = |act: &standing::ActId| c.standing.acts.get(act).and_then(|a| a.cite.as_ref());
    let mut all: Vec<_> = c.standing.findings.iter().map(|f| (f.clone(), rule(of(&f.act)))).collect();
    let decides = |kind| !matches!(kind, Kind::Transmit | Kind::Receive | Kind::Publish | Kind::Certify);
    for a in c.standing.acts.values().filter(|a| a.status == Status::Unsupported && decides(a.act.kind)) {
        let message = a.reason.clone();
        let finding = Finding { code: "without-effect", act: a.act.id.clone(), message };
        all.push((finding, rule(a.cite.as_ref())));
    }
    all
}

/// Whether a count and its announcement agree: the totals, and who is elected.
pub fn as_announced(a: &Account) -> bool {
    let totals: Vec<_> = a.totals.iter().map(|(p, n)| (p, n)).collect();
    let announced = &a.announced_totals;
    let same = announced.is_empty()
        || (totals.len() == announced.len() && totals.iter().all(|(p, n)| announced.get(*p) == Some(*n)));
    let elected = match &a.decided {
        standing::Decided::Elected { person, .. } => Some(person),
        _ => None,
    };
    let named = a.announced_elected.as_ref().is_none_or(|named| named.as_ref() == elected);
    same && named && a.announced_alternatives_agree
}

/// What two counts of one office differ in, in words.
pub fn differences(own: &Counted, other: &Counted, office: &OfficeId) -> Vec<String> {
    let of = |c: &Counted| c.accounts.iter().find(|a| a.office == *office).cloned();
    let (Some(a), Some(b)) = (of(own), of(other)) else { return Vec::new() };
    let mut said = Vec::new();
    let name = |p: &standing::PersonId| own.election.name_of(p);
    if a.base != b.base {
        said.push(format!(
            "the base is {} instead of {}, a majority {} instead of {}",
            b.base, a.base, b.majority, a.majority
        ));
    }
    let votes =
        |x: &Account, p: &standing::PersonId| x.totals.iter().find(|(q, _)| q == p).map_or(0, |(_, n)| *n);
    let mut persons: Vec<_> = a.totals.iter().chain(&b.totals).map(|(p, _)| p).collect();
    persons.sort();
    persons.dedup();
    for p in persons {
        let (before, after) = (votes(&a, p), votes(&b, p));
        if before != after {
            said.push(format!("{} has {after} votes instead of {before}", name(p)));
        }
    }
    let lost = |x: &Account, y: &Account| -> Vec<standing::NotCounted> {
        let there =
            |n: &standing::NotCounted| y.not_counted.iter().any(|m| m.act == n.act && m.person == n.person);
        x.not_counted.iter().filter(|n| !there(n)).cloned().collect()
    };
    for n in lost(&a, &b) {
        said.push(format!("{} for {} in {} are counted", n.votes, name(&n.person), n.act));
    }
    for n in lost(&b, &a) {
        said.push(format!("{} for {} in {} are not counted: {}", n.votes, name(&n.person), n.act, n.reason));
    }
    let (before, after) = (decided(own, &a), decided(other, &b));
    if before != after {
        said.push(format!("{after}, instead of: {before}"));
    }
    said
}

/// Who is elected and by whom, in a few words.
pub fn decided(c: &Counted, a: &Account) -> String {
    match &a.decided {
        standing::Decided::Elected { person, chamber: None } => {
            format!("{} elected by the electors", c.election.name_of(person))
        }
        standing::Decided::Elected { person, chamber: Some(chamber) } => {
            format!("{} chosen by the {}", c.election.name_of(person), titled(chamber))
        }
        standing::Decided::Nobody => match &a.contingent {
            Some(x) => format!("nobody elected; the {} is to choose", titled(&x.chamber)),
            None => "nobody elected".into(),
        },
        standing::Decided::Open => "not settled".into(),
    }
}

/// A chamber as it stands in a sentence.
pub fn titled(role: &standing::RoleId) -> String {
    let mut letters = role.as_str().chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
