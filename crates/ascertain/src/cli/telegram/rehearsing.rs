//! `ascertain telegram rehearse`: one message through the real channel to one's own address.
//!
//! It is no release and no attempt: no row, no event and no statement is written, and the record is free while it is sent.

use std::path::{Path, PathBuf};

use ::telegram::{Answer, Channel, Fault, Stage, TelegramId};
use record::digest::{Digest, sha256};

use super::drafting::channel;
use super::preparing::{Where, with_desk};
use super::showing::{Lying, lying, person};
use crate::cli::{Answered, Out, now};
use crate::courier::Courier;
use crate::error::Error;
use crate::folder;
use crate::keychain;
use crate::message::{self, Recipient, Rendered, channel_word};
use crate::reaching::Parcel;

#[derive(clap::Args)]
#[command(
    after_help = "One message through the real channel, with [TEST] before its subject and a header `X-Ascertain-Test`, under an id of its own. Nothing is released, and no row, event or statement is written. An address that any telegram here goes to is refused. A rehearsal by `file` writes into --out.\n\nExample:\n  ascertain telegram rehearse winner-a --to-address me@example.org --channel email --as embassy --data d"
)]
pub struct RehearseArgs {
    #[command(flatten)]
    at: Where,
    /// The telegram
    telegram: String,
    /// Your own address, of the channel's kind
    #[arg(long, value_name = "ADDRESS")]
    to_address: String,
    /// email, webhook or file [default: the recipient's]
    #[arg(long, value_name = "CHANNEL", value_parser = channel)]
    channel: Option<Channel>,
    /// Whose words [default: the first recipient's by that channel]
    #[arg(long = "as", value_name = "RECIPIENT")]
    recipient: Option<String>,
    /// Where a file goes [default: DIR/rehearsed]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn rehearse(args: &RehearseArgs, out: &mut Out) -> Result<Answered, Error> {
    let id = TelegramId::parse(&args.telegram)?;
    let data = args.at.folder();
    let (mut it, to) = with_desk(&data, None, data.join("outbox"), |courier| {
        let it = lying(courier, &id)?;
        refuse_what_is_over(&it)?;
        let to = whose(&it, args)?;
        let to =
            Recipient { channel: args.channel.unwrap_or(to.channel), address: args.to_address.clone(), ..to };
        own(courier, &to)?;
        Ok((it, to))
    })?;
    let (_, words) = person(&it, &to.id)?;
    let words = Rendered { subject: format!("[TEST] {}", words.subject), ..words };
    let nonce = Digest(keychain::random()?);
    let (test, own) = (sha256(format!("rehearsal/{nonce}").as_bytes()).to_string(), &to.address);
    let folder = args.out.clone().unwrap_or_else(|| data.join("rehearsed"));
    let (arrived, said) = match to.channel {
        Channel::File => (true, file(&it, &to, &words, &test, &folder)?),
        _ => sent(&mut it, &to, &words, &test)?,
    };
    out.line(&format!("{} as to {}, to {own} by {}: {said}", it.id, to.id, channel_word(to.channel)));
    Ok(arrived.into())
}

/// What is out is sent by nobody again, and what is void by nobody at all.
fn refuse_what_is_over(it: &Lying) -> Result<(), Error> {
    match it.stage {
        Stage::Drafted | Stage::Approved | Stage::Held | Stage::Ready { .. } => Ok(()),
        Stage::Releasing { .. } | Stage::Released { .. } | Stage::Void { .. } | Stage::Withdrawn => {
            let message = format!("telegram {} is {}: there is nothing to rehearse", it.id, it.stage.word());
            Err(Error::Usage { message })
        }
    }
}

fn whose(it: &Lying, args: &RehearseArgs) -> Result<Recipient, Error> {
    if args.channel == Some(Channel::Manual) {
        let message = "a person delivers by `manual`: `telegram show --to` shows what they would read".into();
        return Err(Error::Usage { message });
    }
    if let Some(id) = &args.recipient {
        let to = person(it, id)?.0;
        if args.channel.is_none() && to.channel == Channel::Manual {
            return Err(Error::Usage { message: format!("`{id}` is reached by a person: say --channel") });
        }
        return Ok(to);
    }
    let fits = |r: &&Recipient| args.channel.map_or(r.channel != Channel::Manual, |c| r.channel == c);
    let recipients = it.opened.recipients();
    let none = || Error::Usage {
        message: "nobody is reached by a channel that can be rehearsed: say --channel".into(),
    };
    let first = recipients.iter().find(fits).or_else(|| args.channel.and(recipients.first()));
    first.cloned().ok_or_else(none)
}

/// Whether the address is one's own, as far as can be known here: nobody's whom a telegram of this desk goes to.
fn own(courier: &Courier<'_>, to: &Recipient) -> Result<(), Error> {
    let given =
        |why| Error::Usage { message: format!("--to-address: `{}`: {why}", to.address.escape_debug()) };
    // Who sorts mail by letter case sorts it the same for both.
    let normal = |channel, address: &str| message::normal(channel, address).map(|a| a.to_lowercase());
    let own = normal(to.channel, &to.address).map_err(given)?;
    for id in courier.state.telegrams.keys() {
        // What cannot be opened any more goes to nobody.
        let Ok(opened) = courier.words(id) else { continue };
        let goes = |r: &&Recipient| normal(r.channel, &r.address).is_ok_and(|theirs| theirs == own);
        if let Some(r) = opened.recipients().iter().find(goes) {
            return Err(given(format!(
                "telegram {id} goes there, to `{}`; rehearse to an address of your own",
                r.id
            )));
        }
    }
    Ok(())
}

fn file(it: &Lying, to: &Recipient, words: &Rendered, id: &str, folder: &Path) -> Result<String, Error> {
    let path = folder.join(format!("{}--{}.test.eml", it.id, to.id));
    folder::write_whole(&path, message::eml_rehearsed(id, to, words, &it.sender).as_bytes())?;
    Ok(path.display().to_string())
}

/// Sends it, once.
fn sent(it: &mut Lying, to: &Recipient, words: &Rendered, id: &str) -> Result<(bool, String), Error> {
    let at = now()?.second();
    let parcel = Parcel { test: true, ..Parcel::of(id, to, words, at, it.sender.is_drill()) };
    let Some(channels) = it.channels.as_mut().filter(|c| c.has(to.channel)) else {
        let message =
            format!("{} is not set up in channels.toml, so nothing was sent", channel_word(to.channel));
        return Err(Error::Usage { message });
    };
    let answer = if to.channel == Channel::Email {
        channels.mail(&parcel)
    } else {
        let body = message::webhook_beforehand(it.id.as_str(), words, &it.sender, at, true);
        channels.post(&parcel, &body, u64::try_from(at).unwrap_or_default())
    };
    Ok(match answer {
        Answer::Acknowledged { reference } => (true, format!("acknowledged: {reference}")),
        Answer::Failed { fault, .. } => (false, format!("not taken over: {}", why(fault))),
        Answer::NoAnswer => (false, "no clear answer: it may have arrived".into()),
    })
}

fn why(fault: Fault) -> &'static str {
    match fault {
        Fault::Unreachable => "not reachable now, or asked to wait",
        Fault::Full => "no room there",
        Fault::NoSuchRecipient => "no such recipient, or an address that is never reached",
        Fault::Refused | Fault::Corrected => "refused",
    }
}
