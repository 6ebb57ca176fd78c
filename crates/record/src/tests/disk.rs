//! A disk that breaks: what was not synchronised may be lost, torn or there in another order; every call may fail, having
//! done what it was asked or not. The database beside it commits whole transactions or none.

use std::collections::BTreeMap;

use crate::checkpoint;
use crate::digest::Digest;
use crate::log::{Fault, Head, Storage, Visit};
use crate::merkle::root;

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// It fails and did nothing.
    Refuse,
    /// It fails and did what it was asked.
    DoneButRefuse,
    /// The power goes before it.
    CrashBefore,
    /// The power goes after it.
    CrashAfter,
    /// It fails half done: a full disk.
    Half,
}

pub const BREAKS: [Break; 5] =
    [Break::Refuse, Break::DoneButRefuse, Break::CrashBefore, Break::CrashAfter, Break::Half];

#[derive(Debug, Clone, Default)]
struct Inode {
    /// What a reader sees.
    seen: Vec<u8>,
    /// What survives the loss of power; `None` if nothing is known to.
    durable: Option<Vec<u8>>,
    /// Whether a failed synchronisation made the system forget that it is not durable.
    forgotten: bool,
}

#[derive(Debug, Clone)]
enum Change {
    Put(String, usize),
    Remove(String),
}

/// Disk and database.
#[derive(Debug, Clone, Default)]
pub struct World {
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    changes: Vec<Change>,
    pub entries: Vec<Vec<u8>>,
    pub heads: BTreeMap<u64, Digest>,
    notes: BTreeMap<u64, Vec<u8>>,
    /// Every root the log signed, by size: the harness looks at what leaves the log, not at what it says.
    pub signed: BTreeMap<u64, Digest>,
    /// Two roots of one size were signed.
    pub forked: Option<u64>,
    /// Calls until one breaks.
    pub fuse: Option<(u64, Break)>,
    pub crashed: bool,
    pub calls: u64,
    pub chance: Chance,
}

/// Numbers from a seed: splitmix64.
#[derive(Debug, Clone, Default)]
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

impl World {
    pub fn seeded(seed: u64, fuse: Option<(u64, Break)>) -> World {
        World { chance: Chance(seed), fuse, ..World::default() }
    }

    /// Runs a call, and breaks it if its time has come.
    fn call<T>(&mut self, doing: &str, run: impl FnOnce(&mut World, bool) -> T) -> Result<T, Fault> {
        let fault = |problem: &str| Fault { doing: doing.to_owned(), problem: problem.to_owned() };
        if self.crashed {
            return Err(fault("no power"));
        }
        self.calls += 1;
        let kind = match &mut self.fuse {
            Some((0, kind)) => {
                let kind = *kind;
                self.fuse = None;
                kind
            }
            Some((left, _)) => {
                *left -= 1;
                return Ok(run(self, false));
            }
            None => return Ok(run(self, false)),
        };
        match kind {
            Break::Refuse => {}
            Break::DoneButRefuse | Break::CrashAfter => drop(run(self, false)),
            Break::Half => drop(run(self, true)),
            Break::CrashBefore => {}
        }
        self.crashed = matches!(kind, Break::CrashBefore | Break::CrashAfter);
        Err(fault("broken on purpose"))
    }

    /// The process ended; with the power gone too, what was not durable is lost, torn or kept, as chance has it.
    pub fn restart(&mut self, power: bool) {
        self.crashed = false;
        self.fuse = None;
        if !power {
            return;
        }
        for inode in &mut self.inodes {
            let kept = self.chance.below(4);
            let torn = usize::try_from(self.chance.below(inode.seen.len() as u64 + 1)).unwrap();
            inode.seen = match (&inode.durable, kept) {
                (Some(durable), 0 | 1) => durable.clone(),
                (None, 0) => Vec::new(),
                (_, 2) if !inode.forgotten && inode.durable.as_deref() != Some(&inode.seen) => {
                    inode.seen[..torn].to_vec()
                }
                (Some(durable), _) if inode.forgotten => durable.clone(),
                _ => inode.seen.clone(),
            };
            *inode = Inode { durable: Some(inode.seen.clone()), seen: inode.seen.clone(), forgotten: false };
        }
        for change in std::mem::take(&mut self.changes) {
            if self.chance.below(2) == 0 {
                apply(&mut self.durable, change);
            }
        }
        self.names = self.durable.clone();
        self.signed_files();
    }

    /// Entries and their head in one transaction; the head must follow the one before it.
    pub fn commit(&mut self, first: u64, entries: &[Vec<u8>], head: Head) -> Result<(), Fault> {
        self.call("commit", |world, half| {
            if !half && world.entries.len() as u64 == first {
                world.entries.extend_from_slice(entries);
                world.heads.insert(head.size, head.root);
            }
        })
    }

    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.names.get(path).map(|inode| self.inodes[*inode].seen.as_slice())
    }

    pub fn paths(&self) -> Vec<String> {
        self.names.keys().cloned().collect()
    }

    /// Changes the bytes of a file behind everybody's back.
    pub fn tamper(&mut self, path: &str, bytes: Option<&[u8]>) {
        let inode = self.inodes.len();
        let durable = bytes.map(<[u8]>::to_vec);
        self.inodes.push(Inode { seen: durable.clone().unwrap_or_default(), durable, forgotten: false });
        let change = match bytes {
            Some(_) => Change::Put(path.to_owned(), inode),
            None => Change::Remove(path.to_owned()),
        };
        apply(&mut self.names, change.clone());
        apply(&mut self.durable, change);
    }

    fn sign(&mut self, note: &[u8]) {
        let Ok(head) = checkpoint::stated(note) else { return };
        let before = *self.signed.entry(head.size).or_insert(head.root);
        if before != head.root {
            self.forked = Some(head.size);
        }
    }

    fn signed_files(&mut self) {
        let note = self.file("public/checkpoint").map(<[u8]>::to_vec);
        note.iter().for_each(|note| self.sign(note));
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.names, change.clone());
        self.changes.push(change);
    }
}

fn apply(names: &mut BTreeMap<String, usize>, change: Change) {
    match change {
        Change::Put(path, inode) => drop(names.insert(path, inode)),
        Change::Remove(path) => drop(names.remove(&path)),
    }
}

fn touches(change: &Change, folder: &str) -> bool {
    let (Change::Put(path, _) | Change::Remove(path)) = change;
    path.rsplit_once('/').is_some_and(|(of, _)| of == folder)
}

fn some<T>(items: &[T], half: bool) -> &[T] {
    if half { &items[..items.len() / 2] } else { items }
}

impl Storage for World {
    fn head(&mut self) -> Result<Head, Fault> {
        self.call("head", |world, _| match world.heads.last_key_value() {
            Some((size, root)) => Head { size: *size, root: *root },
            None => Head { size: 0, root: root(&[]) },
        })
    }

    fn root_at(&mut self, size: u64) -> Result<Option<Digest>, Fault> {
        self.call("root", |world, _| world.heads.get(&size).copied())
    }

    fn entries(&mut self, from: u64, to: u64, visit: Visit<'_>) -> Result<(), Fault> {
        let entries = self.call("entries", |world, _| world.entries.clone())?;
        for (index, entry) in (0u64..).zip(entries).filter(|(index, _)| (from..to).contains(index)) {
            visit(index, &entry)?;
        }
        Ok(())
    }

    fn note(&mut self, size: u64) -> Result<Option<Vec<u8>>, Fault> {
        self.call("note", |world, _| world.notes.get(&size).cloned())
    }

    fn put_note(&mut self, size: u64, note: &[u8]) -> Result<(), Fault> {
        // That it was asked is enough: the signature exists.
        self.sign(note);
        self.call("put note", |world, half| {
            if !half {
                world.notes.insert(size, note.to_vec());
            }
        })
    }

    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.call("read", |world, _| world.file(path).map(<[u8]>::to_vec))
    }

    fn create(&mut self, files: &[(&str, &[u8])]) -> Result<(), Fault> {
        for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with("checkpoint.new")) {
            let _ = path;
            self.sign(bytes);
        }
        self.call("create", |world, half| {
            for (path, bytes) in some(files, half) {
                let inode = world.inodes.len();
                world.inodes.push(Inode { seen: bytes.to_vec(), durable: None, forgotten: false });
                world.change(Change::Put((*path).to_owned(), inode));
            }
            if let (true, Some((path, bytes))) = (half, files.last()) {
                let inode = world.inodes.len();
                let seen = bytes[..bytes.len() / 2].to_vec();
                world.inodes.push(Inode { seen, durable: None, forgotten: false });
                world.change(Change::Put((*path).to_owned(), inode));
            }
        })
    }

    fn sync(&mut self, paths: &[&str]) -> Result<(), Fault> {
        let done = self.call("sync", |world, half| {
            for path in some(paths, half) {
                let inode = &mut world.inodes[world.names[*path]];
                // The second synchronisation after a failed one says that all is well.
                if !inode.forgotten {
                    inode.durable = Some(inode.seen.clone());
                }
            }
        });
        if done.is_err() {
            for path in paths {
                let Some(inode) = self.names.get(*path).copied() else { continue };
                let inode = &mut self.inodes[inode];
                inode.forgotten = inode.durable.as_deref() != Some(&inode.seen);
                if inode.durable.is_none() {
                    inode.durable = Some(Vec::new());
                }
            }
        }
        done
    }

    fn rename(&mut self, pairs: &[(&str, &str)]) -> Result<(), Fault> {
        self.call("rename", |world, half| {
            for (from, to) in some(pairs, half) {
                let inode = world.names[*from];
                world.change(Change::Put((*to).to_owned(), inode));
                world.change(Change::Remove((*from).to_owned()));
            }
        })
    }

    fn sync_folders(&mut self, folders: &[&str]) -> Result<(), Fault> {
        self.call("sync folder", |world, half| {
            for folder in some(folders, half) {
                let changes = std::mem::take(&mut world.changes);
                for change in changes {
                    if touches(&change, folder) {
                        apply(&mut world.durable, change);
                    } else {
                        world.changes.push(change);
                    }
                }
            }
        })
    }

    fn remove_folder(&mut self, folder: &str) -> Result<(), Fault> {
        self.call("remove", |world, half| {
            let inside: Vec<String> =
                world.names.keys().filter(|path| path.starts_with(&format!("{folder}/"))).cloned().collect();
            for path in some(&inside, half) {
                world.change(Change::Remove(path.clone()));
            }
        })
    }
}
