//! The sixty elections, read from the raw files by other code than the program's and counted by the clerk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use standing::{At, Decided, Election, Evidence, Files, Law, Statement, accounts, change_points, standing};

use super::NONE;
use super::rules::{self, Chamber, Objection, Paper, Regime, State};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What the clerk is told of each law.
fn regime(law: &str) -> Regime {
    match law {
        "resolution-1788" | "act-1792" => Regime { two_votes_each: true, ..NONE },
        "amend-12-1804" | "act-1845" | "resolution-1881" | "resolution-1885" => NONE,
        "joint-rule-22" => Regime { either_house_rejects: true, houses_choose: true, ..NONE },
        "commission-1877" => Regime { commission: true, ..NONE },
        "eca-1887-march" | "eca-1928" | "eca-1934" | "eca-1887" => Regime { houses_choose: true, ..NONE },
        "ecra-2022" => Regime { reform_of_2022: true, ..NONE },
        other => panic!("the clerk knows no {other}"),
    }
}

/// An election as the clerk reads it from the files.
struct Read {
    regime: Regime,
    states: BTreeMap<String, State>,
    house: Chamber,
    senate: Chamber,
    persons: Vec<String>,
    declared: Vec<Value>,
}

fn table(path: &Path) -> toml::Table {
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

fn csv(folder: &Path, stem: &str) -> Vec<BTreeMap<String, String>> {
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(&format!("{stem}.")) {
            let mut reader = csv::Reader::from_path(path).unwrap();
            rows.extend(reader.deserialize::<BTreeMap<String, String>>().map(|r| r.unwrap()));
        }
    }
    rows
}

fn acts(folder: &Path) -> Vec<Value> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder.join("acts")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let acts = text.lines().filter(|l| l.starts_with('{'));
        lines.extend(acts.map(|l| serde_json::from_str::<Value>(l).unwrap()));
    }
    lines
}

fn read(folder: &Path) -> Read {
    let head = table(&folder.join("election.toml"));
    let (law, year) = (head["law"].as_str().unwrap(), head["year"].as_integer().unwrap());
    let procedure = table(&root().join("law").join(law));
    let mut persons: Vec<String> = Vec::new();
    let acts = acts(folder);
    let mut read = Read {
        regime: regime(law.rsplit('/').next().unwrap().trim_end_matches(".toml")),
        states: electors(&procedure, year),
        house: Chamber::default(),
        senate: Chamber::default(),
        persons: Vec::new(),
        declared: acts.iter().filter(|a| a["kind"] == "declare").cloned().collect(),
    };
    let size: BTreeMap<String, u32> = csv(folder, "slates").iter().fold(BTreeMap::new(), |mut m, r| {
        *m.entry(r["slate"].clone()).or_default() += r["electors"].parse::<u32>().unwrap();
        m
    });
    let roles: BTreeMap<String, String> =
        csv(folder, "issuers").iter().map(|r| (r["id"].clone(), r["role"].clone())).collect();
    let ended: BTreeSet<&str> =
        acts.iter().flat_map(|a| ["supersedes", "revokes"].map(|k| a[k].as_str())).flatten().collect();
    let mut letters: BTreeMap<String, char> = BTreeMap::new();
    let mut letter = |slate: &str| {
        let next = char::from(b'a' + u8::try_from(letters.len() % 26).unwrap());
        *letters.entry(slate.to_owned()).or_insert(next)
    };
    let needs: Vec<&str> = procedure["counting"]["objection_needs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap())
        .collect();
    for a in &acts {
        let text = |k: &str| a[k].as_str().unwrap_or_default().to_owned();
        let state = read.states.get_mut(&text("jurisdiction"));
        match (a["kind"].as_str().unwrap(), state) {
            ("ascertain", Some(s)) => {
                let role = roles.get(&text("issuer")).map_or("", String::as_str);
                let may = role == "executive" || (year == 1789 && role == "legislature");
                if may && !ended.contains(a["id"].as_str().unwrap()) {
                    if a["none_appointed"] == true {
                        s.says_none = true;
                    } else {
                        s.not_appointed = u32::try_from(a["not_appointed"].as_u64().unwrap_or(0)).unwrap();
                        s.certified.insert(letter(&text("slate")), size[&text("slate")]);
                    }
                }
            }
            ("elector_vote", Some(s)) => {
                let ballots = ballots(&a["votes"], &mut persons);
                let objections = objections(&acts, a["id"].as_str().unwrap(), &needs, &mut persons);
                s.papers.push(Paper { slate: letter(&text("slate")), ballots, objections });
            }
            ("order", Some(s)) if a["announce"] == "alternative" => s.both_ways = true,
            ("contingent_vote", _) => chamber(a, &mut read.house, &mut read.senate, &mut persons),
            _ => {}
        }
    }
    read.persons = persons;
    read
}

/// Representatives and two, and for the District as many as the least.
fn electors(procedure: &toml::Table, year: i64) -> BTreeMap<String, State> {
    let shut: BTreeSet<String> = procedure
        .get("excluded")
        .and_then(|e| e.as_array())
        .into_iter()
        .flatten()
        .filter(|e| e["election"].as_integer() == Some(year))
        .flat_map(|e| e["states"].as_array().unwrap().iter().map(|s| s.as_str().unwrap().to_owned()))
        .collect();
    let files = procedure["apportionment"].as_array().unwrap().iter();
    let seats = files
        .map(|f| table(&root().join("law").join(f.as_str().unwrap())))
        .find(|t| t["elections"].as_array().unwrap().iter().any(|y| y.as_integer() == Some(year)))
        .unwrap();
    let mut of: BTreeMap<String, u32> = BTreeMap::new();
    for s in seats["state"].as_array().unwrap() {
        let bound = |k: &str, or: i64| s.get(k).map_or(or, |v| v.as_integer().unwrap());
        if bound("from", 0) <= year && year <= bound("until", 9999) {
            let n = u32::try_from(s["representatives"].as_integer().unwrap()).unwrap() + 2;
            of.insert(s["code"].as_str().unwrap().to_owned(), n);
        }
    }
    if let Some(d) = seats.get("like_least") {
        let least = of.values().min().copied().unwrap();
        of.insert(d["code"].as_str().unwrap().to_owned(), least);
    }
    let state = |(code, electors): (String, u32)| {
        let shut_out = shut.contains(&code);
        let s = State {
            electors,
            shut_out,
            certified: BTreeMap::new(),
            not_appointed: 0,
            says_none: false,
            both_ways: false,
            papers: Vec::new(),
        };
        (code, s)
    };
    of.into_iter().map(state).collect()
}

fn number(person: &str, persons: &mut Vec<String>) -> usize {
    persons.iter().position(|p| p == person).unwrap_or_else(|| {
        persons.push(person.to_owned());
        persons.len() - 1
    })
}

/// One ballot for each vote; who of the electors gave it does not matter to the sum.
fn ballots(votes: &Value, persons: &mut Vec<String>) -> Vec<[Option<usize>; 2]> {
    let mut ballots = Vec::new();
    for (list, by) in votes.as_object().unwrap() {
        for (person, n) in by.as_object().unwrap() {
            let p = Some(number(person, persons));
            let ballot = if list == "vice_president" { [None, p] } else { [p, None] };
            ballots.extend((0..n.as_u64().unwrap()).map(|_| ballot));
        }
    }
    ballots
}

fn objections(acts: &[Value], vote: &str, needs: &[&str], persons: &mut Vec<String>) -> Vec<Objection> {
    let ruled = |of: &str, by: &str| {
        acts.iter()
            .find(|a| a["kind"] == "rule_on_objection" && a["of"] == of && a["issuer"] == by)
            .map(|a| (a["id"].as_str().unwrap().to_owned(), a["sustained"].as_bool().unwrap()))
    };
    let of = acts.iter().filter(|a| a["kind"] == "object" && a["of"] == vote);
    of.map(|o| {
        let id = o["id"].as_str().unwrap();
        let signed: Vec<&str> =
            o["signed_by"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        let office = |name: &str| usize::from(name == "vice_president");
        let commission = ruled(id, "commission");
        let set_aside = commission.as_ref().is_some_and(|(ruling, _)| {
            let against = acts.iter().find(|a| a["kind"] == "object" && a["of"] == ruling.as_str());
            let both = |x: &Value| {
                ["senate", "house"].iter().all(|c| ruled(x["id"].as_str().unwrap(), c).is_some_and(|r| r.1))
            };
            against.is_some_and(both)
        });
        Objection {
            in_due_form: needs.iter().all(|n| signed.contains(n)),
            only: o["person"].as_str().map(|p| (office(o["office"].as_str().unwrap()), number(p, persons))),
            not_lawfully_certified: o["ground"] == "not_lawfully_certified",
            senate: ruled(id, "senate").map(|r| r.1),
            house: ruled(id, "house").map(|r| r.1),
            commission: commission.map(|r| r.1),
            set_aside,
        }
    })
    .collect()
}

fn chamber(a: &Value, house: &mut Chamber, senate: &mut Chamber, persons: &mut Vec<String>) {
    if let Some(states) = a["states"].as_object() {
        let ballot = states.values().map(|p| p.as_str().map(|p| number(p, persons)));
        house.ballots.push(ballot.collect());
    } else {
        let mut ballot = Vec::new();
        for (person, n) in a["votes"][a["office"].as_str().unwrap()].as_object().unwrap() {
            let p = number(person, persons);
            ballot.extend((0..n.as_u64().unwrap()).map(|_| Some(p)));
        }
        senate.ballots.push(ballot);
    }
}

/// The program's count of a folder.
fn program(folder: &Path) -> (Vec<standing::Account>, standing::Standing) {
    let mut files = Files::new();
    let mut add = |dir: PathBuf, under: &str| {
        for entry in std::fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = format!("{under}{}", path.file_name().unwrap().to_string_lossy());
                files.insert(name, std::fs::read_to_string(path).unwrap());
            }
        }
    };
    add(folder.to_path_buf(), "");
    add(folder.join("acts"), "acts/");
    add(root().join("law/us"), "us/");
    add(root().join("law/us/president"), "us/president/");
    add(root().join("law/us/apportionment"), "us/apportionment/");
    let election = Election::parse(&files).unwrap();
    let law = Law::parse(&files, &election.law, election.year).unwrap();
    let lines = election.acts(&files).unwrap();
    let statements = lines.iter().zip(0_u64..).map(|(l, index)| Statement {
        id: l.statement.clone().unwrap(),
        index,
        attester: "desk".try_into().unwrap(),
        known_at: l.known_at.unwrap(),
        amends: l.amends.clone(),
        channel: l.channel,
        sources: l.sources.clone(),
        act: l.to_act().unwrap(),
    });
    let evidence =
        Evidence { statements: statements.collect(), enrolled: BTreeSet::from(["desk".try_into().unwrap()]) };
    let end = *change_points(&law, &election, &evidence).last().unwrap();
    let s = standing(&law, &election, &evidence, At::same(end)).unwrap();
    (accounts(&law, &election, &s), s)
}

/// The one check: both counts of a folder come to the same, by person and by state, and to what was announced.
fn check(folder: &Path) {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let clerk = read(folder);
    let states: Vec<State> = clerk.states.values().cloned().collect();
    let theirs = rules::count(clerk.regime, &states, &clerk.house, &clerk.senate);
    let (ours, s) = program(folder);
    let named = |votes: &BTreeMap<usize, u32>| -> BTreeMap<String, u32> {
        votes.iter().map(|(p, n)| (clerk.persons[*p].clone(), *n)).collect()
    };
    for (office, a) in ours.iter().enumerate() {
        assert_eq!(a.base, theirs.base, "{name}: base");
        let totals: BTreeMap<String, u32> = a.totals.iter().map(|(p, n)| (p.to_string(), *n)).collect();
        assert_eq!(totals, named(&theirs.votes[office]), "{name}: totals of {}", a.office);
        let elected = match &a.decided {
            Decided::Elected { person, .. } => Some(person.to_string()),
            _ => None,
        };
        assert_eq!(elected, theirs.elected[office].map(|p| clerk.persons[p].clone()), "{name}: {}", a.office);
        let list = if clerk.regime.two_votes_each { super::random::LIST } else { a.office.as_str() };
        let declared = clerk
            .declared
            .iter()
            .find_map(|d| d["votes"].get(list))
            .unwrap_or_else(|| panic!("{name}: nothing was announced"));
        let declared: BTreeMap<String, u32> = serde_json::from_value(declared.clone()).unwrap();
        assert_eq!(totals, declared, "{name}: announced for {}", a.office);
        for (code, state) in &clerk.states {
            let alone = rules::count(
                clerk.regime,
                std::slice::from_ref(state),
                &Chamber::default(),
                &Chamber::default(),
            );
            let place = s.places.values().find(|p| p.place.as_str() == code).unwrap();
            let counted = place.votes.iter().find(|(o, _)| o.as_str() == list).map(|(_, v)| v);
            let counted: BTreeMap<String, u32> =
                counted.into_iter().flatten().map(|(p, n)| (p.to_string(), *n)).collect();
            assert_eq!(counted, named(&alone.votes[office]), "{name}: {code} for {}", a.office);
        }
    }
}

#[test]
fn all_sixty_elections() {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root().join("history")).unwrap().map(|e| e.unwrap().path()).collect();
    folders.retain(|f| {
        let election = std::fs::read_to_string(f.join("election.toml")).unwrap_or_default();
        f.join("acts").is_dir() && election.contains("\nlaw = \"us/president/")
    });
    folders.sort();
    assert_eq!(folders.len(), 60);
    folders.iter().for_each(|f| check(f));
}
