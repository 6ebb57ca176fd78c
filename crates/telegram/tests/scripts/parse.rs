//! A line of a script as an event.

use telegram::{
    Answer, Approval, ApproverId, Attempt, Channel, Decision, Event, Fault, Instant, Moment, OfficeId,
    Opening, Outcome, PersonId, Quorum, RecipientId, Reference, Resolution, Sha256Hex, State, Telegram,
    TelegramId, Terms, missing_outcomes,
};

use super::world::{List, NOW};

/// An event with the recipients of a draft, a moment of one sending, or the answer to a question.
pub(crate) enum Line {
    Event(Event, List),
    Moment((TelegramId, RecipientId), Moment),
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
    if let ("draft" | "edit", [_, _, _, _, _, to @ ..]) = (*verb, rest) {
        let list = to.iter().filter_map(|d| delivery(d)).collect();
        let telegram = telegram(rest)?;
        let event = if *verb == "draft" { Event::Draft(telegram) } else { Event::Edit(telegram) };
        return Some(Line::Event(event, list));
    }
    if let Some((to, moment)) = moment(verb, rest) {
        return Some(Line::Moment(to, moment));
    }
    let event = match (*verb, rest) {
        ("approve", rest) => Event::Approve(approval(state, rest)?),
        ("quorum", [needed, names @ ..]) => {
            let approvers = names.iter().map(|n| ApproverId::parse(n)).collect::<Result<_, _>>().ok()?;
            let all = Quorum::new(needed.parse().ok()?, state.quorum.approvers().clone()).ok()?;
            Event::Quorum(all.among(approvers))
        }
        ("hold", [t]) => Event::Hold { telegram: id(t)? },
        ("withdraw", [t]) => Event::Withdraw { telegram: id(t)? },
        ("decided", [d, o, out, p]) => Event::Decided { decision: decision(d, o, out, p)?, now: NOW },
        ("committed", [t]) => Event::ReleaseCommitted { telegram: id(t)? },
        ("committed", [o, d]) => Event::TransactionCommitted { office: office(o)?, decision: digest(d) },
        ("release", [t]) => Event::Release { telegram: id(t)?, now: NOW },
        ("override", [t, reason]) => {
            Event::Override { telegram: id(t)?, reason: Reference::parse(reason).ok()?, now: NOW }
        }
        ("destroyed", [t]) => Event::KeyDestroyed { telegram: id(t)? },
        ("forgotten", [t, body]) => Event::DraftForgotten { telegram: id(t)?, body: digest(body) },
        ("parted", [t]) => Event::KeyParted { telegram: id(t)? },
        ("share", [by, t]) => Event::ShareGiven { telegram: id(t)?, by: ApproverId::parse(by).ok()? },
        ("restarted", []) => Event::Restarted,
        ("overtaken", [o]) => Event::Overtaken { office: office(o)?, at: Instant(3_000) },
        _ => return None,
    };
    Some(Line::Event(event, List::new()))
}

fn moment(verb: &str, rest: &[&str]) -> Option<((TelegramId, RecipientId), Moment)> {
    let (to, rest) = rest.split_first()?;
    let moment = match (verb, rest) {
        ("recorded", [n]) => Moment::Recorded { attempt: Attempt(n.parse().ok()?) },
        ("reported", [n, how]) => {
            let (attempt, answer) = (Attempt(n.parse().ok()?), answer(how)?);
            Moment::Reported { attempt, answer, now: NOW, chance: 0 }
        }
        ("resolve", [how]) => Moment::Resolved { how: resolution(how)?, now: NOW },
        ("corrected", []) => Moment::Corrected,
        ("redrive", []) => Moment::Redriven { now: NOW },
        _ => return None,
    };
    Some((to_whom(to)?, moment))
}

/// `t1 president ann p1 b1 desk=file embassy=manual`, and `opening=shares` or `corrects=t0`
fn telegram(words: &[&str]) -> Option<Telegram> {
    let [t, o, out, p, b, to @ ..] = words else { return None };
    let word = |key: &str| to.iter().find_map(|w| w.strip_prefix(key)?.strip_prefix('='));
    let list: Vec<&str> = to.iter().copied().filter(|d| delivery(d).is_some()).collect();
    Some(Telegram {
        id: id(t)?,
        terms: Terms {
            office: office(o)?,
            outcome: outcome(out)?,
            body: digest(b),
            recipients: digest(&list.join(" ")),
            policy: digest(p),
            opening: if word("opening").is_some() { Opening::Shares } else { Opening::Automatic },
            corrects: word("corrects").and_then(id),
        },
        recipients: u32::try_from(list.len()).ok()?,
    })
}

/// `alice t1`, of what t1 reads now, but for what `field=value` changes.
fn approval(state: &State, words: &[&str]) -> Option<Approval> {
    let [by, t, changed @ ..] = words else { return None };
    let by = ApproverId::parse(by).ok()?;
    let telegram = id(t)?;
    let now = state.telegrams.get(&telegram)?.telegram.clone();
    let mut it = Approval { by, telegram, terms: now.terms, without_decision: None };
    for change in changed {
        match change.split_once('=')? {
            ("body", b) => it.terms.body = digest(b),
            ("recipients", r) => it.terms.recipients = digest(r),
            ("outcome", o) => it.terms.outcome = outcome(o)?,
            ("policy", p) => it.terms.policy = digest(p),
            ("opening", _) => it.terms.opening = Opening::Shares,
            ("corrects", t) => it.terms.corrects = id(t),
            ("office", o) => it.terms.office = office(o)?,
            ("override", reason) => it.without_decision = Reference::parse(reason).ok(),
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

fn delivery(word: &str) -> Option<(RecipientId, Channel)> {
    let (recipient, channel) = word.split_once('=')?;
    let channel = match channel {
        "file" => Channel::File,
        "manual" => Channel::Manual,
        "webhook" => Channel::Webhook,
        "email" => Channel::Email,
        _ => return None,
    };
    Some((RecipientId::parse(recipient).ok()?, channel))
}

fn answer(word: &str) -> Option<Answer> {
    let failed = |fault| Answer::Failed { fault, retry_after: None };
    Some(match word {
        "busy" => Answer::Failed { fault: Fault::Unreachable, retry_after: Some(500) },
        "acknowledged" => Answer::Acknowledged { reference: reference() },
        "silent" => Answer::NoAnswer,
        "unreachable" => failed(Fault::Unreachable),
        "full" => failed(Fault::Full),
        "unknown" => failed(Fault::NoSuchRecipient),
        "refused" => failed(Fault::Refused),
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
