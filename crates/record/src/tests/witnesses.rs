//! Witnesses: cosignatures, the policy that counts them, and the answer to every kind of request.

use super::{ORIGIN, checkpoint, leaves, log_key, log_verifier};
use crate::checkpoint::{Checkpoint, sign_checkpoint, sign_checkpoint_with, to_text};
use crate::cosignature::{Witness, WitnessKey, cosign, cosignatures};
use crate::error::Error;
use crate::keys::SigningKey;
use crate::merkle::{consistency_proof, root};
use crate::note::NoteVerifier;
use crate::witness::{AddCheckpoint, Judgement, KnownLog, from_request, judge, to_request};
use crate::witness_policy::{self, check, from_text};

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[0x40 + number; 32])
}

fn name(number: u8) -> String {
    format!("witness.example/w{number}")
}

fn witness(number: u8) -> Witness {
    Witness::new(&name(number), WitnessKey::Ed25519(key(number).verifying_key())).unwrap()
}

/// The fixed checkpoint, cosigned by these witnesses.
fn cosigned(numbers: &[u8]) -> Vec<u8> {
    let mut note = sign_checkpoint(&checkpoint(), &log_key()).unwrap();
    let text = to_text(&checkpoint()).unwrap();
    for number in numbers {
        note.extend(cosign(&text, &name(*number), &key(*number), 1_679_315_147).unwrap().bytes());
    }
    note
}

#[test]
fn cosignatures_are_found_and_bad_ones_refused() {
    let known = [witness(1), witness(2)];
    let found = cosignatures(&cosigned(&[2, 3, 1, 1]), &known).unwrap();
    let names: Vec<&str> = found.iter().map(|c| c.witness.name()).collect();
    assert_eq!(names, [name(2), name(1)]);
    assert!(found.iter().all(|c| c.timestamp == 1_679_315_147));
    // The same name and key over other bytes: another timestamp, another text.
    let other = Checkpoint { size: 8, ..checkpoint() };
    let stray = cosign(&to_text(&other).unwrap(), &name(1), &key(1), 1).unwrap();
    let note = [sign_checkpoint(&checkpoint(), &log_key()).unwrap(), stray.into_bytes()].concat();
    assert_eq!(cosignatures(&note, &known), Err(Error::NoteSignatureRefused { name: name(1) }));
    assert_eq!(cosignatures(&note, &[witness(2)]), Ok(vec![]));
    assert!(cosign("log\n", &name(1), &key(1), u64::MAX).is_err());
}

#[test]
fn witness_keys() {
    let vkey = witness(1).to_string();
    assert_eq!(vkey.parse(), Ok(witness(1)));
    // A key that signs as a log is none that cosigns.
    assert!(log_verifier().to_string().parse::<Witness>().is_err());
    assert!(vkey.parse::<NoteVerifier>().is_err());
    let later = Witness::new("w.example", WitnessKey::MlDsa44(vec![5; 1312])).unwrap();
    assert_eq!(later.to_string().parse(), Ok(later));
    let short = Witness::new("w.example", WitnessKey::MlDsa44(vec![5; 1311])).unwrap();
    assert!(short.to_string().parse::<Witness>().is_err());
}

/// A policy of the fixed log and four witnesses, with these lines after them.
fn policy(lines: &str) -> String {
    let witnesses: String = (1..=4).map(|n| format!("witness w{n} {}\n", witness(n))).collect();
    format!("# a comment\nlog {} https://log.example/\n\n{witnesses}{lines}", log_verifier())
}

#[test]
fn quorums() {
    let nested = "group a 2 w1 w2 w3\ngroup all-of\tall a w4\nquorum all-of\n";
    let any = "group g any w1 w2\nquorum g\n";
    let table: [(&str, &[u8], bool); 12] = [
        ("quorum none\n", &[], true),
        ("quorum w1\n", &[], false),
        ("quorum w1\n", &[2, 3, 4], false),
        ("quorum w1\n", &[1], true),
        (any, &[3], false),
        (any, &[2], true),
        (nested, &[1, 2, 4], true),
        (nested, &[1, 2, 3], false),
        (nested, &[1, 4], false),
        // The same witness twice counts once.
        (nested, &[1, 1, 4], false),
        (nested, &[3, 1, 2, 4], true),
        ("  quorum \t w3  \n#end\n", &[3], true),
    ];
    for (lines, signed, met) in table {
        let policy = from_text(policy(lines).as_bytes()).unwrap();
        assert_eq!(check(&cosigned(signed), &policy).is_ok(), met, "{lines} {signed:?}");
    }
}

#[test]
fn policies_refused() {
    let again = format!("witness again {}\nquorum none\n", witness(1));
    let same = format!("log {}\nquorum none\n", log_verifier());
    let table = [
        "",
        "quorum w1",
        "quorum w9\n",
        "quorum w1\nquorum w1\n",
        "group g 0 w1\nquorum g\n",
        "group g 3 w1 w2\nquorum g\n",
        "group g 01 w1\nquorum g\n",
        "group g all\nquorum none\n",
        "group g all none\nquorum none\n",
        "group none all w1\nquorum none\n",
        "group w2 all w1\nquorum none\n",
        "group g all w1 w1\nquorum g\n",
        "group g all w1\ngroup h all w1\nquorum g\n",
        "group g all h\ngroup h all w1\nquorum g\n",
        "quorum none extra\n",
        "something\nquorum none\n",
        "quorum\u{a0}none\n",
        "quorum none\r\n",
        &again,
        &same,
    ];
    for lines in table {
        assert!(from_text(policy(lines).as_bytes()).is_err(), "{lines:?}");
    }
    // No depth of groups is too deep for the stack.
    let groups: String = (1..=1500).map(|n| format!("group g{n} all g{}\n", n - 1)).collect();
    let deep = format!("group g0 all w1\n{groups}quorum g1500\n");
    assert!(from_text(policy(&deep).as_bytes()).is_err());
}

#[test]
fn policies_written_are_read() {
    let read = from_text(policy("group witnesses 2 w1 w2 w3 w4\nquorum witnesses\n").as_bytes()).unwrap();
    let written = witness_policy::to_text(&read.logs, &read.witnesses, 2);
    assert_eq!(from_text(written.as_bytes()), Ok(read));
}

/// What the witness of the fixed log, which cosigned `last` leaves of it, makes of a request.
fn judged(last: u64, request: &AddCheckpoint) -> Judgement {
    let leaves = leaves();
    let last = (last > 0).then(|| prefix(&leaves, last));
    let known = KnownLog { keys: vec![log_verifier()], last };
    judge(&to_request(request), |origin| (origin == ORIGIN).then_some(known))
}

fn prefix(leaves: &[crate::digest::Digest], size: u64) -> Checkpoint {
    let root = root(&leaves[..usize::try_from(size).unwrap()]);
    Checkpoint { origin: ORIGIN.to_owned(), size, root }
}

fn request(old_size: u64, new: &Checkpoint) -> AddCheckpoint {
    let leaves = leaves();
    let leaves = &leaves[..usize::try_from(new.size.min(7)).unwrap()];
    let proof = if old_size == 0 { vec![] } else { consistency_proof(leaves, old_size).unwrap_or_default() };
    AddCheckpoint { old_size, proof, checkpoint: sign_checkpoint(new, &log_key()).unwrap() }
}

#[test]
fn answers_of_a_witness() {
    let (three, seven) = (prefix(&leaves(), 3), prefix(&leaves(), 7));
    let fork = Checkpoint { root: three.root, ..seven.clone() };
    assert_eq!(judged(0, &request(0, &three)), Judgement::Cosign(three.clone()));
    assert_eq!(judged(3, &request(3, &seven)), Judgement::Cosign(seven.clone()));
    assert_eq!(judged(7, &request(7, &seven)), Judgement::Cosign(seven.clone()));
    assert_eq!(judged(3, &request(0, &seven)), Judgement::Conflict { size: 3 });
    assert_eq!(judged(7, &request(3, &seven)), Judgement::Conflict { size: 7 });
    assert_eq!(judged(7, &request(3, &three)), Judgement::Conflict { size: 7 });
    assert_eq!(judged(7, &request(7, &fork)), Judgement::Conflict { size: 7 });
    assert!(matches!(judged(3, &request(3, &fork)), Judgement::Inconsistent(_)));
    assert!(matches!(judged(0, &request(5, &three)), Judgement::Malformed(_)));
    let mut stray = request(0, &three);
    stray.proof = request(3, &seven).proof;
    assert!(matches!(judged(0, &stray), Judgement::Inconsistent(_)));
    let stranger = sign_checkpoint(&three, &key(1)).unwrap();
    assert_eq!(judged(0, &AddCheckpoint { checkpoint: stranger, ..request(0, &three) }), Judgement::Unsigned);
    let elsewhere = Checkpoint { origin: "other.example".into(), ..three.clone() };
    assert_eq!(judged(0, &request(0, &elsewhere)), Judgement::UnknownOrigin);
    let empty = Checkpoint { size: 0, ..three };
    assert!(matches!(judged(0, &request(0, &empty)), Judgement::Inconsistent(_)));
}

#[test]
fn requests() {
    let good = request(3, &prefix(&leaves(), 7));
    assert_eq!(from_request(&to_request(&good)), Ok(good.clone()));
    let hash = "A".repeat(43) + "=\n";
    for body in ["", "old 3\n", "old 03\n\nx", "old -1\n\nx", "new 3\n\nx", "old 3\nAAAA\n\nx", "\n\n"] {
        assert!(from_request(body.as_bytes()).is_err(), "{body:?}");
    }
    assert!(from_request(format!("old 3\n{}\nx", hash.repeat(63)).as_bytes()).is_ok());
    assert!(from_request(format!("old 3\n{}\nx", hash.repeat(64)).as_bytes()).is_err());
    assert!(from_request(&[b'a'; 70_000]).is_err());
}

/// While one key of a log follows another, its checkpoints carry both signatures, and either suffices.
#[test]
fn a_log_with_two_keys() {
    let keys = [log_key(), key(9)];
    let note = sign_checkpoint_with(&checkpoint(), &keys).unwrap();
    for key in &keys {
        let verifier = NoteVerifier::new(ORIGIN, key.verifying_key()).unwrap();
        assert_eq!(crate::checkpoint::open_checkpoint(&note, &verifier), Ok(checkpoint()));
    }
}
