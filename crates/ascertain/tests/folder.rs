//! ELECTION is a folder: when its acts change, every answer of every command changes as the law says.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::run::{Scratch, ascertain, history, last_json, rewrite};

struct Expect {
    as_of: &'static str,
    state: &'static str,
    voted: &'static str,
    decision: Option<&'static str>,
    /// Whether the acts up to the decision are the shipped ones.
    as_shipped: bool,
}

/// Replay and why agree on a changed folder, and its proof verifies under its own trust.
fn check(name: &str, folder: &Path, scratch: &Scratch, expect: &Expect) {
    let folder = folder.to_str().unwrap();
    let why = ascertain(&["why", folder, "--as-of", expect.as_of, "--json"]);
    let page = last_json(&why);
    assert_eq!(page["state"], expect.state, "{name}: {page:#}");
    assert_eq!(why.code, i32::from(expect.state != "met"), "{name}");
    let levels = page["offices"][0]["levels"].as_array().unwrap();
    let figures =
        levels.iter().find(|l| l["level"] == "voted").unwrap()["figures"].as_str().unwrap().to_owned();
    assert!(figures.starts_with(expect.voted), "{name}: {figures}");
    let out = scratch.join(&format!("o-{name}"));
    let place = out.to_str().unwrap();
    let said = ascertain(&["replay", folder, "--as-of", expect.as_of, "--out", place, "--json"]);
    let summary = last_json(&said);
    match expect.decision {
        None => assert!(summary["decision"].is_null(), "{name}: {summary:#}"),
        Some(at) => {
            assert_eq!(summary["decision"]["at"], at, "{name}: {summary:#}");
            let (proof, trust) = (out.join("decision.proof"), out.join("trust.toml"));
            let said = ascertain(&["verify", proof.to_str().unwrap(), "--trust", trust.to_str().unwrap()]);
            assert_eq!(said.code, 0, "{name}: {}", said.out);
            // The program's own trust covers the shipped acts, and no others, up to the decision.
            let shipped = ascertain(&["verify", proof.to_str().unwrap()]).code;
            assert_eq!(shipped, i32::from(!expect.as_shipped), "{name}");
        }
    }
}

/// A copy of 2020 in which one file of acts is changed.
fn changed(file: &str, change: impl Fn(Value) -> Vec<Value>) -> (Scratch, PathBuf) {
    let scratch = Scratch::new("folder");
    let folder = history(&scratch, "us-2020");
    rewrite(&folder, file, change);
    (scratch, folder)
}

const VOTES: &str = "40-electors-vote.jsonl";
const CERTIFICATES: &str = "30-ascertain.jsonl";
const NIGHT: &str = "2020-12-15";

#[test]
fn californias_vote_deleted() {
    let (scratch, folder) = changed(VOTES, |l| if l["id"] == "ca.vote" { vec![] } else { vec![l] });
    // The objection, receipts and the rest may still name the vote: an act nobody attests changes nothing.
    let expect = Expect {
        as_of: NIGHT,
        state: "not_yet",
        voted: "Biden 251, Trump 232; 55",
        decision: None,
        as_shipped: false,
    };
    check("no-ca", &folder, &scratch, &expect);
    let page = last_json(&ascertain(&["why", folder.to_str().unwrap(), "--as-of", NIGHT, "--json"]));
    let missing = page["offices"][0]["missing"].as_array().unwrap();
    assert!(missing.iter().all(|m| m["who"] == "the electors of California"), "{missing:?}");
}

#[test]
fn a_certificate_altered_to_name_the_other_slate() {
    let (scratch, folder) = changed(CERTIFICATES, |mut l| {
        if l["id"] == "pa.ascertain" {
            l["slate"] = "pa-trump".into();
        }
        vec![l]
    });
    // Pennsylvania's appointed electors are now those whose paper was purported before: 20 move.
    let expect = Expect {
        as_of: NIGHT,
        state: "met",
        voted: "Biden 286, Trump 252;",
        decision: Some("2020-12-14T22:33:59Z"),
        as_shipped: false,
    };
    check("pa-altered", &folder, &scratch, &expect);
}

fn rival(l: Value, supersedes: bool) -> Vec<Value> {
    if l["id"] != "pa.ascertain" {
        return vec![l];
    }
    let mut other = l.clone();
    other["id"] = "pa.ascertain.rival".into();
    other["slate"] = "pa-trump".into();
    let hour = "2020-12-14T23:00:00-05:00";
    other["issued"] =
        json!({"not_before": hour, "not_before_basis": "act", "not_after": hour, "not_after_basis": "act"});
    other["known_at"] = "2020-12-14T23:00:00-05:00".into();
    if supersedes {
        other["supersedes"] = "pa.ascertain".into();
    }
    vec![l, other]
}

#[test]
fn a_rival_certificate_makes_the_state_count_for_nobody() {
    let (scratch, folder) = changed(CERTIFICATES, |l| rival(l, false));
    let expect = Expect {
        as_of: NIGHT,
        state: "met",
        voted: "Biden 286, Trump 232; 20",
        decision: Some("2020-12-14T22:33:59Z"),
        as_shipped: true,
    };
    check("pa-rival", &folder, &scratch, &expect);
    let page = last_json(&ascertain(&["why", folder.to_str().unwrap(), "--as-of", NIGHT, "--json"]));
    let acts =
        page["without_effect"].as_array().unwrap().iter().find(|a| a["act"] == "pa.vote").unwrap().clone();
    assert_eq!(acts["status"], "void");
    assert!(acts["reason"].as_str().unwrap().contains("rival certificates"), "{acts}");
}

#[test]
fn a_superseding_certificate_moves_the_appointment() {
    let (scratch, folder) = changed(CERTIFICATES, |l| rival(l, true));
    let expect = Expect {
        as_of: NIGHT,
        state: "met",
        voted: "Biden 286, Trump 252;",
        decision: Some("2020-12-14T22:33:59Z"),
        as_shipped: true,
    };
    check("pa-superseded", &folder, &scratch, &expect);
}

#[test]
fn a_certificate_by_another_office_has_no_effect() {
    let (scratch, folder) = changed(CERTIFICATES, |mut l| {
        if l["id"] == "ca.ascertain" {
            l["issuer"] = "ca-canvasser".into();
        }
        vec![l]
    });
    let expect = Expect {
        as_of: NIGHT,
        state: "not_yet",
        voted: "Biden 251, Trump 232; 55",
        decision: None,
        as_shipped: false,
    };
    check("ca-usurped", &folder, &scratch, &expect);
}

#[test]
fn a_certificate_of_no_appointment_leaves_the_base() {
    let (scratch, folder) = changed(CERTIFICATES, |mut l| {
        if l["id"] == "pa.ascertain" {
            l.as_object_mut().unwrap().remove("slate");
            l["none_appointed"] = true.into();
        }
        vec![l]
    });
    let expect = Expect {
        as_of: NIGHT,
        state: "met",
        voted: "Biden 286, Trump 232; 260 of 518",
        decision: Some("2020-12-14T22:33:59Z"),
        as_shipped: false,
    };
    check("pa-none", &folder, &scratch, &expect);
}

#[test]
fn the_other_message_goes_out_when_the_other_person_wins() {
    let (scratch, folder) = changed(VOTES, |mut l| {
        if l["id"] == "ca.vote" {
            l["votes"] = json!({"president": {"trump": 55}, "vice_president": {"harris": 55}});
        }
        vec![l]
    });
    let out = scratch.join("o");
    let words =
        ["replay", folder.to_str().unwrap(), "--out", out.to_str().unwrap(), "--as-of", NIGHT, "--json"];
    let summary = last_json(&ascertain(&words));
    assert_eq!(summary["decision"]["outcome"]["id"], "trump");
    let of = |id: &str| {
        let rows = summary["telegrams"].as_array().unwrap();
        rows.iter().find(|t| t["id"] == id).unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!((of("biden"), of("trump"), of("nobody")), ("void".into(), "released".into(), "void".into()));
    assert!(out.join("outbox/trump--white-house.eml").exists());
}

#[test]
fn nobody_at_a_tie() {
    let (scratch, folder) = changed(VOTES, |mut l| {
        // 306 − 37 = 269 = 232 + 37: Pennsylvania 20, Georgia 16 and one elector of Nebraska vote otherwise.
        let other = match l["id"].as_str().unwrap() {
            "pa.vote" => json!({"president": {"trump": 20}, "vice_president": {"pence": 20}}),
            "ga.vote" => json!({"president": {"trump": 16}, "vice_president": {"pence": 16}}),
            "ne.vote" => json!({"president": {"trump": 5}, "vice_president": {"pence": 5}}),
            _ => return vec![l],
        };
        l["votes"] = other;
        vec![l]
    });
    let out = scratch.join("o");
    let words =
        ["replay", folder.to_str().unwrap(), "--out", out.to_str().unwrap(), "--as-of", NIGHT, "--json"];
    let summary = last_json(&ascertain(&words));
    assert_eq!(summary["decision"]["outcome"]["kind"], "nobody", "{summary:#}");
    assert!(out.join("outbox/nobody--embassy-washington.eml").exists());
}

#[test]
fn a_decision_is_overtaken_never_undone() {
    // After California's electors voted, its executive certifies the other slate: the majority is gone.
    let (scratch, folder) = changed(CERTIFICATES, |l| {
        if l["id"] != "ca.ascertain" {
            return vec![l];
        }
        let mut other = l.clone();
        other["id"] = "ca.ascertain.later".into();
        other["slate"] = "ca-later".into();
        other["supersedes"] = "ca.ascertain".into();
        let hour = "2020-12-14T23:00:00-05:00";
        other["issued"] = json!({"not_before": hour, "not_before_basis": "act", "not_after": hour, "not_after_basis": "act"});
        other["known_at"] = hour.into();
        vec![l, other]
    });
    let slates = folder.join("slates.csv");
    let text = std::fs::read_to_string(&slates).unwrap();
    std::fs::write(&slates, format!("{text}ca-later,CA,CA,55,trump,pence,made up\n")).unwrap();
    let out = scratch.join("o");
    let words =
        ["replay", folder.to_str().unwrap(), "--out", out.to_str().unwrap(), "--as-of", NIGHT, "--json"];
    let said = ascertain(&words);
    let summary = last_json(&said);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(summary["decision"]["at"], "2020-12-14T22:33:59Z");
    assert_eq!(summary["decision"]["overtaken"], "2020-12-15T04:00:00Z");
    assert!(out.join("outbox/biden--embassy-washington.eml").exists(), "what was released stays released");
    let before = ascertain(&["replay", "us-2020", "--out", scratch.join("p").to_str().unwrap(), "--json"]);
    assert!(last_json(&before)["decision"]["overtaken"].is_null());
    let why = ascertain(&["why", folder.to_str().unwrap(), "--as-of", NIGHT, "--json"]);
    assert_eq!((why.code, last_json(&why)["state"].as_str()), (1, Some("not_yet")));
}
