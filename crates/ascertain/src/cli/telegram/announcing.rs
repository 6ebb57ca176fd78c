//! `ascertain telegram announce`.

use std::path::PathBuf;

use super::preparing::{Where, with_desk};
use crate::announcing;
use crate::cli::{Answered, Out};
use crate::error::Error;
use crate::logbook;

#[derive(clap::Args)]
#[command(
    after_help = "Every command that changes a telegram writes them, below DIR/public/announcements; this one writes them though nothing changed, or a copy elsewhere. What a telegram lets be announced its file says, with `announce`; it is approved with the rest.\n\nExamples:\n  ascertain telegram announce --data d\n  ascertain telegram announce --data d --out /srv/www/announcements"
)]
pub struct AnnounceArgs {
    #[command(flatten)]
    at: Where,
    /// Write a copy into this folder too
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Exit 1 if something is out of which it cannot be read any more whether it is to be announced.
pub fn announce(args: &AnnounceArgs, out: &mut Out) -> Result<Answered, Error> {
    let data = args.at.folder();
    let (feed, unread) = with_desk(&data, None, data.join("outbox"), |courier| announcing::read(courier))?;
    for e in &feed.entries {
        out.line(&format!("{} {}", e.at, announcing::title(&feed, e)));
    }
    for id in &unread {
        out.line(&format!(
            "telegram {id} is out, but its words cannot be read here any more, so nothing about it is announced"
        ));
    }
    let mut folders = vec![logbook::public_of(&data).join(announcing::FOLDER)];
    folders.extend(args.out.clone());
    let (count, named) = (feed.entries.len(), |f: &PathBuf| f.display().to_string());
    let lie: Vec<String> = folders.iter().map(named).collect();
    out.line(&format!("{count} announced, in {}", lie.join(" and ")));
    if let Some(to) = &args.out {
        announcing::publish_from(feed, &data, to)?;
    }
    Ok(unread.is_empty().into())
}
