//! Exactly what would go out to one recipient, by each channel: for people, and as bytes.
//!
//! Made by the functions that make what is sent. What only the release or the sending knows is said to be so.

use ::telegram::{Channel, Ground, Stage};

use super::showing::Lying;
use crate::cli::now;
use crate::error::Error;
use crate::message::{self, Recipient, Rendered, channel_word};
use crate::reaching::Parcel;

/// What goes out to one.
pub struct Going {
    /// For people.
    pub readable: Vec<String>,
    /// Exactly; or why that cannot be said.
    pub bytes: Result<Vec<u8>, String>,
}

/// When it goes out, and on what ground if that is known.
struct Moment<'a> {
    at: i64,
    ground: Option<&'a Ground>,
}

/// What goes out to a recipient; of what is not out yet, as if it were released now.
///
/// # Errors
/// The clock cannot be read.
pub fn going(it: &Lying, to: &Recipient, words: &Rendered) -> Result<Going, Error> {
    let moment = match &it.stage {
        Stage::Released { at, ground } => Moment { at: at.0, ground: Some(ground) },
        _ => Moment { at: now()?.second(), ground: None },
    };
    let mut going = match to.channel {
        Channel::File => file(it, to, words, &moment),
        Channel::Manual => manual(it, to, words),
        Channel::Webhook => webhook(it, to, words, &moment),
        Channel::Email => email(it, to, words, &moment),
    };
    going.readable.insert(0, format!("{} to {} by {}", it.id, to.id, channel_word(to.channel)));
    Ok(going)
}

fn file(it: &Lying, to: &Recipient, words: &Rendered, moment: &Moment<'_>) -> Going {
    let decision = match moment.ground {
        Some(Ground::Decision(id)) => id.to_string(),
        _ => String::new(),
    };
    let text = message::eml(it.id.as_str(), to, words, &it.sender, &decision);
    let mut readable = vec![format!("File: {}--{}.eml", it.id, to.id)];
    if moment.ground.is_none() {
        readable.push(
            "(Message-ID and X-Ascertain-Decision follow from the decision; here there is none yet)".into(),
        );
    }
    readable.push(format!("\n{}", text.replace("\r\n", "\n").trim_end()));
    Going { readable, bytes: Ok(text.into_bytes()) }
}

fn manual(it: &Lying, to: &Recipient, words: &Rendered) -> Going {
    let mark = mark(it);
    let text = format!("To {} <{}>\n{mark}{}\n\n{}\n", to.name, to.address, words.subject, words.body.trim());
    let readable = vec!["(printed for whoever delivers it)\n".into(), text.trim_end().into()];
    Going { readable, bytes: Ok(text.into_bytes()) }
}

fn webhook(it: &Lying, to: &Recipient, words: &Rendered, moment: &Moment<'_>) -> Going {
    let telegram = it.id.as_str();
    let body = match moment.ground {
        Some(ground) => message::webhook_body(telegram, words, &it.sender, moment.at, ground),
        None => message::webhook_beforehand(telegram, words, &it.sender, moment.at, false),
    };
    let id = message::sending_id(&it.election, telegram, &to.id);
    let mut readable = vec![format!("POST {}\ncontent-type: application/json\nwebhook-id: {id}", to.address)];
    readable.push("(webhook-timestamp and webhook-signature are made at each sending)".into());
    if moment.ground.is_none() {
        readable.push(
            "(`released` is the second of the release, here now; with it comes `ground`: what it rests on)"
                .into(),
        );
    }
    readable.push(format!("\n{body}"));
    Going { readable, bytes: Ok(body.into_bytes()) }
}

fn email(it: &Lying, to: &Recipient, words: &Rendered, moment: &Moment<'_>) -> Going {
    let id = message::sending_id(&it.election, it.id.as_str(), &to.id);
    let parcel = Parcel::of(&id, to, words, moment.at, it.sender.is_drill());
    let letter = match &it.channels {
        Some(channels) => channels.letter(&parcel).map_err(|e| e.to_string()),
        None => Err("there is no channels.toml, so who sends is not known".into()),
    };
    let mut readable = Vec::new();
    match &letter {
        Ok(bytes) => readable.push(headers(bytes)),
        Err(why) => readable.push(format!("({why})\nTo: {} <{}>", to.name, to.address)),
    }
    readable.push(format!("\nSubject, in plain letters: {}{}", mark(it), words.subject));
    if moment.ground.is_none() {
        readable.push("(the date, and that of a signature, are those of the release, here now)".into());
    }
    readable.push(format!("\n{}", words.body.trim()));
    readable.extend(words.html.as_ref().map(|html| format!("\nHTML:\n{}", html.trim())));
    Going { readable, bytes: letter }
}

/// The header of a message.
fn headers(letter: &[u8]) -> String {
    let text = String::from_utf8_lossy(letter).replace("\r\n", "\n");
    text.split("\n\n").next().unwrap_or_default().to_owned()
}

fn mark(it: &Lying) -> &'static str {
    if it.sender.is_drill() { "[DRILL] " } else { "" }
}
