//! What can be seen without exploring anything: names, sources, lists.
//!
//! Refuses to know any sequence of acts.

use std::collections::{BTreeMap, BTreeSet};

use standing::{Election, IssuerId, Kind, Law};

use super::codes::Code;
use super::{Finding, cone};
use crate::Error;
use crate::language::{Action, Counting, Formula, Policy};

/// Findings about the text of a policy under a law.
pub(crate) fn findings(law: &Law, election: &Election, policy: &Policy) -> Vec<Finding> {
    let mut out = Vec::new();
    let mut add = |code: Code, clause: &'static str, message: String| {
        out.push(Finding { code, clause, message, story: Vec::new() });
    };
    if let Err(Error::Meaning { message, clause, .. }) = crate::fit::fits(policy, law, election) {
        let dated = clause.to_string() != "office"
            && cone::formulas(policy).into_iter().any(|f| names_no_date(f, law));
        let key = clause.to_string();
        let of = CLAUSES.iter().find(|c| key.starts_with(**c)).copied().unwrap_or("person");
        add(if dated { Code::NotInForce } else { Code::UnknownName }, of, message);
    }
    for f in cone::formulas(policy) {
        walk(f, &mut |f| sources(law, election, f, &mut add));
        walk(f, &mut |f| {
            if let Formula::AtLeast { n, of } = f
                && of.iter().all(|f| matches!(f, Formula::Canvassed { .. }))
            {
                let message = format!("{n} of {} lists of jurisdictions are counted", of.len());
                add(Code::LiteralMajority, "person", message);
            }
        });
    }
    let powerless = policy.annulled.action == Action::Release
        && policy.annulled.when.is_none()
        && !law.authorities.iter().any(|a| a.kind == Kind::Annul);
    if powerless {
        let message = "the law gives nobody power to set the election aside, so `annulled` never releases";
        add(Code::UnreachableClause, "annulled", message.into());
    }
    out
}

/// The clauses of a policy that can name what nobody knows.
const CLAUSES: [&str; 6] = ["office", "another_person", "nobody", "annulled", "contested", "never"];

fn names_no_date(f: &Formula, law: &Law) -> bool {
    let mut found = false;
    walk(f, &mut |f| {
        if let Formula::After { date } = f {
            found |= !law.dates.iter().any(|d| d.id == law.date_id(date));
        }
    });
    found
}

fn sources(law: &Law, election: &Election, f: &Formula, add: &mut dyn FnMut(Code, &'static str, String)) {
    let Formula::Called { at_least, by, counting } = f else { return };
    let may = |i: &standing::Issuer| law.authorities.iter().any(|a| a.kind == Kind::Call && a.role == i.role);
    let asked = election.issuers.values().filter(|i| may(i) && (by.is_empty() || by.contains(&i.id)));
    let mut suppliers: BTreeMap<String, Vec<&IssuerId>> = BTreeMap::new();
    for i in asked {
        let upstream = i.upstream.clone().unwrap_or_else(|| i.id.to_string());
        suppliers.entry(upstream).or_default().push(&i.id);
    }
    let wanted = usize::try_from(*at_least).unwrap_or(usize::MAX);
    let known = match counting {
        Counting::Upstreams => suppliers.len(),
        Counting::Outlets => suppliers.values().map(Vec::len).sum(),
    };
    if !suppliers.is_empty() && known < wanted {
        add(Code::TooFewSources, "person", format!("{wanted} are asked for, and {known} are known"));
        return;
    }
    let mut sizes: Vec<usize> = suppliers.values().map(Vec::len).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let mut outlets = 0_usize;
    let enough = sizes.iter().take_while(|n| {
        let before = outlets;
        outlets = outlets.saturating_add(**n);
        before < wanted
    });
    let fewest = enough.count();
    if *counting == Counting::Outlets && fewest < wanted && !suppliers.is_empty() {
        let shared: Vec<String> = suppliers
            .iter()
            .filter(|(_, of)| of.len() > 1)
            .map(|(upstream, of)| {
                let names: Vec<&str> = of.iter().map(|id| id.as_str()).collect();
                format!("{upstream} supplies {}", names.join(", "))
            })
            .collect();
        let message =
            format!("{wanted} outlets can be as few as {fewest} suppliers of figures: {}", shared.join("; "));
        add(Code::OneUpstream, "person", message);
    }
}

/// Calls `see` on a formula and every part of it.
fn walk(f: &Formula, see: &mut dyn FnMut(&Formula)) {
    see(f);
    match f {
        Formula::All(of) | Formula::Any(of) | Formula::AtLeast { of, .. } => {
            of.iter().for_each(|f| walk(f, see))
        }
        Formula::HeldFor { of, .. } => walk(of, see),
        _ => {}
    }
}

/// The sources of every count of calls.
pub(crate) fn calls(policy: &Policy) -> Vec<BTreeSet<IssuerId>> {
    let mut found = Vec::new();
    for f in cone::formulas(policy) {
        walk(f, &mut |f| {
            if let Formula::Called { by, .. } = f {
                found.push(by.iter().cloned().collect());
            }
        });
    }
    found
}

/// Sources that stand in an order of precedence.
pub(crate) fn ranked(policy: &Policy) -> BTreeSet<IssuerId> {
    let mut found = BTreeSet::new();
    for f in cone::formulas(policy) {
        walk(f, &mut |f| {
            if let Formula::FirstOf { sources } = f {
                found.extend(sources.iter().cloned());
            }
        });
    }
    found
}

/// Whether a statement that can be taken back stands outside every hold time.
pub(crate) fn bare(f: &Formula) -> bool {
    match f {
        Formula::All(of) | Formula::Any(of) | Formula::AtLeast { of, .. } => of.iter().any(bare),
        Formula::Called { .. } | Formula::FirstOf { .. } | Formula::Conceded => true,
        _ => false,
    }
}

/// What was met nowhere.
pub(crate) fn unmet(
    policy: &Policy,
    met: &BTreeSet<usize>,
    whole: bool,
    why: Option<String>,
    out: &mut Vec<Finding>,
) {
    let all = super::look::alternatives_of(&policy.person.when);
    let finding =
        |code: Code, message: String| Finding { code, clause: "person", message, story: Vec::new() };
    if !whole {
        return;
    }
    if met.is_empty() {
        let says = Code::NeverMet.says().trim_end_matches('.');
        let message = why.map_or_else(|| format!("{says}."), |why| format!("{says}: {why}"));
        out.push(finding(Code::NeverMet, message));
        return;
    }
    for (n, f) in all.iter().enumerate().filter(|(n, _)| !met.contains(n)) {
        let number = n.saturating_add(1);
        let message =
            format!("alternative {number} of `person.when` can never be met: {}", crate::plain_english(f));
        out.push(finding(Code::UnreachableClause, message));
    }
}
