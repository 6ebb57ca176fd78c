//! What lies sealed: under whose key, until when, and who reads it.
//!
//! Refuses to say who may open what: the machine does. A key is durable before what it seals, and destroyed here only after
//! its shares are.

use record::digest::Digest;
use record::signed_statement::Salt;
use serde::{Deserialize, Serialize};
use telegram::{ApproverId, Command, Entry, Event, Key, RecipientId, Refusal, Sha256Hex, Stage, TelegramId};

use super::{Courier, lane_of};
use crate::age::{Identity, Recipient as AgeRecipient};
use crate::error::Error;
use crate::keychain;
use crate::message::{self, Message, Opened, Recipient, Words};
use crate::seal;
use crate::sharing::{self, Dealt, Line};
use crate::store::{erasing, messages, outbox, shares};

/// What is sealed: the words and to whom.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    pub(super) recipients: Vec<Recipient>,
    pub(super) rendered: Words,
    /// What the digests that were approved are salted with, where it cannot be derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) salt: Option<Digest>,
}

impl Courier<'_> {
    /// Tells of a draft; its words are sealed, and stored with it together with its recipients' rows. Nothing is sealed that is
    /// refused.
    ///
    /// # Errors
    /// The key or the store cannot be written.
    pub fn draft(
        &mut self,
        event: &Event,
        m: &Message,
        body: &Sha256Hex,
        salt: Option<Digest>,
    ) -> Result<Vec<Refusal>, Error> {
        let (_, commands) = telegram::apply(&self.state, event)?;
        if commands.iter().any(|c| matches!(c, Command::Refuse(_))) {
            return self.tell(event);
        }
        let (telegram, keys) = (TelegramId::parse(&m.id)?, self.book.store().keys());
        let mut recipients = Vec::new();
        let lanes = self.book.store().meta_once("lanes", &Digest(keychain::random()?).to_string())?;
        for r in &m.recipients {
            let lane = lane_of(r.channel, &r.address, &lanes);
            recipients.push((RecipientId::parse(&r.id)?, r.channel, lane));
        }
        let now = self.state.telegrams.get(&telegram).map(|e| seal::name(&telegram, &e.telegram.terms.body));
        seal::destroy_all_but(&keys, &m.id, now.as_deref())?;
        let plain = Sealed { recipients: m.recipients.clone(), rendered: m.words.clone(), salt };
        let plain = record::canonical::to_canonical(&plain)?;
        let sealed = seal::seal(&keys, &seal::name(&telegram, body), &plain)?;
        self.steps.step("after a body is sealed");
        self.tell_storing(event, Vec::new(), |t| {
            messages::insert_sealed(t, telegram.as_str(), &sealed)?;
            outbox::insert_recipients(t, &telegram, &recipients)
        })
    }

    /// Holds a telegram; what opens by shares with its shares, one for each approver in force.
    ///
    /// # Errors
    /// An approver without an age key, or the store cannot be written.
    pub fn hold(&mut self, id: &TelegramId) -> Result<Vec<Refusal>, Error> {
        let dealt = self.dealt(id)?;
        self.tell_storing(&Event::Hold { telegram: id.clone() }, Vec::new(), |t| {
            shares::insert_shares(t, id, &dealt)
        })
    }

    /// The shares of a draft that is about to be held; none of what opens by itself.
    fn dealt(&self, id: &TelegramId) -> Result<Vec<Dealt>, Error> {
        let entry = self.entry(id)?;
        let draft = matches!(entry.stage, Stage::Drafted | Stage::Approved);
        if !draft || entry.telegram.terms.opening != telegram::Opening::Shares {
            return Ok(Vec::new());
        }
        let holders = self.holders()?;
        let name = seal::name(id, &entry.telegram.terms.body);
        let key = seal::key(&self.book.store().keys(), id, &name)?;
        sharing::deal(&key, (id, &name), self.state.quorum.needed(), &holders)
    }

    /// Who would get a share now, and to which age key it would be sealed.
    ///
    /// # Errors
    /// An approver has none.
    pub fn holders(&self) -> Result<Vec<(ApproverId, AgeRecipient)>, Error> {
        let known = self.book.store().age_recipients()?;
        let of = |approver: &ApproverId| {
            let to = known.get(approver).and_then(|text| AgeRecipient::parse(text));
            let message = format!(
                "{approver} has no age key here to seal a share to: `ascertain telegram recipient NAME age1…` takes it"
            );
            Ok((approver.clone(), to.ok_or(Error::Usage { message })?))
        };
        self.state.quorum.approvers().iter().map(of).collect()
    }

    /// Takes a share that an approver hands in. The last one must open what was approved.
    ///
    /// # Errors
    /// No share, or not one that was dealt of this; nothing is changed.
    pub fn give(&mut self, id: &TelegramId, bytes: &[u8]) -> Result<Vec<Refusal>, Error> {
        let entry = self.entry(id)?;
        let line = sharing::read(bytes, id, &seal::name(id, &entry.telegram.terms.body))?;
        let text = line.text();
        let dealt = self.book.store().shares(id)?;
        let ours = dealt.into_iter().find(|d| d.number == line.share.number);
        let approver = ours.filter(|d| d.digest == sharing::digest(&text)).map(|d| d.approver);
        let not_dealt = || {
            let message =
                format!("that is not a share that was dealt when {id} was held; nothing was changed");
            Error::Usage { message }
        };
        let approver = approver.ok_or_else(not_dealt)?;
        let event = Event::ShareGiven { telegram: id.clone(), by: approver.clone() };
        let (next, _) = telegram::apply(&self.state, &event)?;
        let complete =
            next.telegrams.get(id).and_then(|e| e.shares.as_ref()).is_some_and(|s| s.missing() == 0);
        let before = entry.shares.as_ref().is_some_and(|s| s.missing() > 0);
        if complete && before {
            self.opened_by(&self.combined(id, Some(line))?, id)?;
        }
        self.tell_storing(&event, Vec::new(), |t| shares::insert_given(t, id, &approver, &text))
    }

    /// The key that the shares given lead to, with one more.
    fn combined(&self, id: &TelegramId, more: Option<Line>) -> Result<Identity, Error> {
        let entry = self.entry(id)?;
        let name = seal::name(id, &entry.telegram.terms.body);
        let needed = entry.shares.as_ref().map_or(0, |shares| shares.needed);
        let mut given = Vec::new();
        for text in self.book.store().shares_given(id)? {
            given.push(sharing::read(text.as_bytes(), id, &name)?.share);
        }
        given.extend(more.map(|line| line.share));
        given.truncate(needed);
        let enough = given.len() == needed;
        let missing = || Error::Seal { telegram: id.to_string(), message: "shares of its key are missing" };
        sharing::combined(&given).filter(|_| enough).ok_or_else(missing)
    }

    /// The words and recipients of a telegram that can be opened here, for those who are to approve it.
    ///
    /// # Errors
    /// There is none, its key is gone, or it is among its approvers.
    pub fn words(&self, telegram: &TelegramId) -> Result<Opened, Error> {
        let entry = self.entry(telegram)?;
        let message = match &entry.shares {
            _ if entry.key == Key::Destroyed => {
                let why = if entry.stage == Stage::Withdrawn { "withdrawn" } else { "void" };
                format!("the key of telegram {telegram} is destroyed, for it is {why}: nobody can read it")
            }
            Some(s) if s.missing() > 0 => format!(
                "the key of telegram {telegram} is in the hands of its approvers: {} of {} open it, and nothing else does",
                s.needed,
                s.holders.len()
            ),
            _ => {
                let sealed = self.unsealed(telegram)?;
                return Ok(Opened::new(sealed.recipients, sealed.rendered));
            }
        };
        Err(Error::Usage { message })
    }

    /// The words of a telegram that is out, and of no other.
    ///
    /// # Errors
    /// It is not out, or its key is gone.
    pub fn words_out(&self, telegram: &TelegramId) -> Result<Words, Error> {
        if !matches!(self.entry(telegram)?.stage, Stage::Released { .. }) {
            return Err(Error::Usage { message: format!("telegram {telegram} is not out") });
        }
        match self.opened.get(telegram) {
            Some(open) => Ok(open.body.words().clone()),
            None => Ok(self.unsealed(telegram)?.rendered),
        }
    }

    /// What is sealed of a telegram whose key is here, or was put together from shares.
    pub(super) fn unsealed(&self, id: &TelegramId) -> Result<Sealed, Error> {
        let entry = self.entry(id)?;
        let name = seal::name(id, &entry.telegram.terms.body);
        let key = match &entry.shares {
            Some(_) => self.combined(id, None)?,
            None => seal::key(&self.book.store().keys(), id, &name)?,
        };
        self.opened_by(&key, id)
    }

    fn opened_by(&self, key: &Identity, id: &TelegramId) -> Result<Sealed, Error> {
        let gone = Error::Seal { telegram: id.to_string(), message: "no sealed body is stored" };
        let sealed = self.book.store().sealed(id.as_str())?.ok_or(gone)?;
        let plain = seal::open(key, id, &sealed)?;
        let sealed: Sealed = record::canonical::from_canonical(&plain, "sealed message")?;
        self.as_approved(id, &sealed)?;
        Ok(sealed)
    }

    /// Other words than those that were approved are never shown and never sent.
    fn as_approved(&self, id: &TelegramId, sealed: &Sealed) -> Result<(), Error> {
        let terms = &self.entry(id)?.telegram.terms;
        let Some(salt) = sealed.salt else { return Ok(()) };
        let salt = Salt(salt.0);
        let body = message::digest_of(&salt, &sealed.rendered)?;
        let recipients = message::digest_of(&salt, &sealed.recipients)?;
        if body.to_string() == terms.body.as_str() && recipients.to_string() == terms.recipients.as_str() {
            return Ok(());
        }
        Err(Error::Seal {
            telegram: id.to_string(),
            message: "the words that lie here are not those it was drafted with: draft it again",
        })
    }

    /// Takes up whatever a crash left of keys that must not be here; [`Courier::destroy_keys`] destroys them.
    ///
    /// # Errors
    /// The machine's.
    pub fn find_spent(&mut self) -> Result<(), Error> {
        let (_, commands) = telegram::apply(&self.state, &Event::Restarted)?;
        let left = |c: &Command| {
            matches!(
                c,
                Command::DestroyKey { .. } | Command::ForgetDraft { .. } | Command::PartWithKey { .. }
            )
        };
        self.spent.extend(commands.into_iter().filter(left));
        Ok(())
    }

    /// Destroys keys that are spent, some at a time: first the keys, then the events and statements, and the end of what
    /// they sealed, in one transaction. Says whether there were any.
    ///
    /// # Errors
    /// As [`Courier::tell`], and a key whose shares are not stored.
    pub fn destroy_keys(&mut self) -> Result<bool, Error> {
        let spent: Vec<Command> = self.spent.iter().take(KEYS).cloned().collect();
        let (mut next, mut commands, mut events) = (self.state.clone(), Vec::new(), Vec::new());
        for command in &spent {
            if !telegram::still_wanted(&next, command) {
                continue;
            }
            let Some((name, event)) = self.spend(command)? else { continue };
            self.steps.step("before a key is destroyed");
            seal::destroy(&self.book.store().keys(), &name)?;
            self.steps.step("after a key is destroyed");
            commands.extend(telegram::advance(&mut next, &event)?);
            events.push(event);
        }
        if !events.is_empty() {
            self.steps.step("before an event is stored");
            self.durable(&events, &next, (&commands, Vec::new()), |t| {
                events.iter().try_for_each(|event| match event {
                    Event::KeyDestroyed { telegram } => erasing::forget_sealed(t, telegram),
                    _ => Ok(()),
                })
            })?;
            self.steps.step("after an event is stored");
            self.state = next;
        }
        self.spent.drain(..spent.len());
        Ok(!spent.is_empty())
    }

    /// Which key a command ends, and what is to be told once it is gone.
    fn spend(&self, command: &Command) -> Result<Option<(String, Event)>, Error> {
        let now = |id: &TelegramId| Ok::<_, Error>(seal::name(id, &self.entry(id)?.telegram.terms.body));
        Ok(match command {
            Command::DestroyKey { telegram } => {
                Some((now(telegram)?, Event::KeyDestroyed { telegram: telegram.clone() }))
            }
            Command::ForgetDraft { telegram, body } => {
                let event = Event::DraftForgotten { telegram: telegram.clone(), body: body.clone() };
                Some((seal::name(telegram, body), event))
            }
            Command::PartWithKey { telegram } => {
                self.all_shares_stored(telegram)?;
                Some((now(telegram)?, Event::KeyParted { telegram: telegram.clone() }))
            }
            _ => None,
        })
    }

    /// No key is parted with before every share of it is read back from the store.
    fn all_shares_stored(&self, id: &TelegramId) -> Result<(), Error> {
        let holders = self.entry(id)?.shares.as_ref().map_or(0, |shares| shares.holders.len());
        if self.book.store().shares(id)?.len() == holders {
            return Ok(());
        }
        let message = "the shares of its key are not in the store, so the key stays";
        Err(Error::Seal { telegram: id.to_string(), message })
    }

    /// What a person is told of a telegram that waits for them.
    pub(super) fn offered(&self, id: &TelegramId) -> String {
        match self.state.telegrams.get(id).and_then(|e| e.shares.as_ref()).map_or(0, |s| s.missing()) {
            0 => format!("{id} waits for a person: `ascertain telegram release {id}` lets it go"),
            n => format!(
                "{id} waits for its approvers, shares missing: {n}: `ascertain telegram shares {id} --out DIR` hands them out, `ascertain telegram open {id}` takes one back"
            ),
        }
    }

    fn entry(&self, id: &TelegramId) -> Result<&Entry, Error> {
        let none = || telegram::Error::NoTelegram { telegram: id.clone() };
        Ok(self.state.telegrams.get(id).ok_or_else(none)?)
    }
}

/// Keys destroyed at a time.
const KEYS: usize = 64;
