//! The check of a whole record: good ones hold, and every flipped byte of every file is found and named.

use std::collections::{BTreeMap, BTreeSet};

use super::{ORIGIN, SALT, attester, log_key, log_verifier};
use crate::canonical::to_canonical;
use crate::check::{
    self, CHECKPOINT, Depth, Effort, Issuers, KEYS_FILE, KeyBody, KeyLine, Report, Trusted, check_record,
    keys_to_text,
};
use crate::checkpoint::{Checkpoint, sign_checkpoint};
use crate::edge::Edge;
use crate::keyring::{Action, KeyNotice, KeyUse, Keyring, NoEffect, SUBJECT};
use crate::keys::SigningKey;
use crate::merkle::{leaf_hash, root};
use crate::signed_statement::{Class, Header, SignedStatement, body_digest, sign, to_entry};
use crate::tile::tiles_of;

type Files = BTreeMap<String, Vec<u8>>;

fn root_key() -> SigningKey {
    SigningKey::from_seed(&[0x51; 32])
}

fn notice(action: Action, key: &SigningKey, key_use: KeyUse) -> KeyBody {
    let name = "desk".to_owned();
    KeyBody { key: KeyNotice { action, key: key.verifying_key(), name, key_use } }
}

fn signed(key: &SigningKey, number: u64, subject: &str, body: &[u8]) -> SignedStatement {
    let header = Header {
        attester: key.id(),
        body: body_digest(&SALT, body),
        known_at: "2026-11-20T18:00:00Z".to_owned(),
        statement: format!("s{number}"),
        subject: subject.to_owned(),
        v: 1,
    };
    sign(Class::Real, header, key).unwrap()
}

/// A record of `size` entries: the first enrols a key, which signs the others.
fn files(size: u64) -> Files {
    let enrol = notice(Action::Add, &attester(), KeyUse::Attester);
    let first = signed(&root_key(), 0, SUBJECT, &to_canonical(&enrol).unwrap());
    let others = (1..size).map(|n| signed(&attester(), n, "example", b"{}"));
    let (mut edge, mut files) = (Edge::new(), Files::new());
    for statement in [first].into_iter().chain(others) {
        let filled = edge.push(&to_entry(&statement).unwrap()).unwrap();
        files.extend(filled.into_iter().map(|(id, bytes)| (id.to_string(), bytes)));
    }
    files.extend(edge.partial().into_iter().map(|(id, bytes)| (id.to_string(), bytes)));
    let head = Checkpoint { origin: ORIGIN.to_owned(), size, root: edge.root() };
    files.insert(CHECKPOINT.to_owned(), sign_checkpoint(&head, &log_key()).unwrap());
    let lines = [KeyLine { body: enrol, index: 0, salt: SALT }];
    files.insert(KEYS_FILE.to_owned(), keys_to_text(&lines).unwrap());
    files
}

fn checked(files: &Files) -> Report {
    let issuers = Issuers::Root(root_key().verifying_key());
    let trusted = Trusted { logs: vec![log_verifier()], issuers, policy: None };
    let read = |path: &str| files.get(path).cloned().ok_or_else(|| "is missing".to_owned());
    check_record(&read, &trusted, Effort { depth: Depth::Signatures, threads: 2 })
}

#[test]
fn good_records_hold() {
    for size in [1, 2, 255, 256, 257, 600] {
        let report = checked(&files(size));
        assert_eq!(report.faults, [], "{size}");
        assert_eq!((report.entries, report.signatures), (size, size));
        assert_eq!(report.class, Some(Class::Real));
    }
}

#[test]
fn every_bad_file_is_named() {
    let good = files(300);
    let mut count = 0;
    for path in good.keys() {
        let length = good[path].len();
        for place in (0..length).step_by(length.div_ceil(50)) {
            let mut bad = good.clone();
            bad.get_mut(path).unwrap()[place] ^= 4;
            let named: BTreeSet<String> = checked(&bad).faults.into_iter().map(|f| f.resource).collect();
            assert!(
                named.iter().any(|resource| resource.starts_with(path.as_str())),
                "{path} {place} {named:?}"
            );
            count += 1;
        }
        let mut bad = good.clone();
        bad.remove(path);
        assert!(checked(&bad).faults.iter().any(|f| f.resource == *path), "{path} removed");
    }
    println!("{count} flipped bytes found");
}

#[test]
fn all_bad_files_are_named_at_once() {
    let mut bad = files(1000);
    let wanted = ["tile/0/000", "tile/0/002", "tile/1/000.p/3", "tile/entries/001"];
    for path in wanted {
        bad.get_mut(path).unwrap()[10] ^= 1;
    }
    let faults = checked(&bad).faults;
    for path in wanted {
        assert!(faults.iter().any(|fault| fault.resource.starts_with(path)), "{path} in {faults:?}");
    }
}

#[test]
fn entries_that_do_not_belong() {
    let stranger = SigningKey::from_seed(&[0x52; 32]);
    let enrol = to_canonical(&notice(Action::Add, &attester(), KeyUse::Attester)).unwrap();
    let first = signed(&root_key(), 0, SUBJECT, &enrol);
    let mut drill = signed(&attester(), 2, "example", b"{}");
    drill = sign(Class::Drill, drill.header, &attester()).unwrap();
    let again = signed(&attester(), 1, "example", b"{\"other\":1}");
    for (statement, problem) in [
        (signed(&stranger, 1, "example", b"{}"), "no key in force"),
        (drill, "drill"),
        (again, "has a statement of this name"),
        (signed(&root_key(), 9, SUBJECT, b"{}"), "not in the file of keys"),
    ] {
        let mut files = files(2);
        let one = signed(&attester(), 1, "example", b"{}");
        let entries: Vec<Vec<u8>> = [&first, &one, &statement].map(|s| to_entry(s).unwrap()).to_vec();
        let mut edge = Edge::new();
        entries.iter().for_each(|entry| drop(edge.push(entry).unwrap()));
        files.extend(edge.partial().into_iter().map(|(id, bytes)| (id.to_string(), bytes)));
        let head = Checkpoint { origin: ORIGIN.to_owned(), size: 3, root: edge.root() };
        files.insert(CHECKPOINT.to_owned(), sign_checkpoint(&head, &log_key()).unwrap());
        let faults = checked(&files).faults;
        assert!(faults.iter().any(|f| f.problem.contains(problem)), "{problem}: {faults:?}");
    }
}

#[test]
fn keys_by_index() {
    let (old, new) = (attester(), SigningKey::from_seed(&[0x53; 32]));
    let by_root = |number| signed(&root_key(), number, SUBJECT, b"{}");
    let mut ring = Keyring::new(root_key().verifying_key());
    let add = |key| notice(Action::Add, key, KeyUse::Attester).key;
    let revoke = |key| notice(Action::Revoke, key, KeyUse::Attester).key;
    assert_eq!(ring.apply(0, &by_root(0), &add(&old)), Ok(()));
    assert_eq!(ring.apply(3, &by_root(1), &add(&new)), Ok(()));
    assert_eq!(ring.apply(5, &by_root(2), &revoke(&old)), Ok(()));
    let force = |key: &SigningKey, index| ring.at(key.id(), index).is_some();
    assert_eq!([0, 1, 5, 6].map(|index| force(&old, index)), [false, true, true, false]);
    assert_eq!([3, 4, 6].map(|index| force(&new, index)), [false, true, true]);
    let mut more = ring.clone();
    assert_eq!(more.apply(7, &by_root(3), &add(&old)), Err(NoEffect::AddedBefore));
    assert_eq!(more.apply(7, &by_root(3), &revoke(&old)), Err(NoEffect::NotInForce));
    let other_name = KeyNotice { name: "other".to_owned(), ..revoke(&new) };
    assert_eq!(more.apply(7, &by_root(3), &other_name), Err(NoEffect::NotInForce));
    assert_eq!(more.apply(7, &signed(&new, 3, SUBJECT, b"{}"), &revoke(&new)), Err(NoEffect::NotByRoot));
    assert_eq!(
        more.apply(7, &signed(&root_key(), 3, "other", b"{}"), &revoke(&new)),
        Err(NoEffect::NotByRoot)
    );
    let root_notice =
        KeyNotice { name: "root".to_owned(), ..notice(Action::Revoke, &root_key(), KeyUse::Root).key };
    assert_eq!(more.apply(7, &by_root(3), &root_notice), Err(NoEffect::LastRoot));
    assert_eq!(more, ring);
}

/// The edge gives the files the definition gives, at every size, and goes on from its own files.
#[test]
fn the_edge_resumes() {
    let mut edge = Edge::new();
    let mut files = BTreeMap::new();
    let mut leaves = Vec::new();
    for number in 0u64..700 {
        let entry = number.to_be_bytes();
        leaves.push(leaf_hash(&entry));
        files.extend(edge.push(&entry).unwrap());
        let partial = edge.partial();
        let mut all = files.clone();
        all.extend(partial.clone());
        assert!(tiles_of(number + 1).all(|id| all.contains_key(&id)), "{number}");
        let partial: BTreeMap<_, _> = partial.into_iter().collect();
        let resumed = Edge::resume(number + 1, &mut |id| Ok(partial[&id].clone())).unwrap();
        assert_eq!((&resumed, resumed.root()), (&edge, root(&leaves)), "{number}");
    }
    assert_eq!(check::keys_from_text(b""), Ok(vec![]));
}
