//! Canonical JSON: what is accepted, and every other spelling of the same value.

use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::prelude::*;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::Error;
use crate::canonical::{from_canonical, to_canonical};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sample {
    text: String,
    number: i64,
}

fn check_refused(json: &str) {
    let read = from_canonical::<Sample>(json.as_bytes(), "sample");
    assert!(read.is_err(), "{json} was read as {read:?}");
}

fn check_number(json: &str, accepted: bool) {
    let read = from_canonical::<Vec<serde_json::Number>>(json.as_bytes(), "numbers");
    assert_eq!(read.is_ok(), accepted, "{json}: {read:?}");
}

#[test]
fn keys_are_ordered_and_the_bytes_come_back() {
    let sample = Sample { text: "a \"quoted\" \\ € \u{1f602} \u{7} 1.5e3".to_owned(), number: -7 };
    let bytes = to_canonical(&sample).unwrap();
    let expected = "{\"number\":-7,\"text\":\"a \\\"quoted\\\" \\\\ € \u{1f602} \\u0007 1.5e3\"}";
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
    assert_eq!(from_canonical::<Sample>(&bytes, "sample"), Ok(sample));
}

// Spec: RFC 8785 § 3.2.3: keys are ordered by UTF-16 code units, where U+1F602 stands before U+FB33.
#[test]
fn keys_are_ordered_by_utf_16() {
    let map: BTreeMap<&str, u8> = [("\u{fb33}", 1), ("\u{1f602}", 2), ("\u{20ac}", 3), ("1", 4)].into();
    let expected = "{\"1\":4,\"\u{20ac}\":3,\"\u{1f602}\":2,\"\u{fb33}\":1}";
    assert_eq!(String::from_utf8(to_canonical(&map).unwrap()).unwrap(), expected);
}

#[test]
fn other_spellings_are_refused() {
    check_refused("");
    check_refused("{\"text\":\"a\",\"number\":1}");
    check_refused(" {\"number\":1,\"text\":\"a\"}");
    check_refused("{\"number\":1,\"text\":\"a\"}\n");
    check_refused("{\"number\":1, \"text\":\"a\"}");
    check_refused("{\"number\":1,\"text\":\"a\",\"text\":\"a\"}");
    check_refused("{\"number\":1,\"text\":\"a\",\"unknown\":1}");
    check_refused("{\"number\":1,\"text\":\"\\u0061\"}");
    check_refused("{\"number\":1,\"text\":\"\\/\"}");
    check_refused("{\"number\":1.0,\"text\":\"a\"}");
    check_refused("{\"number\":1e0,\"text\":\"a\"}");
    check_refused("{\"number\":-0,\"text\":\"a\"}");
    check_refused("{\"number\":01,\"text\":\"a\"}");
    check_refused("[\"a\",1]");
    check_refused("\u{feff}{\"number\":1,\"text\":\"a\"}");
    check_refused(&"[".repeat(100_000));
}

// Spec: RFC 7493 § 2.2.
#[test]
fn numbers_that_a_reader_could_change_are_refused() {
    check_number("[0,-1,9007199254740991,-9007199254740991]", true);
    check_number("[9007199254740992]", false);
    check_number("[-9007199254740992]", false);
    check_number("[9007199254740993]", false);
    check_number("[18446744073709551615]", false);
    check_number("[1.5]", false);
    check_number("[1e+21]", false);
    check_number("[1e-7]", false);
    let refused = Err(Error::JsonNumberRefused { number: "9007199254740992".to_owned() });
    assert_eq!(to_canonical(&[9_007_199_254_740_993_u64]), refused);
}

#[test]
fn the_error_says_where() {
    let error = from_canonical::<Sample>(b"{\"number\":1,\n\"text\":5}", "sample").unwrap_err();
    let Error::JsonRefused { what: "sample", line: 2, ref problem, .. } = error else { panic!("{error:?}") };
    assert!(problem.contains("expected a string") && !problem.contains("line"), "{problem}");
    let error = from_canonical::<Sample>(b"{\"number\":1,\"text\": \"a\"}", "sample").unwrap_err();
    assert_eq!(error, Error::JsonNotCanonical { what: "sample", offset: 19 });
}

/// A value with keys of every order and letters and numbers that need care.
fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[a-c ]{0,3}", "[a\"\\\\\u{7}\u{7f}\u{e9}\u{fb33}\u{1f602}]{0,4}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((text.clone(), inner), 0..4)
                .prop_map(|pairs| Value::from(serde_json::Map::from_iter(pairs))),
        ]
    })
}

fn pairs<T: Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<(String, T)>> {
    proptest::collection::vec(("[a-c!\u{e9}]{0,2}", value), 0..4)
}

/// Written as a map in the order given, with whatever stands in it twice.
struct Pairs<T>(Vec<(String, T)>);

impl<T: Serialize> Serialize for Pairs<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// The short way, by which nearly everything is written, never differs from the library.
    #[test]
    fn the_canonical_text_is_the_librarys(outer in pairs(pairs(values()))) {
        let pairs = Pairs(outer.into_iter().map(|(key, inner)| (key, Pairs(inner))).collect());
        match to_canonical(&pairs) {
            Ok(bytes) => prop_assert_eq!(bytes, serde_json_canonicalizer::to_vec(&pairs).unwrap()),
            Err(Error::JsonNumberRefused { .. }) => {}
            Err(_) => prop_assert!(serde_json_canonicalizer::to_vec(&pairs).is_err()),
        }
    }
}
