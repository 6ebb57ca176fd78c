//! Notes, checkpoints and proofs: which lines, keys and signatures are accepted.

use super::{ORIGIN, attester, checkpoint, log_key, log_verifier, tlog_proof};
use crate::Error;
use crate::checkpoint::{from_text, open_checkpoint, sign_checkpoint, to_text};
use crate::keys::VerifyingKey;
use crate::note::{MAX_SIGNATURES, NoteVerifier, open_note, sign_note};
use crate::text::to_base64;
use crate::tlog_proof;

/// A well-formed signature line by a key nobody knows.
const UNKNOWN: &str = "\u{2014} unknown.example/key AAAAAAAA\n";

fn signed(text: &str) -> String {
    String::from_utf8(sign_note(text, ORIGIN, &log_key()).unwrap()).unwrap()
}

fn check_note_refused(note: &str) {
    let opened = open_note(note.as_bytes(), &[log_verifier()]);
    assert!(opened.is_err(), "{note:?} was opened as {opened:?}");
}

fn check_checkpoint_text(text: &str, accepted: bool) {
    let read = from_text(text);
    assert_eq!(read.is_ok(), accepted, "{text:?}: {read:?}");
    if let Ok(checkpoint) = read {
        assert_eq!(to_text(&checkpoint).as_deref(), Ok(text));
    }
}

fn check_proof_refused(text: &str, from: &str, to: &str) {
    assert!(text.contains(from));
    let changed = text.replacen(from, to, 1);
    assert!(tlog_proof::from_text(changed.as_bytes()).is_err(), "{changed}");
}

#[test]
fn texts_may_have_empty_lines() {
    for text in ["\n", "one\n", "one\n\n", "\n\none\n\n\ntwo\n", "\u{2014} not a signature\n\nlast\n"] {
        let note = open_note(signed(text).as_bytes(), &[log_verifier()]).unwrap();
        assert_eq!((note.text.as_str(), note.verified), (text, vec![log_verifier()]));
    }
    for text in ["", "one", "one\r\n", "one\ttwo\n", "\0\n"] {
        assert!(sign_note(text, ORIGIN, &log_key()).is_err(), "{text:?}");
    }
}

#[test]
fn unknown_signatures_are_ignored_but_well_formed() {
    let note = signed("text\n");
    let opened = open_note(format!("{note}{UNKNOWN}").as_bytes(), &[log_verifier()]).unwrap();
    assert_eq!(opened.verified, [log_verifier()]);
    let unknown_name = note.replace(ORIGIN, "other.example/log");
    assert_eq!(open_note(unknown_name.as_bytes(), &[log_verifier()]), Err(Error::NoteUnsigned));
    assert_eq!(open_note(note.as_bytes(), &[]), Err(Error::NoteUnsigned));
    for line in [
        "- unknown.example/key AAAAAAAA\n",
        "\u{2014} AAAAAAAA\n",
        "\u{2014}  AAAAAAAA\n",
        "\u{2014} a+b AAAAAAAA\n",
        "\u{2014} a\u{a0}b AAAAAAAA\n",
        "\u{2014} a AAAA\n",
        "\u{2014} a AAAAAA==\n",
        "\u{2014} a AAAAAAB=\n",
        "\u{2014} a AAAAAAAA \n",
        "\u{2014} a AAAAAAAA",
        "\n",
    ] {
        check_note_refused(&format!("{note}{line}"));
    }
}

#[test]
fn a_bad_signature_by_a_known_key_refuses_the_note() {
    let (good, other) = (signed("text\n"), signed("other\n"));
    let bad_line = other.strip_prefix("other\n\n").unwrap();
    let refused = Err(Error::NoteSignatureRefused { name: ORIGIN.to_owned() });
    assert_eq!(open_note(format!("{good}{bad_line}").as_bytes(), &[log_verifier()]), refused);
    let short = to_base64(&[log_verifier().key_hash().as_slice(), &[0; 63]].concat());
    let note = format!("{good}\u{2014} {ORIGIN} {short}\n");
    assert_eq!(open_note(note.as_bytes(), &[log_verifier()]), refused);
}

#[test]
fn several_verifiers_are_named_once_each() {
    let (first, second) = (signed("text\n"), sign_note("text\n", "second.example", &attester()).unwrap());
    let second = String::from_utf8(second).unwrap();
    let second_line = second.strip_prefix("text\n\n").unwrap();
    let note = format!("{first}{second_line}{second_line}");
    let known = [NoteVerifier::new("second.example", attester().verifying_key()).unwrap(), log_verifier()];
    let opened = open_note(note.as_bytes(), &known).unwrap();
    assert_eq!(opened.verified, [known[1].clone(), known[0].clone()]);
}

#[test]
fn a_hundred_signatures_and_no_more() {
    let unknown = UNKNOWN.repeat(MAX_SIGNATURES.checked_sub(1).unwrap());
    let note = signed("text\n") + &unknown;
    assert!(open_note(note.as_bytes(), &[log_verifier()]).is_ok());
    let refused = Err(Error::TooManySignatures { limit: MAX_SIGNATURES });
    assert_eq!(open_note(format!("{note}{UNKNOWN}").as_bytes(), &[log_verifier()]), refused);
}

#[test]
fn verifier_keys() {
    let vkey = log_verifier().to_string();
    assert_eq!(vkey.parse(), Ok(log_verifier()));
    let key = log_key().verifying_key();
    for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b", "a\u{1}b"] {
        assert!(NoteVerifier::new(name, key).is_err(), "{name:?}");
    }
    for (from, to) in [("golden", "olden"), ("+", "++"), ("+", "+0"), (ORIGIN, "")] {
        assert!(vkey.replacen(from, to, 1).parse::<NoteVerifier>().is_err(), "{from} -> {to}");
    }
    assert!(format!("{vkey}=").parse::<NoteVerifier>().is_err());
    assert!(vkey.to_uppercase().parse::<NoteVerifier>().is_err());
    let cosigner = crate::note::to_vkey(ORIGIN, 0x04, &key.to_bytes()).parse::<NoteVerifier>();
    assert_eq!(cosigner, Err(Error::VerifierAlgorithm { found: 4 }));
}

#[test]
fn checkpoint_lines() {
    let root = to_base64(&[9; 32]);
    check_checkpoint_text(&format!("log\n0\n{root}\n"), true);
    check_checkpoint_text(&format!("a log+with a name\n18446744073709551615\n{root}\n"), true);
    for size in ["", "00", "01", "+1", "-1", "1 ", "18446744073709551616", "١"] {
        check_checkpoint_text(&format!("log\n{size}\n{root}\n"), false);
    }
    for text in [
        String::new(),
        format!("\n1\n{root}\n"),
        format!("log\n1\n{root}"),
        format!("log\n1\n{root}\n\n"),
        format!("log\n1\n{root}\nextension\n"),
        format!("log\n1\n{}\n", to_base64(&[9; 31])),
        format!("log\n1\n{}\n", root.trim_end_matches('=')),
        format!("log\r\n1\n{root}\n"),
    ] {
        check_checkpoint_text(&text, false);
    }
}

#[test]
fn a_checkpoint_is_of_the_log_that_signed_it() {
    let renamed = to_text(&checkpoint()).unwrap().replace(ORIGIN, "other.example/log");
    let note = sign_note(&renamed, ORIGIN, &log_key()).unwrap();
    let mismatch = Error::OriginMismatch { origin: "other.example/log".to_owned(), name: ORIGIN.to_owned() };
    assert_eq!(open_checkpoint(&note, &log_verifier()), Err(mismatch));
    let forged = sign_checkpoint(&checkpoint(), &attester()).unwrap();
    assert_eq!(open_checkpoint(&forged, &log_verifier()), Err(Error::NoteUnsigned));
    let good = sign_checkpoint(&checkpoint(), &log_key()).unwrap();
    let cosigned = [&good, UNKNOWN.as_bytes()].concat();
    assert_eq!(open_checkpoint(&cosigned, &log_verifier()), Ok(checkpoint()));
}

#[test]
fn proof_lines() {
    let text = String::from_utf8(tlog_proof::to_text(&tlog_proof())).unwrap();
    assert_eq!(tlog_proof::from_text(text.as_bytes()), Ok(tlog_proof()));
    check_proof_refused(&text, "@v1\n", "@v2\n");
    check_proof_refused(&text, "@v1\n", "@v1\n\n");
    check_proof_refused(&text, "extra ", "Extra ");
    check_proof_refused(&text, "extra ", "extra");
    check_proof_refused(&text, "index 3", "index 03");
    check_proof_refused(&text, "index 3", "index  3");
    check_proof_refused(&text, "index 3\n", "");
    check_proof_refused(&text, "index 3\n", "index 3\nindex 3\n");
    check_proof_refused(&text, "index 3\n", "index 3\n\r\n");
    let hash = to_base64(&tlog_proof().hashes[0].0);
    check_proof_refused(&text, &hash, &hash[1..]);
    check_proof_refused(&text, &hash, &vec![hash.as_str(); 63].join("\n"));
}

#[test]
fn a_proof_carries_its_statement_and_its_place() {
    let without = tlog_proof::TlogProof { extra: None, ..tlog_proof() };
    assert_eq!(tlog_proof::from_text(&tlog_proof::to_text(&without)), Ok(without.clone()));
    assert_eq!(tlog_proof::verify(&without, &log_verifier()), Err(Error::ProofWithoutStatement));
    let elsewhere = tlog_proof::TlogProof { index: 2, ..tlog_proof() };
    assert!(tlog_proof::verify(&elsewhere, &log_verifier()).is_err());
    let other_key: VerifyingKey = attester().verifying_key();
    let other_log = NoteVerifier::new(ORIGIN, other_key).unwrap();
    assert_eq!(tlog_proof::verify(&tlog_proof(), &other_log), Err(Error::NoteUnsigned));
}
