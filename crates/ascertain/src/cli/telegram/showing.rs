//! `ascertain telegram show`: to whom, in which words, and exactly what one recipient would get.
//!
//! Nothing here releases, and nothing is written: no row, no event, no statement.

use std::collections::BTreeMap;

use ::telegram::{Stage, TelegramId};

use super::going;
use super::preparing::{Where, with_desk};
use crate::announcing::Announce;
use crate::cli::{Answered, Out};
use crate::courier::Courier;
use crate::error::Error;
use crate::message::{Opened, Recipient, Rendered, Sender, Words, channel_word};
use crate::reaching::Channels;

#[derive(clap::Args)]
#[command(
    after_help = "Without --to: how many by which channel and in which language, and the words. What is made at the moment of release or of sending (date, signatures) is shown as if that were now.\n\nExamples:\n  ascertain telegram show winner-a --data d\n  ascertain telegram show winner-a --to embassy --raw --data d > embassy.eml"
)]
pub struct ShowArgs {
    #[command(flatten)]
    at: Where,
    /// The telegram
    telegram: String,
    /// Exactly what this recipient would get
    #[arg(long, value_name = "RECIPIENT")]
    to: Option<String>,
    /// The bytes alone
    #[arg(long, requires = "to")]
    raw: bool,
    /// Every recipient, however many
    #[arg(long, conflicts_with = "to")]
    all: bool,
}

/// A telegram as it lies here.
pub struct Lying {
    pub id: TelegramId,
    pub election: String,
    pub opened: Opened,
    pub sender: Sender,
    pub stage: Stage,
    pub channels: Option<Channels>,
    outcome: String,
}

/// Opens a telegram for whoever may look at it.
pub fn lying(courier: &mut Courier<'_>, id: &TelegramId) -> Result<Lying, Error> {
    let opened = courier.words(id)?;
    let entry = courier.state.telegrams.get(id);
    let entry = entry.ok_or_else(|| ::telegram::Error::NoTelegram { telegram: id.clone() })?;
    Ok(Lying {
        id: id.clone(),
        election: courier.election.clone(),
        opened,
        sender: courier.sender.clone(),
        stage: entry.stage.clone(),
        outcome: entry.telegram.terms.outcome.to_string(),
        channels: courier.channels.take(),
    })
}

pub fn show(args: &ShowArgs, out: &mut Out) -> Result<Answered, Error> {
    let id = TelegramId::parse(&args.telegram)?;
    let data = args.at.folder();
    let it = with_desk(&data, None, data.join("outbox"), |courier| lying(courier, &id))?;
    match &args.to {
        None => summary(&it, args.all, out),
        Some(to) => {
            let (to, words) = person(&it, to)?;
            let going = going::going(&it, &to, &words)?;
            if args.raw {
                out.bytes(&going.bytes.map_err(|message| Error::Usage { message })?);
            } else {
                going.readable.iter().for_each(|line| out.line(line));
            }
        }
    }
    Ok(Answered::Yes)
}

/// One of its recipients, with the exact words.
pub fn person(it: &Lying, id: &str) -> Result<(Recipient, Rendered), Error> {
    let message = || {
        format!(
            "telegram {} goes to nobody of the id `{id}`; `telegram show {} --all` lists them",
            it.id, it.id
        )
    };
    it.opened.to(id).ok_or_else(|| Error::Usage { message: message() })
}

// Everybody.

fn summary(it: &Lying, all: bool, out: &mut Out) {
    let recipients = it.opened.recipients();
    out.line(&format!("{} for {}: {}, {} recipients", it.id, it.outcome, it.stage.word(), recipients.len()));
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for r in recipients {
        let count = counts.entry((channel_word(r.channel), language_of(&it.opened, r))).or_default();
        *count = count.saturating_add(1);
    }
    for ((channel, language), count) in counts {
        let language = if language.is_empty() { String::new() } else { format!(" in {language}") };
        out.line(&format!("  {count} by {channel}{language}"));
    }
    let shown = if all { recipients.len() } else { SHOWN };
    for r in recipients.iter().take(shown) {
        let title = r.title.as_ref().map(|t| format!("{t}, ")).unwrap_or_default();
        out.line(&format!("To: {}: {title}{} <{}> by {}", r.id, r.name, r.address, channel_word(r.channel)));
    }
    if recipients.len() > shown {
        out.line(&format!("and {} more; --all shows them", recipients.len().saturating_sub(shown)));
    }
    if let Some(announced) = it.opened.words().announce() {
        let what = match announced.how {
            Announce::Text => "publicly, with these words",
            Announce::Fact => "publicly, without these words",
        };
        out.line(&format!("Announced: {what}, as {}, {}", announced.office, announced.outcome));
    }
    let mark = if it.sender.is_drill() { "[DRILL] " } else { "" };
    match it.opened.words() {
        Words::One(words) => text_of(mark, words, out),
        Words::Each(texts) => {
            for (language, text) in &texts.texts {
                let name = if language.is_empty() { "Text" } else { language };
                out.line(&format!("\n--- {name}, each with the recipient's own fields"));
                text_of(mark, &text.with_names(), out);
            }
        }
    }
}

/// So many recipients are listed unless all are asked for.
const SHOWN: usize = 50;

fn language_of<'a>(opened: &'a Opened, r: &'a Recipient) -> &'a str {
    match (opened.words(), &r.language) {
        (_, Some(language)) => language,
        (Words::Each(texts), None) => &texts.default,
        (Words::One(_), None) => "",
    }
}

fn text_of(mark: &str, words: &Rendered, out: &mut Out) {
    out.line(&format!("Subject: {mark}{}\n\n{}", words.subject, words.body.trim()));
    if let Some(html) = &words.html {
        out.line(&format!("\nHTML:\n{}", html.trim()));
    }
}
