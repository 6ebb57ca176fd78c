//! The age format: the test kit of its authors, and Debian's `age` in both directions.

use std::io::Write;
use std::process::{Command, Stdio};

use ascertain::age::{self, Fault, Identity, Recipient};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::run::{Scratch, root};

/// Base64 in which `*N*` stands for N zero bytes.
fn unpacked(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for (n, part) in text.split('*').enumerate() {
        match n % 2 {
            0 => out.extend(STANDARD.decode(part).unwrap()),
            _ => out.extend(std::iter::repeat_n(0, part.parse().unwrap())),
        }
    }
    out
}

/// What the test kit calls an outcome.
fn words(opened: &Result<String, Fault>) -> &'static str {
    match opened {
        Ok(_) => "success",
        Err(Fault::Armor) => "armor failure",
        Err(Fault::Header) => "header failure",
        Err(Fault::NoMatch) => "no match",
        Err(Fault::Mac) => "HMAC failure",
        Err(Fault::Payload) => "payload failure",
    }
}

/// What a case leads to: the last of its keys that it is sealed to decides; some name none, and any will do.
fn opened(case: &Value, body: &[u8]) -> Result<String, Fault> {
    let any = Identity::generate().unwrap().text().to_string();
    let keys = case["identities"].as_array().unwrap().iter().map(|k| k.as_str().unwrap().to_owned());
    let mut keys: Vec<String> = keys.collect();
    if keys.is_empty() {
        keys.push(any);
    }
    let said = keys.iter().map(|key| age::decrypt(&Identity::parse(key).unwrap(), body));
    let mut said = said.map(|plain| plain.map(|plain| record::digest::sha256(&plain).to_string()));
    let first = said.next().unwrap();
    said.fold(first, |before, next| if next == Err(Fault::NoMatch) { before } else { next })
}

#[test]
fn the_test_kit() {
    let text = std::fs::read_to_string(root().join("vectors/age/testkit.jsonl")).unwrap();
    let (mut tried, mut wrong) = (0, Vec::new());
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let body = unpacked(case["body"].as_str().unwrap());
        let said = opened(&case, &body);
        let expected = case["expect"].as_str().unwrap();
        // What does not begin with armour is read as a file without; that is no armour either.
        let bare = case["armored"] == "yes" && !body.trim_ascii_start().starts_with(b"-----BEGIN ");
        let read_bare = bare && expected == "armor failure" && said == Err(Fault::Header);
        let payload = said.as_ref().is_ok_and(|digest| case["payload"] != digest.as_str());
        if (words(&said) != expected && !read_bare) || payload {
            wrong.push(format!("{}: {said:?}, expected {expected}: {}", case["name"], case["comment"]));
        }
        tried += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(tried, 98);
    println!("{tried} cases of the age test kit");
}

#[test]
fn keys_are_written_as_they_are_read() {
    let key = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
    let identity = Identity::parse(key).unwrap();
    assert_eq!(*identity.text(), key);
    let recipient = identity.recipient().to_string();
    assert_eq!(Recipient::parse(&recipient), Some(identity.recipient()));
    let lower = key.to_lowercase();
    let changed = recipient.replace('q', "p");
    let upper = recipient.to_uppercase();
    // The point of order one: everybody has the secret that leads to it.
    let nobody = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqs9ryve9";
    for wrong in
        ["", "age1", key, &lower, &changed, &upper, &recipient[1..], &format!("{recipient} "), nobody]
    {
        assert!(Recipient::parse(wrong).is_none(), "{wrong}");
    }
    assert!(Identity::parse(&lower).is_none() && Identity::parse(&recipient).is_none());
}

/// Every byte of a file changed, and every place to cut it: never opened.
#[test]
fn a_changed_file_is_never_opened() {
    let key = Identity::generate().unwrap();
    let file = age::encrypt(&key.recipient(), b"words").unwrap();
    assert_eq!(*age::decrypt(&key, &file).unwrap(), b"words");
    assert_eq!(*age::decrypt(&key, age::armored(&file).as_bytes()).unwrap(), b"words");
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert!(age::decrypt(&key, &changed).is_err(), "byte {at} changed");
        assert!(age::decrypt(&key, &file[..at]).is_err(), "cut at {at}");
    }
    assert_eq!(age::decrypt(&Identity::generate().unwrap(), &file), Err(Fault::NoMatch));
}

/// Whether `age` and `age-keygen` are here.
pub fn age_is_here() -> bool {
    let here = |name: &str| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    if here("age") && here("age-keygen") {
        return true;
    }
    println!("SKIPPED: no age here (Debian: age)");
    false
}

/// Runs a program on an input.
pub fn piped(name: &str, words: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child =
        Command::new(name).args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    assert!(output.status.success(), "{name} {words:?}");
    output.stdout
}

#[test]
fn debians_age_opens_ours_and_we_open_its() {
    if !age_is_here() {
        return;
    }
    let scratch = Scratch::new("age");
    let file = scratch.join("key").display().to_string();
    piped("age-keygen", &["-o", &file], b"");
    let text = std::fs::read_to_string(&file).unwrap();
    let theirs = Identity::parse(text.lines().last().unwrap()).unwrap();
    let to = String::from_utf8(piped("age-keygen", &["-y", &file], b"")).unwrap();
    assert_eq!(to.trim(), theirs.recipient().to_string());
    for long in [0, 1, 65_535, 65_536, 65_537, 200_000] {
        let plain: Vec<u8> = (0..long).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let sealed = age::encrypt(&theirs.recipient(), &plain).unwrap();
        assert_eq!(piped("age", &["-d", "-i", &file], &sealed), plain, "{long} bytes of ours");
        assert_eq!(
            piped("age", &["-d", "-i", &file], age::armored(&sealed).as_bytes()),
            plain,
            "{long}, armoured"
        );
        for way in [&["-r", to.trim()][..], &["-a", "-r", to.trim()]] {
            let sealed = piped("age", way, &plain);
            assert_eq!(*age::decrypt(&theirs, &sealed).unwrap(), plain, "{long} bytes of theirs, {way:?}");
        }
    }
}
