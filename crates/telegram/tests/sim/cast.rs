//! Who and what appears in a schedule. Things are numbered; a name ends in its number.

use std::sync::LazyLock;

use telegram::{
    Approval, ApproverId, Channel, Decision, Delivery, Instant, OfficeId, Outcome, PersonId, Quorum,
    RecipientId, Reference, Sha256Hex, State, Telegram, TelegramId,
};

pub(crate) const TELEGRAMS: usize = 4;
pub(crate) const OFFICES: usize = 2;
pub(crate) const RECIPIENTS: usize = 3;
/// Approvers 0, 1 and 2 are named; 3 is not.
pub(crate) const APPROVERS: usize = 4;
pub(crate) const NAMED: usize = 3;
pub(crate) const NEEDED: usize = 2;

/// Office, outcome and policy a telegram starts with; outcomes index [`OUTCOMES`].
pub(crate) const STARTS: [(usize, usize, usize); TELEGRAMS] = [(0, 0, 0), (0, 2, 0), (0, 0, 1), (1, 3, 0)];
/// Office, outcome and policy of the decisions that may be offered.
pub(crate) const DECISIONS: [(usize, usize, usize); 6] =
    [(0, 0, 0), (0, 2, 0), (0, 1, 0), (0, 0, 1), (1, 3, 0), (1, 0, 0)];

pub(crate) static OUTCOMES: LazyLock<[Outcome; 4]> = LazyLock::new(|| {
    let person = |name| Outcome::Person(PersonId::parse(name).expect("a name"));
    [person("ann"), person("bob"), Outcome::Nobody, Outcome::Annulled]
});

pub(crate) fn fresh() -> State {
    let approvers = (0..NAMED).map(approver).collect();
    State::new(Quorum::new(NEEDED, approvers).expect("2 of 3"))
}

pub(crate) fn telegram(t: usize, version: usize, outcome: usize) -> Telegram {
    let (office, _, policy) = STARTS[t];
    let channels = [Channel::File, Channel::Manual, Channel::File];
    let delivery = |(r, channel)| Delivery { recipient: recipient(r), channel };
    Telegram {
        id: telegram_id(t),
        office: office_id(office),
        outcome: OUTCOMES[outcome].clone(),
        body: digest('b', t, version),
        recipients: digest('a', 0, t),
        policy: digest('c', 0, policy),
        deliveries: channels.into_iter().enumerate().map(delivery).collect(),
    }
}

pub(crate) fn approval(by: usize, telegram: &Telegram) -> Approval {
    Approval {
        by: approver(by),
        telegram: telegram.id.clone(),
        body: telegram.body.clone(),
        recipients: telegram.recipients.clone(),
        outcome: telegram.outcome.clone(),
        policy: telegram.policy.clone(),
    }
}

pub(crate) fn decision(d: usize) -> Decision {
    let (office, outcome, policy) = DECISIONS[d];
    Decision {
        id: digest('d', 0, d),
        office: office_id(office),
        outcome: OUTCOMES[outcome].clone(),
        policy: digest('c', 0, policy),
        at: Instant(1_000),
        record_size: 42,
        root: digest('e', 0, d),
    }
}

pub(crate) fn telegram_id(t: usize) -> TelegramId {
    TelegramId::parse(&format!("t{t}")).expect("a name")
}

pub(crate) fn office_id(o: usize) -> OfficeId {
    OfficeId::parse(&format!("o{o}")).expect("a name")
}

pub(crate) fn recipient(r: usize) -> RecipientId {
    RecipientId::parse(&format!("r{r}")).expect("a name")
}

pub(crate) fn approver(a: usize) -> ApproverId {
    ApproverId::parse(&format!("a{a}")).expect("a name")
}

pub(crate) fn reference() -> Reference {
    Reference::parse("seen").expect("a line")
}

/// The number a name or digest ends in.
pub(crate) fn number(name: &str) -> usize {
    name.get(name.len().saturating_sub(1)..).and_then(|d| d.parse().ok()).expect("ends in a digit")
}

/// The version a body's digest was made from.
pub(crate) fn version(body: &Sha256Hex) -> usize {
    body.as_str().get(61..).and_then(|d| d.parse().ok()).expect("ends in three digits")
}

pub(crate) fn digest(kind: char, about: usize, version: usize) -> Sha256Hex {
    Sha256Hex::parse(&format!("{kind}{about:060}{version:03}")).expect("a digest")
}
