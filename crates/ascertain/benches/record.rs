//! What a record under own keys holds out, against limits measured in the same run. See BENCHMARKS.md.
//!
//! `cargo bench -p ascertain --bench record`; with `-- --test` everything runs once with few entries. `POSTER` may name the
//! program of `interop/go/poster`, whose figures are then printed beside these.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a benchmark prints rates, and stops where something is wrong"
)]

use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use ascertain::appender::{self, GROUP};
use ascertain::logbook::{self, Logbook, Opening};
use ascertain::sequencer::{Packed, Placed};
use ascertain::store::{Store, entries};
use record::check::{Depth, Effort, Issuers, Trusted, check_record};
use record::keyring::KeyUse;
use record::keys::SigningKey;
use record::signed_statement::{self, Class, Header, Salt, body_digest};

const BODY: &[u8] = br#"{"act":{"channel":"page","id":"fl.ascertain","issued":{"not_after":"2028-11-08T00:00:00Z","not_after_basis":"act"},"issuer":"desk","kind":"report","sources":["s"]}}"#;

fn main() {
    let test = std::env::args().any(|word| word == "--test");
    let only = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let size = if test { 3_000 } else { 200_000 };
    let wanted = |name: &str| only.as_deref().is_none_or(|only| name.contains(only));
    let signer = key();
    if wanted("proof") {
        brief_proof(if test { 3 } else { 200 });
        tlog_proof(if test { 3 } else { 2_000 });
    }
    let batch = sign(&signer, 0, size);
    if wanted("append") {
        appends(&batch);
        sqlite_alone(&batch);
        tessera(&batch);
    }
    if wanted("latency") {
        latency(&signer, if test { 200 } else { 20_000 });
    }
    if wanted("fsck") {
        fsck(&batch);
    }
    if wanted("rebuild") {
        rebuild(&signer, if test { 3_000 } else { 1_000_000 });
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

/// Statements with bodies, ids in order, as a client makes them.
fn sign(key: &SigningKey, from: usize, count: usize) -> Vec<Packed> {
    let sign = |n: usize| {
        let salt = Salt([u8::try_from(n % 251).unwrap(); 32]);
        let header = Header {
            attester: key.id(),
            body: body_digest(&salt, BODY),
            known_at: "2028-11-08T00:00:00Z".into(),
            statement: format!("01890a5d-ac96-774b-{:04x}-{n:012x}", n % 65_536),
            subject: "us-2028".into(),
            v: 1,
        };
        let signed = signed_statement::sign(Class::Real, header, key).unwrap();
        Packed {
            entry: signed_statement::to_entry(&signed).unwrap(),
            signed,
            opened: Some((salt, BODY.to_vec())),
        }
    };
    (from..from.checked_add(count).unwrap()).map(sign).collect()
}

fn rate(count: usize, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

/// What `measured` says, and the limit before and after it: both cores do nothing but verify these signatures, each singly
/// and strictly. The machine's own speed changes meanwhile.
fn beside_the_limit(batch: &[Packed], measured: impl FnOnce() -> f64) -> (f64, f64) {
    let before = verified_singly(batch);
    let measured = measured();
    (measured, f64::midpoint(before, verified_singly(batch)))
}

fn verified_singly(batch: &[Packed]) -> f64 {
    let key = key().verifying_key();
    let (left, right) = batch.split_at(batch.len() / 2);
    let verify = |some: &[Packed]| {
        some.iter().for_each(|packed| signed_statement::verify_signature(&packed.signed, &key).unwrap());
    };
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| verify(left));
        scope.spawn(|| verify(right));
    });
    let single = rate(batch.len(), start);
    println!("limit     {single:>9.0}/s  signatures verified singly on two threads, nothing else");
    single
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn record(scratch: &Scratch) -> Logbook {
    let mut logbook = logbook::found(&scratch.data(), "example.org/bench", &scratch.0.join("guard")).unwrap();
    let root = logbook.root(None).unwrap();
    let public = key().verifying_key();
    let add = record::keyring::Action::Add;
    let notice = logbook::notice_of(root, add, "bench", KeyUse::Attester, public).unwrap();
    assert!(matches!(logbook.append(&[notice]).unwrap().as_slice(), [Placed::New(_)]));
    logbook
}

fn clone(packed: &Packed) -> Packed {
    Packed { signed: packed.signed.clone(), entry: packed.entry.clone(), opened: packed.opened.clone() }
}

/// Fills a record through the batch API; the answer is waited for, so everything counted is durable and guarded.
fn filled(logbook: Logbook, batch: &[Packed]) -> Logbook {
    let appender = appender::start(logbook);
    let hand_in = |some: &[Packed]| appender.submit(some.iter().map(clone).collect());
    let answers: Vec<Receiver<Vec<Placed>>> = batch.chunks(GROUP).map(hand_in).collect();
    let placed: Vec<Placed> = answers.iter().flat_map(|answer| answer.recv().unwrap()).collect();
    assert!(placed.iter().all(|placed| matches!(placed, Placed::New(_))));
    appender.finish().unwrap()
}

/// The bar: at least 20,000 a second, and at least 0.6 of what two threads verify singly.
fn appends(batch: &[Packed]) {
    let scratch = Scratch::new("append");
    let logbook = record(&scratch);
    let (appended, single) = beside_the_limit(batch, || {
        let start = Instant::now();
        drop(filled(logbook, batch));
        rate(batch.len(), start)
    });
    println!(
        "append    {appended:>9.0}/s  verified, durable, guarded, signed, published; {:.2} of the limit",
        appended / single
    );
}

/// The same rows into the same tables, and nothing else: no signature, no tree, no file.
fn sqlite_alone(batch: &[Packed]) {
    let scratch = Scratch::new("sqlite");
    let mut store = Store::open(&scratch.data()).unwrap();
    let start = Instant::now();
    let mut index = 0u64;
    for group in batch.chunks(GROUP) {
        let t = store.write().unwrap();
        let attester = entries::attester(&t, key().id()).unwrap();
        for packed in group {
            let opened = packed.opened.as_ref().map(|(salt, body)| (salt, body.as_slice()));
            let statement = &packed.signed.header.statement;
            let row = entries::NewRow { attester, statement, entry: &packed.entry, opened };
            entries::insert(&t, index, &row).unwrap();
            index = index.checked_add(1).unwrap();
        }
        ascertain::store::commit(t).unwrap();
    }
    println!("sqlite    {:>9.0}/s  the same rows alone, {GROUP} a transaction", rate(batch.len(), start));
}

/// The same entries through Tessera's POSIX log, in its own process and as a server over loopback, if its program was built
/// (`interop/build.sh`). It checks no signature.
fn tessera(batch: &[Packed]) {
    let Some(poster) = std::env::var_os("POSTER") else {
        println!("tessera           -    POSTER names no program; interop/build.sh builds it");
        return;
    };
    let scratch = Scratch::new("tessera");
    let entries = scratch.0.join("entries");
    let framed = |entry: &[u8]| [&u32::try_from(entry.len()).unwrap().to_be_bytes(), entry].concat();
    std::fs::write(&entries, batch.iter().flat_map(|packed| framed(&packed.entry)).collect::<Vec<u8>>())
        .unwrap();
    for (server, log) in [(None, "in"), (Some("-http"), "over")] {
        let mut command = std::process::Command::new(&poster);
        let done = command.args(server).arg(scratch.0.join(log)).arg(&entries).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        said.lines().for_each(|line| println!("tessera   {line}"));
    }
}

/// A thousand a second, each alone. The bar: 99 of 100 acknowledged within 20 ms.
fn latency(key: &SigningKey, count: usize) {
    let scratch = Scratch::new("latency");
    let batch = sign(key, 0, count);
    let appender = appender::start(record(&scratch));
    let start = Instant::now();
    let (sent, received) = std::sync::mpsc::channel::<(Instant, Receiver<Vec<Placed>>)>();
    let waits = std::thread::scope(|scope| {
        let waiter = scope.spawn(move || {
            let wait = |(at, answer): (Instant, Receiver<Vec<Placed>>)| {
                assert!(matches!(answer.recv().unwrap().as_slice(), [Placed::New(_)]));
                at.elapsed()
            };
            received.iter().map(wait).collect::<Vec<Duration>>()
        });
        for (packed, n) in batch.iter().zip(0u32..) {
            let due = Duration::from_millis(1).checked_mul(n).unwrap();
            std::thread::sleep(due.saturating_sub(start.elapsed()));
            // From when it should have been handed in: a late start is part of the wait.
            sent.send((start.checked_add(due).unwrap(), appender.submit(vec![clone(packed)]))).unwrap();
        }
        drop(sent);
        waiter.join().unwrap()
    });
    drop(appender.finish().unwrap());
    let mut waits = waits;
    waits.sort_unstable();
    let at = |of: usize| waits.get(waits.len() * of / 1000).map_or(0.0, |wait| wait.as_secs_f64() * 1e3);
    println!(
        "latency   p50 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms  durable acknowledgement at 1,000/s",
        at(500),
        at(990),
        at(999)
    );
}

/// The bars: structure 500,000 entries a second; with signatures 0.8 of what two threads verify singly.
fn fsck(batch: &[Packed]) {
    let scratch = Scratch::new("fsck");
    let logbook = filled(record(&scratch), batch);
    let logs = logbook::log_verifiers(&logbook.founding.origin, &logbook.desk.keyring, None);
    let trusted = Trusted { logs, issuers: Issuers::Root(logbook.founding.root), policy: None };
    let public = logbook::public_of(&scratch.data());
    let read = |path: &str| std::fs::read(public.join(path)).map_err(|e| e.to_string());
    let check = |depth| {
        let start = Instant::now();
        let report = check_record(&read, &trusted, Effort { depth, threads: 2 });
        assert!(report.faults.is_empty(), "{:?}", report.faults.first());
        rate(batch.len(), start)
    };
    println!("fsck      {:>9.0}/s  hashes and structure", check(Depth::Structure));
    println!("fsck      {:>9.0}/s  and that every entry is one", check(Depth::Entries));
    let (signatures, single) = beside_the_limit(batch, || check(Depth::Signatures));
    println!("fsck      {signatures:>9.0}/s  and every signature; {:.2} of the limit", signatures / single);
}

/// One brief proof of the decision of 2020. The bar: 1 ms.
fn brief_proof(times: u32) {
    let scratch = Scratch::new("proof");
    let program = Path::new(env!("CARGO_BIN_EXE_ascertain"));
    let out = scratch.0.join("o");
    let words = ["replay", "us-2020", "--policy", "declared-by-congress", "--out", out.to_str().unwrap()];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    assert!(
        std::process::Command::new(program).args(words).current_dir(&root).output().unwrap().status.success()
    );
    let bytes = std::fs::read(out.join("decision.brief.proof")).unwrap();
    let start = Instant::now();
    for _ in 0..times {
        let verdict = proof::verify(&bytes, None).verdict;
        assert_eq!(verdict, proof::Verdict::ConsistentSignerUnknown);
    }
    println!(
        "proof     {:.2} ms  one brief proof of {} bytes verified",
        start.elapsed().as_secs_f64() * 1e3 / f64::from(times),
        bytes.len()
    );
}

/// One tlog-proof: checkpoint, inclusion and the attester's signature. The bar: 1 ms.
fn tlog_proof(times: u32) {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/record");
    let read = |name: &str| std::fs::read(vectors.join(name)).unwrap();
    let text = |name: &str| String::from_utf8(read(name)).unwrap();
    let log: record::note::NoteVerifier = text("log-vkey.txt").trim().parse().unwrap();
    let attester = text("attester-key.txt").trim().parse().unwrap();
    let bytes = read("statement.tlog-proof");
    let start = Instant::now();
    for _ in 0..times {
        let proof = record::tlog_proof::from_text(&bytes).unwrap();
        let (signed, _) = record::tlog_proof::verify(&proof, &log).unwrap();
        signed_statement::verify_signature(&signed, &attester).unwrap();
    }
    let each = start.elapsed().as_secs_f64() * 1e3 / f64::from(times);
    println!("proof     {each:.2} ms  one tlog-proof verified, with its statement's signature");
}

/// A million entries whose derived files are gone. The bar: 5 s.
fn rebuild(key: &SigningKey, size: usize) {
    let scratch = Scratch::new("rebuild");
    let mut logbook = record(&scratch);
    let step = 50_000.min(size);
    for from in (0..size).step_by(step) {
        logbook = filled(logbook, &sign(key, from, step));
    }
    drop(logbook);
    std::fs::remove_dir_all(logbook::public_of(&scratch.data())).unwrap();
    let start = Instant::now();
    let logbook = logbook::open(&scratch.data(), Opening::default()).unwrap();
    println!(
        "rebuild   {:.2} s  {} entries whose published files were gone, until the record is open and published",
        start.elapsed().as_secs_f64(),
        logbook.head().unwrap().size
    );
}
