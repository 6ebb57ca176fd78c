//! Counts from outside: what an election lawyer would check first, altered facts, and files that are wrong.

use serde_json::{Value, json};

use crate::run::{Scratch, ascertain, history, last_json, rewrite};

/// The count of an election as JSON.
fn count(words: &[&str]) -> Value {
    let said = ascertain(&[&["count"], words, &["--json"]].concat());
    assert!(said.code < 2, "{words:?}: {}", said.err);
    last_json(&said)
}

/// An office of a count: total votes counted, votes by id, votes not counted, outcome.
fn check(c: &Value, office: usize, counted: u32, totals: &[(&str, u32)], lost: u64, outcome: (&str, &str)) {
    let o = &c["offices"][office];
    let said: Vec<(&str, u32)> = o["totals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["id"].as_str().unwrap(), u32::try_from(t["votes"].as_u64().unwrap()).unwrap()))
        .collect();
    assert_eq!(said, totals, "{}", c["election"]);
    assert_eq!(o["counted"], json!(counted), "{}", c["election"]);
    let not: u64 = o["not_counted"].as_array().unwrap().iter().map(|n| n["votes"].as_u64().unwrap()).sum();
    assert_eq!(not, lost, "{}: not counted", c["election"]);
    let (id, by) = (o["outcome"]["id"].as_str().unwrap_or("nobody"), o["outcome"]["decided_by"].as_str());
    assert_eq!((id, by.unwrap_or("-")), outcome, "{}", c["election"]);
}

fn base(c: &Value) -> (u64, u64) {
    (c["offices"][0]["base"].as_u64().unwrap(), c["offices"][0]["majority"].as_u64().unwrap())
}

#[test]
fn the_count_of_1873() {
    let c = count(&["us-1872"]);
    let p = [("grant", 286), ("hendricks", 42), ("brown", 18), ("jenkins", 2), ("davis", 1)];
    check(&c, 0, 349, &p, 17, ("grant", "electors"));
    let v = [
        ("wilson", 286),
        ("brown", 47),
        ("colquitt", 5),
        ("julian", 5),
        ("bramlette", 3),
        ("palmer", 3),
        ("banks", 1),
        ("groesbeck", 1),
        ("machen", 1),
    ];
    check(&c, 1, 352, &v, 14, ("wilson", "electors"));
    assert_eq!(base(&c), (366, 184));
    // A single return falls only if both Houses reject it: those on which they disagreed are counted.
    let c = count(&["us-1872", "--under", "eca-1887"]);
    let p = [("grant", 292), ("hendricks", 42), ("brown", 18), ("greeley", 3), ("jenkins", 2), ("davis", 1)];
    check(&c, 0, 358, &p, 8, ("grant", "electors"));
    assert!(c["differs"].as_array().unwrap().len() > 3, "{}", c["differs"]);
}

#[test]
fn chambers_choose() {
    let c = count(&["us-1824"]);
    check(
        &c,
        0,
        261,
        &[("jackson", 99), ("adams", 84), ("crawford", 41), ("clay", 37)],
        0,
        ("adams", "house"),
    );
    let from: Vec<&str> = c["offices"][0]["contingent"]["from"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["id"].as_str().unwrap())
        .collect();
    assert_eq!(from, ["jackson", "adams", "crawford"]);
    assert_eq!(c["offices"][1]["outcome"]["decided_by"], "electors");
    let c = count(&["us-1836"]);
    assert_eq!(c["offices"][0]["outcome"]["decided_by"], "electors");
    assert_eq!(
        (&c["offices"][1]["outcome"]["id"], &c["offices"][1]["outcome"]["decided_by"]),
        (&json!("johnson"), &json!("senate"))
    );
    let c = count(&["us-1800"]);
    assert_eq!(
        c["offices"][0]["outcome"],
        json!({"kind": "elected", "id": "jefferson", "name": "Thomas Jefferson", "decided_by": "house", "settled": true})
    );
    assert_eq!(c["offices"][0]["contingent"]["ballots"].as_array().unwrap().len(), 36);
    assert_eq!(
        (&c["offices"][0]["contingent"]["entitled"], &c["offices"][0]["contingent"]["majority"]),
        (&json!(16), &json!(9))
    );
    assert_eq!(c["offices"][1]["outcome"]["id"], "burr");
}

#[test]
fn announced_both_ways() {
    for (year, state, with, without) in [
        ("us-1820", "MO", 231, 228),
        ("us-1836", "MI", 170, 167),
        ("us-1868", "GA", 214, 214),
        ("us-1880", "GA", 214, 214),
    ] {
        let c = count(&[year]);
        let o = &c["offices"][0];
        assert_eq!(
            (&o["alternative"]["without"], &o["as_announced"]),
            (&json!(state), &json!(true)),
            "{year}"
        );
        let votes = |totals: &Value| totals[0]["votes"].clone();
        assert_eq!(
            (votes(&o["totals"]), votes(&o["alternative"]["totals"])),
            (json!(with), json!(without)),
            "{year}"
        );
    }
    let c = count(&["us-1868"]);
    assert_eq!(
        (&c["offices"][0]["alternative"]["base"], &c["offices"][0]["alternative"]["majority"]),
        (&json!(285), &json!(143))
    );
}

#[test]
fn who_abstains_stays_in_the_base() {
    let c = count(&["us-2000"]);
    check(&c, 0, 537, &[("bush", 271), ("gore", 266)], 0, ("bush", "electors"));
    assert_eq!(base(&c), (538, 270));
    let c = count(&["us-2000", "--set", "FL=abstain:2"]);
    check(&c, 0, 535, &[("bush", 269), ("gore", 266)], 0, ("nobody", "-"));
    let contingent = &c["offices"][0]["contingent"];
    assert_eq!(
        (&contingent["chamber"], &contingent["entitled"], &contingent["majority"]),
        (&json!("house"), &json!(50), &json!(26))
    );
}

#[test]
fn what_leaves_the_base_in_2024() {
    let set = |what: &str| base(&count(&["us-2024", "--set", what]));
    assert_eq!(set("PA=appointed:0"), (519, 260));
    assert_eq!(set("PA=appointed:9"), (528, 265));
    assert_eq!(set("PA=abstain:19"), (538, 270));
    assert_eq!(set("PA=reject:not-regularly-given"), (538, 270));
    assert_eq!(set("PA=reject:not-lawfully-certified"), (519, 260));
    // Twenty electors fewer, as in the law's own example.
    let both = count(&["us-2020", "--set", "PA=appointed:0", "--under", "ecra-2022"]);
    assert_eq!(base(&both), (518, 260));
}

#[test]
fn ties_of_2020() {
    let move_to = |more: &[&str]| {
        let words = ["us-2020", "--set", "PA=vote:20:biden:trump", "--set", "GA=vote:16:biden:trump"];
        count(&[&words, more].concat())
    };
    let c = move_to(&["--set", "NE=vote:1:biden:trump"]);
    check(&c, 0, 538, &[("biden", 269), ("trump", 269)], 0, ("nobody", "-"));
    assert_eq!(c["offices"][0]["contingent"]["from"].as_array().unwrap().len(), 2);
    let c = move_to(&["--set", "HI=abstain:2:biden"]);
    check(&c, 0, 536, &[("biden", 268), ("trump", 268)], 0, ("nobody", "-"));
    let c = count(&["us-2020", "--under", "act-1792"]);
    check(&c, 0, 538, &[("biden", 306), ("harris", 306), ("pence", 232), ("trump", 232)], 0, ("nobody", "-"));
}

#[test]
fn hawaii_in_1960() {
    let standing = |t: &str| {
        let said = ascertain(&["why", "us-1960", "--policy", "electors-voted", "--as-of", t, "--json"]);
        let page = last_json(&said);
        let levels = page["offices"][0]["levels"].as_array().unwrap().clone();
        let voted = levels.iter().find(|l| l["level"] == "voted").unwrap();
        (page["state"].as_str().unwrap().to_owned(), voted["figures"].as_str().unwrap().to_owned())
    };
    let (state, figures) = standing("1960-12-31");
    assert!(state == "met" && figures.contains("300") && figures.contains("222"), "{state}: {figures}");
    let (state, figures) = standing("1961-01-05");
    assert!(state == "met" && figures.contains("303") && figures.contains("219"), "{state}: {figures}");
    // Under the act of 2022 a certificate after the electors' meeting supersedes none.
    let c = count(&["us-1960", "--under", "ecra-2022"]);
    check(&c, 0, 537, &[("kennedy", 300), ("nixon", 222), ("byrd", 15)], 0, ("kennedy", "electors"));
}

#[test]
fn words_that_do_not_fit() {
    for (words, says) in [
        (&["us-1800", "--under", "eca-1887"][..], "without saying for which office"),
        (&["us-1872", "--under", "nothing"], "known are act-1792"),
        (&["us-2024", "--set", "PA=abstain:20"], "20 of 19 votes"),
        (&["us-2024", "--set", "ME=abstain:1"], "say whose"),
        (&["us-2024", "--set", "XX=abstain:1"], "the law allots no electors there"),
        (&["us-2024", "--set", "PA=appointed:20"], "it is allotted 19"),
        (&["us-2024", "--set", "PA=vote:1:trump:nobody"], "known are"),
        (&["us-2024", "--set", "PA"], "PLACE=WHAT"),
        (&["us-2024", "--set", "PA=lose:3"], "is no alteration"),
        (&["us-2028", "--set", "PA=abstain:3"], "no vote of its electors"),
        (&["us-1900", "--json", "--csv"], "cannot be used with"),
        (&["us-1790"], "neither a shipped election nor a folder"),
    ] {
        let said = ascertain(&[&["count"], words].concat());
        assert!(said.code == 2 && said.err.contains(says), "{words:?} {}: {}", said.code, said.err);
    }
}

/// A folder with one line changed gives a finding that names file, line and rule, and counts nothing twice.
fn spoiled(change: impl Fn(Value) -> Vec<Value>, code: &str, says: &str) -> Value {
    let scratch = Scratch::new("spoiled");
    let folder = history(&scratch, "us-1880");
    for file in ["10-electors.jsonl", "20-votes.jsonl", "25-other.jsonl"] {
        if folder.join("acts").join(file).exists() {
            let text = std::fs::read_to_string(folder.join("acts").join(file)).unwrap();
            let bare: String =
                text.lines().filter(|l| l.starts_with('{')).map(|l| format!("{l}\n")).collect();
            std::fs::write(folder.join("acts").join(file), bare).unwrap();
            rewrite(&folder, file, &change);
        }
    }
    let c = count(&[folder.to_str().unwrap()]);
    let findings = c["findings"].as_array().unwrap();
    let found = findings.iter().find(|f| f["code"] == code && f["message"].as_str().unwrap().contains(says));
    let found = found.unwrap_or_else(|| panic!("no {code} that says `{says}` in {findings:#?}"));
    assert!(found["file"].as_str().unwrap().starts_with("acts/"), "{found}");
    assert!(found["line"].as_u64().unwrap() > 0, "{found}");
    assert!(found["rule"].as_str().is_some_and(|r| r.contains("text of")), "{found}");
    c
}

fn change(id: &'static str, key: &'static str, value: Value) -> impl Fn(Value) -> Vec<Value> {
    move |mut act| {
        if act["id"] == id {
            act[key] = value.clone();
        }
        vec![act]
    }
}

#[test]
fn papers_that_are_wrong() {
    let many = json!({"president": {"garfield": 9}, "vice_president": {"arthur": 8}});
    let c = spoiled(change("ct.vote", "votes", many), "does-not-fit", "9 votes for president by 6 electors");
    assert_eq!(c["offices"][0]["counted"], json!(363), "Connecticut's six are not counted, and not repaired");
    spoiled(
        change("ct.vote", "jurisdiction", json!("ZZ")),
        "without-effect",
        "elector of CT, not of the act's jurisdiction",
    );
    let twice =
        json!([{"elector": "A. B.", "votes": {"president": "garfield"}}, {"elector": "A. B.", "votes": {}}]);
    spoiled(change("ct.vote", "ballots", twice), "does-not-fit", "A. B. votes twice");
    spoiled(
        change("ct.ascertain", "issuer", json!("ga-executive")),
        "without-effect",
        "not of the act's jurisdiction",
    );
    spoiled(change("ct.ascertain", "issuer", json!("house")), "without-effect", "house may not ascertain");
    let early = json!({"not_before": "1880-10-01T00:00:00-05:00", "not_before_basis": "act",
        "not_after": "1880-10-02T00:00:00-05:00", "not_after_basis": "act"});
    spoiled(change("ct.vote", "issued", early.clone()), "out-of-order", "given before ct.ascertain");
    spoiled(change("ct.vote", "issued", early), "outside-legal-day", "1880-12-01");
    let list = json!({"president_or_vice_president": {"garfield": 6}});
    spoiled(change("ct.vote", "votes", list), "does-not-fit", "the law has no such list");
}

#[test]
fn an_announcement_that_differs_is_said() {
    let scratch = Scratch::new("differs");
    let folder = history(&scratch, "us-1884");
    rewrite(&folder, "60-count.jsonl", |mut act| {
        if act["kind"] == "declare" {
            act["votes"]["president"]["cleveland"] = json!(220);
        }
        vec![act]
    });
    let said = ascertain(&["count", folder.to_str().unwrap(), "--check"]);
    assert!(said.code == 1 && said.out.contains("DIFFERS") && said.out.contains("220"), "{}", said.out);
    let said = ascertain(&["count", "all", "--check"]);
    assert!(said.code == 0 && said.out.contains("60 elections, 120 offices, 0 differ"), "{}", said.out);
}

/// Every census by the method of its act gives what was enacted, and the methods that have paradoxes show them.
#[test]
fn seats() {
    for census in (1790..=2020).step_by(10) {
        let said = ascertain(&["apportion", &census.to_string(), "--json"]);
        let json = last_json(&said);
        assert_eq!((said.code, &json["differs"]), (0, &json!([])), "{census}");
        assert_eq!(json["enacted"].is_null(), census == 1920, "{census}");
    }
    let then = |words: &[&str]| {
        let json = last_json(&ascertain(&[&["apportion"], words, &["--json"]].concat()));
        let changes = json["then"]["changes"].as_array().unwrap().clone();
        let of = |c: &Value| format!("{} {} {}", c["state"].as_str().unwrap(), c["before"], c["after"]);
        changes.iter().map(of).collect::<Vec<_>>()
    };
    let alabama = then(&["1880", "--method", "hamilton", "--seats", "299", "--then", "300"]);
    assert_eq!(alabama, ["AL 8 7", "IL 18 19", "TX 9 10"]);
    let colorado = then(&["1900", "--method", "hamilton", "--seats", "356", "--then", "357"]);
    assert!(colorado.contains(&"CO 3 2".to_owned()), "{colorado:?}");
    let oklahoma =
        then(&["1900", "--method", "hamilton", "--seats", "386", "--add", "OK=1000000", "--then", "391"]);
    assert_eq!(oklahoma, ["ME 3 4", "NY 38 37", "OK 0 5"]);
    // The methods of one divisor have none: nobody loses when the house grows.
    for method in ["webster", "jefferson", "adams", "dean", "huntington-hill"] {
        for seats in [299, 300, 350] {
            let (seats, next) = (seats.to_string(), (seats + 1).to_string());
            let grown = then(&["1880", "--method", method, "--seats", &seats, "--then", &next]);
            assert_eq!(grown.len(), 1, "{method} {seats}: {grown:?}");
        }
    }
    for (words, says) in [
        (&["2020", "--seats", "49"][..], "49 seats among 50 places"),
        (&["2015"], "there are 1790"),
        (&["1840", "--method", "hamilton"], "give the number of seats"),
        (&["2020", "--add", "PR=3000000"], "--then"),
    ] {
        let said = ascertain(&[&["apportion"], words].concat());
        assert!(said.code == 2 && said.err.contains(says), "{words:?} {}: {}", said.code, said.err);
    }
}

/// Lines end with CR LF and are folded at 75 octets; what is begun is ended; every event has what it needs.
// Spec: RFC 5545 § 3.1, § 3.6.1
#[test]
fn calendar_files() {
    for (election, events) in [("us-1789", 4), ("us-1876", 5), ("us-2028", 7)] {
        let said = ascertain(&["calendar", election, "--ics"]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.out.split("\r\n").all(|l| !l.contains('\n') && l.len() <= 75), "{}", said.out);
        let unfolded = said.out.replace("\r\n ", "");
        let of = |start: &str| unfolded.split("\r\n").filter(|l| l.starts_with(start)).count();
        for (line, n) in [("BEGIN:VCALENDAR", 1), ("END:VCALENDAR", 1), ("VERSION:2.0", 1), ("PRODID:", 1)] {
            assert_eq!(of(line), n, "{election} {line}");
        }
        for line in ["BEGIN:VEVENT", "END:VEVENT", "UID:us-", "DTSTAMP:", "DTSTART;VALUE=DATE:", "SUMMARY:"] {
            assert_eq!(of(line), events, "{election} {line}");
        }
    }
}
