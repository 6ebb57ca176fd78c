//! Signatures, verified by two programs of others; keys are made for one run.

use ascertain::mail::dkim::Signer;

use crate::mail_message::{Words, rendered, words};
use crate::mail_tools::{Folder, python, run, works};

const PERL: [&str; 2] = ["-e", "use Mail::DKIM::Verifier"];
const AT: u64 = 1_736_164_800;

fn key(folder: &Folder, arguments: &[&str]) -> Vec<u8> {
    let path = folder.path("key.pem");
    let said = run("openssl", &[arguments, &["-out", &path]].concat());
    assert!(said.success, "{}", said.stderr);
    std::fs::read(path).unwrap()
}

/// An RSA key as PKCS#8, another as PKCS#1, and an Ed25519 key.
fn signers(folder: &Folder) -> [Signer; 3] {
    let rsa = key(folder, &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
    key(folder, &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]);
    let (new, old) = (folder.path("key.pem"), folder.path("old.pem"));
    assert!(run("openssl", &["pkey", "-in", &new, "-traditional", "-out", &old]).success);
    let old = std::fs::read(old).unwrap();
    assert!(old.starts_with(b"-----BEGIN RSA PRIVATE KEY"));
    let ed = key(folder, &["genpkey", "-algorithm", "ED25519"]);
    let signer = |selector: &str, pem: &[u8]| Signer::from_pem("example.org", selector, pem).unwrap();
    [signer("r8", &rsa), signer("r1", &old), signer("e", &ed)]
}

fn signed(signers: &[Signer], message: &[u8]) -> Vec<u8> {
    let headers: String = signers.iter().map(|s| s.sign(message, AT).unwrap()).collect();
    [headers.as_bytes(), message].concat()
}

/// The one check: the verifier's word on a message.
fn check(folder: &Folder, verifier: &[&str], signers: &[Signer], message: &[u8], good: bool, case: &str) {
    let records: String = signers.iter().map(|s| format!("{}\t{}\n", s.dns_name(), s.dns_text())).collect();
    std::fs::write(folder.path("records"), records).unwrap();
    std::fs::write(folder.path("m.eml"), message).unwrap();
    let (eml, records) = (folder.path("m.eml"), folder.path("records"));
    let arguments = [&verifier[1..], &[&eml, &records]].concat();
    let said = run(verifier[0], &arguments);
    assert_eq!(said.success, good, "{case}: {verifier:?}\n{}{}", said.stdout, said.stderr);
}

fn verifiers() -> Vec<Vec<&'static str>> {
    let mut found = Vec::new();
    if python("dkim, nacl", "DKIM by dkimpy").is_some() {
        found.push(vec!["/usr/bin/python3", "tests/channels/scripts/verify_dkim.py"]);
    }
    if works("perl", &PERL, "DKIM by Mail::DKIM") {
        found.push(vec!["perl", "tests/channels/scripts/verify_dkim.pl"]);
    }
    found
}

/// Mail::DKIM 1.20230212 of Debian 12 knows no Ed25519; dkimpy is then its only check.
fn perl_knows_ed25519() -> bool {
    works(
        "perl",
        &["-e", "use Mail::DKIM::Algorithm::ed25519_sha256"],
        "Ed25519 by Mail::DKIM, which Debian 12 does not have",
    )
}

#[test]
fn others_accept_what_we_sign_and_nothing_else() {
    if !works("openssl", &["version"], "DKIM signatures") {
        return;
    }
    let folder = Folder::new();
    let [r8, r1, ed] = signers(&folder);
    let mut all = vec![r8, r1];
    let message =
        rendered(&Words { subject: "Grüße ".repeat(30).trim().into(), drill: true, ..words() }).unwrap();
    for verifier in verifiers() {
        let rsa = signed(&all, &message);
        check(&folder, &verifier, &all, &rsa, true, "RSA");
        tampered(&folder, &verifier, &all, &rsa);
    }
    all.push(ed);
    for verifier in verifiers().into_iter().filter(|v| v[0] != "perl" || perl_knows_ed25519()) {
        check(&folder, &verifier, &all, &signed(&all, &message), true, "RSA and Ed25519");
        let ed = signed(&all[2..], &message);
        check(&folder, &verifier, &all, &ed, true, "Ed25519");
        tampered(&folder, &verifier, &all, &ed);
    }
}

fn tampered(folder: &Folder, verifier: &[&str], signers: &[Signer], good: &[u8]) {
    let text = String::from_utf8(good.to_vec()).unwrap();
    let changes = [
        ("a word of the body", text.replace("official.", "annulled.")),
        ("words after the body", format!("{text}More.\r\n")),
        ("another subject", text.replace("Subject: ", "Subject: Re: ")),
        ("another recipient", text.replace("clerk@example.org", "other@example.org")),
        ("another date", text.replace("2025 12:", "2025 13:")),
        ("another id", text.replace("<1.clerk@", "<2.clerk@")),
        ("a live message", text.replace("X-Ascertain-Class: drill\r\n", "")),
        ("a second From", text.replacen("From: ", "From: x@example.net\r\nFrom: ", 1)),
        ("a second Subject", text.replacen("Subject: ", "Subject: x\r\nSubject: ", 1)),
        ("an added Reply-To", text.replacen("From: ", "Reply-To: x@example.net\r\nFrom: ", 1)),
        ("an added Cc", text.replacen("From: ", "Cc: x@example.net\r\nFrom: ", 1)),
        ("another time of signing", text.replace("t=1736164800", "t=1736164801")),
    ];
    for (case, changed) in changes {
        assert_ne!(changed, text, "{case}");
        check(folder, verifier, signers, changed.as_bytes(), false, case);
    }
    // Relaxed: a relay may fold and space anew.
    let spaced = text.replace("Subject: ", "subject:  ").replace("Dear clerk,\r\n", "Dear  clerk, \r\n");
    check(folder, verifier, signers, spaced.as_bytes(), true, "other spaces");
    check(folder, verifier, signers, format!("{text}\r\n\r\n").as_bytes(), true, "blank lines at the end");
}

#[test]
fn odd_bodies_are_canonical_for_others_too() {
    if !works("openssl", &["version"], "DKIM signatures") {
        return;
    }
    let folder = Folder::new();
    let [r8, ..] = signers(&folder);
    let bodies = [
        "",
        "\r\n",
        "\r\n\r\n",
        "x",
        "x\r\n",
        " \t \r\n",
        "\r\n\r\nx  y\t\r\n \r\n\r\n",
        " x",
        "a\r\n\r\n\r\nb \r\n",
    ];
    let heads = [
        "From: a@example.org\r\n",
        "From: a@example.org\r\nTo: x\r\nTo: y\r\nSubject:\r\n",
        "FROM:  a@example.org\r\n\t(x\ty)  \r\nX: y\r\n",
    ];
    let all = [r8];
    for verifier in verifiers() {
        for (n, head) in heads.iter().enumerate() {
            // Every body under the first head, one body under the others.
            for body in bodies.iter().skip(if n == 0 { 0 } else { bodies.len() - 1 }) {
                let message = signed(&all, format!("{head}\r\n{body}").as_bytes());
                check(&folder, &verifier, &all, &message, true, &format!("{head:?} {body:?}"));
            }
        }
    }
}

#[test]
fn the_record_holds_the_public_key_that_openssl_gives() {
    if !works("openssl", &["version"], "DKIM records") {
        return;
    }
    let folder = Folder::new();
    let [_, r1, ed] = signers(&folder);
    // The Ed25519 key is the last that was written.
    let public = run("openssl", &["pkey", "-in", &folder.path("key.pem"), "-pubout"]).stdout;
    let base64 = public.lines().nth(1).unwrap();
    // 12 octets of header are 16 letters of base64.
    assert_eq!(ed.dns_text(), format!("v=DKIM1; k=ed25519; p={}", &base64[16..]));
    assert_eq!(ed.dns_name(), "e._domainkey.example.org");
    let record = r1.dns_record();
    assert!(record.starts_with("r1._domainkey.example.org. IN TXT ( \"v=DKIM1; k=rsa; p=MIIB"), "{record}");
    assert!(record.split('"').all(|piece| piece.len() <= 255));
    assert_eq!(record.split('"').skip(1).step_by(2).collect::<String>(), r1.dns_text());
}

#[test]
fn signatures_are_the_same_each_time_and_never_partial() {
    if !works("openssl", &["version"], "DKIM signatures") {
        return;
    }
    let folder = Folder::new();
    let message = rendered(&words()).unwrap();
    for signer in signers(&folder) {
        let header = signer.sign(&message, AT).unwrap();
        assert_eq!(header, signer.sign(&message, AT).unwrap());
        assert!(!header.contains(" l=") && header.split("\r\n").all(|l| l.len() <= 120), "{header}");
        assert_eq!(format!("{signer:?}").matches("Signer(").count(), 1);
        assert!(format!("{signer:?}").len() < 60, "{signer:?}");
    }
}

#[test]
fn what_cannot_sign_is_refused_by_name() {
    let case = |domain: &str, selector: &str, pem: &[u8]| {
        Signer::from_pem(domain, selector, pem).map(|_| ()).unwrap_err().to_string()
    };
    assert!(case("localhost", "s", b"").starts_with("`dkim.domain`: `localhost` has a domain of one label"));
    assert!(case("example.org", "a b", b"").starts_with("`dkim.selector`"));
    assert!(case("example.org", "", b"").starts_with("`dkim.selector`"));
    assert!(case("example.org", "s;d=x", b"").starts_with("`dkim.selector`"));
    assert!(case("example.org", "s", b"secret").starts_with("`dkim.key`: is not a private key in PEM"));
    if works("openssl", &["version"], "weak keys") {
        let folder = Folder::new();
        let weak = key(&folder, &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]);
        assert!(case("example.org", "s", &weak).contains("2048 to 4096 bits"));
        let good = signers(&folder);
        for (message, why) in [
            ("From: a@example.org\r\n", "no blank line"),
            ("From: a@example.org\n\nx\n", "no blank line"),
            ("To: a@example.org\r\n\r\nx", "no From"),
            ("From: a@example.org\r\nnonsense\r\n\r\nx", "without a colon"),
        ] {
            let wrong = good[2].sign(message.as_bytes(), AT).unwrap_err();
            assert!(wrong.to_string().contains(why), "{message:?}: {wrong}");
        }
    }
}
