//! Lint: planted policies, the exploration against one with every jurisdiction by itself, random walks.

use std::collections::BTreeSet;
use std::path::Path;

use policy::lint::{self, Linted};
use policy::{Policy, from_toml};
use standing::{Election, Files, Law};

use crate::kit::{college, questions};

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

/// The README says so: of the shipped policies one comes out without errors and warnings.
#[test]
fn one_shipped_policy_is_clean() {
    let (law, election) = shipped("us-2028");
    let mut clean = Vec::new();
    for entry in std::fs::read_dir(root().join("policies")).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        let linted = lint::lint(&law, &election, &shipped_policy(&name)).unwrap();
        assert!(linted.not_borne_out == 0, "{name}: {} not borne out", linted.not_borne_out);
        if linted.findings.iter().all(|f| f.code.severity() == lint::Severity::Note) {
            assert!(linted.exhaustive, "{name}");
            clean.push(name);
        }
    }
    assert_eq!(clean, ["declared-and-living"]);
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

/// Numbers from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// A formula; what rests on votes is kept rare, because every jurisdiction then has many states.
fn formula(draw: &mut Draw, depth: usize) -> String {
    let atoms = [
        "\"ascertained\"",
        "\"ascertained\"",
        "\"voted\"",
        "\"declared\"",
        "\"in_office\"",
        "\"living\"",
        "{ called = { at_least = 1, by = [\"alpha\"] } }",
        "{ called = { at_least = 2, by = [\"alpha\", \"beta\"] } }",
        "{ first_of = { sources = [\"alpha\", \"beta\"] } }",
        "{ after = { date = \"electors-vote\" } }",
    ];
    match draw.below(if depth == 0 { 4 } else { 9 }) {
        0..4 => draw.one(&atoms).to_owned(),
        4 => format!(
            "{{ held_for = {{ duration = \"{}\", of = {} }} }}",
            draw.one(&["2h", "24h", "6d"]),
            formula(draw, 0)
        ),
        5 | 6 => format!("{{ all = [{}, {}] }}", formula(draw, depth - 1), formula(draw, depth - 1)),
        _ => format!("{{ any = [{}, {}] }}", formula(draw, depth - 1), formula(draw, depth - 1)),
    }
}

/// A law of two to six jurisdictions with one to nine electors each.
fn small(draw: &mut Draw) -> (Law, Election) {
    let (mut law, election) = college::college(&[]);
    let like = law.places.values().next().unwrap().clone();
    law.places.clear();
    for n in 0..draw.below(5) + 2 {
        let code = standing::PlaceId::try_from(format!("P{n}")).unwrap();
        let electors = u32::try_from(draw.below(9) + 1).unwrap();
        law.places.insert(code.clone(), standing::Place { code, electors, ..like.clone() });
    }
    (law, election)
}

const FAMILIES: [&str; 5] =
    ["two-outcomes", "order-of-arrival", "undone-after-release", "met-for-the-dead", "never-met"];

fn families(linted: &Linted) -> BTreeSet<&'static str> {
    codes(linted).into_iter().filter(|c| FAMILIES.contains(c)).collect()
}

/// Random policies in small colleges: gathered jurisdictions find what every jurisdiction by itself finds.
fn compare(seed: u64, policies: usize, most: usize) -> usize {
    let mut draw = Draw(seed);
    let (mut compared, mut wrong) = (0, Vec::new());
    for n in 0..policies {
        let (law, election) = small(&mut draw);
        let clauses = draw.one(&[
            "",
            "",
            "| nobody release",
            "| contested wait | never ask { after = { date = \"term\" } }",
        ]);
        let text = format!("{} {clauses}", formula(&mut draw, 2));
        let (policy, _) = questions::one_line("drawn", &text);
        let singly = lint::lint_singly(&law, &election, &policy, most).unwrap();
        if !singly.exhaustive {
            continue;
        }
        compared += 1;
        let gathered = lint::lint(&law, &election, &policy).unwrap();
        let electors: Vec<u32> = law.places.values().map(|p| p.electors).collect();
        if families(&gathered) != families(&singly) {
            wrong.push(format!(
                "{n}: {text} in {electors:?}\n  gathered {:?}\n  singly   {:?}",
                families(&gathered),
                families(&singly)
            ));
        }
        if gathered.not_borne_out > 0 {
            wrong.push(format!("{n}: {text} in {electors:?}: {} not borne out", gathered.not_borne_out));
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    compared
}

#[test]
fn gathered_jurisdictions_find_what_each_by_itself_finds() {
    // More of them, and larger: LINT_POLICIES=5000 LINT_MOST=60000 cargo test --release -p policy gathered
    let asked = |name: &str, usual: usize| {
        std::env::var(name)
            .ok()
            .map_or(usual, |n| n.parse().unwrap_or_else(|_| panic!("{name} is no number")))
    };
    let (policies, most) = (asked("LINT_POLICIES", 200), asked("LINT_MOST", 4_000));
    let compared = compare(1787, policies, most);
    println!("{compared} of {policies} random policies compared");
    assert!(compared * 3 > policies, "only {compared} of {policies} could be compared");
}
