//! The key of a body in shares: one for each approver, each sealed to that approver's own age key.
//!
//! Refuses to know who may open what, and when: the machine says.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use record::digest::sha256;
use telegram::{ApproverId, TelegramId};
use zeroize::Zeroizing;

use crate::age::{self, Identity, Recipient};
use crate::error::Error;
use crate::keychain;
use crate::shamir::{self, Share};

/// A share as it was dealt.
pub struct Dealt {
    /// Whose it is.
    pub approver: ApproverId,
    /// Its number, from 1.
    pub number: u8,
    /// What its line hashes to, in hexadecimal digits: nobody can guess the line from it.
    pub digest: String,
    /// The line, in a file only the approver opens.
    pub sealed: Vec<u8>,
}

/// A share as an approver hands it in: one line of text that says what it is of and whether it is whole.
pub struct Line {
    /// The telegram.
    pub telegram: String,
    /// The name of the draft's key.
    pub draft: String,
    /// How many are needed.
    pub needed: u8,
    /// The share.
    pub share: Share,
}

const FORM: &str = "ascertain-share-1";

/// Splits a key so that `needed` of the approvers open it.
///
/// # Errors
/// More approvers than 255, or no randomness.
pub fn deal(
    key: &Identity,
    (telegram, draft): (&TelegramId, &str),
    needed: usize,
    approvers: &[(ApproverId, Recipient)],
) -> Result<Vec<Dealt>, Error> {
    let (Ok(of), Ok(needed)) = (u8::try_from(approvers.len()), u8::try_from(needed)) else {
        return Err(Error::Usage { message: "a key is split among 255 approvers at most".into() });
    };
    let mut chance = Vec::new();
    for _ in 1..needed {
        chance.push(Zeroizing::new(keychain::random()?));
    }
    let shares = shamir::split(&key.bytes(), &chance, of);
    let mut dealt = Vec::new();
    for ((approver, recipient), share) in approvers.iter().zip(shares) {
        let number = share.number;
        let line = Line { telegram: telegram.to_string(), draft: draft.to_owned(), needed, share };
        let text = line.text();
        let sealed = age::encrypt(recipient, format!("{}\n", *text).as_bytes())?;
        dealt.push(Dealt { approver: approver.clone(), number, digest: digest(&text), sealed });
    }
    Ok(dealt)
}

/// What a line hashes to.
#[must_use]
pub fn digest(line: &str) -> String {
    sha256(line.trim().as_bytes()).to_string()
}

/// The key that as many shares as are needed lead to.
#[must_use]
pub fn combined(shares: &[Share]) -> Option<Identity> {
    shamir::combined(shares).map(|bytes| Identity::from_bytes(&bytes))
}

/// The line in what an approver hands in, that must be a share of this draft.
///
/// # Errors
/// Still sealed, no share, damaged, or of something else.
pub fn read(bytes: &[u8], telegram: &TelegramId, draft: &str) -> Result<Line, Error> {
    let refused = |why: String| Error::Usage { message: format!("{why}; nothing was changed") };
    if age::is_sealed(bytes) {
        return Err(refused(
            "the share is still sealed: open it with `age -d -i KEYFILE`, or give --identity KEYFILE".into(),
        ));
    }
    let text = std::str::from_utf8(bytes).unwrap_or_default().trim();
    if !text.starts_with(FORM) {
        return Err(refused(format!("that is no share: one is a line that begins with `{FORM}:`")));
    }
    let line = Line::parse(text)
        .ok_or_else(|| refused("the share is damaged: hand in the whole line, as it was opened".into()))?;
    if line.telegram != telegram.as_str() {
        return Err(refused(format!("that is a share of telegram {}, not of {telegram}", line.telegram)));
    }
    if line.draft != draft {
        return Err(refused(format!("that is a share of another telegram of the name {telegram}")));
    }
    Ok(line)
}

impl Line {
    /// As it is sealed and handed in.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        let values = Zeroizing::new(URL_SAFE_NO_PAD.encode(self.share.values.as_slice()));
        let number = self.share.number;
        let text = format!("{FORM}:{}:{}:{number}:{}:{}", self.telegram, self.draft, self.needed, *values);
        let check = checksum(&text);
        Zeroizing::new(format!("{text}:{check}"))
    }

    /// Nothing if it is not exactly what [`Line::text`] writes.
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(FORM)?.strip_prefix(':')?;
        let mut parts = rest.rsplitn(6, ':');
        let (_check, values) = (parts.next()?, parts.next()?);
        let (needed, number) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let (draft, telegram) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(values).ok()?);
        let values = Zeroizing::new(<[u8; shamir::LONG]>::try_from(bytes.as_slice()).ok()?);
        let line = Self { telegram, draft, needed, share: Share { number, values } };
        (*line.text() == text).then_some(line)
    }
}

/// Against a slip of the hand, not of anybody's will.
fn checksum(text: &str) -> String {
    sha256(text.as_bytes()).to_string().get(..8).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        let share = Share { number: 2, values: Zeroizing::new([7; shamir::LONG]) };
        Line { telegram: "winner-a".into(), draft: "winner-a.0123456789abcdef".into(), needed: 3, share }
    }

    #[test]
    fn a_line_is_read_as_it_is_written_and_no_other() {
        let (text, id) = (line().text(), TelegramId::parse("winner-a").unwrap());
        let read = |text: &str| super::read(text.as_bytes(), &id, "winner-a.0123456789abcdef");
        assert!(read(&format!("  {}\r\n", *text)).is_ok_and(|l| l.share == line().share && l.needed == 3));
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(read(&changed).is_err(), "byte {at} changed");
            assert!(read(&text[..at]).is_err(), "cut at {at}");
        }
        for wrong in ["", "AGE-SECRET-KEY-1", &text.to_uppercase(), &format!("{0} {0}", *text)] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
