//! Every reader on bytes nobody meant for it: an error or the same bytes back, never a panic.

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};

use super::vectors::{read, read_text, report};
use super::{checkpoint, log_key, log_verifier, statement, tlog_proof};
use crate::canonical::{from_canonical, to_canonical};
use crate::digest::Digest;
use crate::keys::{KeyId, VerifyingKey};
use crate::note::{NoteVerifier, open_note};
use crate::signed_statement::{Header, from_entry, from_envelope, to_entry, to_envelope};
use crate::{checkpoint, tlog_proof};

/// Feeds one input to every reader. What a reader accepts, its writer must give back byte for byte; and every error
/// has a one-line sentence.
fn check(bytes: &[u8]) {
    let same = |written: Result<Vec<u8>, crate::Error>| {
        if let Ok(written) = written.map_err(|error| assert!(!error.to_string().contains('\n'), "{error}")) {
            assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(bytes));
        }
    };
    same(from_canonical::<Header>(bytes, "header").and_then(|header| to_canonical(&header)));
    same(from_envelope(bytes).and_then(|signed| to_envelope(&signed)));
    same(from_entry(bytes).and_then(|signed| to_entry(&signed)));
    same(tlog_proof::from_text(bytes).map(|proof| tlog_proof::to_text(&proof)));
    same(open_note(bytes, &[log_verifier()]).map(|_| bytes.to_vec()));
    same(checkpoint::open_checkpoint(bytes, &log_verifier()).map(|_| bytes.to_vec()));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let into_bytes = |text: String| text.into_bytes();
    same(checkpoint::from_text(text).and_then(|read| checkpoint::to_text(&read)).map(into_bytes));
    same(text.parse().map(|read: NoteVerifier| read.to_string().into_bytes()));
    same(text.parse().map(|read: VerifyingKey| read.to_string().into_bytes()));
    same(text.parse().map(|read: KeyId| read.to_string().into_bytes()));
    same(text.parse().map(|read: Digest| read.to_string().into_bytes()));
}

/// One good input for each reader.
fn good() -> Vec<Vec<u8>> {
    vec![
        to_canonical(&statement().header).unwrap(),
        to_envelope(&statement()).unwrap(),
        to_entry(&statement()).unwrap(),
        tlog_proof::to_text(&tlog_proof()),
        checkpoint::sign_checkpoint(&checkpoint(), &log_key()).unwrap(),
        checkpoint::to_text(&checkpoint()).unwrap().into_bytes(),
        log_verifier().to_string().into_bytes(),
        log_key().verifying_key().to_string().into_bytes(),
        log_key().id().to_string().into_bytes(),
    ]
}

/// Texts other programs wrote: proofs, checkpoints, requests, answers and eight fuzzing seeds.
fn foreign() -> Vec<Vec<u8>> {
    let files = [
        "go/note-example.txt",
        "tessera/checkpoint.0",
        "tessera/checkpoint.15",
        "witness/2-fork.req",
        "witness/3-add-checkpoint-35000-70000.resp.body",
        "witness/cosigned.tlog-proof",
        "witness/policy",
        "witness/witness.vkey",
    ];
    let seeds = read_text("azul/tile-paths.txt");
    seeds.lines().map(|line| line.as_bytes().to_vec()).chain(files.map(read)).collect()
}

/// A good input in which a stretch is replaced: by chance, by nothing, or by a piece of another one.
fn nearly_good(good: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let one = move || prop::sample::select(good.clone());
    let piece = (one(), any::<prop::sample::Index>(), 0usize..80).prop_map(|(from, at, length)| {
        from.iter().copied().skip(at.index(from.len())).take(length).collect()
    });
    let new = prop_oneof![Just(Vec::new()), prop::collection::vec(any::<u8>(), 0..8), piece];
    (one(), any::<prop::sample::Index>(), 0usize..80, new).prop_map(
        |(from, at, length, new): (Vec<u8>, _, _, _)| {
            let (start, end) = from.split_at(at.index(from.len()));
            [start, &new, end.get(length..).unwrap_or_default()].concat()
        },
    )
}

#[test]
fn good_inputs_come_back() {
    good().iter().for_each(|bytes| check(bytes));
}

#[test]
fn foreign_inputs_are_read_or_refused() {
    foreign().iter().for_each(|bytes| check(bytes));
    report("texts and seeds of other programs", foreign().len(), 16);
}

#[test]
fn empty_huge_and_broken_inputs() {
    let huge = 4_000_000;
    for filler in
        [&b"\n"[..], b"[", b"{", b"\"", b"A", b"=", b"0", b"9", b" ", b"\0", b"\xff", "\u{2014} ".as_bytes()]
    {
        check(filler);
        check(&filler.repeat(huge / filler.len()));
    }
    check(b"");
    for good in good() {
        check(&good.repeat(3));
        check(&[&good, b"\xc3\x28".as_slice()].concat());
        check(&[b"\xef\xbb\xbf".as_slice(), &good].concat());
        check(&String::from_utf8(good).unwrap().replace('\n', "\r\n").into_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes);
    }

    #[test]
    fn any_text(text in "\\PC{0,60}(\n\\PC{0,60}){0,6}") {
        check(text.as_bytes());
    }

    #[test]
    fn nearly_good_bytes(bytes in nearly_good(good())) {
        check(&bytes);
    }

    #[test]
    fn nearly_foreign_bytes(bytes in nearly_good([good(), foreign()].concat())) {
        check(&bytes);
    }
}
