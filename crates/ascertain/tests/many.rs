//! Many append at once: every statement gets one index, and whoever asks again the same.

use std::collections::BTreeMap;

use ascertain::appender;
use ascertain::logbook::{self, Opening};
use ascertain::sequencer::{Packed, Placed};
use record::keyring::{Action, KeyUse};
use record::keys::SigningKey;
use record::signed_statement::{self, Class, Header, Salt, body_digest, to_entry};

use crate::run::Scratch;

fn packed(key: &SigningKey, number: usize) -> Packed {
    let salt = Salt([9; 32]);
    let body = br#"{"act":{"channel":"page","id":"one","issued":{"not_after":"2028-11-08T00:00:00Z","not_after_basis":"act"},"issuer":"desk","kind":"report","sources":["s"]}}"#;
    let header = Header {
        attester: key.id(),
        body: body_digest(&salt, body),
        known_at: "2028-11-08T00:00:00Z".into(),
        statement: format!("s{number}"),
        subject: "us-2028".into(),
        v: 1,
    };
    let signed = signed_statement::sign(Class::Real, header, key).unwrap();
    Packed { entry: to_entry(&signed).unwrap(), signed, opened: Some((salt, body.to_vec())) }
}

#[test]
fn each_statement_has_one_index() {
    let scratch = Scratch::new("many");
    let data = scratch.join("data");
    let mut logbook = logbook::found(&data, "example.org/many", &scratch.join("guard")).unwrap();
    let key = SigningKey::from_seed(&[7; 32]);
    let root = logbook.root(None).unwrap();
    let public = key.verifying_key();
    let notice = logbook::notice_of(root, Action::Add, "desk", KeyUse::Attester, public).unwrap();
    logbook.append(&[notice]).unwrap();
    let appender = appender::start(logbook);
    let told: Vec<(usize, u64)> = std::thread::scope(|scope| {
        let client = |client: usize| {
            let (appender, key) = (&appender, &key);
            scope.spawn(move || {
                let mut told = Vec::new();
                // Two clients hand in each number, in another order, one by one and in small batches.
                for n in 0..120 {
                    let number = (n * (2 * client + 1)) % 120 + 60 * (client % 2);
                    let answer = appender.submit(vec![packed(key, number)]).recv().unwrap();
                    match answer.as_slice() {
                        [Placed::New(index) | Placed::Again(index)] => told.push((number, *index)),
                        other => panic!("{other:?}"),
                    }
                }
                told
            })
        };
        let clients: Vec<_> = (0..4).map(client).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    let mut index_of: BTreeMap<usize, u64> = BTreeMap::new();
    for (number, index) in told {
        assert_eq!(*index_of.entry(number).or_insert(index), index, "s{number}");
    }
    let mut indices: Vec<u64> = index_of.values().copied().collect();
    indices.sort_unstable();
    assert_eq!(indices, (2..u64::try_from(indices.len()).unwrap() + 2).collect::<Vec<_>>());
    // A stranger's key, and a statement that was changed, are refused and stop nobody.
    let stranger = appender.submit(vec![packed(&SigningKey::from_seed(&[8; 32]), 900)]).recv().unwrap();
    assert!(matches!(stranger.as_slice(), [Placed::Refused(why)] if why.contains("no key of this record")));
    let mut changed = packed(&key, 901);
    changed.signed.header.known_at = "2028-11-09T00:00:00Z".into();
    let refused = appender.submit(vec![changed, packed(&key, 902)]).recv().unwrap();
    assert!(matches!(refused.as_slice(), [Placed::Refused(_), Placed::New(_)]), "{refused:?}");
    let size = appender.finish().unwrap().head().unwrap().size;
    // Opened again it has them all, published.
    let logbook = logbook::open(&data, Opening::default()).unwrap();
    assert_eq!(logbook.head().unwrap().size, size);
    drop(logbook);
    let said = crate::run::ascertain(&["record", "fsck", "--data", data.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}", said.out);
}
