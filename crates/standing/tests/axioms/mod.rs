//! What holds of every set of statements, sensible or not.

use std::collections::BTreeMap;

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use serde_json::{Map, Value, json};
use standing::{Appointment, At, Election, Instant, Law, Standing, Statement, Status, standing};

use crate::kit::{college, facts, script};

/// Everything a reader sees of a standing, index of the statements left out.
fn seen(s: &Standing) -> String {
    let acts: Vec<_> = s.acts.values().map(|a| (&a.act, a.known_at, &a.status, &a.reason, &a.cite)).collect();
    format!("{acts:#?} {:#?} {:#?} {:#?}", s.places, s.offices, s.findings)
}

/// Every axiom, of one set of statements at one pair of instants.
fn check(law: &Law, election: &Election, statements: &[Statement], order: &[usize], at: At) {
    let of =
        |statements: Vec<Statement>| standing(law, election, &college::evidence(statements), at).unwrap();
    let s = of(statements.to_vec());

    let shuffled: Vec<Statement> = order.iter().filter_map(|i| statements.get(*i)).cloned().collect();
    assert_eq!(shuffled.len(), statements.len(), "the order is a permutation");
    assert_eq!(seen(&s), seen(&of(shuffled.clone())), "the order of the slice");
    let arrived =
        shuffled.into_iter().enumerate().map(|(n, s)| Statement { index: u64::try_from(n).unwrap(), ..s });
    assert_eq!(seen(&s), seen(&of(arrived.collect())), "the order of arrival");

    let known = statements.iter().filter(|s| s.known_at <= at.known).cloned().collect();
    assert_eq!(seen(&s), seen(&of(known)), "what is known after K");

    nothing_stands_early(&s);
    only_the_appointed_vote(&s);
    figures_add_up(law, election, &s);
}

fn nothing_stands_early(s: &Standing) {
    for a in s.acts.values() {
        let ends = |t: Instant| a.act.effective.not_after.is_some_and(|b| b.at <= t);
        match &a.status {
            Status::Standing => assert!(ends(s.at.effects), "{} stands before it is certain", a.act.id),
            Status::Ended { by, .. } => {
                let by = s.acts.get(by).expect("ended by an act nobody knows");
                assert_eq!(by.act.undo.as_ref().map(|u| &u.target), Some(&a.act.id));
                assert!(by.act.effective.not_before.is_none_or(|b| b.at <= s.at.effects));
                // Electors may end their own vote though nobody appointed them.
                let may = by.act.issuer == a.act.issuer || by.status != Status::Unsupported;
                assert!(may, "{:?} ended by {:?} without authority", a.act, by);
            }
            _ => {}
        }
    }
}

fn only_the_appointed_vote(s: &Standing) {
    for p in s.places.values() {
        let Some(vote) = &p.vote else {
            assert!(p.votes.is_empty());
            continue;
        };
        let Appointment::Appointed { slate, .. } = &p.appointment else {
            panic!("{}: votes count, and nobody is appointed", p.place)
        };
        assert_eq!(s.acts[vote].act.issuer.as_str(), slate.as_str(), "{}", p.place);
    }
}

fn figures_add_up(law: &Law, election: &Election, s: &Standing) {
    let allotted = law.allotted().unwrap();
    for o in s.offices.values() {
        assert_eq!(o.base.whole_number + o.base.not_appointed + o.base.removed, allotted);
        let (mut pledged, mut voted) = (BTreeMap::new(), BTreeMap::new());
        let (mut open, mut to_vote, mut none) = (0, 0, 0);
        for p in s.places.values() {
            let add = |sum: &mut BTreeMap<_, u32>, of: &standing::ByOffice| {
                let mut cast = 0;
                for (person, n) in of.get(&o.office).into_iter().flatten() {
                    *sum.entry(person.clone()).or_default() += n;
                    cast += n;
                }
                assert!(cast <= p.electors, "{}: {cast} of {} electors", p.place, p.electors);
            };
            add(&mut pledged, &p.pledged);
            add(&mut voted, &p.votes);
            match &p.appointment {
                Appointment::Unknown | Appointment::Contested { .. } => open += p.electors,
                Appointment::NotAppointed { .. } => none += p.electors,
                Appointment::Appointed { slate, .. } => assert!(election.slates.contains_key(slate)),
            }
            let is_none = matches!(p.appointment, Appointment::NotAppointed { .. });
            to_vote += if p.vote.is_none() && !is_none { p.electors } else { 0 };
        }
        assert_eq!((&o.ascertained, &o.voted), (&pledged, &voted), "{}", o.office);
        assert_eq!((o.not_ascertained, o.not_voted, o.base.not_appointed), (open, to_vote, none));
        let total = |sum: &BTreeMap<_, u32>| sum.values().sum::<u32>();
        assert!(total(&o.ascertained) + o.not_ascertained <= o.base.whole_number);
        assert!(total(&o.voted) + o.not_voted <= o.base.whole_number);
    }
}

const PLACES: [&str; 6] = ["N", "E", "S", "W", "X", "U"];
const KINDS: [&str; 14] = [
    "ascertain",
    "ascertain",
    "ascertain",
    "elector_vote",
    "elector_vote",
    "elector_vote",
    "canvass",
    "call",
    "object",
    "rule_on_objection",
    "rule_on_objection",
    "declare",
    "order",
    "oath",
];
const UNDO: [&str; 5] = ["supersedes", "revokes", "retracts", "corrects", "resolves"];
const DAYS: u8 = 12;

/// The noon of a day of the count's season.
fn day(n: u8) -> String {
    format!("2041-01-{:02}T12:00:00Z", n + 10)
}

/// A statement as numbers; what each number chooses is seen below.
type Dice = (prop::sample::Index, [prop::sample::Index; 6], (u8, u8), [u8; 3], Option<prop::sample::Index>);

fn dice() -> impl Strategy<Value = Dice> {
    let days = (0..=DAYS, 0..=DAYS);
    let undo = prop_oneof![4 => Just(None), 1 => any::<prop::sample::Index>().prop_map(Some)];
    (any::<prop::sample::Index>(), any::<[prop::sample::Index; 6]>(), days, any::<[u8; 3]>(), undo)
}

fn statement_of(election: &Election, n: usize, of: usize, dice: &Dice) -> Option<Statement> {
    let (kind, [who, slate, place, person, other, undo], days, odds, target) = dice;
    let kind = *kind.get(&KINDS);
    let slates: Vec<String> = election.slates.keys().map(ToString::to_string).collect();
    let issuers: Vec<String> =
        election.issuers.keys().map(ToString::to_string).chain(slates.clone()).collect();
    let common =
        ["n-red", "n-red", "n-blue", "e-red", "e-red", "e-blue", "s-split", "w-blue"].map(String::from);
    let slate = if odds[2] % 8 == 5 { slate.get(&slates) } else { slate.get(&common) };
    let place = *place.get(&PLACES);
    // Usually the one who may, so that most acts have an effect.
    let issuer = if odds[0] < 40 { who.get(&issuers).clone() } else { usual(kind, slate) };
    let mut act = Map::new();
    let mut put = |key: &str, value: Value| drop(act.insert(key.into(), value));
    // Few ids of each kind, so that acts are attested twice and speak of each other.
    let few = of.div_ceil(4);
    let id_of = |kind: &str, n: usize| format!("{}{}", kind.get(..3).unwrap_or(kind), n % few);
    put("id", id_of(kind, n).into());
    put("statement", format!("s{n}").into());
    put("kind", kind.into());
    put("issuer", issuer.into());
    put("channel", "feed".into());
    put("sources", json!(["paper"]));
    put("known_at", day(odds[1] % (DAYS + 1)).into());
    let (from, to) = (days.0.min(days.1), days.0.max(days.1));
    let mut issued = Map::new();
    for (key, at, present) in [("not_before", from, odds[2] % 8 != 0), ("not_after", to, odds[2] % 9 != 1)] {
        if present {
            issued.insert(key.into(), day(at).into());
            issued.insert(format!("{key}_basis"), "report".into());
        }
    }
    put("issued", issued.into());
    let place_of_slate = election.slates.values().find(|s| s.id.as_str() == slate).unwrap().place.to_string();
    let jurisdiction = if odds[0] % 16 == 3 { place.to_owned() } else { place_of_slate };
    put("jurisdiction", jurisdiction.into());
    what_was_done(&mut act, kind, slate, odds, ["ada", "bob"][person.index(2)], &|kind| {
        id_of(kind, other.index(few))
    });
    let mut put = |key: &str, value: Value| drop(act.insert(key.into(), value));
    if let Some(target) = target {
        let ended = if odds[0].is_multiple_of(3) { *undo.get(&KINDS) } else { kind };
        let how = undo.index(UNDO.len());
        put(UNDO[how], id_of(ended, target.index(few)).into());
        if odds[1].is_multiple_of(5) {
            put("amends", format!("s{}", target.index(of)).into());
        }
    }
    let line: standing::ActLine = serde_json::from_value(Value::Object(act)).unwrap();
    let attester = ["desk", "desk", "desk", "desk", "second", "stranger"][usize::from(odds[1] % 6)];
    line.to_act().ok()?;
    Some(college::statement(&line, attester, u64::try_from(n).unwrap()))
}

/// The fields that belong to the kind.
fn what_was_done(
    act: &mut Map<String, Value>,
    kind: &str,
    slate: &str,
    odds: &[u8; 3],
    president: &str,
    id_of: &dyn Fn(&str) -> String,
) {
    let mut put = |key: &str, value: Value| drop(act.insert(key.into(), value));
    match kind {
        "ascertain" if odds[2].is_multiple_of(10) => put("none_appointed", true.into()),
        "ascertain" | "canvass" => put("slate", slate.into()),
        "elector_vote" => {
            put("slate", slate.into());
            let n = u32::from(odds[2] % 4);
            put("votes", json!({"president": {"ada": n, "bob": 4 - n}, "vice_president": {"cyn": n}}));
        }
        "call" | "oath" => {
            put("office", "president".into());
            put("person", president.into());
            put("jurisdiction", "U".into());
        }
        "object" => {
            put("of", id_of("elector_vote").into());
            put(
                "signed_by",
                if odds[0].is_multiple_of(3) { json!(["house"]) } else { json!(["house", "senate"]) },
            );
        }
        "rule_on_objection" => {
            put("of", id_of("object").into());
            put("sustained", (!odds[0].is_multiple_of(4)).into());
        }
        "declare" => put(
            "elected",
            json!({"president": if odds[0].is_multiple_of(4) { Value::Null } else { president.into() }}),
        ),
        _ => {}
    }
}

/// Who may do an act of this kind.
fn usual(kind: &str, slate: &str) -> String {
    let place = slate.get(..1).unwrap_or("n");
    let place = if place == "x" { "n" } else { place };
    match kind {
        "ascertain" => format!("{place}-gov"),
        "canvass" => format!("{place}-can"),
        "elector_vote" => slate.to_owned(),
        "call" => "alpha".into(),
        "object" => "members".into(),
        "rule_on_objection" => {
            if slate.len().is_multiple_of(2) {
                "upper".into()
            } else {
                "lower".into()
            }
        }
        "declare" => "speaker".into(),
        "oath" => "ada".into(),
        _ => "u-court".into(),
    }
}

/// What the random statements may fall upon: a vote that counts, and an objection both chambers sustain.
const BEGUN: [&str; 5] = [
    "asc0 ascertain n-gov slate=n-red as=b0 @01-10T12:00",
    "ele0 elector_vote n-red all as=b1 @01-11T12:00",
    "obj0 object members in=N of=ele0 signed=house,senate as=b2 @01-12T12:00",
    "rul0 rule_on_objection upper of=obj0 sustained=yes as=b3 @01-13T12:00..01-15T12:00",
    "rul1 rule_on_objection lower of=obj0 sustained=yes as=b4 @01-13T12:00..01-16T12:00",
];

/// Statements as dice, how many of [`BEGUN`] go before them, a key for their order, and instants.
fn any_record() -> impl Strategy<Value = (Vec<Dice>, usize, u64, u8, u8)> {
    (prop::collection::vec(dice(), 1..32), 0..=BEGUN.len(), any::<u64>(), 0..=DAYS, 0..=DAYS)
}

fn statements_of(election: &Election, dice: &[Dice], begun: usize) -> Vec<Statement> {
    let begun = BEGUN.iter().take(begun).map(|line| script::parse_statement(election, line, 0, 0));
    let random = dice.iter().enumerate().filter_map(|(n, d)| statement_of(election, n, dice.len(), d));
    let numbered = begun.chain(random).enumerate();
    numbered.map(|(n, s)| Statement { index: u64::try_from(n).unwrap(), ..s }).collect()
}

/// Another order of as many things, by a key.
fn order_of(n: usize, key: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|i| u64::try_from(*i).unwrap().wrapping_add(key).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    order
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hold_of_any_record((dice, begun, key, t, k) in any_record()) {
        let (law, election) = college::college(&[]);
        let statements = statements_of(&election, &dice, begun);
        let order = order_of(statements.len(), key);
        let at = At { effects: Instant::try_from(day(t).as_str()).unwrap(), known: Instant::try_from(day(k).as_str()).unwrap() };
        check(&law, &election, &statements, &order, at);
    }
}

/// The axioms must be able to fail, so the generator must reach what they speak of.
#[test]
fn the_generator_reaches_what_the_axioms_speak_of() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (law, election) = college::college(&[]);
    let mut reached: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..1_500 {
        let (dice, begun, ..) = any_record().new_tree(&mut runner).unwrap().current();
        let statements = statements_of(&election, &dice, begun);
        let at = At::same(script::instant("01-20T13:00"));
        let s = standing(&law, &election, &college::evidence(statements), at).unwrap();
        let mut reach = |what: &'static str, is: bool| *reached.entry(what).or_default() += u32::from(is);
        let places = |f: &dyn Fn(&standing::PlaceStanding) -> bool| s.places.values().any(f);
        let acts = |f: &dyn Fn(&Status) -> bool| s.acts.values().any(|a| f(&a.status));
        reach("a vote that counts", places(&|p| p.vote.is_some()));
        reach("rival certificates", places(&|p| matches!(p.appointment, Appointment::Contested { .. })));
        reach("none appointed", places(&|p| matches!(p.appointment, Appointment::NotAppointed { .. })));
        reach("a vote rejected", places(&|p| p.rejected));
        reach("an objection pending", places(&|p| !p.objections_pending.is_empty()));
        reach("an act ended", acts(&|s| matches!(s, Status::Ended { .. })));
        reach("an act void", acts(&|s| *s == Status::Void));
        reach("an act unsupported", acts(&|s| *s == Status::Unsupported));
        reach("a call", s.offices.values().any(|o| !o.calls.is_empty()));
        reach("an announcement", s.offices.values().any(|o| !o.declared.is_empty()));
        for code in [
            "attester-not-enrolled",
            "attesters-disagree",
            "amends-nothing",
            "does-not-fit",
            "two-certificates-of-vote",
        ] {
            reach(code, s.findings.iter().any(|f| f.code == code));
        }
    }
    println!("{reached:?}");
    assert!(reached.values().all(|n| *n > 0), "never reached: {reached:?}");
}

/// A record should hold no two statements of one attester under one id; if it does, the one that came first is read.
#[test]
fn the_order_of_the_slice_is_nothing_even_to_two_statements_under_one_id() {
    let (law, election) = college::college(&[]);
    let line = |slate: &str, index: usize| {
        script::parse_statement(
            &election,
            &format!("n.asc ascertain n-gov slate={slate} @01-10T12:00"),
            0,
            index,
        )
    };
    let statements = [line("n-red", 1), line("n-blue", 0)];
    let at = At::same(script::instant("01-20T13:00"));
    let of =
        |statements: Vec<Statement>| standing(&law, &election, &college::evidence(statements), at).unwrap();
    let [first, second] = statements.clone();
    assert_eq!(seen(&of(statements.to_vec())), seen(&of(vec![second, first])));
    assert_eq!(facts::fact(&of(statements.to_vec()), "N"), "n-blue by n.asc");
}
