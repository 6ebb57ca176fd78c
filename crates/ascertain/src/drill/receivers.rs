//! Receivers of a drill: names in this process, each with a mood for every request, and a ledger of what it saw.
//!
//! A receiver has no address. What stands in an address's place is `drill:` and its name, which no channel can read. Refuses
//! to know why something is sent.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use record::digest::{Digest, sha256};
use serde::Deserialize;
use standing::Instant;
use telegram::{Answer, Attempt, Channel, RecipientId, Reference, TelegramId};

use crate::channel::connect::Trouble;
use crate::channel::http::{Heard, NotKnown, NotSent, Patience};
use crate::courier::Handed;
use crate::mail::smtp::{self, Outcome};
use crate::message::Recipient;
use crate::reaching::{heard_as, told};

/// What stands before a receiver's name where a recipient has an address: no URL, and no address of mail.
pub const ADDRESS: &str = "drill:";

/// What a receiver does with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// Keeps it and says so.
    Accepts,
    /// Keeps it and says so twice.
    AnswersTwice,
    /// Keeps it; the connection ends before its answer.
    HangsUp,
    /// Says nothing until the sender gives up, and keeps nothing.
    Stalls,
    /// Has no time: ask again later.
    Busy,
    /// Breaks at work, and keeps nothing.
    Fails,
    /// There is no connection.
    Unreachable,
    /// Wants nothing, for good.
    Refuses,
}

/// A mood, for so many requests.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Does {
    /// Which.
    pub mood: Mood,
    /// For how many requests.
    #[serde(default = "once")]
    pub times: u32,
    /// How many seconds it asks to be left alone, if busy.
    pub retry_after: Option<u32>,
}

fn once() -> u32 {
    1
}

/// A receiver as a script has it.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// Its id, the name shown, what it stands in for; where an address would be, [`ADDRESS`] and its id.
    pub to: Recipient,
    /// What it does with the next requests; then it accepts.
    pub does: Vec<Does>,
}

/// What a receiver saw of one telegram.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The ids it saw.
    pub ids: BTreeSet<String>,
    /// Requests.
    pub requests: u32,
    /// How often it kept what it saw.
    pub kept: u32,
    /// Of those, how often again under one id because the answer before had not come.
    pub repeats: u32,
    /// Of those, how often again although it had answered, or under another id, or with other bytes.
    pub duplicates: u32,
    bytes: BTreeSet<Digest>,
    heard: bool,
}

/// An answer on its way to the desk, or an attempt of which there will be none.
#[derive(Debug, Clone)]
pub struct Coming {
    /// When.
    pub at: Instant,
    /// The telegram.
    pub telegram: TelegramId,
    /// From whom.
    pub to: RecipientId,
    /// To which attempt.
    pub attempt: Attempt,
    /// What.
    pub answer: Answer,
}

/// An attempt as the receiver saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The telegram.
    pub telegram: String,
    /// The receiver.
    pub to: String,
    /// The number of the attempt.
    pub attempt: u32,
    /// What it did.
    pub mood: Mood,
}

/// Every receiver.
pub struct Receivers {
    them: BTreeMap<String, Receiver>,
    moods: BTreeMap<String, VecDeque<Does>>,
    /// By receiver and telegram.
    pub ledger: BTreeMap<(String, String), Kept>,
    coming: Vec<Coming>,
    seen: Vec<Seen>,
}

impl Receivers {
    /// As a script has them.
    pub fn new(them: Vec<Receiver>) -> Self {
        let moods = them.iter().map(|r| (r.to.id.clone(), r.does.iter().cloned().collect())).collect();
        let them = them.into_iter().map(|r| (r.to.id.clone(), r)).collect();
        Self { them, moods, ledger: BTreeMap::new(), coming: Vec::new(), seen: Vec::new() }
    }

    /// From now on it does this.
    pub fn change(&mut self, receiver: &str, does: &[Does]) {
        self.moods.insert(receiver.to_owned(), does.iter().cloned().collect());
    }

    /// A request arrives, or would.
    pub fn take(&mut self, handed: &Handed<'_>, at: Instant) {
        let Some(receiver) = handed.to.address.strip_prefix(ADDRESS).and_then(|name| self.them.get(name))
        else {
            return;
        };
        let (channel, name) = (receiver.to.channel, receiver.to.id.clone());
        let does = self.next(&name);
        let telegram = handed.telegram.to_string();
        let kept = self.ledger.entry((name.clone(), telegram.clone())).or_default();
        note(kept, does.mood, handed);
        let seen = Seen { telegram, to: name, attempt: handed.attempt.0, mood: does.mood };
        self.seen.push(seen);
        let Ok(to) = RecipientId::parse(&handed.to.id) else { return };
        let (answer, after) = answer(channel, &does, handed);
        let telegram = handed.telegram.clone();
        let coming = Coming { at: at.plus(after), telegram, to, attempt: handed.attempt, answer };
        if does.mood == Mood::AnswersTwice {
            self.coming.push(coming.clone());
        }
        self.coming.push(coming);
    }

    fn next(&mut self, name: &str) -> Does {
        let accepts = Does { mood: Mood::Accepts, times: 1, retry_after: None };
        let Some(moods) = self.moods.get_mut(name) else { return accepts };
        let Some(first) = moods.front_mut() else { return accepts };
        let now = first.clone();
        first.times = first.times.saturating_sub(1);
        if first.times == 0 {
            moods.pop_front();
        }
        now
    }

    /// When the next answer comes.
    pub fn next_answer(&self) -> Option<Instant> {
        self.coming.iter().map(|c| c.at).min()
    }

    /// The answers that came by now, in the order of their attempts.
    pub fn came(&mut self, now: Instant) -> Vec<Coming> {
        let (came, coming) = std::mem::take(&mut self.coming).into_iter().partition(|c| c.at <= now);
        self.coming = coming;
        came
    }

    /// An answer was stored at the desk: whoever gave it need not expect the telegram again.
    pub fn heard(&mut self, coming: &Coming) {
        if !matches!(coming.answer, Answer::Acknowledged { .. }) {
            return;
        }
        let key = (coming.to.to_string(), coming.telegram.to_string());
        if let Some(kept) = self.ledger.get_mut(&key) {
            kept.heard = true;
        }
    }

    /// The desk's process is gone, and its connections with it: so many attempts had no answer yet.
    pub fn hang_up(&mut self) -> usize {
        let lost: BTreeSet<_> =
            self.coming.drain(..).map(|c| (c.telegram.to_string(), c.to.to_string())).collect();
        lost.len()
    }

    /// What was seen since the last time this was asked.
    pub fn seen(&mut self) -> Vec<Seen> {
        std::mem::take(&mut self.seen)
    }
}

/// Writes a request into the ledger.
fn note(kept: &mut Kept, mood: Mood, handed: &Handed<'_>) {
    if mood == Mood::Unreachable {
        return;
    }
    kept.requests = kept.requests.saturating_add(1);
    let same = kept.ids.contains(handed.id) && kept.bytes.contains(&sha256(handed.bytes));
    kept.ids.insert(handed.id.to_owned());
    kept.bytes.insert(sha256(handed.bytes));
    if !matches!(mood, Mood::Accepts | Mood::AnswersTwice | Mood::HangsUp) {
        return;
    }
    if kept.kept > 0 && same && !kept.heard {
        kept.repeats = kept.repeats.saturating_add(1);
    } else if kept.kept > 0 {
        kept.duplicates = kept.duplicates.saturating_add(1);
    }
    kept.kept = kept.kept.saturating_add(1);
}

/// What the desk hears, by the very judgement a real answer meets, and after how many seconds.
fn answer(channel: Channel, does: &Does, handed: &Handed<'_>) -> (Answer, i64) {
    let name = Reference::parse(&format!("{}--{}.eml", handed.telegram, handed.to.id));
    if let (Channel::File, Ok(reference)) = (channel, name) {
        return (Answer::Acknowledged { reference }, 0);
    }
    let seconds = |d: Duration| i64::try_from(d.as_secs()).unwrap_or(i64::MAX);
    let stalls = does.mood == Mood::Stalls;
    if channel == Channel::Email {
        let after = if stalls { seconds(smtp::Patience::default().acceptance) } else { 0 };
        return (told(&mail(does)), after);
    }
    let after = if stalls { seconds(Patience::default().answer) } else { 0 };
    (heard_as(&post(does)), after)
}

fn post(does: &Does) -> Heard {
    let answer = |status| Heard::Answer { status, retry_after_s: does.retry_after, excerpt: String::new() };
    match does.mood {
        Mood::Accepts | Mood::AnswersTwice => answer(204),
        Mood::HangsUp => Heard::NoAnswer { why: NotKnown::Ended },
        Mood::Stalls => Heard::NoAnswer { why: NotKnown::TooSlow },
        Mood::Busy => answer(503),
        Mood::Fails => answer(500),
        Mood::Unreachable => {
            Heard::NothingSent { why: NotSent::Connection(Trouble::TooSlow { doing: "connecting" }) }
        }
        Mood::Refuses => answer(410),
    }
}

fn mail(does: &Does) -> Outcome {
    let no = |code, passing, text: &str| Outcome::Refused { code, text: text.into(), passing };
    let unknown = |why: &str| Outcome::NoAnswer { why: why.into() };
    match does.mood {
        Mood::Accepts | Mood::AnswersTwice => Outcome::Accepted { reply: "250 accepted".into() },
        Mood::HangsUp => unknown("the connection ended after the final dot"),
        Mood::Stalls => unknown("no reply in time after the final dot"),
        Mood::Busy => no(450, true, "mailbox busy"),
        Mood::Fails => no(451, true, "local error in processing"),
        Mood::Unreachable => Outcome::NothingSent { why: "no connection".into() },
        Mood::Refuses => no(550, false, "no such mailbox"),
    }
}

/// The word of a mood, as scripts have it.
pub fn word(mood: Mood) -> &'static str {
    match mood {
        Mood::Accepts => "accepts",
        Mood::AnswersTwice => "answers twice",
        Mood::HangsUp => "keeps it, hangs up before answering",
        Mood::Stalls => "stalls",
        Mood::Busy => "is busy",
        Mood::Fails => "breaks at work",
        Mood::Unreachable => "cannot be reached",
        Mood::Refuses => "refuses for good",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::address::{self, Reach};
    use crate::message::{self, Asked};

    #[test]
    fn no_channel_can_read_what_stands_for_an_address() {
        for name in ["embassy", "a", "example-org", "127", "https", "x".repeat(48).as_str()] {
            let there = format!("{ADDRESS}{name}");
            assert!(address::parse(&there, Reach { private: true }).is_err(), "{there}");
            assert!(crate::mail::address::Address::parse("address", &there).is_err(), "{there}");
            for channel in ["webhook", "email", "file", "manual"] {
                let text = format!(
                    "id = \"x\"\noffice = \"president\"\noutcome = \"nobody\"\nsubject = \"s\"\nbody = \"b\"\n[[recipient]]\nid = \"r\"\nname = \"r\"\naddress = \"{there}\"\nchannel = \"{channel}\"\n"
                );
                let loaded = crate::folder::load("us-2020").unwrap();
                let template = message::read("m", &text).unwrap();
                let read = message::message(&template, &Asked::default(), &loaded.election, &loaded.law);
                assert!(read.unwrap_err().to_string().contains("recipient.address"), "{there} {channel}");
            }
        }
    }

    /// Requests of one telegram under ids and bytes; after an answer was heard, or before; then repeats and duplicates.
    #[test]
    fn the_ledger_tells_a_repeat_from_a_duplicate() {
        for (second, heard, counts) in [
            (("id", "words"), false, (1, 0)),
            (("id", "words"), true, (0, 1)),
            (("other", "words"), false, (0, 1)),
            (("id", "others"), false, (0, 1)),
        ] {
            let to = Recipient {
                address: format!("{ADDRESS}r"),
                channel: Channel::Webhook,
                field: BTreeMap::new(),
                id: "r".into(),
                language: None,
                name: "r".into(),
                title: None,
            };
            let receiver = Receiver {
                to: to.clone(),
                does: vec![Does { mood: Mood::HangsUp, times: 1, retry_after: None }],
            };
            let mut them = Receivers::new(vec![receiver]);
            let telegram = TelegramId::parse("t").unwrap();
            let now = Instant::from_second(0).unwrap();
            for (n, (id, bytes)) in [("id", "words"), second].into_iter().enumerate() {
                let attempt = Attempt(u32::try_from(n).unwrap().saturating_add(1));
                let bytes = bytes.as_bytes();
                them.take(&Handed { telegram: &telegram, to: &to, attempt, id, bytes }, now);
                if heard {
                    let answer = Answer::Acknowledged { reference: Reference::parse("late").unwrap() };
                    let to = RecipientId::parse("r").unwrap();
                    them.heard(&Coming { at: now, telegram: telegram.clone(), to, attempt, answer });
                }
            }
            let kept = them.ledger.values().next().unwrap();
            assert_eq!((kept.requests, kept.kept), (2, 2));
            assert_eq!((kept.repeats, kept.duplicates), counts, "{second:?} {heard}");
        }
    }
}
