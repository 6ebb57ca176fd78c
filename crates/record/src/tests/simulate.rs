//! A log on a disk that breaks: whatever happens, never two signed roots of one size, never an acknowledged entry lost,
//! never a published file that does not lead to the published root.
//!
//! `LOG_CRASHES=1000000 cargo test --release -p record simulate -- --nocapture` takes more than the suite does.

use std::sync::Mutex;

use super::disk::{BREAKS, Break, Chance, World};
use super::{ORIGIN, SALT, attester, log_key, log_verifier};
use crate::check::{Depth, Effort, Issuers, Report, Trusted, check_record};
use crate::checkpoint::open_checkpoint;
use crate::guard::Refusal;
use crate::log::{self, Config, GUARD, Guarding, Log, Stop};
use crate::signed_statement::{Class, Header, body_digest, sign, to_entry};

/// The entry of this number; signing is what would take the time.
fn entry(number: u64) -> Vec<u8> {
    static SIGNED: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
    let mut signed = SIGNED.lock().unwrap();
    while signed.len() as u64 <= number {
        let next = signed.len() as u64;
        signed.push(sign_entry(next));
    }
    signed[usize::try_from(number).unwrap()].clone()
}

fn sign_entry(number: u64) -> Vec<u8> {
    let header = Header {
        attester: attester().id(),
        body: body_digest(&SALT, b"{}"),
        known_at: "2026-11-20T18:00:00Z".to_owned(),
        statement: format!("s{number}"),
        subject: "example".to_owned(),
        v: 1,
    };
    to_entry(&sign(Class::Real, header, &attester()).unwrap()).unwrap()
}

fn config() -> Config {
    Config {
        origin: ORIGIN.to_owned(),
        keys: vec![log_key()],
        seen: Vec::new(),
        guarding: Guarding::Kept,
        beside: Vec::new(),
    }
}

/// What was told to those who append, and what they will append next.
#[derive(Clone, Default)]
struct Told {
    acknowledged: Vec<(u64, Vec<u8>)>,
    next: u64,
}

/// One batch: given places, made durable, guarded, signed, published.
fn append(world: &mut World, log: Log, told: &mut Told, count: u64, publish: bool) -> Result<Log, Stop> {
    let entries: Vec<Vec<u8>> = (0..count).map(|n| entry(told.next + n)).collect();
    told.next += count;
    let staged = log::stage(&log, &entries)?;
    log::recheck(&log, &staged, &entries)?;
    world.commit(staged.first, &entries, staged.head)?;
    let first = staged.first;
    let log = log.committed(world, staged)?;
    told.acknowledged.extend((first..).zip(entries));
    if publish { log.publish(world, "") } else { Ok(log) }
}

/// The one check after whatever happened.
fn check(world: &World, told: &Told, label: &str) {
    assert_eq!(world.forked, None, "{label}: two roots of one size were signed");
    for (index, entry) in &told.acknowledged {
        let held = usize::try_from(*index).ok().and_then(|index| world.entries.get(index));
        assert_eq!(held, Some(entry), "{label}: the acknowledged entry {index} is lost");
    }
    let Some(note) = world.file("public/checkpoint") else { return };
    let shown = open_checkpoint(note, &log_verifier()).unwrap_or_else(|e| panic!("{label}: checkpoint: {e}"));
    assert!(shown.size <= world.entries.len() as u64, "{label}: more is published than is durable");
    let report = checked(world);
    assert!(report.faults.is_empty(), "{label}: {:?}", report.faults);
}

fn checked(world: &World) -> Report {
    let read = |path: &str| {
        let found = world.file(&format!("public/{path}")).map(<[u8]>::to_vec);
        found.ok_or_else(|| "is not there".to_owned())
    };
    let trusted = Trusted { logs: vec![log_verifier()], issuers: Issuers::Unknown, policy: None };
    check_record(&read, &trusted, Effort { depth: Depth::Structure, threads: 1 })
}

/// Works until the fuse blows or the steps are done.
fn work(world: &mut World, told: &mut Told, steps: u64, wide: bool) -> Result<(), Stop> {
    let mut log = log::open(world, config())?;
    for _ in 0..steps {
        let count = match world.chance.below(30) {
            0 if wide => 260,
            n => 1 + n % 3,
        };
        let publish = world.chance.below(3) > 0;
        log = append(world, log, told, count, publish)?;
    }
    Ok(())
}

fn crashes() -> u64 {
    std::env::var("LOG_CRASHES").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000)
}

/// Breaks a call, starts again, breaks another, and so on, in many worlds.
fn soak(seed: u64, crashes: u64) {
    let mut chance = Chance(seed);
    let (mut done, mut worlds) = (0, 0u64);
    while done < crashes {
        worlds += 1;
        let mut world = World::seeded(chance.next(), None);
        let mut told = Told::default();
        // One world in sixteen grows over the edge of a tile; the others are quick.
        let wide = worlds.is_multiple_of(16);
        let mut backup = world.clone();
        for _ in 0..if wide { 48 } else { 24 } {
            let kind = BREAKS[usize::try_from(chance.below(5)).unwrap()];
            let fuse = if chance.below(2) == 0 { chance.below(20) } else { chance.below(80) };
            world.fuse = Some((fuse, kind));
            let label = format!("seed {seed}, world {worlds}, break {done}: {kind:?} after {fuse}");
            let ended = work(&mut world, &mut told, 8, wide);
            assert!(matches!(ended, Ok(()) | Err(Stop::Fault(_))), "{label}: {ended:?}");
            done += u64::from(ended.is_err());
            // A process can end and leave the power on; then what no disk holds can still be read.
            world.restart(world.crashed || chance.below(3) == 0);
            check(&world, &told, &label);
            match chance.below(6) {
                0 => backup = world.clone(),
                1 => restore(&backup, &world, &told, &label),
                _ => {}
            }
            if world.entries.len() > 600 {
                break;
            }
        }
        log::open(&mut world, config()).unwrap_or_else(|stop| panic!("seed {seed}, world {worlds}: {stop}"));
        check(&world, &told, &format!("seed {seed}, world {worlds}, at its end"));
    }
    println!("{done} broken calls in {worlds} worlds, seed {seed}: no fork, no loss, no bad file");
}

#[test]
fn broken_calls() {
    let each = crashes() / 2;
    std::thread::scope(|scope| (1..=2).for_each(|seed| drop(scope.spawn(move || soak(seed, each)))));
}

/// An older copy under the newer guard: either nothing was signed since, or it does not sign.
fn restore(backup: &World, world: &World, told: &Told, label: &str) {
    let mut restored = backup.clone();
    restored.signed.clone_from(&world.signed);
    restored.tamper(GUARD, world.file(GUARD));
    let mut other = Told { next: told.next + 1, ..told.clone() };
    match log::open(&mut restored, config()) {
        Ok(log) => drop(append(&mut restored, log, &mut other, 2, true).unwrap()),
        Err(Stop::Refused(_)) => {
            assert_eq!(restored.signed, world.signed, "{label}");
            return;
        }
        Err(stop) => panic!("{label}: {stop}"),
    }
    check(&restored, &other, &format!("{label}, restored"));
}

/// Every call of a fixed run, broken in every way.
#[test]
fn every_call_fails() {
    let run = |fuse| {
        let mut world = World::seeded(7, fuse);
        let mut told = Told::default();
        let ended = work(&mut world, &mut told, 4, false);
        (world, told, ended)
    };
    let calls = run(None).0.calls;
    assert!(calls > 40, "{calls}");
    for n in 0..calls {
        for kind in BREAKS {
            let (mut world, told, ended) = run(Some((n, kind)));
            let label = format!("call {n}, {kind:?}");
            assert!(matches!(ended, Err(Stop::Fault(_))), "{label}: {ended:?}");
            world.restart(kind != Break::Half);
            check(&world, &told, &label);
            log::open(&mut world, config()).unwrap_or_else(|stop| panic!("{label}: {stop}"));
            check(&world, &told, &label);
        }
    }
}

fn filled(batches: &[u64]) -> (World, Told) {
    let (mut world, mut told) = (World::seeded(3, None), Told::default());
    let mut log = log::open(&mut world, config()).unwrap();
    for count in batches {
        log = append(&mut world, log, &mut told, *count, true).unwrap();
    }
    (world, told)
}

fn refused(world: &mut World) -> Vec<Refusal> {
    match log::open(world, config()) {
        Err(Stop::Refused(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_restored_backup_does_not_sign() {
    let (backup, _) = filled(&[1, 3, 2]);
    let (now, told) = filled(&[1, 3, 2, 5]);
    let mut restored = backup.clone();
    restored.tamper(GUARD, now.file(GUARD));
    assert!(matches!(refused(&mut restored).as_slice(), [Refusal::Behind { held: 6, seen: 11, .. }]));
    assert_eq!(restored.signed, backup.signed);
    // The newer copy opens.
    let mut newer = now;
    log::open(&mut newer, config()).unwrap();
    check(&newer, &told, "newer");
    // Without a guard nobody can say, until the owner does; what was published still can.
    let mut lost = backup.clone();
    lost.tamper(GUARD, None);
    assert!(matches!(refused(&mut lost).as_slice(), [Refusal::Unguarded { held: 6, .. }]));
    assert!(log::open(&mut lost, Config { guarding: Guarding::Accept(5), ..config() }).is_err());
    assert!(log::open(&mut lost, Config { guarding: Guarding::Accept(6), ..config() }).is_ok());
    let mut shown = backup;
    shown.tamper(GUARD, None);
    shown.tamper("public/checkpoint", newer.file("public/checkpoint"));
    assert!(matches!(refused(&mut shown).as_slice(), [Refusal::Behind { .. }, Refusal::Unguarded { .. }]));
}

#[test]
fn a_copied_machine_does_not_sign() {
    let (mut first, mut told) = filled(&[1, 3, 2]);
    let mut second = first.clone();
    let mut other = Told { next: 1000, ..told.clone() };
    let (a, b) = (log::open(&mut first, config()).unwrap(), log::open(&mut second, config()).unwrap());
    append(&mut first, a, &mut told, 2, true).unwrap();
    // Both write to the one guard.
    second.tamper(GUARD, first.file(GUARD));
    let signed = second.signed.clone();
    let stopped = append(&mut second, b, &mut other, 2, true);
    assert!(matches!(stopped, Err(Stop::Refused(_))), "{stopped:?}");
    assert_eq!(second.signed, signed);
    assert!(matches!(refused(&mut second).as_slice(), [Refusal::Forked { .. }]));
}

#[test]
fn a_witness_that_saw_more_stops_it() {
    let (mut world, _) = filled(&[1, 3, 2]);
    let seen = |size, root| crate::guard::Seen { place: "witness w".to_owned(), size, root };
    let open = |world: &mut World, seen| log::open(world, Config { seen: vec![seen], ..config() });
    assert!(open(&mut world, seen(6, None)).is_ok());
    assert!(open(&mut world, seen(4, None)).is_ok());
    assert!(open(&mut world, seen(7, None)).is_err());
    assert!(open(&mut world, seen(6, Some(crate::digest::Digest([9; 32])))).is_err());
    assert!(open(&mut world, seen(4, Some(crate::digest::Digest([9; 32])))).is_err());
}

/// A flipped bit in any file is repaired, refused or found by the check: never signed over.
#[test]
fn flipped_bits() {
    let (world, told) = filled(&[7, 260, 1]);
    for path in world.paths() {
        let bytes = world.file(&path).unwrap().to_vec();
        for at in [0, bytes.len() / 3, bytes.len() - 1] {
            let mut broken = world.clone();
            let mut flipped = bytes.clone();
            flipped[at] ^= 4;
            broken.tamper(&path, Some(&flipped));
            let found = !checked(&broken).faults.is_empty();
            let opened = log::open(&mut broken, config());
            let repaired = opened.is_ok() && checked(&broken).faults.is_empty();
            let stopped = matches!(opened, Err(Stop::Refused(_) | Stop::Damaged(_)));
            assert!(found || repaired || stopped, "{path} at {at}: {opened:?}");
            assert_eq!(broken.forked, None, "{path} at {at}");
            // Made again from the entries, every file is right.
            if opened.is_ok() {
                log::rebuild(&mut broken).unwrap();
                check(&broken, &told, &path);
            }
        }
    }
}
