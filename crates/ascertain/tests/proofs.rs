//! No byte of a proof, a stored entry, body or checkpoint can change unnoticed.

use std::path::Path;

use proof::{Trust, Verdict};

use crate::run::{Scratch, ascertain, history, last_json};

struct Made {
    scratch: Scratch,
    trust: Trust,
}

/// Replays a copy of 2020, which leaves its trust file beside its proofs.
fn made() -> Made {
    let scratch = Scratch::new("proofs");
    let folder = history(&scratch, "us-2020");
    let out = scratch.join("o");
    let said = ascertain(&["replay", folder.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}", said.err);
    let text = std::fs::read_to_string(out.join("trust.toml")).unwrap();
    Made { scratch, trust: proof::trust_from_toml("trust.toml", &text).unwrap() }
}

fn read(made: &Made, name: &str) -> Vec<u8> {
    std::fs::read(made.scratch.join("o").join(name)).unwrap()
}

/// Every `step`-th byte is changed in turn; each time verification fails and names a check.
fn check(bytes: &[u8], trust: &Trust, step: usize) {
    assert_eq!(proof::verify(bytes, Some(trust)).verdict, Verdict::Holds);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                let mut copy = bytes.to_vec();
                for at in (0..bytes.len()).step_by(step).skip(thread).step_by(threads) {
                    copy[at] ^= 1;
                    let report = proof::verify(&copy, Some(trust));
                    assert_ne!(report.verdict, Verdict::Holds, "byte {at} was changed and nothing noticed");
                    let last = report.checks.last().unwrap();
                    assert!(!last.holds && !last.detail.is_empty(), "byte {at}: no check is named");
                    copy[at] ^= 1;
                }
            });
        }
    });
}

/// Ten acts travel from a file to a proof: four certificates, four votes, a call and a declaration.
fn small() -> Made {
    let scratch = Scratch::new("small");
    let folder = scratch.join("college");
    let fixture = crate::run::root().join("crates/standing/tests/fixtures/college");
    crate::run::copy(&fixture, &folder);
    std::fs::create_dir_all(folder.join("law")).unwrap();
    for file in ["procedure.toml", "seats.toml"] {
        std::fs::rename(folder.join(file), folder.join("law").join(file)).unwrap();
    }
    std::fs::create_dir_all(folder.join("acts")).unwrap();
    std::fs::write(folder.join("acts/ten.jsonl"), ten_acts()).unwrap();
    let out = scratch.join("o");
    // The election lies ahead of every clock that runs this test.
    let words = ["replay", folder.to_str().unwrap(), "--as-of", "2041-02-01", "--out", out.to_str().unwrap()];
    let said = ascertain(&words);
    assert_eq!(said.code, 0, "{} {}", said.out, said.err);
    let text = std::fs::read_to_string(out.join("trust.toml")).unwrap();
    Made { scratch, trust: proof::trust_from_toml("trust.toml", &text).unwrap() }
}

fn ten_acts() -> String {
    let act = |id: &str, kind: &str, issuer: &str, day: &str, more: serde_json::Value| {
        let time = format!("2040-12-{day}T12:00:00Z");
        let mut line = serde_json::json!({
            "id": id, "kind": kind, "issuer": issuer, "channel": "paper", "sources": ["paper"], "known_at": time,
            "issued": {"not_before": time, "not_before_basis": "act", "not_after": time, "not_after_basis": "act"},
        });
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        format!("{line}\n")
    };
    let mut lines = act(
        "alpha.call",
        "call",
        "alpha",
        "01",
        serde_json::json!({"office": "president", "jurisdiction": "U", "person": "ada"}),
    );
    for (place, n) in [("n", 5), ("e", 4), ("s", 4), ("w", 3)] {
        let (code, slate) = (place.to_uppercase(), format!("{place}-red"));
        let to = serde_json::json!({"jurisdiction": code, "slate": slate});
        lines += &act(&format!("{place}.ascertain"), "ascertain", &format!("{place}-gov"), "10", to);
        let votes = serde_json::json!({"president": {"ada": n}, "vice_president": {"cyn": n}});
        let to = serde_json::json!({"jurisdiction": code, "slate": slate, "votes": votes});
        lines += &act(&format!("{place}.vote"), "elector_vote", &slate, "17", to);
    }
    let elected = serde_json::json!({"elected": {"president": "ada", "vice_president": "cyn"}});
    lines + &act("declare", "declare", "speaker", "31", elected)
}

/// The bytes of a proof are final: old ones verify for ever, and the same acts give the same bytes.
/// `UPDATE_GOLDEN=1` writes them, once, when the form itself gets a new version.
#[test]
fn golden_proofs() {
    let made = small();
    let folder = crate::run::root().join("vectors/proof");
    for name in ["decision.proof", "decision.brief.proof", "trust.toml"] {
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(name), read(&made, name)).unwrap();
        }
        let golden = std::fs::read(folder.join(name)).unwrap();
        assert!(golden == read(&made, name), "{name} is not the golden one any more");
    }
    for version in [folder.clone(), folder.join("semantics-1"), folder.join("semantics-2")] {
        let trust = std::fs::read_to_string(version.join("trust.toml")).unwrap();
        let trust = proof::trust_from_toml("trust.toml", &trust).unwrap();
        for name in ["decision.proof", "decision.brief.proof"] {
            let golden = std::fs::read(version.join(name)).unwrap();
            let report = proof::verify(&golden, Some(&trust));
            assert!(report.holds(), "{}: {:?}", version.join(name).display(), report.checks);
        }
    }
}

/// The names of the shipped policies for ever, as the specification prints them.
#[test]
fn policy_hashes_are_those_of_the_specification() {
    let spec = std::fs::read_to_string(crate::run::root().join("docs/spec.md")).unwrap();
    for name in
        ["electors-voted", "tv-consensus", "declared-by-congress", "in-office", "ascertained-majority"]
    {
        let hash = ascertain(&["policy", "hash", name]).out.trim().to_owned();
        let line = spec.lines().find(|l| l.contains(&format!("`{name}`")) && l.contains(&hash));
        assert!(line.is_some(), "docs/spec.md does not give {hash} for {name}");
    }
}

#[test]
fn every_byte_of_a_brief_proof() {
    let made = small();
    check(&read(&made, "decision.brief.proof"), &made.trust, 1);
}

#[test]
fn a_sample_of_the_brief_proof_of_2020() {
    let made = made();
    check(&read(&made, "decision.brief.proof"), &made.trust, 127);
}

#[test]
fn a_sample_of_the_full_proof() {
    let made = made();
    check(&read(&made, "decision.proof"), &made.trust, 251);
}

#[test]
fn truncated_and_extended_proofs() {
    let made = made();
    let bytes = read(&made, "decision.brief.proof");
    for length in (0..bytes.len()).step_by(997) {
        assert!(!proof::verify(&bytes[..length], Some(&made.trust)).holds(), "cut at {length}");
    }
    for tail in [&b" "[..], b"\n", b"{}", b"\0"] {
        assert!(!proof::verify(&[&bytes, tail].concat(), Some(&made.trust)).holds());
    }
}

#[test]
fn without_trust_the_signer_is_unknown() {
    let made = made();
    let proof = made.scratch.join("o").join("decision.proof");
    let (proof, trust) = (proof.to_str().unwrap(), made.scratch.join("o").join("trust.toml"));
    let trusted = ascertain(&["verify", proof, "--trust", trust.to_str().unwrap(), "--json"]);
    assert_eq!((trusted.code, last_json(&trusted)["holds"].as_bool()), (0, Some(true)));
    // A trust that does not pin the acts of a history establishes nobody: its keys are public.
    let text = std::fs::read_to_string(&trust).unwrap();
    let unpinned = text.split("[pins]").next().unwrap();
    std::fs::write(&trust, unpinned).unwrap();
    let said = ascertain(&["verify", proof, "--trust", trust.to_str().unwrap(), "--json"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("keys of histories are public"), "{}", said.out);
    let report = proof::verify(&read(&made, "decision.proof"), None);
    assert_eq!(report.verdict, Verdict::ConsistentSignerUnknown);
}

#[test]
fn an_erased_body_is_unverifiable_never_holds() {
    let made = made();
    let text = String::from_utf8(read(&made, "decision.proof")).unwrap();
    let mut file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let entries = file["statements"].as_array_mut().unwrap();
    let entry = entries.iter_mut().rev().find(|e| !e["body"].is_null()).unwrap();
    let index = entry["index"].as_u64().unwrap();
    entry.as_object_mut().unwrap().remove("body");
    entry.as_object_mut().unwrap().remove("salt");
    // serde_json's map is sorted and its text compact, which is the canonical form of this file.
    let bytes = serde_json::to_vec(&file).unwrap();
    assert_eq!(proof::verify(&bytes, Some(&made.trust)).verdict, Verdict::UnverifiableAt(index));
}

#[test]
fn another_history_under_the_same_public_keys_is_not_trusted() {
    let made = made();
    let folder = history(&made.scratch, "us-2020");
    let forged = made.scratch.join("f");
    crate::run::rewrite(&folder, "40-electors-vote.jsonl", |mut line| {
        if line["id"] == "hi.vote" {
            line["note"] = "another note".into();
        }
        vec![line]
    });
    let said = ascertain(&[
        "replay",
        folder.to_str().unwrap(),
        "--policy",
        "in-office",
        "--out",
        forged.to_str().unwrap(),
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    let bytes = std::fs::read(forged.join("decision.proof")).unwrap();
    let report = proof::verify(&bytes, Some(&made.trust));
    assert_eq!(report.verdict, Verdict::DoesNotHold);
    assert_eq!(report.checks.last().unwrap().name, "trust");
    // The program's own trust for the shipped 2020 refuses it as well.
    let said = ascertain(&["verify", forged.join("decision.proof").to_str().unwrap()]);
    assert_eq!(said.code, 1, "{}", said.out);
}

/// Changes one byte of every row of a table in a kept store; `record verify` must notice each.
fn damaged(column: &str, table: &str, sample: usize) {
    let scratch = Scratch::new("store");
    let (out, data) = (scratch.join("o"), scratch.join("d"));
    let (out, data) = (out.to_str().unwrap(), data.to_str().unwrap());
    let words = [
        "replay",
        "us-2020",
        "--policy",
        "tv-consensus",
        "--as-of",
        "2020-11-08",
        "--out",
        out,
        "--data",
        data,
    ];
    assert_eq!(ascertain(&words).code, 0);
    let verify = || ascertain(&["record", "verify", "--data", data]);
    assert_eq!(verify().code, 0);
    let db = rusqlite::Connection::open(Path::new(data).join("store.sqlite")).unwrap();
    let read = format!("SELECT rowid, {column} FROM {table} ORDER BY rowid");
    let rows: Vec<(i64, Vec<u8>)> = {
        let mut statement = db.prepare(&read).unwrap();
        let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    assert!(rows.len() > 10, "{table}");
    let set = format!("UPDATE {table} SET {column} = ?1 WHERE rowid = ?2");
    for (n, (row, bytes)) in rows.iter().enumerate().step_by(sample) {
        let mut changed = bytes.clone();
        let at = (n * 31) % changed.len();
        changed[at] ^= 1;
        db.execute(&set, rusqlite::params![changed, row]).unwrap();
        let said = verify();
        assert_eq!(said.code, 1, "{table} row {row} byte {at}: {}", said.out);
        assert!(said.out.contains("FAILS"), "{}", said.out);
        db.execute(&set, rusqlite::params![bytes, row]).unwrap();
    }
    assert_eq!(verify().code, 0);
}

#[test]
fn a_changed_entry_is_noticed() {
    damaged("entry", "entries", 7);
}

#[test]
fn a_changed_body_is_noticed() {
    damaged("body", "bodies", 7);
}

#[test]
fn a_changed_checkpoint_is_noticed() {
    damaged("note", "checkpoints", 5);
}
