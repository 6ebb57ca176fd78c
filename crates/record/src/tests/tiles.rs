//! Tiles: every size to 600 by memory and by files, paths by table, and the files that come and go.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::error::Error;
use crate::merkle;
use crate::tile::{self, TileId, tiles_between, tiles_of};

type Files = BTreeMap<TileId, Vec<Digest>>;

fn leaves(size: u64) -> Vec<Digest> {
    (0..size).map(|n| merkle::leaf_hash(&n.to_be_bytes())).collect()
}

/// The tiles of hashes of a log, each computed from its leaves by the definition.
fn files(leaves: &[Digest]) -> Files {
    let size = u64::try_from(leaves.len()).unwrap();
    tiles_of(size).filter_map(|id| Some((id, hashes(leaves, id, id.level?)))).collect()
}

// Spec: tlog-tiles: MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l]).
fn hashes(leaves: &[Digest], id: TileId, level: u8) -> Vec<Digest> {
    let span = 256usize.pow(u32::from(level));
    let first = usize::try_from(id.index).unwrap() * 256;
    let range = |i: usize| (first + i) * span..(first + i + 1) * span;
    (0..usize::from(id.width)).map(|i| merkle::root(&leaves[range(i)])).collect()
}

fn reader(files: &Files) -> impl FnMut(TileId) -> Result<Vec<Digest>, Error> {
    let missing = Error::TileRefused { what: "tile", problem: "missing" };
    move |id| files.get(&id).cloned().ok_or(missing.clone())
}

#[test]
fn proofs_from_tiles_are_those_from_leaves() {
    for size in (1..=20).chain([255, 256, 257, 511, 512, 513, 600]) {
        let leaves = leaves(size);
        let files = files(&leaves);
        for old in (0..=size).step_by(1 + usize::try_from(size / 40).unwrap()) {
            let mut read = reader(&files);
            let prefix = &leaves[..usize::try_from(old).unwrap()];
            assert_eq!(tile::root(old, size, &mut read), Ok(merkle::root(prefix)), "root {old} in {size}");
            let proof = tile::consistency_proof(old, size, size, &mut read).unwrap();
            match old {
                0 => assert_eq!(proof, []),
                _ => assert_eq!(Ok(proof), merkle::consistency_proof(&leaves, old), "{old} to {size}"),
            }
            if old < size {
                let proof = tile::inclusion_proof(old, size, size, &mut read);
                assert_eq!(proof, merkle::inclusion_proof(&leaves, old), "{old} of {size}");
            }
        }
    }
}

#[test]
fn a_higher_level_stands_on_full_tiles_only() {
    let leaves = leaves(66_000);
    let files = files(&leaves);
    assert_eq!(files.keys().filter(|id| id.level == Some(2)).count(), 1);
    for (index, size) in [(0, 66_000), (65_535, 65_536), (65_536, 66_000), (300, 65_537)] {
        let proof = tile::inclusion_proof(index, size, 66_000, &mut reader(&files));
        let leaves = &leaves[..usize::try_from(size).unwrap()];
        assert_eq!(proof, merkle::inclusion_proof(leaves, index), "{index} of {size}");
    }
}

#[test]
fn the_files_of_a_log() {
    // Spec: tlog-tiles "Partial Tiles": the example of a tree of size 70,000, and of size 256.
    let of = |size, level| tiles_of(size).filter(|id| id.level == Some(level)).collect::<Vec<_>>();
    let widths = |tiles: &[TileId]| tiles.iter().map(|id| id.width).collect::<BTreeSet<_>>();
    assert_eq!((of(70_000, 0).len(), widths(&of(70_000, 0))), (274, [112, 256].into()));
    assert_eq!((of(70_000, 1).len(), widths(&of(70_000, 1))), (2, [17, 256].into()));
    assert_eq!((of(70_000, 2).len(), widths(&of(70_000, 2))), (1, [1].into()));
    assert_eq!((widths(&of(256, 0)), widths(&of(256, 1))), ([256].into(), [1].into()));
    assert_eq!(tiles_of(0).count(), 0);
}

/// Growing in any steps leaves the same files as growing at once, once replaced ones are gone.
#[test]
fn growing_by_steps() {
    for steps in [[1, 255, 256, 700], [3, 256, 511, 513], [100, 101, 102, 65_537], [256, 512, 768, 1024]] {
        let mut have = BTreeSet::new();
        let mut old = 0;
        for new in steps {
            have.extend(tiles_between(old, new));
            old = new;
        }
        let wanted: BTreeSet<TileId> = tiles_of(old).collect();
        assert!(wanted.is_subset(&have), "{steps:?}");
        let full = |id: &TileId| id.width == 256;
        assert_eq!(have.iter().filter(|id| full(id)).count(), wanted.iter().filter(|id| full(id)).count());
        let edges = |at: u64| tile::replaced_between(at, old);
        let replaced: BTreeSet<TileId> = steps.into_iter().flat_map(edges).collect();
        assert!(replaced.is_disjoint(&wanted), "{steps:?}");
        assert!(replaced.iter().all(|id| wanted.contains(&TileId { width: 256, ..*id })), "{steps:?}");
    }
}

#[test]
fn paths() {
    let table = [
        ("tile/0/x001/x234/067", Some((Some(0), 1_234_067, 256))),
        ("tile/0/000", Some((Some(0), 0, 256))),
        ("tile/3/x001/000.p/7", Some((Some(3), 1000, 7))),
        ("tile/entries/999.p/255", Some((None, 999, 255))),
        ("tile/63/005", Some((Some(63), 5, 256))),
        ("tile/64/005", None),
        ("tile/0/005.p/256", None),
        ("tile/0/005.p/0", None),
        ("tile/0/005.p/01", None),
        ("tile/00/005", None),
        ("tile/0/5", None),
        ("tile/0/x000/005", None),
        ("tile/0/x005", None),
        ("tile/0/../005", None),
        ("tile/data/005", None),
        ("/tile/0/005", None),
        ("tile/0/x018/x446/x744/x073/x709/x551/615", Some((Some(0), u64::MAX, 256))),
        ("tile/0/x018/x446/x744/x073/x709/x551/616", None),
    ];
    for (path, expected) in table {
        let expected = expected.map(|(level, index, width)| TileId { level, index, width });
        assert_eq!(path.parse::<TileId>().ok(), expected, "{path}");
        expected.iter().for_each(|id| assert_eq!(id.to_string(), path));
    }
}

#[test]
fn bundles() {
    let long = vec![7; 65_535];
    let entries: [&[u8]; 4] = [b"one", b"", &long, b"four"];
    let bundle = tile::to_bundle(entries).unwrap();
    assert_eq!(tile::from_bundle(&bundle, 4), Ok(entries.to_vec()));
    assert!(tile::from_bundle(&bundle, 3).is_err() && tile::from_bundle(&bundle, 5).is_err());
    for end in [0, 1, 2, 4, bundle.len() - 1] {
        assert!(tile::from_bundle(&bundle[..end], 4).is_err(), "cut at {end}");
    }
    assert!(tile::to_bundle([vec![0; 65_536].as_slice()]).is_err());
    assert!(tile::from_tile(&[0; 33], 1).is_err() && tile::from_tile(&[0; 64], 1).is_err());
}
