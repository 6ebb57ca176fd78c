//! Canonical JSON, the signed bytes of DSSE and a signed note, as their own specifications show them.

use serde::Deserialize;
use serde_json::Value;

use super::vectors::{read, read_text, report, rows};
use super::{attester, header};
use crate::Error;
use crate::canonical::{from_canonical, to_canonical};
use crate::note::{NoteVerifier, open_note};
use crate::signed_statement::{Class, sign, to_envelope};
use crate::text::from_base64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Jcs {
    name: String,
    input: String,
    output: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Dsse {
    payload: String,
    payload_type: String,
    pae: String,
}

/// The one file with numbers that are no integers, and the first of them.
// Spec: RFC 8785 § 3.2.2.3, narrowed: see `canonical`.
const REFUSED: (&str, &str) = ("values", "333333333.3333333");

fn check(vector: &Jcs) {
    let value: Value = serde_json::from_str(&vector.input).unwrap();
    let number_refused = vector.name == REFUSED.0;
    let refused = Err(Error::JsonNumberRefused { number: REFUSED.1.to_owned() });
    let canonical = to_canonical(&value).map(|bytes| String::from_utf8(bytes).unwrap());
    let expected = if number_refused { refused } else { Ok(vector.output.clone()) };
    assert_eq!(canonical, expected, "{}", vector.name);
    let read = |text: &str| from_canonical::<Value>(text.as_bytes(), "vector").is_ok();
    assert_eq!(read(&vector.output), !number_refused, "{}", vector.name);
    assert!(!read(&vector.input), "{}", vector.name);
}

#[test]
fn canonical_json() {
    let vectors: Vec<Jcs> = rows("jcs.jsonl");
    vectors.iter().for_each(check);
    report("JCS", vectors.len(), 6);
    let refused = vectors.iter().filter(|vector| vector.name == REFUSED.0).count();
    report("JCS, refused for a number that is no integer", refused, 1);
}

/// A second writing of the signed bytes. The vector's own signature is ECDSA, which is not ours.
// Spec: DSSE protocol.md 1.0.0 "Signature Definition".
fn pae(payload_type: &str, payload: &str) -> String {
    format!("DSSEv1 {} {payload_type} {} {payload}", payload_type.len(), payload.len())
}

/// The signature of a statement of this class is over [`pae`] of what its envelope holds.
fn check_signed_bytes(class: Class) {
    let signed = sign(class, header(), &attester()).unwrap();
    let envelope: Value = serde_json::from_slice(&to_envelope(&signed).unwrap()).unwrap();
    let field = |name: &str| envelope[name].as_str().unwrap();
    let payload = String::from_utf8(from_base64(field("payload"), "payload").unwrap()).unwrap();
    let message = pae(field("payloadType"), &payload);
    assert_eq!(attester().verifying_key().verify(message.as_bytes(), &signed.signature), Ok(()), "{class:?}");
}

#[test]
fn the_signed_bytes_of_dsse() {
    let vectors: Vec<Dsse> = rows("dsse-pae.jsonl");
    for vector in &vectors {
        assert_eq!(pae(&vector.payload_type, &vector.payload), vector.pae);
    }
    report("DSSE pre-authentication encoding", vectors.len(), 1);
    [Class::Real, Class::Drill, Class::History].into_iter().for_each(check_signed_bytes);
}

#[test]
fn the_note_of_the_specification() {
    let vkey = read_text("go/note-example.vkey");
    let verifier: NoteVerifier = vkey.trim_end().parse().unwrap();
    assert_eq!(format!("{verifier}\n"), vkey);
    let note = open_note(&read("go/note-example.txt"), std::slice::from_ref(&verifier)).unwrap();
    assert_eq!((note.text.as_str(), note.verified), ("This is an example message.\n", vec![verifier]));
    report("signed-note example", 1, 1);
}
