//! TLS against an authority made for the test: whom a message is given to, and that nobody else sees a byte of it.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ascertain::channel::address::parse;
use ascertain::channel::connect::{Names, TrustError, trust};
use ascertain::channel::http::{Line, Terms};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::receiver::{Guest, Seen, hasty, post, receive, run, said, terms};

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "test authority");
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    Authority { pem, issuer: Issuer::new(params, key) }
}

type Identity = (CertificateDer<'static>, PrivateKeyDer<'static>);

fn identity(
    names: &[&str],
    signed_by: Option<&Authority>,
    change: impl Fn(&mut CertificateParams),
) -> Identity {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = match signed_by {
        Some(authority) => params.signed_by(&key, &authority.issuer).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
}

/// A recipient with this certificate, which answers 200, or resets after the first bytes of the message.
fn secure(identity: Identity, reset: bool) -> (SocketAddr, Seen) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config =
        config.unwrap().with_no_client_auth().with_single_cert(vec![identity.0], identity.1).unwrap();
    let (config, seen) = (Arc::new(config), Seen::default());
    let told = seen.clone();
    let (at, _) = receive(move |_, guest: Guest| {
        told.connections.fetch_add(1, Ordering::SeqCst);
        let mut tls =
            rustls::StreamOwned::new(rustls::ServerConnection::new(Arc::clone(&config)).unwrap(), guest.tcp);
        let mut buf = [0; 65536];
        while let Ok(n @ 1..) = tls.read(&mut buf) {
            told.requests.lock().unwrap().push(buf[..n].to_vec());
            if reset || tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").is_err() {
                return;
            }
        }
    });
    (at, seen)
}

fn over_tls(host: &str, at: SocketAddr, own_root: Option<&str>, posts: usize) -> Vec<String> {
    let names = Names::Told(Arc::new(|_| vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]));
    let roots: Vec<&[u8]> = own_root.iter().map(|pem| pem.as_bytes()).collect();
    let terms = Terms { names, trust: trust(&roots).unwrap(), ..terms() };
    let mut line = Line::new(parse(&format!("https://{host}:{}/hook", at.port()), terms.reach).unwrap());
    run(async {
        let mut heard = Vec::new();
        for _ in 0..posts {
            heard.push(said(&post(&mut line, &terms).await));
        }
        heard
    })
}

/// The recipient's certificate is not good: TLS fails for this reason, and no byte of the message is read.
#[track_caller]
fn check_refused(why: &str, host: &str, identity: Identity, own_root: Option<&str>) {
    let (at, seen) = secure(identity, false);
    let heard = over_tls(host, at, own_root, 1).remove(0);
    assert!(heard.starts_with("nothing sent: no TLS: ") && heard.contains(why), "{heard}");
    assert_eq!((seen.connections(), seen.requests()), (1, 0));
}

#[test]
fn a_good_certificate_gets_the_message_and_the_connection_is_kept() {
    let ca = authority();
    let (at, seen) = secure(identity(&["desk.example"], Some(&ca), |_| {}), false);
    assert_eq!(over_tls("desk.example", at, Some(&ca.pem), 3), ["answer 200 ok"; 3]);
    assert_eq!((seen.connections(), seen.requests()), (1, 3));
    let (at, _) = secure(identity(&["127.0.0.1"], Some(&ca), |_| {}), false);
    assert_eq!(over_tls("127.0.0.1", at, Some(&ca.pem), 1), ["answer 200 ok"]);
}

#[test]
fn a_bad_certificate_gets_nothing() {
    let ca = authority();
    let root = Some(ca.pem.as_str());
    check_refused(
        "not valid for name",
        "desk.example",
        identity(&["other.example"], Some(&ca), |_| {}),
        root,
    );
    check_refused("not valid for name", "127.0.0.1", identity(&["desk.example"], Some(&ca), |_| {}), root);
    let expired = |p: &mut CertificateParams| p.not_after = date_time_ymd(2001, 1, 1);
    check_refused(
        "certificate expired",
        "desk.example",
        identity(&["desk.example"], Some(&ca), expired),
        root,
    );
    let early = |p: &mut CertificateParams| p.not_before = date_time_ymd(4000, 1, 1);
    check_refused(
        "certificate not valid yet",
        "desk.example",
        identity(&["desk.example"], Some(&ca), early),
        root,
    );
    check_refused("UnknownIssuer", "desk.example", identity(&["desk.example"], None, |_| {}), root);
    check_refused(
        "UnknownIssuer",
        "desk.example",
        identity(&["desk.example"], Some(&authority()), |_| {}),
        None,
    );
}

#[test]
fn a_reset_inside_tls_leaves_it_unknown() {
    let ca = authority();
    let (at, seen) = secure(identity(&["desk.example"], Some(&ca), |_| {}), true);
    let heard = over_tls("desk.example", at, Some(&ca.pem), 1);
    assert_eq!(
        (heard, seen.requests()),
        (vec!["no answer: the connection ended before an answer".into()], 1)
    );
}

#[test]
fn a_recipient_without_tls_or_without_a_word_gets_nothing() {
    let (at, _) = receive(|_, mut guest| {
        guest.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        guest.read();
    });
    let heard = over_tls("desk.example", at, None, 1).remove(0);
    assert!(heard.starts_with("nothing sent: no TLS: "), "{heard}");
    let (at, _) = receive(|_, mut guest| drop(guest.read()));
    let terms = hasty(60);
    let mut line = Line::new(parse(&format!("https://desk.example:{}/", at.port()), terms.reach).unwrap());
    let heard = said(&run(post(&mut line, &terms)));
    assert_eq!(heard, "nothing sent: it took too long: agreeing on TLS");
}

#[test]
fn a_root_of_ones_own_is_pem_with_a_certificate() {
    let pem = authority().pem;
    assert!(trust(&[pem.as_bytes(), pem.as_bytes()]).is_ok());
    assert_eq!(trust(&[b"nothing"]).err(), Some(TrustError::NotPem));
    let broken = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
    assert_eq!(trust(&[broken.as_bytes()]).err(), Some(TrustError::NotPem));
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(trust(&[no_certificate.as_bytes()]).err(), Some(TrustError::NotARoot));
}
