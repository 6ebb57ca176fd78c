//! Signatures by the published vector, by another implementation, and at the edges; and what answers mean.

use std::process::Command;

use ascertain::channel::http::{Heard, NotSent};
use ascertain::channel::webhook::{Check, Error, Key, Signed, Verdict, judge, sign, verify};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// The seed and the public key of RFC 8032 §7.1, test 1.
const PRIVATE: &str = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const PUBLIC: &str = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
const AT: u64 = 1_649_367_553;
const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

fn checked(keys: &[&str], signed: &Signed, body: &[u8], now: u64) -> Result<(), Error> {
    let checks: Vec<Check> = keys.iter().map(|k| Check::parse(k).unwrap()).collect();
    verify(&checks, signed, body, now)
}

#[test]
fn the_published_vector_is_signed_and_verified() {
    let signed = sign(&[key(SECRET)], ID, AT, BODY).unwrap();
    let expected = [
        ("webhook-id", ID),
        ("webhook-timestamp", "1649367553"),
        ("webhook-signature", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="),
    ];
    assert_eq!(signed.headers(), expected);
    assert_eq!(checked(&[SECRET], &signed, BODY, AT), Ok(()));
}

#[test]
fn ed25519_keys_are_read_with_and_without_the_public_half() {
    assert_eq!(key(PRIVATE).public().as_deref(), Some(PUBLIC));
    let both =
        "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==";
    assert_eq!(key(both).public().as_deref(), Some(PUBLIC));
    let signed = sign(&[key(PRIVATE)], ID, AT, BODY).unwrap();
    assert_eq!(signed, sign(&[key(both)], ID, AT, BODY).unwrap());
    assert!(signed.signature.starts_with("v1a,"));
    assert_eq!(checked(&[PUBLIC], &signed, BODY, AT), Ok(()));
    assert_eq!(key(SECRET).public(), None);
}

#[test]
fn while_one_key_replaces_the_other_either_is_enough() {
    let signed = sign(&[key(OTHER), key(SECRET), key(PRIVATE)], ID, AT, BODY).unwrap();
    assert_eq!(signed.signature.split(' ').count(), 3);
    for known in [&[OTHER][..], &[SECRET], &[PUBLIC], &[PUBLIC, SECRET]] {
        assert_eq!(checked(known, &signed, BODY, AT), Ok(()), "{known:?}");
    }
    let only_other = sign(&[key(OTHER)], ID, AT, BODY).unwrap();
    assert_eq!(checked(&[SECRET, PUBLIC], &only_other, BODY, AT), Err(Error::NoGoodSignature));
}

#[test]
fn anything_changed_is_noticed() {
    let good = sign(&[key(SECRET), key(PRIVATE)], ID, AT, BODY).unwrap();
    let both = [SECRET, PUBLIC];
    assert_eq!(checked(&both, &good, b"{}", AT), Err(Error::NoGoodSignature));
    let changed = |change: &dyn Fn(&mut Signed)| {
        let mut signed = good.clone();
        change(&mut signed);
        checked(&both, &signed, BODY, AT)
    };
    assert_eq!(changed(&|s| s.id.push('x')), Err(Error::NoGoodSignature));
    assert_eq!(changed(&|s| s.id.push('.')), Err(Error::BadId));
    assert_eq!(changed(&|s| s.timestamp = (AT + 1).to_string()), Err(Error::NoGoodSignature));
    assert_eq!(changed(&|s| s.timestamp = format!("0{AT}")), Err(Error::NoGoodSignature));
    for bad in ["", "+1649367553", "-1", "1649367553.0", " 1649367553", "99999999999999999999", "x"] {
        assert_eq!(changed(&|s| s.timestamp = bad.into()), Err(Error::BadTimestamp), "{bad:?}");
    }
    for bad in ["", " ", "v1", "v1,", "v1,!!", "v2,AAAA", "v1a,AAAA", &good.signature.replace("v1", "v0")] {
        assert_eq!(changed(&|s| s.signature = bad.into()), Err(Error::NoGoodSignature), "{bad:?}");
    }
    // A signature of one kind does not pass for the other.
    let swapped = good.signature.replace("v1a,", "v9,").replace("v1,", "v1a,");
    assert_eq!(changed(&|s| s.signature.clone_from(&swapped)), Err(Error::NoGoodSignature));
    // Seventeen wrong ones before it: not looked for.
    let late = "v1,AAAA ".repeat(17) + &good.signature;
    assert_eq!(changed(&|s| s.signature.clone_from(&late)), Err(Error::NoGoodSignature));
}

#[test]
fn five_minutes_either_way_are_borne() {
    let signed = sign(&[key(SECRET)], ID, AT, BODY).unwrap();
    for (now, expected) in [
        (AT - 300, Ok(())),
        (AT - 301, Err(Error::TooNew)),
        (AT + 300, Ok(())),
        (AT + 301, Err(Error::TooOld)),
        (0, Err(Error::TooNew)),
        (u64::MAX, Err(Error::TooOld)),
    ] {
        assert_eq!(checked(&[SECRET], &signed, BODY, now), expected, "{now}");
    }
}

#[test]
fn bad_keys_and_ids_are_refused() {
    let length = |bytes| Error::SecretLength { bytes };
    let b64 = |n: usize| format!("whsec_{}", "AAAA".repeat(n / 3));
    for (text, why) in [
        ("", Error::KeyPrefix),
        ("C2FVsBQIhrscChlQIMV+b5sSYspob7oD", Error::KeyPrefix),
        ("WHSEC_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", Error::KeyPrefix),
        (PUBLIC, Error::KeyPrefix),
        ("whsec_", length(0)),
        (&b64(21), length(21)),
        (&b64(66), length(66)),
        ("whsec_not base64!", Error::KeyNotBase64),
        ("whsec_C2FVsBQIhrscChlQIMV-b5sSYspob7oD", Error::KeyNotBase64),
        ("whsk_", Error::BadKey),
        ("whsk_AAAA", Error::BadKey),
        // The second half is not the public key of the first.
        (&format!("whsk_{}A==", "A".repeat(85)), Error::BadKey),
    ] {
        assert_eq!(Key::parse(text).err(), Some(why), "{text}");
    }
    assert!(Key::parse(&b64(24)).is_ok() && Key::parse(&b64(63)).is_ok());
    let unpadded = OTHER.trim_end_matches('=');
    assert_eq!(sign(&[key(unpadded)], ID, AT, BODY), sign(&[key(OTHER)], ID, AT, BODY));
    assert_eq!(Check::parse(PRIVATE).err(), Some(Error::KeyPrefix));
    assert_eq!(Check::parse("whpk_AAAA").err(), Some(Error::BadKey));
    for id in ["", "msg_1.2", "a b", "a\nb", "é", &"x".repeat(129)] {
        assert_eq!(sign(&[key(SECRET)], id, AT, BODY).err(), Some(Error::BadId), "{id:?}");
    }
    assert_eq!(sign(&[], ID, AT, BODY).err(), Some(Error::NoKey));
}

#[test]
fn secrets_are_shown_nowhere() {
    let shown = format!("{:?} {:?} {:?}", key(SECRET), key(PRIVATE), key(SECRET).check());
    assert!(
        shown.starts_with("Shared(secret) Private([215, 90, 152,") && shown.ends_with("Shared(secret)"),
        "{shown}"
    );
    for text in ["whsec_c2VjcmV0", "whsk_c2VjcmV0", "c2VjcmV0", "whsec_secret!"] {
        let error = Key::parse(text).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("c2V"), "{error}");
    }
}

#[test]
fn answers_mean_what_the_specification_says() {
    let judged =
        |status, retry_after_s| judge(&Heard::Answer { status, retry_after_s, excerpt: "thanks".into() });
    let line = |status: u16| format!("HTTP {status} thanks");
    for status in [200, 201, 204, 299] {
        assert_eq!(judged(status, Some(9)), Verdict::Acknowledged { reference: line(status) });
    }
    for (status, may_have_arrived) in [
        (408, false),
        (425, false),
        (429, false),
        (503, false),
        (500, true),
        (502, true),
        (504, true),
        (599, true),
    ] {
        for (asked, retry_after_s) in [(None, None), (Some(7), Some(7)), (Some(u32::MAX), Some(3600))] {
            let expected = Verdict::Passing { why: line(status), retry_after_s, may_have_arrived };
            assert_eq!(judged(status, asked), expected);
        }
    }
    for status in [300, 301, 302, 307, 308, 400, 401, 403, 404, 410, 413, 499] {
        assert_eq!(judged(status, Some(9)), Verdict::Lasting { why: line(status), gone: status == 410 });
    }
    for status in [101, 199, 600, 999] {
        assert_eq!(judged(status, None), Verdict::NoAnswer { why: line(status) });
    }
    let nothing = judge(&Heard::NothingSent { why: NotSent::Ended });
    assert!(matches!(nothing, Verdict::Passing { may_have_arrived: false, .. }));
}

#[test]
fn a_reference_has_at_most_200_bytes() {
    let judged = |excerpt: String| judge(&Heard::Answer { status: 200, retry_after_s: None, excerpt });
    let Verdict::Acknowledged { reference } = judged("漢".repeat(200)) else { panic!() };
    assert_eq!((reference.len(), reference.chars().count()), (198, 72));
    assert_eq!(judged(String::new()), Verdict::Acknowledged { reference: "HTTP 200".into() });
}

/// Python's `hmac` and `cryptography` on what is signed here and the other way round.
#[test]
fn another_implementation_agrees() {
    check_other("python3", "verify_webhook.py");
}

/// The specification's own library, for Node, on what is signed here and the other way round.
#[test]
fn the_official_library_agrees() {
    check_other("node", "verify_webhook.cjs");
}

fn check_other(program: &str, script: &str) {
    let script = format!("{}/tests/channels/scripts/{script}", env!("CARGO_MANIFEST_DIR"));
    let bodies: [&[u8]; 4] = [BODY, b"", b"{}", "{\"name\":\"Zoë 漢字\"}".as_bytes()];
    let mut cases = Vec::new();
    for body in bodies {
        let signed = sign(&[key(OTHER), key(SECRET), key(PRIVATE)], ID, AT, body).unwrap();
        cases.push(serde_json::json!({
            "secret": SECRET, "other": OTHER, "private": PRIVATE, "public": PUBLIC, "body": String::from_utf8_lossy(body),
            "id": signed.id, "timestamp": signed.timestamp, "signature": signed.signature,
        }));
    }
    let input = std::env::temp_dir().join(format!("hook-cases-{program}-{}.json", std::process::id()));
    std::fs::write(&input, serde_json::to_vec(&cases).unwrap()).unwrap();
    let ran = Command::new(program).arg(script).arg(&input).output();
    std::fs::remove_file(&input).unwrap();
    let Ok(ran) = ran.inspect_err(|e| eprintln!("SKIPPED: no {program}, nothing was compared: {e}")) else {
        return;
    };
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    if ran.status.code() == Some(77) {
        eprintln!("SKIPPED: {err}");
        return;
    }
    assert!(ran.status.success(), "{err}");
    eprint!("{err}");
    let theirs: Vec<serde_json::Value> = serde_json::from_str(&out).unwrap();
    assert!(theirs.len() >= 2 * bodies.len());
    for it in theirs {
        let text = |name: &str| it[name].as_str().unwrap().to_owned();
        let signed = Signed { id: text("id"), timestamp: text("timestamp"), signature: text("signature") };
        assert_eq!(checked(&[&text("check")], &signed, text("body").as_bytes(), AT), Ok(()), "{it}");
    }
}
