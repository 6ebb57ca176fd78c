//! Tiles: the tree and the entries as files of 256, which any web server can serve.
//!
//! Refuses to know where a file comes from: a reader is an argument, and nothing it returns is believed before it leads
//! to a signed root. Spec: c2sp.org/tlog-tiles@v0.1.0.

use std::fmt;
use std::str::FromStr;

use crate::digest::Digest;
use crate::error::{Error, excerpt};
use crate::merkle::{Frontier, node_hash};
use crate::text;

/// A file of the layout: hashes of a level, or entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// The level of the hashes; `None` for a bundle of entries.
    pub level: Option<u8>,
    /// Which one in its level, from 0.
    pub index: u64,
    /// How many hashes or entries it holds: 1 to 256, and 256 if it is full.
    pub width: u16,
}

/// How many hashes or entries a full tile holds.
pub const WIDTH: u16 = 256;
/// No bundle is longer: 256 entries of 65,535 bytes, each with its length before it.
pub const MAX_BUNDLE_BYTES: usize = 256 * 65_537;

/// The files of a log of this size: of each level the full ones and the partial one at its end, bundles last.
pub fn tiles_of(size: u64) -> impl Iterator<Item = TileId> {
    tiles_between(0, size)
}

/// The files that a log of `new_size` has and a log of `old_size` had not.
pub fn tiles_between(old_size: u64, new_size: u64) -> impl Iterator<Item = TileId> {
    let levels = (0..LEVELS).map(Some).chain([None]);
    levels.flat_map(move |level| {
        let shift = u32::from(level.unwrap_or(0)).saturating_mul(8);
        let (old, new) = (shifted(old_size, shift), shifted(new_size, shift));
        let first = old >> 8;
        let full = (first..new >> 8).map(move |index| TileId { level, index, width: WIDTH });
        let rest = u16::try_from(new & 0xff).unwrap_or(0);
        let partial = (rest > 0 && new > old).then_some(TileId { level, index: new >> 8, width: rest });
        full.chain(partial)
    })
}

/// The partial files of a log of `old_size` which at `new_size` are full, and so need not be kept.
pub fn replaced_between(old_size: u64, new_size: u64) -> impl Iterator<Item = TileId> {
    tiles_of_edge(old_size).filter(move |tile| {
        let shift = u32::from(tile.level.unwrap_or(0)).saturating_mul(8);
        shifted(new_size, shift) >> 8 > tile.index
    })
}

/// The partial files of a log of this size.
pub fn tiles_of_edge(size: u64) -> impl Iterator<Item = TileId> {
    (0..LEVELS).map(Some).chain([None]).filter_map(move |level| {
        let count = shifted(size, u32::from(level.unwrap_or(0)).saturating_mul(8));
        let width = u16::try_from(count & 0xff).unwrap_or(0);
        (width > 0).then_some(TileId { level, index: count >> 8, width })
    })
}

fn shifted(size: u64, bits: u32) -> u64 {
    size.checked_shr(bits).unwrap_or(0)
}

/// The bytes of a bundle: each entry after its length, two bytes, the greater first.
pub fn to_bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, Error> {
    let mut bundle = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len());
        let length =
            length.map_err(|_| Error::TooLong { what: "entry", bytes: entry.len(), limit: 65_535 })?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// Reads a bundle of just so many entries.
pub fn from_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, Error> {
    let refused = |problem| Error::TileRefused { what: "entry bundle", problem };
    let (mut entries, mut rest) = (Vec::with_capacity(usize::from(width)), bytes);
    for _ in 0..width {
        let (length, after) = rest.split_first_chunk::<2>().ok_or_else(|| refused("ends too early"))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or_else(|| refused("ends too early"))?;
        entries.push(entry);
        rest = after;
    }
    if rest.is_empty() { Ok(entries) } else { Err(refused("goes on after its last entry")) }
}

/// Reads a file of the layout; a partial one that is not there may have made room for the full one, whose beginning it is.
// Spec: tlog-tiles "Partial Tiles": a client that does not find a partial tile asks for the full one.
pub fn read_or_cut<E>(id: TileId, mut read: impl FnMut(TileId) -> Result<Vec<u8>, E>) -> Result<Vec<u8>, E> {
    read(id).or_else(|missing| {
        let full = TileId { width: WIDTH, ..id };
        let found = if id.width < WIDTH { read(full).ok() } else { None };
        found.and_then(|bytes| cut(id, &bytes).ok()).ok_or(missing)
    })
}

/// The bytes of a partial file, from those of the full one that took its place.
fn cut(id: TileId, full: &[u8]) -> Result<Vec<u8>, Error> {
    let missing = Error::TileRefused { what: "tile", problem: "it lacks hashes the tree has" };
    if id.level.is_none() {
        return to_bundle(from_bundle(full, WIDTH)?.into_iter().take(usize::from(id.width)));
    }
    from_tile(full, WIDTH)?.get(..usize::from(id.width)).map(to_tile).ok_or(missing)
}

/// The bytes of a tile of hashes.
pub fn to_tile(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads a tile of just so many hashes.
pub fn from_tile(bytes: &[u8], width: u16) -> Result<Vec<Digest>, Error> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() != usize::from(width) {
        return Err(Error::TileRefused { what: "tile", problem: "its length is not 32 times its width" });
    }
    Ok(hashes.iter().map(|hash| Digest(*hash)).collect())
}

/// The hash of a full tile, as it stands in the tile above.
pub fn tile_root(hashes: &[Digest]) -> Digest {
    let mut frontier = Frontier::new();
    hashes.iter().for_each(|hash| frontier.push(*hash));
    frontier.root()
}

/// Something that reads tiles of hashes by their id.
pub type ReadTile<'a> = &'a mut dyn FnMut(TileId) -> Result<Vec<Digest>, Error>;

/// The root over the first `size` leaves of a log whose tiles `read` gives; `tree` is the size at which they were made.
pub fn root(size: u64, tree: u64, read: ReadTile<'_>) -> Result<Digest, Error> {
    if size == 0 {
        return Ok(crate::merkle::root(&[]));
    }
    Tree { tree, read, held: None }.subtree(0, size)
}

/// The inclusion proof of the leaf at `index` in the first `size` leaves.
// Spec: RFC 9162 § 2.1.3.1.
pub fn inclusion_proof(index: u64, size: u64, tree: u64, read: ReadTile<'_>) -> Result<Vec<Digest>, Error> {
    if index >= size || size > tree {
        return Err(Error::IndexOutsideTree { index, size });
    }
    let mut tiles = Tree { tree, read, held: None };
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    while let Some(middle) = middle(start, end) {
        if index < middle {
            proof.push(tiles.subtree(middle, end)?);
            end = middle;
        } else {
            proof.push(tiles.subtree(start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the first `new_size` leaves extend the first `old_size`; empty if `old_size` is 0.
// Spec: RFC 9162 § 2.1.4.1; c2sp.org/tlog-witness: "The proof MUST be empty if the old size is zero."
pub fn consistency_proof(
    old_size: u64,
    new_size: u64,
    tree: u64,
    read: ReadTile<'_>,
) -> Result<Vec<Digest>, Error> {
    if old_size > new_size || new_size > tree {
        return Err(Error::SizesRefused { old_size, new_size });
    }
    if old_size == 0 {
        return Ok(Vec::new());
    }
    let mut tiles = Tree { tree, read, held: None };
    let (mut start, mut end) = (0, new_size);
    let mut proof = Vec::new();
    while old_size != end {
        let Some(middle) = middle(start, end) else { break };
        if old_size <= middle {
            proof.push(tiles.subtree(middle, end)?);
            end = middle;
        } else {
            proof.push(tiles.subtree(start, middle)?);
            start = middle;
        }
    }
    if start != 0 {
        proof.push(tiles.subtree(start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Where a range of leaves is split: the largest power of two below its length; `None` for one leaf.
fn middle(start: u64, end: u64) -> Option<u64> {
    let below = end.checked_sub(start)?.checked_sub(1)?;
    start.checked_add(1u64.checked_shl(below.checked_ilog2()?)?)
}

struct Tree<'a> {
    tree: u64,
    read: ReadTile<'a>,
    held: Option<(TileId, Vec<Digest>)>,
}

impl Tree<'_> {
    /// The root over leaves `start` to `end`, a subtree of the tree.
    fn subtree(&mut self, start: u64, end: u64) -> Result<Digest, Error> {
        let mut parts = Vec::new();
        let mut at = start;
        while at < end {
            let rest = end.saturating_sub(at);
            let bits = at.trailing_zeros().min(rest.ilog2());
            parts.push(self.node(bits, at.checked_shr(bits).unwrap_or(0))?);
            at = at.saturating_add(1u64.checked_shl(bits).unwrap_or(u64::MAX));
        }
        let folded = parts.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
        Ok(folded.unwrap_or_else(|| crate::merkle::root(&[])))
    }

    /// The hash of the complete subtree of 2^bits leaves, the `number`th of its height.
    fn node(&mut self, bits: u32, number: u64) -> Result<Digest, Error> {
        let level = u8::try_from(bits / 8).unwrap_or(u8::MAX);
        let within = bits % 8;
        let first = number.checked_shl(within).unwrap_or(0);
        let tile = self.tile(level, first >> 8)?;
        let from = usize::try_from(first & 0xff).unwrap_or(0);
        let count = 1usize.checked_shl(within).unwrap_or(1);
        let hashes = tile.get(from..from.saturating_add(count));
        let missing = Error::TileRefused { what: "tile", problem: "it lacks hashes the tree has" };
        hashes.map(tile_root).ok_or(missing)
    }

    fn tile(&mut self, level: u8, index: u64) -> Result<&[Digest], Error> {
        let count = shifted(self.tree, u32::from(level).saturating_mul(8));
        let width = if count >> 8 > index { WIDTH } else { u16::try_from(count & 0xff).unwrap_or(0) };
        let id = TileId { level: Some(level), index, width };
        let held = match self.held.take() {
            Some(held) if held.0 == id => held,
            _ => (id, (self.read)(id)?),
        };
        Ok(&self.held.insert(held).1)
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Some(level) => write!(f, "tile/{level}/")?,
            None => f.write_str("tile/entries/")?,
        }
        f.write_str(&path_index(self.index))?;
        if self.width < WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

// Spec: tlog-tiles "Merkle Tree": "index 1234067 will be encoded as x001/x234/067".
fn path_index(index: u64) -> String {
    let digits = index.to_string();
    let padding = "0".repeat(digits.len().next_multiple_of(3).saturating_sub(digits.len()));
    let padded = padding + &digits;
    let groups: Vec<&str> = padded.as_bytes().chunks(3).filter_map(|g| std::str::from_utf8(g).ok()).collect();
    let (last, heads) = groups.split_last().unwrap_or((&"000", &[]));
    heads.iter().map(|group| format!("x{group}/")).chain([(*last).to_owned()]).collect()
}

impl FromStr for TileId {
    type Err = Error;

    /// Reads a path, and refuses any but those `Display` makes.
    fn from_str(path: &str) -> Result<TileId, Error> {
        let refused = || Error::PathRefused { found: excerpt(path) };
        let rest = path.strip_prefix("tile/").ok_or_else(refused)?;
        let (level, rest) = rest.split_once('/').ok_or_else(refused)?;
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, text::from_decimal(width, "tile width")?),
            None => (rest, u64::from(WIDTH)),
        };
        let level = match level {
            "entries" => None,
            level => Some(u8::try_from(text::from_decimal(level, "tile level")?).map_err(|_| refused())?),
        };
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let index = digits.parse().map_err(|_| refused())?;
        let width = u16::try_from(width).ok().filter(|w| (1..=WIDTH).contains(w)).ok_or_else(refused)?;
        let id = TileId { level, index, width };
        let exact = id.to_string() == path && level.is_none_or(|level| level < 64);
        if exact { Ok(id) } else { Err(refused()) }
    }
}

/// Levels that a tree of less than 2^64 leaves can have.
const LEVELS: u8 = 8;
