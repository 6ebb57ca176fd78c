//! One test binary: the program from outside, and the habits of the repository.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that meets something else than it expects is to stop there"
)]

mod age_files;
mod announcements;
mod asking;
mod counts;
mod desk;
mod drill;
mod example;
mod folder;
mod input;
mod kill;
mod kill_channels;
mod kill_record;
mod live;
mod manual;
mod many;
mod night;
mod own_proofs;
mod own_record;
mod pages;
mod proofs;
mod replay;
mod run;
mod schemas;
mod shares;
mod snapshots;
mod tidy;
mod whatif;
mod words;
