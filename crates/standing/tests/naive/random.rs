//! Random elections under each regime, and the acts that make them.
//!
//! Seeded: the same elections every time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use standing::{
    Act, AttesterId, Ballot, Basis, Bounds, ByOffice, Chamber as Division, ChamberVotes, Channel, Deed,
    Election, Evidence, Files, Ground, Instant, Kind, Law, PersonId, Signers, Statement,
};

use super::rules::{Chamber, Objection, Paper, Person, Regime, State};

pub(crate) const STATES: [&str; 6] = ["AL", "MA", "NY", "PA", "TN", "VA"];
pub(crate) const PERSONS: [&str; 6] = ["ash", "birch", "cedar", "dogwood", "elm", "fir"];
pub(crate) const LIST: &str = "president_or_vice_president";

/// A small generator of numbers: xorshift.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(n).unwrap()).unwrap()
    }

    pub(crate) fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }

    fn vote(&mut self) -> Option<bool> {
        [None, Some(true), Some(true), Some(false), Some(false)][self.below(5)]
    }
}

/// A law file of the repository with six states of its own, and an election under it.
pub(crate) struct Ground0 {
    pub(crate) law: Law,
    pub(crate) election: Election,
    pub(crate) electors: Vec<u32>,
}

pub(crate) fn ground(file: &str, year: i16, dice: &mut Dice) -> Ground0 {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../law/us/president").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let (start, rest) = text.split_once("apportionment = [").unwrap();
    let (_, end) = rest.split_once(']').unwrap();
    // Of the states a law shuts out, those that are here.
    let end: Vec<String> = end
        .lines()
        .filter(|l| !l.starts_with("appointment = "))
        .map(|l| match l.strip_prefix("states = [") {
            Some(_) => {
                let here: Vec<String> =
                    STATES.iter().filter(|s| l.contains(**s)).map(|s| format!("\"{s}\"")).collect();
                format!("states = [{}]", here.join(", "))
            }
            None => l.to_owned(),
        })
        .collect();
    let procedure = format!("{start}apportionment = [\"seats.toml\"]{}", end.join("\n"));
    let mut seats = format!(
        "id = \"seats\"\nelections = [{year}]\nadditional_electors = 2\nadditional_cite = \"s\"\nseats_cite = \"s\"\n"
    );
    let mut electors = Vec::new();
    for state in STATES {
        let n = 1 + dice.below(6);
        electors.push(u32::try_from(n).unwrap() + 2);
        seats += &format!("[[state]]\ncode = \"{state}\"\nname = \"{state}\"\nrepresentatives = {n}\n");
    }
    seats += "[[cite]]\nid = \"s\"\ntext = \"s\"\nurl = \"https://example.org\"\nsays = \"s\"\n";
    let mut head = format!(
        "id = \"r\"\nname = \"r\"\nyear = {year}\nzone = \"UTC\"\nlaw = \"law.toml\"\npolicy = \"p\"\n"
    );
    for p in PERSONS {
        head +=
            &format!("[[person]]\nid = \"{p}\"\nname = \"{p}\"\nshort = \"{p}\"\noffice = \"president\"\n");
    }
    let mut issuers = "id,name,role,jurisdiction\n".to_owned();
    for role in ["president-of-senate", "house", "senate", "member", "commission", "congress"] {
        issuers += &format!("{role},{role},{role},US\n");
    }
    let mut slates = "slate,jurisdiction,unit,electors,note\n".to_owned();
    for (state, n) in STATES.iter().zip(&electors) {
        issuers += &format!("{state}-gov,{state},executive,{state}\n");
        for (slate, less) in [('a', 0), ('b', 0), ('s', 1)] {
            slates += &format!("{state}-{slate},{state},{state},{},\n", n - less);
        }
    }
    let files = Files::from([
        ("law.toml".to_owned(), procedure),
        ("seats.toml".to_owned(), seats),
        ("election.toml".to_owned(), head),
        ("issuers.csv".to_owned(), issuers),
        ("slates.csv".to_owned(), slates),
    ]);
    let election = Election::parse(&files).unwrap();
    let law = Law::parse(&files, "law.toml", year).unwrap();
    Ground0 { law, election, electors }
}

/// A random election: states, and the ballots of the two chambers.
pub(crate) fn election(regime: Regime, g: &Ground0, dice: &mut Dice) -> (Vec<State>, Chamber, Chamber) {
    let favourite = dice.below(PERSONS.len());
    let needs_form = !g.law.counting.objection_needs.is_empty();
    let states = STATES.iter().zip(&g.electors).map(|(code, n)| {
        let shut_out = g.law.places.values().any(|p| p.code.as_str() == *code && p.excluded.is_some());
        let mut s = State {
            electors: *n,
            shut_out,
            certified: BTreeMap::new(),
            not_appointed: 0,
            says_none: dice.percent(5),
            both_ways: g.law.authorities.iter().any(|a| a.kind == Kind::Order) && dice.percent(3),
            papers: Vec::new(),
        };
        if !s.says_none && !dice.percent(3) {
            let slate = if dice.percent(10) { 's' } else { 'a' };
            s.certified.insert(slate, if slate == 's' { n - 1 } else { *n });
            s.not_appointed = u32::from(slate == 's' && dice.percent(50));
        }
        if dice.percent(12) {
            s.certified.insert('b', *n);
        }
        let slates: Vec<char> =
            s.certified.keys().copied().chain(if dice.percent(8) { Some('b') } else { None }).collect();
        for slate in slates.into_iter().collect::<BTreeSet<_>>() {
            if !dice.percent(4) {
                s.papers.push(paper(regime, needs_form, slate, *n, favourite, dice));
            }
        }
        s
    });
    let states: Vec<State> = states.collect();
    let voting = states.iter().filter(|s| !s.shut_out).count();
    let (house, mut senate) = (chamber(voting, favourite, dice), chamber(voting * 2, favourite, dice));
    // Of Senators only the votes are recorded, so a blank is an absence.
    senate.ballots.iter_mut().for_each(|b| b.retain(Option::is_some));
    (states, house, senate)
}

fn paper(regime: Regime, needs_form: bool, slate: char, n: u32, favourite: Person, dice: &mut Dice) -> Paper {
    let electors = if slate == 's' { n - 1 } else { n };
    let wild = dice.percent(20);
    let (first, second) = (if dice.percent(45) { favourite } else { dice.below(6) }, dice.below(6));
    let one = |dice: &mut Dice, usual: Person| {
        if dice.percent(4) {
            None
        } else if wild || dice.percent(5) {
            Some(dice.below(6))
        } else {
            Some(usual)
        }
    };
    let ballots = (0..electors).map(|_| {
        let mut ballot = [one(dice, first), one(dice, second)];
        if regime.two_votes_each && ballot[0] == ballot[1] {
            ballot[1] = None;
        }
        ballot
    });
    let ballots = ballots.collect();
    let mut objections = Vec::new();
    while dice.percent(22) && objections.len() < 2 {
        let only = dice.percent(30).then(|| (dice.below(2), dice.below(6)));
        objections.push(Objection {
            in_due_form: !needs_form || !dice.percent(15),
            only,
            not_lawfully_certified: dice.percent(50),
            senate: dice.vote(),
            house: dice.vote(),
            commission: if regime.commission { dice.vote() } else { None },
            set_aside: regime.commission && dice.percent(20),
        });
    }
    Paper { slate, ballots, objections }
}

fn chamber(votes: usize, favourite: Person, dice: &mut Dice) -> Chamber {
    let ballots = (0..dice.below(3)).map(|_| {
        let usual = if dice.percent(60) { favourite } else { dice.below(6) };
        let present = if dice.percent(10) { votes / 2 } else { votes };
        (0..present)
            .map(|_| {
                if dice.percent(70) {
                    Some(usual)
                } else if dice.percent(30) {
                    None
                } else {
                    Some(dice.below(6))
                }
            })
            .collect()
    });
    Chamber { ballots: ballots.collect() }
}

/// The acts of a random election, every one of them certain at one instant.
pub(crate) struct Acts<'a> {
    regime: Regime,
    law: &'a Law,
    statements: Vec<Statement>,
}

pub(crate) fn at() -> Instant {
    Instant::try_from("2100-01-01T00:00:00Z").unwrap()
}

pub(crate) fn evidence(
    regime: Regime,
    law: &Law,
    states: &[State],
    house: &Chamber,
    senate: &Chamber,
) -> Evidence {
    let mut acts = Acts { regime, law, statements: Vec::new() };
    for (code, s) in STATES.iter().zip(states) {
        acts.state(code, s);
    }
    acts.chambers(house, senate);
    Evidence {
        statements: acts.statements,
        enrolled: BTreeSet::from([AttesterId::try_from("desk").unwrap()]),
    }
}

fn person(p: Person) -> PersonId {
    PersonId::try_from(PERSONS[p]).unwrap()
}

impl Acts<'_> {
    fn add(&mut self, id: &str, kind: Kind, issuer: &str, deed: Deed) {
        // Long before any legal date after which a certificate would come too late.
        let bounds = Bounds::certainly(Instant::try_from("1700-01-01T00:00:00Z").unwrap(), Basis::Act);
        let act = Act {
            id: id.try_into().unwrap(),
            kind,
            issuer: issuer.try_into().unwrap(),
            capacity: None,
            deed,
            undo: None,
            issued: bounds,
            effective: bounds,
            law: None,
            note: None,
        };
        self.statements.push(Statement {
            id: id.to_lowercase().as_str().try_into().unwrap(),
            index: u64::try_from(self.statements.len()).unwrap(),
            attester: "desk".try_into().unwrap(),
            known_at: at(),
            amends: None,
            channel: Channel::Page,
            sources: Vec::new(),
            act,
        });
    }

    fn state(&mut self, code: &str, s: &State) {
        let place: standing::PlaceId = code.try_into().unwrap();
        let gov = format!("{code}-gov");
        if s.says_none {
            let deed = Deed::Ascertain { place: place.clone(), slate: None, not_appointed: 0 };
            self.add(&format!("{code}.none"), Kind::Ascertain, &gov, deed);
        }
        for slate in s.certified.keys() {
            let name = format!("{code}-{slate}").as_str().try_into().unwrap();
            let not_appointed = if *slate == 's' { s.not_appointed } else { 0 };
            let deed = Deed::Ascertain { place: place.clone(), slate: Some(name), not_appointed };
            self.add(&format!("{code}.asc.{slate}"), Kind::Ascertain, &gov, deed);
        }
        if s.both_ways {
            let deed = Deed::Alternative { place: place.clone() };
            self.add(&format!("{code}.order"), Kind::Order, "congress", deed);
        }
        for p in &s.papers {
            self.paper(code, p);
        }
    }

    fn paper(&mut self, code: &str, p: &Paper) {
        let slate = format!("{code}-{}", p.slate);
        let mut votes = ByOffice::new();
        for ballot in &p.ballots {
            for (office, who) in ballot.iter().enumerate() {
                let list =
                    if self.regime.two_votes_each { LIST } else { ["president", "vice_president"][office] };
                let by = votes.entry(list.try_into().unwrap()).or_default();
                if let Some(who) = who {
                    *by.entry(person(*who)).or_default() += 1;
                }
            }
        }
        let id = format!("{code}.vote.{}", p.slate);
        let named = if self.regime.two_votes_each { Vec::new() } else { self.named(p) };
        let deed = Deed::ElectorVote {
            place: code.try_into().unwrap(),
            slate: slate.as_str().try_into().unwrap(),
            votes,
            ballots: named,
        };
        self.add(&id, Kind::ElectorVote, &slate, deed);
        for (n, o) in p.objections.iter().enumerate() {
            self.objection(&id, n, o);
        }
    }

    fn named(&self, p: &Paper) -> Vec<Ballot> {
        let of = |(n, b): (usize, &[Option<Person>; 2])| Ballot {
            elector: format!("elector {n}"),
            votes: self.law.offices.iter().zip(b).map(|(o, who)| (o.id.clone(), who.map(person))).collect(),
        };
        p.ballots.iter().enumerate().map(of).collect()
    }

    fn objection(&mut self, vote: &str, n: usize, o: &Objection) {
        let id = format!("{vote}.o{n}");
        let needs = &self.law.counting.objection_needs;
        let signed_by = if o.in_due_form { needs.clone() } else { Vec::new() };
        let signers = needs.iter().map(|c| (c.clone(), Signers { signed: 20, sworn: 100 })).collect();
        let office = |of: usize| {
            let list = if self.regime.two_votes_each { LIST } else { ["president", "vice_president"][of] };
            list.try_into().unwrap()
        };
        let deed = Deed::Object {
            of: Some(vote.try_into().unwrap()),
            members: Vec::new(),
            signed_by,
            signers,
            votes_for: o.only.map(|(of, p)| (office(of), person(p))),
            ground: Some(if o.not_lawfully_certified {
                Ground::NotLawfullyCertified
            } else {
                Ground::NotRegularlyGiven
            }),
        };
        self.add(&id, Kind::Object, "member", deed);
        for (by, said) in [("senate", o.senate), ("house", o.house), ("commission", o.commission)] {
            self.rule(&id, by, said);
        }
        if o.set_aside && o.commission.is_some() {
            let aside = format!("{id}.aside");
            let signed_by = self.law.counting.objection_needs.clone();
            let deed = Deed::Object {
                of: Some(format!("{id}.commission").as_str().try_into().unwrap()),
                members: Vec::new(),
                signed_by,
                signers: BTreeMap::new(),
                votes_for: None,
                ground: None,
            };
            self.add(&aside, Kind::Object, "member", deed);
            self.rule(&aside, "senate", Some(true));
            self.rule(&aside, "house", Some(true));
        }
    }

    fn rule(&mut self, objection: &str, by: &str, sustained: Option<bool>) {
        if let Some(sustained) = sustained {
            let chamber = Division { sustained, yeas: None, nays: None };
            let deed = Deed::Rule { of: objection.try_into().unwrap(), chamber };
            self.add(&format!("{objection}.{by}"), Kind::RuleOnObjection, by, deed);
        }
    }

    fn chambers(&mut self, house: &Chamber, senate: &Chamber) {
        let states: Vec<&standing::PlaceId> =
            self.law.places.values().filter(|p| p.excluded.is_none()).map(|p| &p.code).collect();
        let states: Vec<standing::PlaceId> = states.into_iter().cloned().collect();
        for (n, ballot) in house.ballots.iter().enumerate() {
            let by = states.iter().cloned().zip(ballot.iter().map(|v| v.map(person))).collect();
            let votes = ChamberVotes::ByState(by);
            self.contingent("house", "president", n, votes);
        }
        for (n, ballot) in senate.ballots.iter().enumerate() {
            let mut by: BTreeMap<PersonId, u32> = BTreeMap::new();
            for who in ballot.iter().flatten() {
                *by.entry(person(*who)).or_default() += 1;
            }
            self.contingent("senate", "vice_president", n, ChamberVotes::ByMember(by));
        }
    }

    fn contingent(&mut self, chamber: &str, office: &str, n: usize, votes: ChamberVotes) {
        let ballot = u32::try_from(n + 1).unwrap();
        let deed = Deed::ContingentVote { office: office.try_into().unwrap(), ballot, votes };
        self.add(&format!("{chamber}.{ballot}"), Kind::ContingentVote, chamber, deed);
    }
}
