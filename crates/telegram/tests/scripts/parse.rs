//! A line of a script as an event.

use telegram::{
    Answer, Approval, ApproverId, Attempt, Channel, Decision, Delivery, Event, Fault, Instant, OfficeId,
    Outcome, PersonId, Quorum, RecipientId, Reference, Resolution, Sha256Hex, State, Telegram, TelegramId,
    missing_outcomes,
};

/// An event, or the answer to a question.
pub(crate) enum Line {
    Event(Event),
    Query(String),
}

/// Two of these three.
pub(crate) fn quorum() -> Quorum {
    let names = ["alice", "bela", "chen"].into_iter();
    let approvers = names.map(|n| ApproverId::parse(n).expect("a name")).collect();
    Quorum::new(2, approvers).expect("2 of 3")
}

pub(crate) fn parse(state: &State, line: &str) -> Option<Line> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (verb, rest) = words.split_first()?;
    if *verb == "missing" {
        return missing(state, rest).map(Line::Query);
    }
    let event = match (*verb, rest) {
        ("draft", rest) => Event::Draft(telegram(rest)?),
        ("edit", rest) => Event::Edit(telegram(rest)?),
        ("approve", rest) => Event::Approve(approval(state, rest)?),
        ("hold", [t]) => Event::Hold { telegram: id(t)? },
        ("withdraw", [t]) => Event::Withdraw { telegram: id(t)? },
        ("decided", [d, o, out, p]) => {
            Event::Decided { decision: decision(d, o, out, p)?, now: Instant(2_000) }
        }
        ("committed", [o, d]) => Event::TransactionCommitted { office: office(o)?, decision: digest(d) },
        ("recorded", [to, n]) => {
            let (telegram, recipient) = to_whom(to)?;
            Event::AttemptRecorded { telegram, recipient, attempt: Attempt(n.parse().ok()?) }
        }
        ("reported", [to, n, how]) => {
            let (telegram, recipient) = to_whom(to)?;
            let (attempt, answer) = (Attempt(n.parse().ok()?), answer(how)?);
            Event::DeliveryReported { telegram, recipient, attempt, answer }
        }
        ("destroyed", [t]) => Event::KeyDestroyed { telegram: id(t)? },
        ("restarted", []) => Event::Restarted,
        ("resolve", [to, how]) => {
            let (telegram, recipient) = to_whom(to)?;
            Event::Resolve { telegram, recipient, how: resolution(how)? }
        }
        ("overtaken", [o]) => Event::Overtaken { office: office(o)?, at: Instant(3_000) },
        _ => return None,
    };
    Some(Line::Event(event))
}

/// `t1 president ann p1 b1 desk=file embassy=manual`
fn telegram(words: &[&str]) -> Option<Telegram> {
    let [t, o, out, p, b, to @ ..] = words else { return None };
    Some(Telegram {
        id: id(t)?,
        office: office(o)?,
        outcome: outcome(out)?,
        body: digest(b),
        recipients: digest(&to.join(" ")),
        policy: digest(p),
        deliveries: to.iter().map(|d| delivery(d)).collect::<Option<_>>()?,
    })
}

/// `alice t1`, of what t1 reads now, but for what `field=value` changes.
fn approval(state: &State, words: &[&str]) -> Option<Approval> {
    let [by, t, changed @ ..] = words else { return None };
    let by = ApproverId::parse(by).ok()?;
    let telegram = id(t)?;
    let now = state.telegrams.get(&telegram)?.telegram.clone();
    let (body, recipients) = (now.body, now.recipients);
    let mut it = Approval { by, telegram, body, recipients, outcome: now.outcome, policy: now.policy };
    for change in changed {
        match change.split_once('=')? {
            ("body", b) => it.body = digest(b),
            ("recipients", r) => it.recipients = digest(r),
            ("outcome", o) => it.outcome = outcome(o)?,
            ("policy", p) => it.policy = digest(p),
            _ => return None,
        }
    }
    Some(it)
}

/// `missing president p1 ann nobody`
fn missing(state: &State, words: &[&str]) -> Option<String> {
    let [o, p, of @ ..] = words else { return None };
    let asked: Vec<Outcome> = of.iter().map(|o| outcome(o)).collect::<Option<_>>()?;
    let missing = missing_outcomes(state, &office(o)?, &digest(p), &asked);
    let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
    Some(if names.is_empty() { "=".to_owned() } else { names.join("; ") })
}

fn decision(d: &str, o: &str, out: &str, p: &str) -> Option<Decision> {
    Some(Decision {
        id: digest(d),
        office: office(o)?,
        outcome: outcome(out)?,
        policy: digest(p),
        at: Instant(1_000),
        record_size: 7,
        root: digest("root"),
    })
}

fn delivery(word: &str) -> Option<Delivery> {
    let (recipient, channel) = word.split_once('=')?;
    let channel = match channel {
        "file" => Channel::File,
        "manual" => Channel::Manual,
        _ => return None,
    };
    Some(Delivery { recipient: RecipientId::parse(recipient).ok()?, channel })
}

fn answer(word: &str) -> Option<Answer> {
    Some(match word {
        "acknowledged" => Answer::Acknowledged { reference: reference() },
        "silent" => Answer::NoAnswer,
        "unreachable" => Answer::Failed { fault: Fault::Unreachable },
        "full" => Answer::Failed { fault: Fault::Full },
        "unknown" => Answer::Failed { fault: Fault::NoSuchRecipient },
        "refused" => Answer::Failed { fault: Fault::Refused },
        _ => return None,
    })
}

fn resolution(word: &str) -> Option<Resolution> {
    match word {
        "delivered" => Some(Resolution::Delivered { reference: reference() }),
        "resend" => Some(Resolution::Resend),
        _ => None,
    }
}

fn outcome(word: &str) -> Option<Outcome> {
    match word {
        "nobody" => Some(Outcome::Nobody),
        "annulled" => Some(Outcome::Annulled),
        person => PersonId::parse(person).ok().map(Outcome::Person),
    }
}

fn to_whom(word: &str) -> Option<(TelegramId, RecipientId)> {
    let (telegram, recipient) = word.split_once('/')?;
    Some((id(telegram)?, RecipientId::parse(recipient).ok()?))
}

fn id(word: &str) -> Option<TelegramId> {
    TelegramId::parse(word).ok()
}

fn office(word: &str) -> Option<OfficeId> {
    OfficeId::parse(word).ok()
}

fn reference() -> Reference {
    Reference::parse("note 12").expect("a line")
}

/// Not a hash, but as long as one and different for every text of the scripts.
fn digest(text: &str) -> Sha256Hex {
    let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
    let tail = hex.get(hex.len().saturating_sub(64)..).expect("hexadecimal");
    Sha256Hex::parse(&format!("{tail:0>64}")).expect("a digest")
}
