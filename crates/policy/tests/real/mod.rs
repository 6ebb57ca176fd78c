//! The election of 2020, from the folder a reader replays.

use std::path::Path;

use policy::Case;
use standing::{ActLine, At, Election, Evidence, Files, Law, Statement, parse_as_of, standing};

use crate::kit::{college, facts, questions};

/// The policies asked about, each in one line.
const POLICIES: &str = r#"
policy electors-voted "voted" | nobody release | contested wait | never ask { after = { date = "term" } } | prepared biden,trump
policy electors-voted-vp "voted" | office vice_president | prepared harris,pence
policy tv-consensus { called = { at_least = 5, counting = "outlets" } } | prepared biden,trump
policy tv-independent { called = { at_least = 5 } } | prepared biden,trump
policy tv-both { called = { at_least = 2 } } | prepared biden,trump
policy tv-vp { called = { at_least = 1 } } | office vice_president
policy tv-held { held_for = { duration = "72h", of = { called = { at_least = 5, counting = "outlets" } } } } | prepared biden,trump
policy ascertained "ascertained" | prepared biden,trump
policy canvassed-close { canvassed = { places = ["AZ", "GA", "WI"] } } | prepared biden,trump
policy declared "declared" | prepared biden,trump
policy declared-vp "declared" | office vice_president | prepared harris,pence
policy in-office "in_office" | prepared biden,trump
policy in-office-vp "in_office" | office vice_president | prepared harris,pence
policy only-trump "voted" | prepared trump
"#;

/// What is done to the folder before it is read.
struct Change {
    /// Acts left out.
    without: &'static [&'static str],
    /// Lines put in, in the format of the folder.
    with: Vec<String>,
}

const AS_IT_WAS: Change = Change { without: &[], with: Vec::new() };

fn without(ids: &'static [&'static str]) -> Change {
    Change { without: ids, with: Vec::new() }
}

fn with(lines: &[&str]) -> Change {
    Change { without: &[], with: lines.iter().map(|l| (*l).to_owned()).collect() }
}

struct Folder {
    law: Law,
    election: Election,
    evidence: Evidence,
}

fn folder(change: &Change) -> Folder {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Files::new();
    for (at, under) in [
        ("history/us-2020", ""),
        ("history/us-2020/acts", "acts/"),
        ("law/us", "us/"),
        ("law/us/president", "us/president/"),
        ("law/us/apportionment", "us/apportionment/"),
    ] {
        for entry in std::fs::read_dir(root.join(at)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                files.insert(format!("{under}{name}"), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    files.insert("acts/99-put-in.jsonl".into(), change.with.join("\n"));
    let election = Election::parse(&files).unwrap();
    let law = Law::parse(&files, &election.law, election.year).unwrap();
    let acts = election.acts(&files).unwrap();
    for id in change.without {
        assert!(acts.iter().any(|a| a.id.as_str() == *id), "no act `{id}` to leave out");
    }
    let kept: Vec<ActLine> = acts.into_iter().filter(|a| !change.without.contains(&a.id.as_str())).collect();
    let statements: Vec<Statement> = kept
        .iter()
        .enumerate()
        .map(|(n, a)| college::statement(a, "desk", u64::try_from(n).unwrap()))
        .collect();
    Folder { law, election, evidence: college::evidence(statements) }
}

/// Rows of `(as of, query, part of the answer)`; a query that begins with `=` wants all of it.
/// The queries are those of the tables, after `the` those of the timelines.
fn check(change: &Change, rows: &[(&str, &str, &str)]) {
    let f = folder(change);
    let case = Case { law: &f.law, election: &f.election, evidence: &f.evidence, past: None };
    let asked = questions::parse(POLICIES);
    let mut wrong = Vec::new();
    for (as_of, query, expected) in rows {
        let at = At::same(parse_as_of(as_of, &f.election.zone).unwrap());
        let (exact, bare) = query.strip_prefix('=').map_or((false, *query), |q| (true, q));
        let found = match bare.strip_prefix("the ") {
            Some(q) => facts::fact(&standing(&f.law, &f.election, &f.evidence, at).unwrap(), q),
            None => questions::ask(&asked, &case, at, bare),
        };
        if !(if exact { found == *expected } else { found.contains(expected) }) {
            wrong.push(format!("{as_of} {query}\n    wanted: {expected}\n    found:  {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const END: &str = "2021-02-01";

#[test]
fn electors_voted_is_met_when_california_is_known_to_have_voted() {
    check(
        &AS_IT_WAS,
        &[
            (END, "electors-voted first", "biden at 2020-12-14T22:33:59Z size "),
            (END, "electors-voted first", "ca.ascertain"),
            (END, "electors-voted first", "ca.vote"),
            (END, "electors-voted-vp first", "harris at 2020-12-14T22:33:59Z size "),
            ("2020-12-14T17:33:59-05:00", "=electors-voted", "met biden release"),
            ("2020-12-14T17:33:59-05:00", "=the president.voted", "biden 302, trump 232"),
            ("2020-12-14T17:33:58-05:00", "=the president.voted", "biden 247, trump 232"),
            ("2020-12-14T17:33:58-05:00", "=electors-voted", "not yet - wait"),
            ("2020-12-14T17:00:00-05:00", "=electors-voted", "not yet - wait"),
            ("2020-12-14T17:00:00-05:00", "=the president.voted", "biden 240, trump 229"),
            ("2020-12-14T17:00:00-05:00", "=electors-voted first", "-"),
            ("2020-12-14T23:59:00-05:00", "=electors-voted", "met biden release"),
            (END, "=only-trump first", "-"),
            (END, "=only-trump", "not yet biden ask"),
        ],
    );
}

#[test]
fn on_the_day_before_nothing_is_missing_but_the_vote() {
    check(
        &AS_IT_WAS,
        &[
            ("2020-12-13", "=electors-voted", "not yet - wait"),
            (
                "2020-12-13",
                "electors-voted missing",
                "0 electors have voted for Biden; 270 of 538 are a majority -- the electors of 51 jurisdictions -- 2020-12-14 -- 3 U.S.C. § 7, text of 2018-12-31",
            ),
            ("2020-12-13", "=electors-voted first", "-"),
            ("2020-12-13", "=the president.voted", "-"),
            ("2020-12-13", "=the president.base", "538/270"),
        ],
    );
}

#[test]
fn without_california_nobody_has_a_majority_of_votes_known() {
    check(
        &without(&["ca.vote"]),
        &[
            (END, "=electors-voted first", "-"),
            ("2020-12-14", "=the president.voted", "biden 251, trump 232"),
            ("2020-12-14", "=electors-voted", "not yet - wait"),
            (
                "2020-12-14",
                "=electors-voted missing",
                "251 electors have voted for Biden; 270 of 538 are a majority -- the electors of California -- 2020-12-14 -- 3 U.S.C. § 7, text of 2018-12-31 / 232 electors have voted for Trump; 270 of 538 are a majority -- the electors of California -- 2020-12-14 -- 3 U.S.C. § 7, text of 2018-12-31",
            ),
            // Still not yet after the count: nothing says that California's electors were not appointed.
            (END, "=electors-voted", "not yet - ask"),
            (END, "electors-voted held_up", "the policy's time limit has passed"),
            // What is announced stands, and its totals are said to differ.
            (END, "=declared", "met biden release"),
            (END, "the findings", "stated-otherwise us.declare"),
        ],
    );
}

#[test]
fn hawaii_alone_does_not_move_the_decision() {
    check(
        &without(&["hi.vote"]),
        &[
            (END, "electors-voted first", "biden at 2020-12-14T22:33:59Z"),
            (END, "=the president.voted", "biden 302, trump 232"),
        ],
    );
}

#[test]
fn a_state_that_appoints_nobody_leaves_the_base() {
    // Item 5: 538 less 20 is 518, of which 260 are a majority.
    let none = r#"{"id":"pa.none","kind":"ascertain","issuer":"pa-executive","jurisdiction":"PA","none_appointed":true,"supersedes":"pa.ascertain","issued":{"not_before":"2020-12-01T12:00:00-05:00","not_before_basis":"act","not_after":"2020-12-01T12:00:00-05:00","not_after_basis":"act"},"known_at":"2020-12-10T12:00:00-05:00","sources":["c-crec-h76"],"channel":"page"}"#;
    check(
        &with(&[none]),
        &[
            ("2020-12-14", "=the president.base", "518/260"),
            ("2020-12-14", "=the president.voted", "biden 286, trump 232"),
            ("2020-12-14", "=the pa.vote", "void"),
            (END, "electors-voted first", "biden at 2020-12-14T22:33:59Z"),
            ("2020-12-14T17:30:00-05:00", "=the president.voted", "biden 227, trump 232"),
        ],
    );
}

#[test]
fn votes_rejected_on_both_sides_do_not_shrink_the_base() {
    // Item 5, the other half: both chambers sustain the objection to Pennsylvania.
    let sustained = |id: &str, chamber: &str, of: &str| {
        format!(
            r#"{{"id":"{id}","kind":"rule_on_objection","issuer":"{chamber}","jurisdiction":"US","of":"pa.objection","sustained":true,"corrects":"{of}","issued":{{"not_before":"2021-01-07T03:20:00-05:00","not_before_basis":"act","not_after":"2021-01-07T03:20:00-05:00","not_after_basis":"act"}},"known_at":"2021-01-07T03:20:00-05:00","sources":["c-crec-pa"],"channel":"page"}}"#
        )
    };
    let lines = [
        sustained("pa.s", "senate", "pa.objection.senate"),
        sustained("pa.h", "house", "pa.objection.house"),
    ];
    let change = with(&lines.each_ref().map(String::as_str));
    check(
        &change,
        &[
            (END, "=the president.base", "538/270"),
            (END, "=the president.voted", "biden 286, trump 232"),
            (END, "=the PA.rejected", "true"),
            (END, "=the pa.vote", "void"),
            (END, "=electors-voted", "met biden release"),
        ],
    );
}

#[test]
fn calls_of_five_outlets_are_calls_of_two_sources() {
    check(
        &AS_IT_WAS,
        &[
            (
                END,
                "=tv-consensus first",
                "biden at 2020-11-07T16:26:59Z size 57 on cnn.call.us+cbs.call.us+nbc.call.us+abc.call.us+ap.call.us",
            ),
            ("2020-11-07T11:26:58-05:00", "=tv-consensus", "not yet - wait"),
            (END, "=tv-independent first", "-"),
            (END, "=tv-independent", "cannot be met - wait"),
            (END, "tv-independent why", "5 independent sources are asked for, and only 2 are known here"),
            (END, "tv-both first", "biden at 2020-11-07T16:26:59Z"),
            (END, "tv-held first", "biden at 2020-11-10T16:26:59Z"),
            // Nobody called the other office.
            (END, "=tv-vp first", "-"),
            (END, "=tv-vp", "not yet - wait"),
        ],
    );
}

#[test]
fn the_later_levels_come_at_their_instants() {
    check(
        &AS_IT_WAS,
        &[
            (END, "=declared first", "biden at 2021-01-07T08:45:59Z size 289 on us.declare"),
            (END, "declared-vp first", "harris at 2021-01-07T08:45:59Z"),
            ("2021-01-07T03:45:58-05:00", "=declared", "not yet - wait"),
            (
                "2021-01-07T03:45:58-05:00",
                "declared missing",
                "the President of the Senate, in the joint session -- 2021-01-06 -- 3 U.S.C. § 15",
            ),
            (END, "in-office first", "biden at 2021-01-20T17:00:00Z"),
            (END, "in-office-vp first", "harris at 2021-01-20T17:00:00Z"),
            ("2021-01-20T11:59:59-05:00", "=in-office-vp", "not yet - wait"),
            ("2021-01-20T11:59:59-05:00", "=in-office-vp recheck", "2021-01-20T17:00:00Z"),
            (END, "=the president.outcome", "biden"),
            (END, "=the vice_president.outcome", "harris"),
            (END, "ascertained first", "biden at 2020-12-14T22:33:59Z"),
            (END, "canvassed-close first", "biden at 2020-11-30T22:54:59Z"),
        ],
    );
}

#[test]
fn purported_papers_are_shown_with_their_reason() {
    let places = ["az", "ga", "mi", "nv", "nm", "pa", "wi"];
    let queries: Vec<(String, String, String)> = places
        .iter()
        .map(|p| {
            let why = format!(
                "purported; issuer not authorised: the standing certificate appoints {p}-biden, not {p}-trump"
            );
            (format!("=the {p}.vote.purported"), format!("=the why {p}.vote.purported"), why)
        })
        .collect();
    let mut rows = vec![("2020-12-15", "=the president.voted", "biden 306, trump 232")];
    for (status, reason, why) in &queries {
        rows.push(("2020-12-15", status, "unsupported"));
        rows.push(("2020-12-15", reason, why));
    }
    check(&AS_IT_WAS, &rows);
}

#[test]
fn the_joint_session_overrules_what_was_objected() {
    check(
        &AS_IT_WAS,
        &[
            ("2021-01-06T13:15:59-05:00", "=the AZ.pending", "az.objection"),
            ("2021-01-06T23:10:58-05:00", "=the AZ.pending", "az.objection"),
            ("2021-01-06T23:10:59-05:00", "=the AZ.pending", "-"),
            (END, "=the az.vote", "standing"),
            (END, "=the ga.objection", "void"),
            (END, "the why ga.objection", "not received: no member of the senate signed it"),
            (END, "=the pa.objection", "standing"),
            (END, "=the pa.vote", "standing"),
            (END, "=the president.voted", "biden 306, trump 232"),
            (END, "=the vice_president.voted", "harris 306, pence 232"),
            (END, "=the ME.president", "biden 3, trump 1"),
            (END, "=the NE.president", "biden 1, trump 4"),
            (END, "=the president.open", "0 to appoint, 0 to vote"),
            (END, "=the findings", "-"),
        ],
    );
}

#[test]
fn a_court_of_another_state_ends_nothing() {
    let order = r#"{"id":"x.order","kind":"order","issuer":"pa-supreme-court","jurisdiction":"CA","revokes":"ca.ascertain","issued":{"not_before":"2020-12-01T12:00:00-05:00","not_before_basis":"act","not_after":"2020-12-01T12:00:00-05:00","not_after_basis":"act"},"known_at":"2020-12-10T12:00:00-05:00","sources":["c-bp-1203"],"channel":"page"}"#;
    check(
        &with(&[order]),
        &[
            (END, "=the ca.ascertain", "standing"),
            (END, "electors-voted first", "biden at 2020-12-14T22:33:59Z"),
        ],
    );
    // The highest court of the Union reaches every state.
    let order = order.replace("pa-supreme-court", "supreme-court");
    check(
        &with(&[&order]),
        &[
            (END, "=the ca.ascertain", "revoked by x.order"),
            (END, "=the ca.vote", "void"),
            (END, "=electors-voted first", "-"),
        ],
    );
}

#[test]
fn a_rivals_paper_cannot_supersede_the_vote() {
    let paper = r#"{"id":"pa.vote.usurping","kind":"elector_vote","issuer":"pa-trump","jurisdiction":"PA","slate":"pa-trump","votes":{"president":{"trump":20}},"supersedes":"pa.vote","issued":{"not_after":"2020-12-14T13:00:00-05:00","not_after_basis":"report"},"known_at":"2020-12-14T13:00:00-05:00","sources":["crew"],"channel":"page"}"#;
    check(
        &with(&[paper]),
        &[
            (END, "=the pa.vote", "standing"),
            (END, "=the pa.vote.usurping", "unsupported"),
            (END, "electors-voted first", "biden at 2020-12-14T22:33:59Z"),
        ],
    );
}
