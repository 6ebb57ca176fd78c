//! `--set PLACE=WHAT`: the words of an alteration.

use standing::{Alteration, Altered, Ground, PlaceId};

/// Reads one alteration.
pub fn parse(text: &str) -> Result<Alteration, String> {
    let (place, what) = text.split_once('=').ok_or("write PLACE=WHAT, such as PA=abstain:20")?;
    let place = PlaceId::try_from(place.to_uppercase()).map_err(|e| e.to_string())?;
    let words: Vec<&str> = what.split(':').collect();
    let what = match words.as_slice() {
        ["abstain", n] => Altered::Abstain(number(n)?, None),
        ["abstain", n, person] => Altered::Abstain(number(n)?, Some((*person).to_owned())),
        ["appointed", n] => Altered::Appointed(number(n)?),
        ["vote", n, from, to] => Altered::Vote(number(n)?, (*from).to_owned(), (*to).to_owned()),
        ["reject"] => Altered::Reject(None),
        ["reject", "not-lawfully-certified"] => Altered::Reject(Some(Ground::NotLawfullyCertified)),
        ["reject", "not-regularly-given"] => Altered::Reject(Some(Ground::NotRegularlyGiven)),
        _ => {
            return Err(format!(
                "`{what}` is no alteration: abstain:N, abstain:N:NAME, appointed:N, vote:N:FROM:TO, reject, reject:not-lawfully-certified or reject:not-regularly-given"
            ));
        }
    };
    Ok(Alteration { place, what })
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("`{text}` is no number of electors"))
}
