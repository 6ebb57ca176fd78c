//! Proofs of decisions made on records of one's own: from the desk to a stranger, and every way to cheat with them.

mod cheats;

use std::path::{Path, PathBuf};

use crate::desk::{self, FILE, good, look, status};
use crate::own_record::{Desk, witness};
use crate::run::{Said, ascertain, last_json, root};

/// A desk whose telegram for the winner is held, and whose record has every act of 2020.
fn decided() -> Desk {
    let desk = desk::desk();
    assert_eq!(desk::draft(&desk, "biden", r#"{ person = "biden" }"#, &[FILE], &[]).code, 0);
    desk::approve(&desk, "biden");
    assert_eq!(desk::hold_one(&desk, "biden").code, 0);
    desk.import("us-2020");
    desk
}

fn verify(file: &Path, trust: Option<&Path>) -> Said {
    let (file, trust) = (file.to_str().unwrap(), trust.map(|t| t.to_str().unwrap()));
    let mut words = vec!["verify", file, "--json"];
    words.extend(trust.iter().flat_map(|t| ["--trust", t]));
    ascertain(&words)
}

/// The verdict, and the check that fails.
fn verdict(said: &Said) -> (i32, String, String) {
    let json = last_json(said);
    let failed = json["checks"].as_array().unwrap().iter().find(|c| c["holds"] == false);
    let failed = failed.map_or_else(String::new, |c| c["name"].as_str().unwrap().to_owned());
    (said.code, json["verdict"].as_str().unwrap().to_owned(), failed)
}

fn holds(file: &Path, trust: &Path) {
    let said = verify(file, Some(trust));
    assert_eq!(said.code, 0, "{}: {}{}", file.display(), said.out, said.err);
}

fn proofs(desk: &Desk) -> PathBuf {
    PathBuf::from(desk.path("data/proofs/president"))
}

#[test]
fn from_the_desk_to_a_stranger() {
    let desk = decided();
    // Enrolled between what is decided on and the decision: bob has signed nothing of it.
    desk.good(&["key", "new", "--use", "attester", "--name", "bob"]);
    assert_eq!(desk::telegram(&desk, &["proof"]).code, 1, "nothing is decided");
    assert_eq!(look(&desk).out, "biden is out, for biden\n");
    let (full, brief, trust) = (
        proofs(&desk).join("decision.proof"),
        proofs(&desk).join("decision.brief.proof"),
        proofs(&desk).join("trust.toml"),
    );
    for file in [&full, &brief] {
        holds(file, &trust);
        // Without trust nobody is established, though the program ships a history of this election.
        assert_eq!(verdict(&verify(file, None)), (1, "consistent, signer unknown".into(), String::new()));
        let history = root().join("vectors/proof/trust.toml");
        assert_eq!(verdict(&verify(file, Some(&history))).2, "trust");
    }
    // Other entries lie between the record decided on and the decision.
    let tree = last_json(&verify(&full, Some(&trust)))["checks"][5]["detail"].as_str().unwrap().to_owned();
    let later = tree.rsplit_once(", ").unwrap().1.split(' ').next().unwrap().parse::<u64>().unwrap();
    assert!(later > 10, "{tree}");
    assert!(good(&desk, &["status"]).out.contains(&format!("decided; proof {}", full.display())));
    let rows = last_json(&good(&desk, &["status", "--json"]));
    assert_eq!(rows[0]["proof"], full.to_str().unwrap());
    assert_eq!(status(&desk)["biden"].0, "released");
    // Keys come and go; the decision was made when they were good, and the trust of the record says when that was.
    desk.good(&["key", "revoke", "alice"]);
    desk.good(&["key", "new", "--use", "attester", "--name", "cyn"]);
    let general = desk.scratch.join("general.toml");
    desk.good(&["export", "trust", "--out", general.to_str().unwrap()]);
    [&full, &brief].iter().for_each(|file| holds(file, &general));
    let text = std::fs::read_to_string(&general).unwrap();
    let until = text.lines().find(|l| l.starts_with("until = ")).unwrap();
    std::fs::write(&general, text.replace(until, "until = 30")).unwrap();
    assert_eq!(
        verdict(&verify(&full, Some(&general))).2,
        "trust",
        "alice signed nothing after 30 that counts"
    );
    assert_eq!(last(&desk.good(&["fsck"]).out), "holds");
}

fn last(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

#[test]
fn a_crash_before_the_files_is_healed_and_they_can_be_made_elsewhere() {
    let desk = decided();
    look(&desk);
    let read = |folder: &Path| {
        ["decision.proof", "decision.brief.proof", "trust.toml"]
            .map(|name| std::fs::read(folder.join(name)).unwrap())
    };
    let first = read(&proofs(&desk));
    let out = desk.scratch.join("out");
    let said = good(&desk, &["proof", "--office", "president", "--out", out.to_str().unwrap()]);
    assert!(said.out.contains("decision.proof"), "{}", said.out);
    assert_eq!(read(&out), first, "the same bytes, whenever they are made");
    // As a crash leaves it: before the first file, and before the last.
    for lost in ["decision.proof", "trust.toml"] {
        std::fs::remove_file(proofs(&desk).join(lost)).unwrap();
        assert_eq!(look(&desk).code, 0);
        assert_eq!(read(&proofs(&desk)), first, "{lost}");
    }
    std::fs::remove_dir_all(proofs(&desk)).unwrap();
    assert!(good(&desk, &["status"]).out.contains("no proof is written"));
    look(&desk);
    assert_eq!(read(&proofs(&desk)), first);
    assert_eq!(desk::telegram(&desk, &["proof", "--office", "mayor"]).code, 1);
    // A folder that cannot be made does not keep the desk from its work.
    std::fs::remove_dir_all(desk.path("data/proofs")).unwrap();
    std::fs::write(desk.path("data/proofs"), "in the way").unwrap();
    let said = look(&desk);
    assert!(
        said.code == 0 && said.out.contains("no proof of the decision on president is written"),
        "{}",
        said.out
    );
}

#[test]
fn an_erased_body_leaves_the_proof_that_was_written_and_is_told_of() {
    let desk = decided();
    look(&desk);
    let erased = desk.good(&["erase", "40"]);
    assert!(erased.err.contains("decision.proof: carries the body as well"), "{}", erased.err);
    holds(&proofs(&desk).join("decision.proof"), &proofs(&desk).join("trust.toml"));
    let out = desk.scratch.join("out");
    let said = desk::telegram(&desk, &["proof", "--out", out.to_str().unwrap()]);
    assert!(
        said.code == 1 && said.out.contains("the body of statement 40 is not in the store"),
        "{}",
        said.out
    );
    assert!(!out.join("decision.proof").exists());
}

#[test]
fn a_trust_can_ask_for_witnesses() {
    let desk = decided();
    look(&desk);
    let (full, trust) = (proofs(&desk).join("decision.proof"), desk.scratch.join("trust.toml"));
    let export = || {
        desk.good(&["export", "trust", "--out", trust.to_str().unwrap()]);
        std::fs::read_to_string(&trust).unwrap()
    };
    let plain = export();
    assert!(!plain.contains("witnesses"), "{plain}");
    assert_eq!(desk.run(&["export", "trust", "--decider", "nobody"]).code, 2);
    assert_eq!(desk.run(&["export", "trust", "--quorum", "1"]).code, 2);
    let log = desk.good(&["policy"]).out.lines().next().unwrap().strip_prefix("log ").unwrap().to_owned();
    let served = witness(&desk.path("witness"), &log);
    desk.good(&["witness", "add", &served.vkey, "--name", "w1", "--url", &served.url]);
    assert!(export().contains("witnesses"));
    assert_eq!(verdict(&verify(&full, Some(&trust))).2, "trust", "not cosigned yet");
    desk.good(&["witness", "ask"]);
    assert_eq!(look(&desk).code, 0);
    holds(&full, &trust);
    holds(&full, &proofs(&desk).join("trust.toml"));
    assert!(std::fs::read_to_string(proofs(&desk).join("trust.toml")).unwrap().contains("witnesses"));
    assert_eq!(desk.good(&["export", "trust", "--quorum", "0", "--out", trust.to_str().unwrap()]).code, 0);
    holds(&full, &trust);
    // A trust that is none is refused, not the proof; a key that stands twice would be good where either line says so.
    let span = plain.rsplit_once("[[in_force]]").unwrap().1;
    let twice = format!("{plain}\n[[in_force]]{span}");
    let policy = plain.replacen("\nlog = ", "\nwitnesses = \"quorum nobody\"\nlog = ", 1);
    for (text, why) in [(twice, "stands twice"), (policy, "`witnesses`")] {
        std::fs::write(&trust, text).unwrap();
        let said = verify(&full, Some(&trust));
        assert!(said.code == 2 && said.err.contains(why), "{}{}", said.out, said.err);
    }
}
