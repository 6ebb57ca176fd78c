//! How long the road takes on the real 2020 election. See BENCHMARKS.md.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot load its data is to stop there")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use divan::{Bencher, black_box};
use policy::{Case, Policy};
use standing::{At, AttesterId, Election, Evidence, Files, Instant, Law, Statement};

fn main() {
    divan::main();
}

struct Loaded {
    law: Law,
    election: Election,
    evidence: Evidence,
    policy: Policy,
}

/// From-scratch standing over the full record, at its end. The bar: under 5 ms.
#[divan::bench]
fn standing_of_2020_from_scratch(bencher: Bencher<'_, '_>) {
    let l = load();
    let at = At::same(Instant::try_from("2021-01-21T00:00:00Z").unwrap());
    bencher.bench_local(|| standing::standing(black_box(&l.law), &l.election, &l.evidence, at).unwrap());
}

/// One election re-derived: standing at its end, and the account of both offices. The bar: under 1 ms.
#[divan::bench(args = ["us-1800", "us-1872", "us-1876", "us-1960", "us-2020"])]
fn one_election_counted(bencher: Bencher<'_, '_>, name: &str) {
    let l = load_named(name);
    let end = *standing::change_points(&l.law, &l.election, &l.evidence).last().unwrap();
    bencher.bench_local(|| {
        let s = standing::standing(black_box(&l.law), &l.election, &l.evidence, At::same(end)).unwrap();
        standing::accounts(&l.law, &l.election, &s)
    });
}

/// Sixty elections loaded, counted and compared, process start included. The bar: under 250 ms after start.
#[divan::bench(sample_count = 20)]
fn count_all_as_a_process(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| run(&["count", "all", "--check"]));
}

/// The policy's first decision: standing and policy at every instant up to it.
#[divan::bench(sample_count = 10)]
fn first_decision_of_2020(bencher: Bencher<'_, '_>) {
    let l = load();
    let case = Case { law: &l.law, election: &l.election, evidence: &l.evidence, past: None };
    let until = Instant::try_from("2021-01-21T00:00:00Z").unwrap();
    bencher.bench_local(|| policy::first_decision(black_box(&case), &l.policy, None, until).unwrap());
}

/// The whole command, process start included. The bar: under 1 s.
#[divan::bench(sample_count = 10)]
fn replay_of_2020_as_a_process(bencher: Bencher<'_, '_>) {
    let out = scratch("replay");
    bencher.bench_local(|| run(&["replay", "us-2020", "--out", out.to_str().unwrap()]));
    let _ = std::fs::remove_dir_all(out);
}

/// Every shipped policy over every shipped history, process start included. The bar: under 2 s.
#[divan::bench(sample_count = 5)]
fn backtest_all_as_a_process(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| run(&["backtest", "--all", "--csv"]));
}

/// Lint under the law of 2022 and of 1887; the states of each are printed by the command. The bar: under 10 s.
#[divan::bench(sample_count = 2, args = ["ascertained-majority us-2028", "electors-voted us-2028", "electors-voted us-2020", "in-office us-2028", "declared-and-living us-2028"])]
fn lint_as_a_process(bencher: Bencher<'_, '_>, asked: &str) {
    let (policy, election) = asked.split_once(' ').unwrap();
    bencher.bench_local(|| {
        let words = ["lint", policy, "--for", election];
        let done = Command::new(env!("CARGO_BIN_EXE_ascertain")).args(words).output().unwrap();
        assert!(done.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&done.stderr));
    });
}

/// Verification of the full and of the brief proof, process start included.
#[divan::bench(sample_count = 10, args = ["decision.proof", "decision.brief.proof"])]
fn verify_as_a_process(bencher: Bencher<'_, '_>, name: &str) {
    let out = scratch(name);
    run(&["replay", "us-2020", "--out", out.to_str().unwrap()]);
    let proof = out.join(name);
    bencher.bench_local(|| run(&["verify", proof.to_str().unwrap()]));
    let _ = std::fs::remove_dir_all(out);
}

fn run(words: &[&str]) {
    let done = Command::new(env!("CARGO_BIN_EXE_ascertain")).args(words).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}-{}", std::process::id()))
}

fn read(under: &Path, root: &Path, files: &mut Files) {
    for entry in std::fs::read_dir(under).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, root, files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            files.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), text);
        }
    }
}

fn load() -> Loaded {
    load_named("us-2020")
}

fn load_named(name: &str) -> Loaded {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut files, mut law) = (Files::new(), Files::new());
    let folder = root.join("history").join(name);
    read(&folder, &folder, &mut files);
    read(&root.join("law"), &root.join("law"), &mut law);
    let election = Election::parse(&files).unwrap();
    let law = Law::parse(&law, &election.law, election.year).unwrap();
    let attester = AttesterId::try_from("history").unwrap();
    let statements = (0_u64..)
        .zip(election.acts(&files).unwrap())
        .map(|(index, line)| Statement {
            id: line.statement.clone().unwrap(),
            index,
            attester: attester.clone(),
            known_at: line.known_at.unwrap(),
            amends: line.amends.clone(),
            channel: line.channel,
            sources: line.sources.clone(),
            act: line.to_act().unwrap(),
        })
        .collect();
    let text = std::fs::read_to_string(root.join("policies/electors-voted.toml")).unwrap();
    let policy = policy::from_toml("electors-voted", &text).unwrap();
    Loaded { law, election, evidence: Evidence { statements, enrolled: BTreeSet::from([attester]) }, policy }
}
