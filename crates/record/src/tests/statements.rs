//! Statements: what a header may say, and that class, key and signature hold together.

use proptest::prelude::{ProptestConfig, any, prop, proptest};

use super::{attester, header, log_key, statement};
use crate::Error;
use crate::canonical::to_canonical;
use crate::digest::{Digest, sha256};
use crate::signed_statement::{
    Class, Header, MAX_ENTRY_BYTES, Salt, body_digest, from_entry, from_envelope, sign, to_entry,
    to_envelope, verify_signature,
};
use crate::text::to_base64;

fn check_known_at(text: &str, accepted: bool) {
    let header = Header { known_at: text.to_owned(), ..header() };
    assert_eq!(sign(Class::Real, header, &attester()).is_ok(), accepted, "{text:?}");
}

fn check_name(text: &str, accepted: bool) {
    let named = Header { statement: text.to_owned(), ..header() };
    assert_eq!(sign(Class::Real, named, &attester()).is_ok(), accepted, "statement {text:?}");
    let filed = Header { subject: text.to_owned(), ..header() };
    assert_eq!(sign(Class::Real, filed, &attester()).is_ok(), accepted, "subject {text:?}");
}

/// An envelope made by hand from JSON texts.
fn envelope(payload: &str, payload_type: &str, signatures: &str) -> Vec<u8> {
    let payload = to_base64(payload.as_bytes());
    let json = format!(
        "{{\"payload\":\"{payload}\",\"payloadType\":\"{payload_type}\",\"signatures\":[{signatures}]}}"
    );
    json.into_bytes()
}

#[test]
fn known_at_has_one_shape() {
    check_known_at("2026-11-20T18:00:00Z", true);
    check_known_at("9999-99-99T99:99:99Z", true);
    for text in [
        "",
        "2026-11-20T18:00:00",
        "2026-11-20T18:00:00z",
        "2026-11-20 18:00:00Z",
        "2026-11-20T18:00:00.0Z",
        "2026-11-20T18:00:00+00:00",
        "+026-11-20T18:00:00Z",
        "2026-11-20T18:00:00Z\n",
        "٢026-11-20T18:00:00Z",
    ] {
        check_known_at(text, false);
    }
}

#[test]
fn names_have_one_alphabet() {
    for text in ["a", "0", "0a.b_c:d-e", &"a".repeat(128)] {
        check_name(text, true);
    }
    for text in ["", ".a", "-a", "_a", ":a", "A", "a b", "a/b", "é", "a\n", &"a".repeat(129)] {
        check_name(text, false);
    }
}

#[test]
fn only_version_1_is_known() {
    for v in [0, 2, 255] {
        let refused = sign(Class::Real, Header { v, ..header() }, &attester());
        assert_eq!(refused, Err(Error::HeaderVersion { found: v }));
    }
}

#[test]
fn the_attester_signs_and_nobody_else() {
    let mismatch = Error::AttesterMismatch { header: attester().id(), key: log_key().id() };
    assert_eq!(sign(Class::Real, header(), &log_key()), Err(mismatch.clone()));
    assert_eq!(verify_signature(&statement(), &log_key().verifying_key()), Err(mismatch));
    assert_eq!(verify_signature(&statement(), &attester().verifying_key()), Ok(()));
}

#[test]
fn a_statement_cannot_change_its_class() {
    for class in [Class::Drill, Class::History] {
        let mut moved = statement();
        moved.class = class;
        let refused = Err(Error::SignatureRefused { key: attester().id() });
        assert_eq!(verify_signature(&moved, &attester().verifying_key()), refused);
        assert_eq!(Class::from_payload_type(class.payload_type()), Ok(class));
    }
    assert!(Class::from_payload_type("application/vnd.ascertain.statement.real.v2+json").is_err());
}

#[test]
fn a_changed_header_is_refused_everywhere() {
    let mut changed = statement();
    changed.header.subject = "Not Allowed".to_owned();
    assert!(verify_signature(&changed, &attester().verifying_key()).is_err());
    assert!(to_envelope(&changed).is_err() && to_entry(&changed).is_err());
    changed.header.subject = "other".to_owned();
    assert!(verify_signature(&changed, &attester().verifying_key()).is_err());
}

#[test]
fn the_payload_types_never_change() {
    let types = [Class::Real, Class::Drill, Class::History].map(Class::payload_type);
    let pinned = [
        "application/vnd.ascertain.statement.real.v1+json",
        "application/vnd.ascertain.statement.drill.v1+json",
        "application/vnd.ascertain.statement.history.v1+json",
    ];
    assert_eq!(types, pinned);
}

// Spec: DSSE protocol.md 1.0.0: the signed bytes, built here by hand.
#[test]
fn the_signed_bytes_are_those_of_dsse() {
    let payload = String::from_utf8(to_canonical(&header()).unwrap()).unwrap();
    let class = "application/vnd.ascertain.statement.real.v1+json";
    let signed = format!("DSSEv1 48 {class} {} {payload}", payload.len());
    assert_eq!(attester().verifying_key().verify(signed.as_bytes(), &statement().signature), Ok(()));
}

#[test]
fn an_envelope_has_one_signature_by_its_attester() {
    let payload = String::from_utf8(to_canonical(&header()).unwrap()).unwrap();
    let class = Class::Real.payload_type();
    let sig = to_base64(&statement().signature);
    let by = |key: &str| format!("{{\"keyid\":\"{key}\",\"sig\":\"{sig}\"}}");
    let (own, other) = (by(&attester().id().to_string()), by(&log_key().id().to_string()));
    assert_eq!(from_envelope(&envelope(&payload, class, &own)), Ok(statement()));
    let twice = envelope(&payload, class, &format!("{own},{own}"));
    assert_eq!(from_envelope(&twice), Err(Error::SignatureCount { found: 2 }));
    assert_eq!(from_envelope(&envelope(&payload, class, "")), Err(Error::SignatureCount { found: 0 }));
    let mismatch = Error::AttesterMismatch { header: attester().id(), key: log_key().id() };
    assert_eq!(from_envelope(&envelope(&payload, class, &other)), Err(mismatch));
    assert!(from_envelope(&envelope(&payload, "text/plain", &own)).is_err());
    assert!(from_envelope(&envelope(&format!("{payload} "), class, &own)).is_err());
    let unpadded = String::from_utf8(envelope(&payload, class, &own)).unwrap().replace("==\"}", "\"}");
    assert!(from_envelope(unpadded.as_bytes()).is_err());
}

#[test]
fn the_body_is_bound_with_its_salt() {
    let salt = Salt([7; 32]);
    assert_eq!(body_digest(&salt, b"body"), sha256(&[[7; 32].as_slice(), b"body"].concat()));
    assert_ne!(body_digest(&salt, b"body"), body_digest(&Salt([8; 32]), b"body"));
    let json = serde_json::to_string(&salt).unwrap();
    assert_eq!(json, format!("\"{}\"", "07".repeat(32)));
    assert_eq!(serde_json::from_str::<Salt>(&json).unwrap(), salt);
}

#[test]
fn the_longest_statement_fits_a_log_entry() {
    let longest = Header { statement: "a".repeat(128), subject: "b".repeat(128), ..header() };
    let entry = to_entry(&sign(Class::History, longest, &attester()).unwrap()).unwrap();
    assert!(entry.len() < MAX_ENTRY_BYTES);
    let long = vec![b'a'; MAX_ENTRY_BYTES.saturating_add(1)];
    let refused = |what| Err(Error::TooLong { what, bytes: long.len(), limit: MAX_ENTRY_BYTES });
    assert_eq!(from_entry(&long), refused("entry"));
    assert_eq!(from_envelope(&long), refused("envelope"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_statement_comes_back(
        seed in any::<[u8; 32]>(),
        body in any::<[u8; 32]>(),
        known_at in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
        statement in "[a-z0-9][a-z0-9._:-]{0,127}",
        subject in "[a-z0-9][a-z0-9._:-]{0,127}",
        class in prop::sample::select(vec![Class::Real, Class::Drill, Class::History]),
    ) {
        let key = crate::keys::SigningKey::from_seed(&seed);
        let header = Header { attester: key.id(), body: Digest(body), known_at, statement, subject, v: 1 };
        let signed = sign(class, header, &key).unwrap();
        verify_signature(&signed, &key.verifying_key()).unwrap();
        assert_eq!(from_envelope(&to_envelope(&signed).unwrap()).unwrap(), signed);
        assert_eq!(from_entry(&to_entry(&signed).unwrap()).unwrap(), signed);
    }
}

#[test]
fn the_origin_says_the_class() {
    let cases = [
        ("drill", Class::Drill),
        ("drill/2028", Class::Drill),
        ("drills/2028", Class::Real),
        ("example.org/drill/2028", Class::Real),
        ("ascertain/history/us-2020", Class::History),
        ("ascertain/history", Class::Real),
        ("example.org/record", Class::Real),
    ];
    for (origin, class) in cases {
        assert_eq!(Class::of_origin(origin), class, "{origin}");
    }
}
