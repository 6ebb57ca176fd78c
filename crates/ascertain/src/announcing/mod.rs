//! What anybody may read of a telegram once it is out: entries in feeds, files and on a page.
//!
//! The entries follow from the machine's state and from what the approvers allowed, and from nothing else: the same store
//! gives the same bytes. Refuses to know recipients, approvers, and telegrams that are not out.

mod atom;
mod cap;
mod entries;
mod json_feed;
mod page;
mod publishing;
mod reading;
mod wording;

pub use entries::{Allowed, Entry, Feed, Happened, Known, Named, Other, Words, feed};
use publishing::proof_name;
pub use publishing::{files, publish};
pub use reading::read;
pub use wording::title;

use std::path::Path;

use proof::OutcomeText;
use serde::{Deserialize, Serialize};

use crate::courier::Courier;
use crate::error::Error;
use crate::folder;
use crate::logbook;
use crate::proofs;

/// Where announcements lie in the published folder.
pub const FOLDER: &str = "announcements";

/// Publishes the record, then what is announced of it.
///
/// # Errors
/// The store cannot be read, or a file written.
pub fn with_record(courier: &mut Courier<'_>, data: &Path) -> Result<(), Error> {
    let announced = read(courier);
    courier.publish()?;
    let (feed, _) = announced?;
    publish_from(feed, data, &logbook::public_of(data).join(FOLDER))
}

/// Writes a feed with the proofs it links, so that the folder stands alone.
///
/// # Errors
/// A file cannot be written.
pub fn publish_from(feed: Feed, data: &Path, folder: &Path) -> Result<(), Error> {
    publish_proofs(&feed, data, folder)?;
    publish(feed, folder)
}

/// The brief proofs of decisions that entries rest on: who announces what is official shows why.
fn publish_proofs(feed: &Feed, data: &Path, folder: &Path) -> Result<(), Error> {
    for (office, name) in feed.entries.iter().filter_map(|e| Some((e.office.id.as_str(), proof_name(e)?))) {
        let Ok(proof) = std::fs::read(proofs::folder_of(data, office).join(proofs::BRIEF)) else { continue };
        let path = folder.join(name);
        if std::fs::read(&path).ok().as_deref() != Some(proof.as_slice()) {
            folder::write_whole(&path, &proof)?;
        }
    }
    Ok(())
}

/// How much of a telegram may be public once it is out, as its file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announce {
    /// Its words too.
    Text,
    /// That it went out, for whom and on what ground.
    Fact,
}

/// What approvers sign of an announcement: how much, and under which names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announced {
    /// How much.
    pub how: Announce,
    /// The office's name.
    pub office: String,
    /// The person's name, `nobody` or `annulled`.
    pub outcome: String,
}

impl Announced {
    /// The same for an outcome; a person is called by name.
    #[must_use]
    pub fn of(how: Announce, office: &str, person: Option<&str>, outcome: &OutcomeText) -> Self {
        let outcome = match outcome {
            OutcomeText::Person(id) => person.unwrap_or(id.as_str()),
            OutcomeText::Nobody => "nobody",
            OutcomeText::Annulled => "annulled",
        };
        Self { how, office: office.into(), outcome: outcome.into() }
    }
}
