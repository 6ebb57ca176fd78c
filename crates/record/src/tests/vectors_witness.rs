//! What a real witness answered, and the receipts of an independent writer.

use std::str::FromStr;

use serde::Deserialize;

use super::vectors::{digest, read, read_text, report, unhex};
use crate::checkpoint::{Checkpoint, from_text};
use crate::cosignature::{Witness, cosignatures};
use crate::keys::{SigningKey, VerifyingKey};
use crate::merkle::leaf_hash;
use crate::note::{NoteVerifier, read_note};
use crate::receipt::{Inclusion, to_receipt, verify};
use crate::text::from_base64;
use crate::tile::TileId;
use crate::witness::{Judgement, KnownLog, from_request, judge};
use crate::{tlog_proof, witness_policy};

fn vkey<T: FromStr>(name: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    read_text(&format!("witness/{name}")).trim_end().parse().unwrap()
}

fn stated(request: &[u8]) -> Checkpoint {
    let request = from_request(request).unwrap();
    from_text(read_note(&request.checkpoint).unwrap().0).unwrap()
}

/// Our judgement of each request, after what the witness had cosigned by then, is the answer it gave.
#[test]
fn the_same_answers_as_litewitness() {
    let [first, fork, second] = ["1-add-checkpoint-0-35000", "2-fork", "3-add-checkpoint-35000-70000"]
        .map(|name| read(&format!("witness/{name}.req")));
    let known = |last| KnownLog { keys: vec![vkey("log.vkey")], last };
    let judged = |request: &[u8], last| judge(request, |_| Some(known(last)));
    let at = Some(stated(&first));
    assert_eq!(judged(&first, None), Judgement::Cosign(stated(&first)));
    assert!(matches!(judged(&fork, at.clone()), Judgement::Inconsistent(_)));
    assert_eq!(judged(&second, at), Judgement::Cosign(stated(&second)));
    let last = Some(stated(&second));
    assert_eq!(judged(&second, last), Judgement::Conflict { size: 70_000 });
    assert_eq!(read_text("witness/4-stale.resp.body"), "70000\n");
    report("witness answers", 4, 4);
}

#[test]
fn cosignatures_of_litewitness() {
    let witness: Witness = vkey("witness.vkey");
    for name in ["1-add-checkpoint-0-35000", "3-add-checkpoint-35000-70000"] {
        let request = from_request(&read(&format!("witness/{name}.req"))).unwrap();
        let line = read(&format!("witness/{name}.resp.body"));
        let found =
            cosignatures(&[request.checkpoint, line].concat(), std::slice::from_ref(&witness)).unwrap();
        assert_eq!(found.len(), 1, "{name}");
    }
    let proof = tlog_proof::from_text(&read("witness/cosigned.tlog-proof")).unwrap();
    let policy = witness_policy::from_text(&read("witness/policy")).unwrap();
    let witnessed = witness_policy::check(&proof.checkpoint, &policy).unwrap();
    assert_eq!((witnessed.checkpoint.size, witnessed.cosignatures.len()), (70_000, 1));
    report("cosignatures", 3, 3);
}

#[derive(Deserialize)]
struct Receipt {
    file: String,
    size: u64,
    index: u64,
    entry_hex: String,
    root_hex: String,
}

#[test]
fn receipts_of_an_independent_writer() {
    let rows: Vec<Receipt> = serde_json::from_slice(&read("cose/manifest.json")).unwrap();
    let pem = read_text("cose/log-key.pub.pem");
    let spki = from_base64(pem.lines().nth(1).unwrap(), "key").unwrap();
    let key = VerifyingKey::from_bytes(spki.last_chunk().unwrap()).unwrap();
    for row in &rows {
        let bytes = read(&format!("cose/{}", row.file));
        let leaf = leaf_hash(&unhex(&row.entry_hex));
        let (inclusion, root) = verify(&bytes, &leaf, &key).unwrap();
        assert_eq!(
            (inclusion.size, inclusion.index, root.to_string()),
            (row.size, row.index, row.root_hex.clone())
        );
        assert!(verify(&bytes, &leaf_hash(b"other"), &key).is_err(), "{}", row.file);
        for place in 0..bytes.len() {
            let mut bad = bytes.clone();
            *bad.get_mut(place).unwrap() ^= 1;
            // A receipt signs the root, not the size: a path can fit two sizes, and leads to one root.
            let found = verify(&bad, &leaf, &key).map(|(_, found)| found);
            assert!(found.is_err() || found == Ok(root), "{} at {place}", row.file);
        }
    }
    report("COSE receipts", rows.len(), 15);
}

#[test]
fn receipts_of_ours() {
    let log = SigningKey::from_seed(&[7; 32]);
    let leaf = leaf_hash(b"one");
    let sibling = digest("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    let inclusion = Inclusion { size: 2, index: 0, hashes: vec![sibling] };
    let root = crate::merkle::node_hash(&leaf, &sibling);
    let receipt = to_receipt(&inclusion, &root, &log).unwrap();
    assert_eq!(verify(&receipt, &leaf, &log.verifying_key()), Ok((inclusion, root)));
}

#[test]
fn tile_paths_of_another_project() {
    let paths = read_text("azul/tile-paths.txt");
    // Their layout has the height of the tree in front, and words for entries that ours has not.
    assert!(paths.lines().all(|path| path.parse::<TileId>().is_err()), "{paths}");
    report("foreign tile paths refused", paths.lines().count(), 8);
    assert!(vkey::<NoteVerifier>("log.vkey").name().starts_with("ascertain.example"));
}

/// Spec: RFC 8032 § 5.1.3: a y not below p is no encoding. None of the vectors shows one that is not of small order.
#[test]
fn keys_have_one_spelling() {
    for low in 0xed..=0xff {
        for sign in [0x7f, 0xff] {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (low, sign);
            assert!(VerifyingKey::from_bytes(&bytes).is_err(), "{low:x} {sign:x}");
        }
    }
}
