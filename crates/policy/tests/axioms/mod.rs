//! What holds of every policy on every record.

use policy::{Case, Formula, Policy, Prepared, State};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use standing::{At, Instant, Statement};

use crate::kit::{college, questions, script};

/// Lines from which random records are drawn; the instants are drawn too.
const LINES: &[&str] = &[
    "alpha.1 call alpha office=president in=U person=ada",
    "alpha.2 call alpha office=president in=U person=bob retracts=alpha.1",
    "alpha.3 report alpha retracts=alpha.2 in=U",
    "zeta.1 call zeta office=president in=U person=ada",
    "zeta.2 call zeta office=president in=U person=bob",
    "n.asc ascertain n-gov slate=n-red",
    "n.asc.2 ascertain n-gov slate=n-blue supersedes=n.asc",
    "e.asc ascertain e-gov slate=e-red",
    "e.rival ascertain e-gov slate=e-blue",
    "s.none ascertain s-gov in=S none",
    "w.asc ascertain w-gov slate=w-blue",
    "n.vote elector_vote n-red all",
    "n.vote.2 elector_vote n-blue all",
    "e.vote elector_vote e-red all",
    "n.order order n-court in=N revokes=n.asc.2",
    "us.declare declare speaker elected=president:ada",
    "us.declare.2 declare speaker elected=president:bob",
    "us.nobody declare speaker elected=president:- corrects=us.declare",
    "us.annul annul u-court office=president in=U",
    "us.oath oath ada office=president person=ada in=U",
    "us.valid validate u-court elected=president:ada",
    "us.res publish upper office=president what=result",
    "us.ch challenge members office=president",
    "us.no order u-court resolves=us.ch in=U",
    "ada.dies die u-court person=ada",
];

/// Rows for the steps of an office without electors, beside the college's own.
fn law_with_steps() -> Vec<(String, String)> {
    let row = |kind: &str, role: &str, more: &str| {
        format!("kind = \"{kind}\"\nrole = \"{role}\"\n{more}cite = \"rule\"\n\n[[authority]]\n")
    };
    let rows = row("validate", "court", "")
        + &row("challenge", "member", "undone_by = [\"court\"]\n")
        + &row("publish", "senate", "");
    let annul = "kind = \"annul\"";
    let window = "[challenge]\ndays = 3\ncite = \"rule\"\n\n[counting]";
    vec![(annul.to_owned(), rows + annul), ("[counting]".to_owned(), window.to_owned())]
}

fn formula() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("\"ascertained\"".to_owned()),
        Just("\"voted\"".to_owned()),
        Just("\"declared\"".to_owned()),
        Just("\"in_office\"".to_owned()),
        Just("{ called = { at_least = 1 } }".to_owned()),
        Just("{ called = { at_least = 2, counting = \"outlets\" } }".to_owned()),
        Just("{ called = { at_least = 3 } }".to_owned()),
        Just("{ first_of = { sources = [\"zeta\", \"alpha\"] } }".to_owned()),
        Just("{ after = { date = \"count\" } }".to_owned()),
        Just("\"validated\"".to_owned()),
        Just("\"living\"".to_owned()),
        Just("{ published = { what = \"result\" } }".to_owned()),
        Just("\"challenge_window_closed\"".to_owned()),
        Just("\"no_challenge_pending\"".to_owned()),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            list.clone().prop_map(|of| format!("{{ all = [{}] }}", of.join(", "))),
            list.clone().prop_map(|of| format!("{{ any = [{}] }}", of.join(", "))),
            list.prop_map(|of| format!("{{ at_least = {{ n = 1, of = [{}] }} }}", of.join(", "))),
            (inner, 0_u8..4)
                .prop_map(|(of, days)| format!("{{ held_for = {{ duration = \"{days}d\", of = {of} }} }}")),
        ]
    })
}

fn policies() -> impl Strategy<Value = (Policy, Option<Prepared>)> {
    let people = prop::sample::select(vec!["", "| prepared ada", "| prepared ada,bob", "| prepared "]);
    let clauses = prop::sample::select(vec![
        "",
        "| nobody release | annulled release",
        "| another_person wait { called = { at_least = 1 } }",
        "| never wait { after = { date = \"count\" } } | contested wait { after = { date = \"term\" } }",
    ]);
    (formula(), clauses, people).prop_map(|(f, c, p)| questions::one_line("drawn", &format!("{f} {c} {p}")))
}

/// `(line, from, to, known)` in days after the ninth of January.
fn record() -> impl Strategy<Value = Vec<(prop::sample::Index, u8, u8, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), 0_u8..14, 0_u8..14, 0_u8..14), 1..14)
}

fn day(n: u8) -> String {
    format!("01-{:02}T12:00", n + 9)
}

/// The same policy in other words.
fn rewritten(p: &Policy) -> Policy {
    let mut again = p.clone();
    again.summary.push('!');
    again.person.when = in_other_words(&p.person.when);
    let meanings = [Formula::Nobody, Formula::Annulled, Formula::Contested];
    let clauses = [&mut again.nobody, &mut again.annulled, &mut again.contested];
    for (clause, meaning) in clauses.into_iter().zip(&meanings) {
        clause.when = Some(in_other_words(clause.when.as_ref().unwrap_or(meaning)));
    }
    again
}

fn in_other_words(f: &Formula) -> Formula {
    let list = |of: &[Formula]| of.iter().rev().map(in_other_words).collect::<Vec<_>>();
    match f {
        Formula::All(of) => Formula::All([list(of), list(of)].concat()),
        Formula::Any(of) => Formula::AtLeast { n: 1, of: list(of) },
        Formula::AtLeast { n, of } => Formula::AtLeast { n: *n, of: list(of) },
        Formula::HeldFor { duration, of } => {
            Formula::HeldFor { duration: *duration, of: Box::new(in_other_words(of)) }
        }
        other => Formula::Any(vec![Formula::All(vec![other.clone()])]),
    }
}

/// Who asks after every statement, only about what it can have changed, finds what who asks once at the end finds, if the
/// statements come in the order in which they are known.
fn asked_as_they_come(
    policy: &Policy,
    prepared: Option<&Prepared>,
    statements: &[Statement],
    until: Instant,
) {
    let (law, election) = college::college(&law_with_steps());
    let mut asked: Option<Instant> = None;
    for count in 0..=statements.len() {
        let evidence = college::evidence(statements[..count].to_vec());
        let case = Case { law: &law, election: &election, evidence: &evidence, past: None };
        // The clock goes on, and a statement may say that it was known long before it came.
        let now = if count == statements.len() {
            until
        } else {
            script::instant(&day(u8::try_from(count % 20).unwrap()))
        };
        let now = asked.map_or(now, |a| a.max(now));
        let new = count.checked_sub(1).and_then(|n| statements.get(n)).map(|s| s.known_at);
        let from = asked.map(|a| new.map_or(a, |new| a.min(new)));
        let found = policy::decision_between(&case, policy, prepared, (from, now)).unwrap();
        assert_eq!(found, policy::first_decision(&case, policy, prepared, now).unwrap(), "after {count}");
        if found.is_some() {
            return;
        }
        asked = Some(now);
    }
}

/// Every axiom, of one policy on one record.
fn check(
    policy: &Policy,
    prepared: Option<&Prepared>,
    drawn: &[(prop::sample::Index, u8, u8, u8)],
    key: u64,
) {
    let (law, election) = college::college(&law_with_steps());
    let mut statements: Vec<Statement> = Vec::new();
    for (n, (line, from, to, known)) in drawn.iter().enumerate() {
        let (from, to) = (day(*from.min(to)), day(*from.max(to)));
        let text = format!("{} as=s{n} @{from}..{to} known={}", line.get(LINES), day(*known));
        statements.push(script::parse_statement(&election, &text, n, n));
    }
    let until = script::instant("01-31T00:00");
    let first = |statements: &[Statement], until: Instant| {
        let evidence = college::evidence(statements.to_vec());
        policy::first_decision(
            &Case { law: &law, election: &election, evidence: &evidence, past: None },
            policy,
            prepared,
            until,
        )
        .unwrap()
    };
    let decision = first(&statements, until);

    let again = rewritten(policy);
    assert_eq!(policy::differences(policy, &again), [], "the same in other words");
    let evidence = college::evidence(statements.clone());
    let case = Case { law: &law, election: &election, evidence: &evidence, past: None };
    let told = policy::first_decision(&case, &again, prepared, until).unwrap();
    assert_eq!(decision, told, "what means the same decides the same");

    let mut shuffled = statements.clone();
    shuffled.sort_by_key(|s| s.index.wrapping_add(key).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    assert_eq!(decision, first(&shuffled, until), "the order of the slice");

    asked_as_they_come(policy, prepared, &statements, until);
    same_in_any_order(&decision, &shuffled, &|s| first(s, until));
    if prepared.is_none() {
        same_in_the_backtest(&decision, &case, policy, until);
    }

    let at = decision.as_ref().map_or(until, |d| d.at);
    let known: Vec<Statement> = statements.iter().filter(|s| s.known_at <= at).cloned().collect();
    assert_eq!(decision, first(&known, until), "what is known after the decision");

    let evidence = college::evidence(statements.clone());
    let case = Case { law: &law, election: &election, evidence: &evidence, past: None };
    for t in policy::instants(&case, policy).into_iter().filter(|t| *t < at) {
        let a = policy::answer(&case, policy, prepared, At::same(t)).unwrap();
        assert_eq!(policy::decided(&case, policy, &a, t), None, "decided before the first decision");
        says_why(&a, prepared);
        nothing_changes_before(&case, policy, prepared, &a, t);
    }
    let a = policy::answer(&case, policy, prepared, At::same(at)).unwrap();
    says_why(&a, prepared);
    assert_eq!(decision.is_some(), a.state == State::Met);
    if let Some(d) = decision {
        for b in &d.relied {
            let s =
                statements.iter().find(|s| s.index == b.statement).expect("relied on an unknown statement");
            assert!(s.known_at <= d.at && b.statement < d.record_size, "relied on what was not known");
        }
    }
}

/// Another order of arrival in the record; what was known when is the same.
fn same_in_any_order(
    decision: &Option<policy::Decision>,
    shuffled: &[Statement],
    first: &dyn Fn(&[Statement]) -> Option<policy::Decision>,
) {
    let mut arrived = shuffled.to_vec();
    arrived.sort_by_key(|s| s.known_at);
    for (n, s) in arrived.iter_mut().enumerate() {
        s.index = u64::try_from(n).unwrap();
    }
    let outcome = |d: Option<policy::Decision>| d.map(|d| (d.at, d.outcome));
    assert_eq!(outcome(decision.clone()), outcome(first(&arrived)), "the order of arrival");
}

/// The back-test is the same engine.
fn same_in_the_backtest(
    decision: &Option<policy::Decision>,
    case: &Case<'_>,
    policy: &Policy,
    until: Instant,
) {
    let tested = policy::backtest(case, std::slice::from_ref(policy)).unwrap();
    let fired = tested.into_iter().find_map(|t| match t {
        policy::Backtested::Fired(f) => Some(f.decision),
        _ => None,
    });
    assert_eq!(*decision, fired.filter(|d| d.at <= until), "the back-test decides otherwise");
}

/// Every answer carries what its state promises.
fn says_why(a: &policy::Answer, prepared: Option<&Prepared>) {
    match a.state {
        State::Met => assert!(a.outcome.is_some() && a.held_up.is_empty()),
        State::NotYet => {
            assert!(!a.verdict.missing.is_empty() || !a.held_up.is_empty(), "not yet, and nothing is missing")
        }
        State::CannotBeMet => assert!(!a.verdict.why.is_empty(), "cannot be met, and nobody knows why"),
    }
    if let (State::Met, Some(standing::Outcome::Person(p)), Some(set)) = (a.state, &a.outcome, prepared) {
        assert!(set.contains(p), "released for {p}, for whom nothing is prepared");
    }
    for v in a.persons.values() {
        assert_eq!(v.state == State::NotYet, !v.missing.is_empty());
        assert_eq!(v.state == State::CannotBeMet, !v.why.is_empty());
        assert!(v.state == State::Met || v.relied.is_empty());
        assert!(
            v.missing.iter().all(|m| !m.clause.is_empty() && !m.who.is_empty() && !m.cite.is_empty()),
            "{:?}",
            v.missing
        );
    }
}

/// With nothing new known, the answer is the same until it says to look again.
fn nothing_changes_before(
    case: &Case<'_>,
    policy: &Policy,
    prepared: Option<&Prepared>,
    a: &policy::Answer,
    t: Instant,
) {
    let end = a.verdict.recheck_at.map_or(t.plus(40 * 86_400), |r| r.plus(-1));
    if end <= t {
        return;
    }
    let later = policy::answer(case, policy, prepared, At { effects: end, known: t }).unwrap();
    assert_eq!((later.state, &later.outcome), (a.state, &a.outcome), "from {t} to {end} without a recheck");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hold_of_any_policy_on_any_record((policy, prepared) in policies(), drawn in record(), key in any::<u64>()) {
        check(&policy, prepared.as_ref(), &drawn, key);
    }
}
