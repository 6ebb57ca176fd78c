//! A count as a page for people.

use standing::{Account, AppointmentMethod, BallotRule, Decided, PersonId, PlaceMethod, PlaceStanding};

use super::json::state_of;
use super::{Args, Asked, Through};
use crate::cli::Out;
use crate::cli::words::wrap;
use crate::error::Error;
use crate::folder;
use crate::tallying::{self, Counted};

const WIDTH: usize = 100;

pub fn page(args: &Args, a: &Asked, out: &mut Out) -> Result<(), Error> {
    let c = &a.counted;
    out.line(&format!("{}  {}", c.election.id, c.election.name));
    out.line(&format!("law of its day  {}", a.loaded.law.title));
    if let Some(regime) = &args.under {
        let name = c.law.counting.name.clone().unwrap_or_else(|| regime.clone());
        out.line(&format!("counted under    {regime} ({name}), with the electors and days of its own law"));
    }
    for note in &c.notes {
        out.line(&format!("note            {}", wrap(note, 16, WIDTH)));
    }
    for account in &c.accounts {
        office(args, c, account, out);
    }
    if args.by_state {
        states(c, out);
    }
    if let Some(own) = &a.own {
        differs(own, c, out);
    }
    findings(a, out)
}

fn office(args: &Args, c: &Counted, a: &Account, out: &mut Out) {
    let name = c.law.offices.iter().find(|o| o.id == a.office).map_or("", |o| o.name.as_str());
    out.line("");
    out.line(name);
    out.line(&format!(
        "  allotted {}, appointed {}, base {}, {}{}",
        a.allotted,
        a.appointed,
        a.base,
        majority(c, a),
        a.announced.map_or_else(String::new, |s| format!("; announced {} and {}", s.base, s.majority))
    ));
    for (p, n) in &a.totals {
        let mark = if elected(a) == Some(p) { mark(a) } else { String::new() };
        out.line(&format!("  {n:>5}  {}{mark}", c.election.name_of(p)));
    }
    out.line(&format!("  {:>5}  electors' votes counted", a.counted));
    let lost = a.not_counted.iter().fold(0_u32, |n, x| n.saturating_add(x.votes));
    if lost > 0 {
        out.line(&format!("  {lost:>5}  not counted"));
    }
    for n in &a.not_counted {
        let what = format!(
            "{} {} for {}: {}",
            state_of(c, &n.act),
            n.votes,
            c.election.name_of(&n.person),
            n.reason
        );
        out.line(&format!("         {}", wrap(&format!("{what} [{}]", c.law.cite(&n.cite)), 11, WIDTH)));
    }
    for x in &a.alternatives {
        let votes: Vec<String> =
            x.voted.iter().map(|(p, n)| format!("{} {n}", c.election.name_of(p))).collect();
        let without = format!("without {}: {} of {}", x.without, votes.join(", "), x.base.whole_number);
        out.line(&format!("         {}", wrap(&without, 11, WIDTH)));
    }
    out.line(&format!("  {}", outcome(args, c, a)));
    let first = c.accounts.first().filter(|first| first.office != a.office);
    let told = |step: &&standing::Step| !first.is_some_and(|f| f.steps.iter().any(|s| s.text == step.text));
    out.line(if first.is_some() { "  how, beside what is said above" } else { "  how" });
    for (n, step) in (1_usize..).zip(a.steps.iter().filter(told)) {
        let cite = step.cite.as_ref().map_or_else(String::new, |cite| format!(" [{cite}]"));
        out.line(&format!("  {n:>3}. {}", wrap(&format!("{}{cite}", step.text), 7, WIDTH)));
    }
    if args.through == Some(Through::Contingent) {
        ballots(c, a, out);
    }
}

/// The majority asked for; on one list of two votes each, none for the second office.
fn majority(c: &Counted, a: &Account) -> String {
    let first = c.law.offices.first().is_some_and(|o| o.id == a.office);
    if c.law.counting.ballot != BallotRule::Separate && !first {
        return "no majority asked".into();
    }
    format!("majority {}", a.majority)
}

fn elected(a: &Account) -> Option<&PersonId> {
    match &a.decided {
        Decided::Elected { person, .. } => Some(person),
        _ => None,
    }
}

fn mark(a: &Account) -> String {
    match &a.decided {
        Decided::Elected { chamber: Some(chamber), .. } => {
            format!("  chosen by the {}", tallying::titled(chamber))
        }
        _ => "  elected".into(),
    }
}

fn outcome(args: &Args, c: &Counted, a: &Account) -> String {
    let by_chamber = matches!(&a.decided, Decided::Elected { chamber: Some(_), .. });
    let said = if by_chamber && args.through == Some(Through::Electors) {
        "nobody elected by the electors".to_owned()
    } else {
        tallying::decided(c, a)
    };
    let agrees = match (a.announced_elected.is_some(), tallying::as_announced(a)) {
        (false, true) if !a.announced_totals.is_empty() => {
            "; the totals as announced, no announcement of a person is entered"
        }
        (false, _) => "",
        (true, true) if a.announced.is_none() => "; totals and person as announced",
        (true, true) => "; as announced",
        (true, false) => "; ANNOUNCED OTHERWISE",
    };
    format!("{said}{agrees}")
}

fn ballots(c: &Counted, a: &Account, out: &mut Out) {
    let Some(x) = &a.contingent else { return };
    out.line(&format!("  ballots of the {}", tallying::titled(&x.chamber)));
    for b in &x.ballots {
        let mut votes: Vec<_> = b.votes.iter().collect();
        votes.sort_by(|l, r| r.1.cmp(l.1));
        let of = |p: &PersonId| {
            b.states.get(p).map_or_else(String::new, |states| {
                format!(" ({})", states.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
            })
        };
        let mut said: Vec<String> =
            votes.iter().map(|(p, n)| format!("{} {n}{}", c.election.name_of(p), of(p))).collect();
        if !b.divided.is_empty() {
            let states: Vec<String> = b.divided.iter().map(ToString::to_string).collect();
            said.push(format!("divided or blank {} ({})", states.len(), states.join(" ")));
        }
        out.line(&format!("  {:>3}  {}", b.number, wrap(&said.join(", "), 7, WIDTH)));
    }
    if x.ballots.is_empty() {
        out.line("       none are entered");
    }
}

/// The votes of each state, an office after the other.
fn states(c: &Counted, out: &mut Out) {
    out.line("");
    out.line("by state");
    let lists: std::collections::BTreeSet<_> =
        c.accounts.iter().map(|a| c.law.counting.list_of(&a.office)).collect();
    for p in c.standing.places.values() {
        for (n, list) in lists.iter().enumerate() {
            let head = if n == 0 { format!("  {:<3}{:>3} ", p.place, p.electors) } else { " ".repeat(9) };
            let name = if lists.len() > 1 { format!("{list}: ") } else { String::new() };
            out.line(&format!("{head} {name}{}", wrap(&of_state(c, p, list), 12, WIDTH)));
        }
        let Some(law) = c.law.places.get(&p.place) else { continue };
        out.line(&format!("{:9} {}", "", wrap(&format!("electors [{}]", c.law.cite(&law.cite)), 12, WIDTH)));
        if let Some(m) = &law.method {
            let text = format!("appointed by {} [{}]", appointed_by(m), c.law.cite(&m.cite));
            out.line(&format!("{:9} {}", "", wrap(&text, 12, WIDTH)));
        }
    }
}

fn appointed_by(m: &PlaceMethod) -> String {
    let how = match m.method {
        AppointmentMethod::Legislature => "the legislature",
        AppointmentMethod::Districts => "voters in districts",
        AppointmentMethod::Mixed => "a mixed method",
        AppointmentMethod::GeneralTicket => "voters on a general ticket",
        AppointmentMethod::TwoAtLargeAndDistricts => "voters, two at large and one in each district",
        AppointmentMethod::Compact => "the compact, for whoever leads in the votes of all states",
    };
    if m.ranked { format!("{how}, ballots ranked") } else { how.to_owned() }
}

fn of_state(c: &Counted, p: &PlaceStanding, list: &standing::OfficeId) -> String {
    let name = |p: &PersonId| c.election.persons.get(p).map_or_else(|| p.to_string(), |x| x.short.clone());
    let mut votes: Vec<_> = p.votes.get(list).into_iter().flatten().collect();
    votes.sort_by(|a, b| b.1.cmp(a.1));
    let mut said: Vec<String> = votes.into_iter().map(|(p, n)| format!("{} {n}", name(p))).collect();
    let lost = p.not_counted.iter().filter(|n| n.office == *list);
    said.extend(lost.map(|n| format!("not counted: {} {}", name(&n.person), n.votes)));
    if said.is_empty() { "none".into() } else { said.join(", ") }
}

fn differs(own: &Counted, c: &Counted, out: &mut Out) {
    out.line("");
    out.line("what differs from the count under the law and the facts of its day");
    let mut any = false;
    for a in &c.accounts {
        for said in tallying::differences(own, c, &a.office) {
            any = true;
            out.line(&format!("  {}", wrap(&format!("{}: {said}.", a.office), 4, WIDTH)));
        }
    }
    if !any {
        out.line("  nothing");
    }
}

fn findings(a: &Asked, out: &mut Out) -> Result<(), Error> {
    let found = tallying::findings(&a.counted);
    if found.is_empty() {
        return Ok(());
    }
    let lines = folder::lines(&a.loaded.name)?;
    out.line("");
    out.line("findings");
    for (f, rule) in found {
        let at = lines.get(f.act.as_str()).map_or_else(String::new, |(file, n)| format!("{file}:{n}: "));
        let rule = rule.map_or_else(String::new, |r| format!(" [{r}]"));
        out.line(&format!("  {}", wrap(&format!("{at}{} {}: {}{rule}", f.code, f.act, f.message), 4, WIDTH)));
    }
    Ok(())
}

/// A row for each election: what was announced and what the count gives.
pub fn table(asked: &[Asked], out: &mut Out) {
    out.line(
        "election  office          base  majority  count                                      announced",
    );
    let (mut rows, mut differ) = (0_u32, 0_u32);
    for a in asked {
        for x in &a.counted.accounts {
            let c = &a.counted;
            let same = tallying::as_announced(x);
            let top = |votes: Vec<(&PersonId, u32)>| {
                let mut votes = votes;
                votes.sort_by(|l, r| r.1.cmp(&l.1).then_with(|| l.0.cmp(r.0)));
                let all: Vec<String> = votes.into_iter().map(|(_, n)| n.to_string()).collect();
                all.join("-")
            };
            let by = match &x.decided {
                Decided::Elected { person, chamber } => {
                    let by = chamber.as_ref().map_or_else(String::new, |c| format!(" ({c})"));
                    format!("{}{by}", c.election.persons.get(person).map_or("", |p| p.short.as_str()))
                }
                _ => "nobody".into(),
            };
            let ours = format!("{by} {}", top(x.totals.iter().map(|(p, n)| (p, *n)).collect()));
            let announced = if same {
                "the same".to_owned()
            } else {
                let elected = x
                    .announced_elected
                    .as_ref()
                    .and_then(Option::as_ref)
                    .map_or_else(|| "nobody".into(), |p| c.election.name_of(p));
                format!(
                    "DIFFERS: {elected} {}",
                    top(x.announced_totals.iter().map(|(p, n)| (p, *n)).collect())
                )
            };
            rows = rows.saturating_add(1);
            differ = differ.saturating_add(u32::from(!same));
            out.line(&format!(
                "{:<9} {:<15} {:>4}  {:>8}  {ours:<42} {announced}",
                c.election.id,
                x.office.to_string(),
                x.base,
                x.majority
            ));
        }
    }
    out.line(&format!("{} elections, {rows} offices, {differ} differ from what was announced", asked.len()));
}
