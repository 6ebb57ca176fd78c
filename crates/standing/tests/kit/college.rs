//! The made-up college: law and election from the fixtures, and its evidence.

use std::collections::BTreeSet;
use std::path::Path;

use standing::{ActLine, AttesterId, Election, Evidence, Files, Law, Statement};

/// Attesters in the trust list; `stranger` is not.
pub(crate) const ENROLLED: [&str; 2] = ["desk", "second"];

/// The files of a folder below the standing crate's fixtures.
pub(crate) fn files() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../standing/tests/fixtures/college");
    let names = ["procedure.toml", "seats.toml", "election.toml", "issuers.csv", "slates.csv", "sources.csv"];
    names
        .iter()
        .map(|name| ((*name).to_owned(), std::fs::read_to_string(folder.join(name)).unwrap()))
        .collect()
}

/// A college, perhaps under another law: each of `replace` must occur in the procedure.
pub(crate) fn college(replace: &[(String, String)]) -> (Law, Election) {
    let mut files = files();
    let procedure = files.get_mut("procedure.toml").unwrap();
    for (old, new) in replace {
        assert!(procedure.contains(old.as_str()), "the law has no `{old}`");
        *procedure = procedure.replace(old.as_str(), new);
    }
    let election = Election::parse(&files).unwrap();
    (Law::parse(&files, &election.law, election.year).unwrap(), election)
}

/// A line as the record would carry it.
pub(crate) fn statement(line: &ActLine, attester: &str, index: u64) -> Statement {
    Statement {
        id: line.statement.clone().unwrap_or_else(|| line.id.as_str().try_into().unwrap()),
        index,
        attester: AttesterId::try_from(attester).unwrap(),
        known_at: line.known_at.unwrap(),
        amends: line.amends.clone(),
        channel: line.channel,
        sources: line.sources.clone(),
        act: line.to_act().unwrap(),
    }
}

/// Statements with the trust list of these tests.
pub(crate) fn evidence(statements: Vec<Statement>) -> Evidence {
    let enrolled: BTreeSet<AttesterId> = ENROLLED.iter().map(|a| AttesterId::try_from(*a).unwrap()).collect();
    Evidence { statements, enrolled }
}
