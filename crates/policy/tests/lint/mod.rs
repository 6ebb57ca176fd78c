//! Lint: planted policies, the exploration against one with every jurisdiction by itself, random walks.

use std::collections::BTreeSet;
use std::path::Path;

use policy::lint::{self, Linted};
use policy::{Policy, from_toml};
use standing::{Election, Files, Law};

use crate::kit::questions;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A shipped election: its law and itself, without its acts.
fn shipped(name: &str) -> (Law, Election) {
    fn add(files: &mut Files, folder: &Path, under: &str) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{under}{}", path.file_name().unwrap().to_string_lossy());
            if path.is_dir() {
                add(files, &path, &format!("{name}/"));
            } else if !name.ends_with(".md") {
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut files = Files::new();
    add(&mut files, &root().join("law"), "");
    for entry in std::fs::read_dir(root().join("history").join(name)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            files.insert(file, std::fs::read_to_string(&path).unwrap());
        }
    }
    let election = Election::parse(&files).unwrap();
    let law = Law::parse(&files, &election.law, election.year).unwrap();
    (law, election)
}

fn shipped_policy(name: &str) -> Policy {
    let file = root().join("policies").join(format!("{name}.toml"));
    from_toml(name, &std::fs::read_to_string(file).unwrap()).unwrap()
}

fn codes(linted: &Linted) -> BTreeSet<&'static str> {
    linted.findings.iter().map(|f| f.code.name()).collect()
}

/// Planted defects, one a line: election, codes that must be found (after `-`: must not), and the policy.
#[test]
fn planted_defects_are_found() {
    let mut wrong = Vec::new();
    for line in include_str!("planted.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let (head, rest) = line.split_once(" policy ").unwrap();
        let mut words = head.split_whitespace();
        let (law, election) = shipped(words.next().unwrap());
        let (name, text) = rest.split_once(' ').unwrap();
        let (policy, _) = questions::one_line(name, text);
        let linted = lint::lint(&law, &election, &policy).unwrap();
        let found = codes(&linted);
        for code in words {
            let holds = match code.strip_prefix('-') {
                Some(code) => !found.contains(code),
                None => found.contains(code),
            };
            if !holds {
                wrong.push(format!("{head}: {code}; found {found:?}"));
            }
        }
        if linted.not_borne_out > 0 {
            wrong.push(format!("{head}: {} not borne out", linted.not_borne_out));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The shipped policy that is meant to have nothing against it, on random walks with every jurisdiction.
#[test]
fn a_clean_policy_survives_random_walks() {
    for name in ["us-2028", "us-2020"] {
        let (law, election) = shipped(name);
        let policy = shipped_policy("declared-and-living");
        let linted = lint::lint(&law, &election, &policy).unwrap();
        let grave: Vec<&str> = linted
            .findings
            .iter()
            .filter(|f| f.code.severity() != lint::Severity::Note)
            .map(|f| f.code.name())
            .collect();
        assert!(grave.is_empty() && linted.exhaustive, "{name}: {grave:?}");
        let walked = lint::walks(&law, &election, &policy, 1876, 300).unwrap();
        assert!(walked.broken.is_none(), "{name}: {:?}", walked.broken);
        assert!(walked.met > 3, "{name}: the policy was met in {} walks only", walked.met);
    }
}

/// Walks find what is there to be found.
#[test]
fn walks_break_what_is_broken() {
    let (law, election) = shipped("us-2028");
    for name in ["electors-voted", "market-three-networks", "loser-concedes"] {
        let walked = lint::walks(&law, &election, &shipped_policy(name), 2000, 5_000).unwrap();
        assert!(walked.broken.is_some(), "{name}: nothing found in {} walks", walked.walks);
    }
}
