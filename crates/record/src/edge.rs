//! The growing edge of a log: what has not filled a tile yet.
//!
//! Refuses to write anything: pushing an entry returns the files that it fills, and the partial ones are made on
//! request. The same pushes give the same bytes, so derived files can be rebuilt. Spec: c2sp.org/tlog-tiles@v0.1.0.

use crate::digest::Digest;
use crate::error::Error;
use crate::merkle::{leaf_hash, root_of_edges};
use crate::tile::{self, TileId, WIDTH};

/// The last, not yet full, tile of each level, and the last bundle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    bundle: Vec<u8>,
    // Eight levels hold any log of less than 2^64 entries.
    levels: [Vec<Digest>; 8],
}

/// A file of the layout with its bytes.
pub type File = (TileId, Vec<u8>);

impl Edge {
    /// The edge of an empty log.
    pub fn new() -> Edge {
        Edge::default()
    }

    /// The edge of a log of `size` entries, from its partial tiles and bundle as `read` gives them. Nothing is believed:
    /// compare [`Edge::root`] with a signed root.
    pub fn resume(size: u64, read: &mut dyn FnMut(TileId) -> Result<Vec<u8>, Error>) -> Result<Edge, Error> {
        let mut edge = Edge { size, ..Edge::default() };
        for id in tile::tiles_of_edge(size) {
            let bytes = read(id)?;
            match id.level {
                None => {
                    tile::from_bundle(&bytes, id.width)?;
                    edge.bundle = bytes;
                }
                Some(level) => {
                    let hashes = tile::from_tile(&bytes, id.width)?;
                    edge.levels.get_mut(usize::from(level)).into_iter().for_each(|l| l.clone_from(&hashes));
                }
            }
        }
        Ok(edge)
    }

    /// Appends an entry, and returns the files that are full now.
    pub fn push(&mut self, entry: &[u8]) -> Result<Vec<File>, Error> {
        self.bundle.extend(tile::to_bundle([entry])?);
        let mut filled = self.add(0, leaf_hash(entry));
        self.size = self.size.saturating_add(1);
        if self.size.is_multiple_of(u64::from(WIDTH)) {
            filled.push((self.last_full(None), std::mem::take(&mut self.bundle)));
        }
        Ok(filled)
    }

    fn add(&mut self, level: u8, hash: Digest) -> Vec<File> {
        let Some(hashes) = self.levels.get_mut(usize::from(level)) else { return Vec::new() };
        hashes.push(hash);
        if hashes.len() < usize::from(WIDTH) {
            return Vec::new();
        }
        let full = std::mem::take(hashes);
        let index = full_tiles(self.size.saturating_add(1), level).saturating_sub(1);
        let id = TileId { level: Some(level), index, width: WIDTH };
        let above = self.add(level.saturating_add(1), tile::tile_root(&full));
        [(id, tile::to_tile(&full))].into_iter().chain(above).collect()
    }

    /// The files that are not full: one bundle and one tile of each level at most.
    pub fn partial(&self) -> Vec<File> {
        let bytes = |id: TileId| match id.level {
            None => self.bundle.clone(),
            Some(level) => tile::to_tile(self.levels.get(usize::from(level)).map_or(&[][..], Vec::as_slice)),
        };
        tile::tiles_of_edge(self.size).map(|id| (id, bytes(id))).collect()
    }

    /// How many entries the log has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all entries.
    pub fn root(&self) -> Digest {
        root_of_edges(&self.levels)
    }

    fn last_full(&self, level: Option<u8>) -> TileId {
        let index = full_tiles(self.size, level.unwrap_or(0)).saturating_sub(1);
        TileId { level, index, width: WIDTH }
    }
}

fn full_tiles(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level).saturating_add(1).saturating_mul(8)).unwrap_or(0)
}
