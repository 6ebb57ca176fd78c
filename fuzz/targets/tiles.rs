//! Bundles, tiles and their paths: docs/spec.md § 10.1. Nothing panics, and what is accepted is what the writer makes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use record::tile::{TileId, from_bundle, from_tile, to_bundle, to_tile};

fuzz_target!(|bytes: &[u8]| {
    let Some((width, bytes)) = bytes.split_first() else { return };
    let width = u16::from(*width) + 1;
    if let Ok(entries) = from_bundle(bytes, width) {
        assert_eq!(to_bundle(entries).unwrap(), bytes);
    }
    if let Ok(hashes) = from_tile(bytes, width) {
        assert_eq!(to_tile(&hashes), bytes);
    }
    if let Ok(path) = std::str::from_utf8(bytes)
        && let Ok(id) = path.parse::<TileId>()
    {
        assert_eq!(id.to_string(), path);
    }
});
