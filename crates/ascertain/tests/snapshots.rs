//! What people and programs read, kept as text. `UPDATE=1 cargo test` rewrites it; the diff is reviewed.

use crate::run::{Scratch, ascertain, root};

/// Compares output with a file under tests/snapshots.
fn check(name: &str, words: &[&str]) {
    let scratch = Scratch::new("snapshot");
    let out = scratch.join("o");
    let mut all = words.to_vec();
    if words.first() == Some(&"replay") {
        all.extend(["--out", out.to_str().unwrap()]);
    }
    let said = ascertain(&all);
    let place = scratch.path().to_str().unwrap();
    let text = format!("$ ascertain {}\n{}{}exit {}\n", words.join(" "), said.out, said.err, said.code);
    kept(name, &text.replace(place, "SCRATCH"));
}

/// Compares a text with the file under tests/snapshots.
pub fn kept(name: &str, text: &str) {
    let path = root().join("crates/ascertain/tests/snapshots").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{name} differs; run with UPDATE=1 and read the diff.\n{text}");
}

#[test]
fn replay_of_2020() {
    check("replay-us-2020.txt", &["replay", "us-2020"]);
    check("replay-us-2020-until-13-december.txt", &["replay", "us-2020", "--as-of", "2020-12-13"]);
    check("replay-us-2020-tv-consensus.jsonl", &["replay", "us-2020", "--policy", "tv-consensus", "--json"]);
}

#[test]
fn why_2020() {
    check("why-us-2020-13-december.txt", &["why", "us-2020", "--as-of", "2020-12-13"]);
    check("why-us-2020-14-december.txt", &["why", "us-2020", "--as-of", "2020-12-14"]);
    check("why-us-2020-13-december.json", &["why", "us-2020", "--as-of", "2020-12-13", "--json"]);
    check("why/us-2020.md", &["why", "us-2020", "--as-of", "2020-12-13", "--markdown"]);
    check(
        "why/us-2020-in-office.md",
        &["why", "us-2020", "--policy", "in-office", "--as-of", "2021-01-21", "--markdown"],
    );
    check(
        "why-us-2020-known-before.txt",
        &["why", "us-2020", "--as-of", "2020-12-15", "--known-at", "2020-12-10"],
    );
}

#[test]
fn backtests() {
    check("backtest/all.txt", &["backtest", "--all"]);
    check("backtest/all.csv", &["backtest", "--all", "--csv"]);
    check("backtest/one.json", &["backtest", "electors-voted", "--election", "us-1876", "--json"]);
    check("backtest/unknown-policy.txt", &["backtest", "electors-vote"]);
    check("backtest/unknown-election.txt", &["backtest", "electors-voted", "--election", "us-1788"]);
    check("backtest/nothing.txt", &["backtest"]);
}

#[test]
fn whatif_nobody_is_known_yet() {
    let script = root().join("crates/ascertain/tests/scripts/rival-certificate-2028.jsonl");
    let said = ascertain(&["whatif", "us-2028", "--script", script.to_str().unwrap()]);
    let text = format!("{}{}exit {}\n", said.out, said.err, said.code);
    kept("whatif/us-2028-rival.txt", &text.replace(script.to_str().unwrap(), "SCRIPT"));
}

#[test]
fn lints() {
    for name in ["tv-consensus", "electors-voted", "market-three-networks", "bookmaker-agency-and-concession"]
    {
        check(&format!("lint/{name}.txt"), &["lint", name]);
    }
    check("lint/tv-consensus-2000.txt", &["lint", "tv-consensus", "--for", "us-2000"]);
    check("lint/electors-voted-1887.txt", &["lint", "electors-voted", "--for", "us-2020"]);
    check("lint/market-inaugurated.txt", &["lint", "market-inaugurated"]);
    check("lint/loser-concedes.txt", &["lint", "loser-concedes"]);
    check("lint/declared-and-living.txt", &["lint", "declared-and-living"]);
    check("lint/kenya.txt", &["lint", "declared-by-authority", "--for", "ke-2017-president"]);
    check("lint/romania.txt", &["lint", "first-official-finding", "--for", "ro-2024-run-off"]);
    check("lint/two-lists.txt", &["lint", "electors-voted", "--for", "us-1800"]);
    check("lint/explain.txt", &["lint", "--explain", "all"]);
    check("lint/unknown-code.txt", &["lint", "--explain", "two"]);
    check("lint/nothing.txt", &["lint"]);
}

#[test]
fn counts() {
    for year in ["1800", "1824", "1960", "2000", "2016", "2024"] {
        check(&format!("count/us-{year}.txt"), &["count", &format!("us-{year}"), "--by-state"]);
    }
    check("count-all.txt", &["count", "all", "--check"]);
    check("count-us-1872-under-eca-1887.txt", &["count", "us-1872", "--under", "eca-1887"]);
    check("count-us-1876-under-eca-1887.txt", &["count", "us-1876", "--under", "eca-1887"]);
    check("count-us-1960-under-ecra-2022.txt", &["count", "us-1960", "--under", "ecra-2022"]);
    check("count-us-2000-under-act-1792.txt", &["count", "us-2000", "--under", "act-1792"]);
    check("count-us-1800-under-eca-1887.txt", &["count", "us-1800", "--under", "eca-1887"]);
    check("count-us-1800-ballots.txt", &["count", "us-1800", "--through", "contingent"]);
    check("count-us-1880.txt", &["count", "us-1880"]);
    check("count-us-1868.json", &["count", "us-1868", "--json"]);
    check("count-us-2016.csv", &["count", "us-2016", "--csv"]);
    check(
        "count-us-2020-altered.txt",
        &["count", "us-2020", "--set", "PA=abstain:20", "--set", "WI=appointed:0"],
    );
}

/// A year under each law, with those whose dates an act of their own fixed.
const YEARS: [&str; 21] = [
    "1789", "1796", "1820", "1836", "1860", "1864", "1868", "1872", "1876", "1880", "1884", "1896", "1928",
    "1940", "1956", "1984", "1988", "1996", "2008", "2012", "2028",
];

#[test]
fn calendars_and_seats() {
    for year in YEARS {
        check(&format!("calendar/us-{year}.txt"), &["calendar", &format!("us-{year}")]);
    }
    for census in (1790..=2020).step_by(10) {
        check(&format!("apportion/{census}.txt"), &["apportion", &census.to_string()]);
    }
    for year in YEARS {
        // Without an instant an election to come is asked about now, and now is no text to keep.
        check(&format!("why/us-{year}.txt"), &["why", &format!("us-{year}"), "--as-of", "2026-11-01"]);
        check(&format!("count/us-{year}.txt"), &["count", &format!("us-{year}"), "--by-state"]);
    }
    check("calendar-us-2028.ics", &["calendar", "us-2028", "--ics"]);
    check(
        "apportion-alabama-paradox.txt",
        &["apportion", "1880", "--method", "hamilton", "--seats", "299", "--then", "300"],
    );
}

#[test]
fn policies() {
    check("policy-list.txt", &["policy", "list"]);
    for name in
        ["electors-voted", "tv-consensus", "declared-by-congress", "in-office", "ascertained-majority"]
    {
        check(&format!("policy-{name}.txt"), &["policy", "show", name]);
    }
    check("policy/check.txt", &["policy", "check", "electors-voted", "--for", "us-2028"]);
    check("policy/check.json", &["policy", "check", "electors-voted", "--for", "us-2028", "--json"]);
    check("policy/check-no-policy.txt", &["policy", "check", "deny.toml"]);
    check("policy/check-no-policy.json", &["policy", "check", "deny.toml", "--json"]);
    check("policy/check-nothing.txt", &["policy", "check", "no-such-rule.toml"]);
    check("policy/diff.txt", &["policy", "diff", "electors-voted", "declared-by-congress"]);
    check("policy/diff.json", &["policy", "diff", "electors-voted", "declared-by-congress", "--json"]);
    check("policy/diff-same.txt", &["policy", "diff", "tv-consensus", "policies/tv-consensus.toml"]);
    check("elections.txt", &["elections"]);
}

#[test]
fn help() {
    let pages: &[&[&str]] = &[
        &["--help"],
        &["replay", "--help"],
        &["why", "--help"],
        &["whatif", "--help"],
        &["drill", "--help"],
        &["verify", "--help"],
        &["record", "--help"],
        &["record", "show", "--help"],
        &["record", "verify", "--help"],
        &["record", "init", "--help"],
        &["record", "append", "--help"],
        &["record", "import", "--help"],
        &["record", "tail", "--help"],
        &["record", "fsck", "--help"],
        &["record", "mirror", "--help"],
        &["record", "policy", "--help"],
        &["record", "proof", "--help"],
        &["record", "guard", "--help"],
        &["record", "rebuild", "--help"],
        &["record", "erase", "--help"],
        &["record", "key", "new", "--help"],
        &["record", "key", "add", "--help"],
        &["record", "key", "revoke", "--help"],
        &["record", "key", "rotate", "--help"],
        &["record", "key", "list", "--help"],
        &["record", "witness", "serve", "--help"],
        &["record", "witness", "add", "--help"],
        &["record", "witness", "ask", "--help"],
        &["record", "export", "dsse", "--help"],
        &["record", "export", "cose", "--help"],
        &["record", "export", "submission", "--help"],
        &["policy", "--help"],
        &["policy", "show", "--help"],
        &["policy", "new", "--help"],
        &["policy", "check", "--help"],
        &["policy", "diff", "--help"],
        &["telegram", "--help"],
        &["elections", "--help"],
        &["count", "--help"],
        &["calendar", "--help"],
        &["apportion", "--help"],
        &["backtest", "--help"],
        &["lint", "--help"],
    ];
    pages.iter().for_each(|page| help_page(page));
}

#[test]
fn help_of_telegrams() {
    let telegram = [
        "status",
        "quorum",
        "draft",
        "show",
        "approve",
        "hold",
        "withdraw",
        "release",
        "run",
        "resolve",
        "redrive",
        "announce",
        "rehearse",
        "recipient",
        "shares",
        "open",
    ];
    telegram.iter().for_each(|command| help_page(&["telegram", command, "--help"]));
}

fn help_page(page: &[&str]) {
    let said = ascertain(page);
    assert_eq!(said.code, 0, "{page:?}");
    assert!(said.out.contains("Example"), "{page:?} shows no example");
    check(&format!("help-{}.txt", page[..page.len() - 1].join("-")), page);
}
