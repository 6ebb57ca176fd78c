//! Tiles and bundles of real logs, through the readers here.

use super::vectors::{digest, read, read_text, report};
use crate::checkpoint::open_checkpoint;
use crate::edge::Edge;
use crate::note::NoteVerifier;
use crate::tile::{TileId, from_bundle, from_tile, root, to_bundle};

fn tessera_log() -> NoteVerifier {
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx".parse().unwrap()
}

/// The log of another project, made again entry by entry: the same files, the same roots.
#[test]
fn tessera_again() {
    let last = TileId { level: None, index: 0, width: 15 };
    let bundle = read(&format!("tessera/{last}"));
    let entries = from_bundle(&bundle, 15).unwrap();
    assert_eq!(to_bundle(entries.clone()).unwrap(), bundle);
    let mut edge = Edge::new();
    for (size, entry) in (1u64..).zip(entries) {
        assert_eq!(edge.push(entry), Ok(vec![]));
        for (id, bytes) in edge.partial() {
            assert_eq!(read(&format!("tessera/{id}")), bytes, "{id}");
        }
        let signed = open_checkpoint(&read(&format!("tessera/checkpoint.{size}")), &tessera_log()).unwrap();
        assert_eq!((signed.size, signed.root), (edge.size(), edge.root()));
    }
    report("tessera sizes made again", usize::try_from(edge.size()).unwrap(), 15);
}

#[test]
fn sunlight_roots() {
    let mut tried = 0;
    let mut tile = |id: TileId| match id.level {
        Some(0) => from_tile(&read(&format!("sunlight/{id}")), id.width),
        _ => (0..id.width)
            .map(|n| {
                let full = TileId { level: Some(0), index: u64::from(n), width: 256 };
                from_tile(&read(&format!("sunlight/{full}")), 256)
                    .map(|hashes| crate::tile::tile_root(&hashes))
            })
            .collect(),
    };
    for line in read_text("sunlight/roots.txt").lines().filter(|line| !line.starts_with('#')) {
        let (size, expected) = line.split_once(' ').unwrap();
        let size: u64 = size.parse().unwrap();
        let found = root(size, size, &mut tile).unwrap();
        assert_eq!(Some(found), digest(expected), "{size}");
        tried += 1;
    }
    report("sunlight roots from tiles", tried, 5);
}
