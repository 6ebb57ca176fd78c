//! Who and what appears in a schedule. Things are numbered; a name ends in its number.

use std::sync::LazyLock;

use telegram::{
    Approval, ApproverId, Channel, Decision, Instant, OfficeId, Opening, Outcome, PersonId, Quorum,
    Reference, Sha256Hex, State, Telegram, TelegramId, Terms,
};

pub(crate) const TELEGRAMS: usize = 6;
pub(crate) const OFFICES: usize = 2;
/// The ways to the recipients of every telegram.
pub(crate) const CHANNELS: [Channel; RECIPIENTS] =
    [Channel::File, Channel::Manual, Channel::Webhook, Channel::Email];
pub(crate) const RECIPIENTS: usize = 4;
/// Approvers 0, 1 and 2 are named; 3 is not.
pub(crate) const APPROVERS: usize = 4;
pub(crate) const NAMED: usize = 3;
pub(crate) const NEEDED: usize = 2;

/// Office, outcome and policy a telegram starts with; outcomes index [`OUTCOMES`].
pub(crate) const STARTS: [(usize, usize, usize); TELEGRAMS] =
    [(0, 0, 0), (0, 2, 0), (0, 0, 1), (1, 3, 0), (1, 0, 0), (0, 0, 0)];
/// The telegram whose body is in the approvers' hands.
pub(crate) const SHARED: usize = 3;
/// The correction, and what it corrects.
pub(crate) const CORRECTION: usize = 5;
pub(crate) const CORRECTED: usize = 0;
/// Office, outcome and policy of the decisions that may be offered.
pub(crate) const DECISIONS: [(usize, usize, usize); 6] =
    [(0, 0, 0), (0, 2, 0), (0, 1, 0), (0, 0, 1), (1, 3, 0), (1, 0, 0)];

pub(crate) static OUTCOMES: LazyLock<[Outcome; 4]> = LazyLock::new(|| {
    let person = |name| Outcome::Person(PersonId::parse(name).expect("a name"));
    [person("ann"), person("bob"), Outcome::Nobody, Outcome::Annulled]
});

pub(crate) fn fresh() -> State {
    State::new(quorum(NAMED))
}

/// The first so many of those named, perhaps fewer than must agree: two.
pub(crate) fn quorum(named: usize) -> Quorum {
    let all = Quorum::new(NEEDED, (0..NAMED).map(approver).collect()).expect("2 of them");
    all.among((0..named).map(approver).collect())
}

pub(crate) fn telegram(t: usize, version: usize, outcome: usize) -> Telegram {
    let (office, _, policy) = STARTS[t];
    let terms = Terms {
        office: office_id(office),
        outcome: OUTCOMES[outcome].clone(),
        body: digest('b', t, version),
        recipients: digest('a', 0, t),
        policy: digest('c', 0, policy),
        opening: if t == SHARED { Opening::Shares } else { Opening::Automatic },
        corrects: (t == CORRECTION).then(|| telegram_id(CORRECTED)),
    };
    Telegram { id: telegram_id(t), terms, recipients: u32::try_from(RECIPIENTS).expect("small") }
}

pub(crate) fn approval(by: usize, telegram: &Telegram) -> Approval {
    let (by, terms) = (approver(by), telegram.terms.clone());
    Approval { by, telegram: telegram.id.clone(), terms, without_decision: None }
}

pub(crate) fn reason(n: usize) -> Reference {
    Reference::parse(&format!("reason {n}")).expect("a line")
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
