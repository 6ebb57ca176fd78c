//! Proofs of version 2 made with keys of this test, so that well signed bad ones can be tried: vectors for every verifier.

use std::collections::BTreeSet;
use std::path::Path;

use proof::{AttesterKey, Body, Claims, DecisionBody, InForce, Kind, Logged, ProofFile, Trust, TrustClass};
use record::checkpoint::{Checkpoint, sign_checkpoint, to_text};
use record::cosignature::{Witness, WitnessKey, cosign};
use record::digest::{Digest, sha256};
use record::keys::SigningKey;
use record::merkle;
use record::note::NoteVerifier;
use record::signed_statement::{self, Class, Header, Salt, from_entry};
use record::witness_policy::{self, PolicyWitness};

use crate::run::root;

const ORIGIN: &str = "example.org/desk";
/// The decider's key is good below this index, bob's below the other.
const DESK_UNTIL: u64 = 20;
const BOB_UNTIL: u64 = 3;

fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(&sha256(format!("a key of tests, public on purpose: {name}").as_bytes()).0)
}

fn named(name: &str) -> AttesterKey {
    AttesterKey { key: key(name).verifying_key(), name: name.try_into().unwrap() }
}

fn golden() -> ProofFile {
    let bytes = std::fs::read(root().join("vectors/proof/decision.proof")).unwrap();
    record::canonical::from_canonical(&bytes, "proof").unwrap()
}

/// What is done otherwise than an honest desk does it.
#[derive(Default)]
struct Cheat {
    /// Who signs the last act that is relied on.
    last_by: Option<&'static str>,
    /// Who signs the decision.
    decider: Option<&'static str>,
    /// Attesters claimed beside alice and bob.
    also: Option<&'static str>,
    /// When the act between was known.
    between_known: Option<&'static str>,
    /// Entries between, beside that act.
    waiting: u64,
    /// What the decision says of the root.
    root: Option<Digest>,
    /// The log signs another tree: with this entry replaced.
    forked_at: Option<usize>,
    /// No witness has cosigned.
    alone: bool,
}

/// A log under keys of this test with the acts of the golden proof, a decision on them, and others' entries around it.
struct Log {
    entries: Vec<Logged>,
}

impl Log {
    fn say(&mut self, by: &str, subject: &str, id: &str, known_at: &str, body: Body) -> (Salt, usize) {
        let salt = Salt(sha256(format!("salt {id}").as_bytes()).0);
        let digest = proof::prepared_body(&salt, &body).unwrap().1;
        let header = Header {
            attester: key(by).id(),
            body: digest,
            known_at: known_at.into(),
            statement: id.into(),
            subject: subject.into(),
            v: 1,
        };
        let signed = signed_statement::sign(Class::Real, header, &key(by)).unwrap();
        self.entries.push(Logged { signed, opened: Some((salt, body)) });
        (salt, self.entries.len() - 1)
    }

    fn leaves(&self) -> Vec<Digest> {
        let leaf = |e: &Logged| merkle::leaf_hash(&signed_statement::to_entry(&e.signed).unwrap());
        self.entries.iter().map(leaf).collect()
    }
}

/// The election's acts, each attested anew, below the notice of who attests most of them.
fn acts(golden: &ProofFile, election: &str, cheat: &Cheat) -> Log {
    let mut log = Log { entries: Vec::new() };
    let notice = Body::Key(record::keyring::KeyNotice {
        action: record::keyring::Action::Add,
        key: key("alice").verifying_key(),
        name: "alice".into(),
        key_use: record::keyring::KeyUse::Attester,
    });
    log.say("root", "record:keys", "key:add:alice", "2040-11-01T00:00:00Z", notice);
    let last = golden.statements.len() - 1;
    for (n, e) in golden.statements.iter().enumerate() {
        let header = from_entry(e.entry.as_bytes()).unwrap().header;
        // What bob attests stands where his key is good.
        let by = if n < 2 {
            "bob"
        } else if n == last {
            cheat.last_by.unwrap_or("alice")
        } else {
            "alice"
        };
        log.say(by, election, &header.statement, &header.known_at, e.body.clone().unwrap());
    }
    log
}

fn made(kind: Kind, cheat: &Cheat) -> ProofFile {
    let golden = golden();
    let Some(Body::Decision(old)) = golden.decision.body.clone() else { panic!("no decision") };
    let election = old.election.clone();
    let mut log = acts(&golden, &election, cheat);
    let size = log.entries.len();
    let root_of_it = merkle::root(&log.leaves());
    let late = golden.statements[0].body.clone().unwrap();
    log.say("alice", &election, "late", cheat.between_known.unwrap_or("2040-12-31T12:00:00Z"), late.clone());
    for n in 0..=cheat.waiting {
        log.say(
            "ann",
            &format!("{election}:telegram"),
            &format!("approval:{n}"),
            "2040-12-17T13:00:00Z",
            late.clone(),
        );
    }
    let claimed: Vec<AttesterKey> = ["alice", "bob"].into_iter().chain(cheat.also).map(named).collect();
    let keys: BTreeSet<_> = claimed.iter().map(|a| a.key.id()).collect();
    let mut relied = old.relied.clone();
    relied.iter_mut().for_each(|r| r.statement += 1);
    let body = DecisionBody {
        attesters: keys.into_iter().collect(),
        record_root: cheat.root.unwrap_or(root_of_it),
        record_size: size as u64,
        relied,
        ..*old
    };
    let (subject, at) = (proof::subject_of_decisions(&election), body.at.to_string());
    let decider = cheat.decider.unwrap_or("desk");
    let (salt, index) =
        log.say(decider, &subject, "decision:president", &at, Body::Decision(Box::new(body.clone())));
    log.say("desk", &format!("{election}:telegram"), "telegram:ada:released", "2040-12-17T13:00:02Z", late);
    let claims = Claims {
        attesters: claimed,
        decider: key(decider).verifying_key(),
        log: key("log").verifying_key(),
        origin: ORIGIN.into(),
    };
    let note = note(&log, cheat);
    let signed = log.entries[index].signed.clone();
    let heads = (&golden.election, &golden.law);
    let bytes =
        proof::build(kind, claims, note, (&signed, &salt, &body), &golden.policy, heads, &log.entries)
            .unwrap();
    let mut file: ProofFile = record::canonical::from_canonical(&bytes, "proof").unwrap();
    // Who puts another entry in the decision's place can still show that the log goes on from what is before it.
    if cheat.forked_at == Some(index) {
        let shown = if kind == Kind::Full { index } else { size };
        file.consistency = Some(merkle::consistency_proof(&forked(&log, cheat), shown as u64).unwrap());
    }
    file
}

fn forked(log: &Log, cheat: &Cheat) -> Vec<Digest> {
    let mut leaves = log.leaves();
    if let Some(at) = cheat.forked_at {
        leaves[at] = merkle::leaf_hash(b"another entry");
    }
    leaves
}

/// The checkpoint of the log, or of another that it pretends to be.
fn note(log: &Log, cheat: &Cheat) -> String {
    let leaves = forked(log, cheat);
    let head = Checkpoint { origin: ORIGIN.into(), size: leaves.len() as u64, root: merkle::root(&leaves) };
    let mut note = String::from_utf8(sign_checkpoint(&head, &key("log")).unwrap()).unwrap();
    if !cheat.alone {
        note += &cosign(&to_text(&head).unwrap(), "example.org/w", &key("witness"), 2_238_580_000).unwrap();
    }
    note
}

fn trust() -> Trust {
    let log = NoteVerifier::new(ORIGIN, key("log").verifying_key()).unwrap();
    let witness = Witness::new("example.org/w", WitnessKey::Ed25519(key("witness").verifying_key())).unwrap();
    let witness = PolicyWitness { name: "w".into(), witness, url: None };
    let span = |name: &str, from, until| InForce { key: key(name).verifying_key(), from, until };
    Trust {
        class: TrustClass::Real,
        origin: ORIGIN.into(),
        log: *log.key(),
        decider: key("desk").verifying_key(),
        witnesses: Some(witness_policy::to_text(&[(log, None)], &[witness], 1)),
        attester: ["alice", "bob", "carol"].map(named).into(),
        // Carol is enrolled after what is decided on.
        in_force: vec![
            span("alice", 1, None),
            span("bob", 0, Some(BOB_UNTIL)),
            span("carol", 12, None),
            span("desk", 1, Some(DESK_UNTIL)),
        ],
        pins: None,
    }
}

/// A cheat by the number of the check that catches it.
fn cheats() -> Vec<(&'static str, ProofFile)> {
    let (full, brief) = (Kind::Full, Kind::Brief);
    let with = |kind, cheat: Cheat| made(kind, &cheat);
    let spoilt = |kind, spoil: &dyn Fn(&mut ProofFile)| {
        let mut file = made(kind, &Cheat::default());
        spoil(&mut file);
        file
    };
    let other = Some(sha256(b"another root"));
    let size = golden().statements.len() + 1;
    let not_in_it = size + 2;
    vec![
        ("7.2.6-before-its-record", spoilt(full, &|f| f.decision.index = size as u64 - 1)),
        ("7.2.6-brief-before-its-record", spoilt(brief, &|f| f.decision.index = 0)),
        ("7.2.6-not-shown-in-the-log", spoilt(full, &|f| f.decision.inclusion = None)),
        ("7.2.6-no-consistency", spoilt(brief, &|f| f.consistency = None)),
        ("7.2.6-passed-off-as-version-1", spoilt(full, &|f| f.v = 1)),
        ("7.1.2-version-3", spoilt(full, &|f| f.v = 3)),
        ("7.6.1-an-entry-between-left-out", spoilt(full, &|f| drop(f.statements.pop()))),
        ("7.6.2-wrong-root", with(full, Cheat { root: other, ..Cheat::default() })),
        ("7.6.4-brief-wrong-root", with(brief, Cheat { root: other, ..Cheat::default() })),
        ("7.6.5-another-log", with(full, Cheat { forked_at: Some(1), ..Cheat::default() })),
        ("7.6.5-brief-another-log", with(brief, Cheat { forked_at: Some(1), ..Cheat::default() })),
        ("7.6.5-another-entry-between", with(full, Cheat { forked_at: Some(size), ..Cheat::default() })),
        (
            "7.6.6-the-decision-is-not-in-it",
            with(full, Cheat { forked_at: Some(not_in_it), ..Cheat::default() }),
        ),
        (
            "7.6.6-brief-the-decision-is-not-in-it",
            with(brief, Cheat { forked_at: Some(not_in_it), ..Cheat::default() }),
        ),
        ("7.6.6-brief-at-another-place", spoilt(brief, &|f| f.decision.index += 1)),
        ("7.7.2-a-body-between", spoilt(full, &|f| f.statements[size].body = f.statements[1].body.clone())),
        (
            "7.7.7-known-by-then",
            with(full, Cheat { between_known: Some("2040-12-10T12:00:00Z"), ..Cheat::default() }),
        ),
        ("7.9.2-no-decider", with(full, Cheat { decider: Some("alice"), ..Cheat::default() })),
        ("7.9.3-a-later-attester-claimed", with(full, Cheat { also: Some("carol"), ..Cheat::default() })),
        ("7.9.7-a-revoked-decider", with(full, Cheat { waiting: DESK_UNTIL, ..Cheat::default() })),
        ("7.9.7-brief-a-revoked-decider", with(brief, Cheat { waiting: DESK_UNTIL, ..Cheat::default() })),
        ("7.9.7-a-revoked-attester", with(full, Cheat { last_by: Some("bob"), ..Cheat::default() })),
        ("7.9.7-brief-a-revoked-attester", with(brief, Cheat { last_by: Some("bob"), ..Cheat::default() })),
        ("7.9.8-no-witness", with(full, Cheat { alone: true, ..Cheat::default() })),
    ]
}

/// The names of the checks by the first two parts of their number.
const NAMES: [(&str, &str); 4] = [("7.1", "form"), ("7.2", "decision"), ("7.6", "tree"), ("7.7", "bodies")];

fn vector(path: &Path, bytes: &[u8]) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    assert!(std::fs::read(path).unwrap() == bytes, "{} is not the golden one any more", path.display());
}

#[test]
fn golden_proofs_of_version_2_and_every_cheat() {
    let (folder, trust) = (root().join("vectors/proof/later"), trust());
    let text = proof::trust_to_toml(&trust).unwrap();
    vector(&folder.join("trust.toml"), text.as_bytes());
    assert_eq!(proof::trust_from_toml("trust.toml", &text).unwrap(), trust);
    let bytes = |file: &ProofFile| record::canonical::to_canonical(file).unwrap();
    for (kind, name) in [(Kind::Full, "decision.proof"), (Kind::Brief, "decision.brief.proof")] {
        let good = bytes(&made(kind, &Cheat::default()));
        let report = proof::verify(&good, Some(&trust));
        assert!(report.holds(), "{name}: {:?}", report.checks.last());
        vector(&folder.join(name), &good);
    }
    let cheats = cheats();
    for (name, file) in &cheats {
        let bad = bytes(file);
        let report = proof::verify(&bad, Some(&trust));
        let stage =
            NAMES.iter().find(|(number, _)| name.starts_with(number)).map_or("trust", |(_, stage)| stage);
        let last = report.checks.last().unwrap();
        assert_eq!((last.name, last.holds), (stage, false), "{name}: {:?}", report.checks);
        vector(&folder.join("refused").join(format!("{name}.proof")), &bad);
    }
    assert_eq!(std::fs::read_dir(folder.join("refused")).unwrap().count(), cheats.len());
}
