//! A policy as its owner wrote it: TOML, read with the place of every key.
//!
//! What it accepts, the canonical form accepts; refuses to know what a law or
//! an election knows.

use standing::{IssuerId, PlaceId, Published};
use toml::Spanned;
use toml::de::DeValue;

use crate::constraints::{DEEPEST, TOO_DEEP};
use crate::error::{Error, Fault, KeyPath, shown};
use crate::language::{Action, Clause, Counting, Formula, PersonClause, Policy, Seconds};
use crate::spelling::unknown;
use crate::tree::{self, Fields, Node};

/// Reads a policy from TOML.
///
/// # Errors
/// File, line, column, the key that is wrong, what was expected, and what may have been meant.
pub fn from_toml(file: &str, text: &str) -> Result<Policy, Error> {
    let tree = tree::parse(file, text)?;
    let read = policy(&Node { at: KeyPath::default(), value: tree.get_ref() });
    let policy = read.map_err(|fault| {
        let at = tree::locate(text, &tree, &fault.at, fault.key);
        fault.in_file(file, Some(at))
    })?;
    policy.check(file).map_err(|e| located_in(e, file, text, &tree))?;
    Ok(policy)
}

/// An error about a policy, with the place in the text the policy was read from.
#[must_use]
pub fn located(error: Error, file: &str, text: &str) -> Error {
    match tree::parse(file, text) {
        Ok(tree) => located_in(error, file, text, &tree),
        Err(_) => error,
    }
}

fn located_in(error: Error, file: &str, text: &str, tree: &Spanned<DeValue<'_>>) -> Error {
    match error {
        Error::Meaning { clause, message, .. } => {
            let at = Some(tree::locate(text, tree, &clause, false));
            Error::Meaning { file: file.to_owned(), at, clause, message }
        }
        other => other,
    }
}

const KEYS: [&str; 10] = [
    "language",
    "name",
    "office",
    "summary",
    "person",
    "another_person",
    "nobody",
    "annulled",
    "contested",
    "never",
];
const ACTIONS: [(&str, Action); 3] =
    [("release", Action::Release), ("wait", Action::Wait), ("ask", Action::Ask)];
const COUNTING: [(&str, Counting); 2] = [("upstreams", Counting::Upstreams), ("outlets", Counting::Outlets)];
const PUBLISHED: [(&str, Published); 2] = [("result", Published::Result), ("records", Published::Records)];

fn policy(node: &Node<'_>) -> Result<Policy, Fault> {
    let top = node.table(&KEYS)?;
    let text =
        |key: &str, expected: &str| top.need(key, expected).and_then(|n| n.text(expected).map(str::to_owned));
    let clause = |key: &str, of: &str| {
        let table = format!("a table `[{key}]` with `action`: what to do {of}");
        clause(&top.need(key, &table)?)
    };
    let office = "the id of an office in quotes, such as \"president\", or \"any\"";
    let person = "a table `[person]` with `when`: the formula by which a person is official";
    Ok(Policy {
        language: top.need("language", "language = 1")?.whole("1")?,
        name: text("name", "a short name in quotes, of a-z, 0-9 and -")?,
        office: id(&top.need("office", office)?, office)?,
        summary: text("summary", "a sentence in quotes, for the reader")?,
        person: PersonClause { when: person_clause(&top.need("person", person)?)? },
        another_person: clause("another_person", "about a person no message was prepared for")?,
        nobody: clause("nobody", "if nobody is elected")?,
        annulled: clause("annulled", "if the election is set aside")?,
        contested: clause("contested", "if announcements contradict each other")?,
        never: clause("never", "when waiting has lasted too long")?,
    })
}

fn person_clause(node: &Node<'_>) -> Result<Formula, Fault> {
    formula(&node.table(&["when"])?.need("when", "a formula, such as \"voted\"")?, DEEPEST)
}

fn clause(node: &Node<'_>) -> Result<Clause, Fault> {
    let fields = node.table(&["action", "when"])?;
    let action = fields.need("action", "one of \"release\", \"wait\", \"ask\"")?;
    Ok(Clause {
        action: action.one_of("action", &ACTIONS)?,
        when: fields.get("when").map(|n| formula(&n, DEEPEST)).transpose()?,
    })
}

fn formula(node: &Node<'_>, depth: usize) -> Result<Formula, Fault> {
    let deeper = depth.checked_sub(1).ok_or_else(|| Fault::of(&node.at, TOO_DEEP.into()))?;
    if let DeValue::String(word) = node.value {
        return alone(node, word);
    }
    let keys = node.keys();
    if let Some(stray) = keys.iter().find(|k| template(k).is_none()) {
        let message = unknown("formula", stray, words());
        return Err(Fault { at: node.at.key(stray), key: true, message });
    }
    let [word] = keys.as_slice() else {
        let joined = "one formula: a word such as \"voted\", or one such as { called = { at_least = 3 } }; \
                      to join several write { all = [ … ] } or { any = [ … ] }";
        let several = keys.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(" and ");
        let found = if keys.is_empty() { node.found() } else { format!("{several} in one table") };
        return Err(Fault::of(&node.at, format!("found {found}; expected {joined}")));
    };
    match node.get(word) {
        Some(inner) => with(node, word, &inner, deeper),
        None => Err(node.wrong("a formula")),
    }
}

/// A formula that is one word.
fn alone(node: &Node<'_>, word: &str) -> Result<Formula, Fault> {
    if let Some((_, f)) = ALONE.iter().find(|(w, _)| *w == word) {
        return Ok(f.clone());
    }
    Err(Fault::of(
        &node.at,
        match template(word) {
            Some(template) => format!("`{word}` does not stand alone; expected {template}"),
            None => unknown("formula", word, words()),
        },
    ))
}

/// A formula that is a word with something to it.
fn with(outer: &Node<'_>, word: &str, node: &Node<'_>, depth: usize) -> Result<Formula, Fault> {
    let list = |node: &Node<'_>| node.each("a list of formulas in [ ]", |n| formula(n, depth));
    Ok(match word {
        "all" => Formula::All(list(node)?),
        "any" => Formula::Any(list(node)?),
        "at_least" => {
            let of = node.table(&["n", "of"])?;
            let n = of.need("n", "how many, such as 2")?.whole("a whole number, 1 or more")?;
            Formula::AtLeast { n, of: list(&of.need("of", "a list of formulas in [ ]")?)? }
        }
        "held_for" => {
            let of = node.table(&["duration", "of"])?;
            let duration = duration(&of.need("duration", DURATION)?)?;
            let held = of.need("of", "the formula that must hold, such as \"voted\"")?;
            Formula::HeldFor { duration, of: Box::new(formula(&held, depth)?) }
        }
        "called" => called(&node.table(&["at_least", "by", "counting"])?)?,
        "first_of" => {
            let expected = "a list of issuers in [ ], such as [\"ap\"]";
            let sources = node.table(&["sources"])?.need("sources", expected)?;
            Formula::FirstOf {
                sources: sources.each(expected, |n| id::<IssuerId>(n, "the id of an issuer"))?,
            }
        }
        "canvassed" => {
            let expected = "a list of places in [ ], such as [\"GA\"]";
            let places = node.table(&["places"])?.need("places", expected)?;
            Formula::Canvassed { places: places.each(expected, |n| id::<PlaceId>(n, "the id of a place"))? }
        }
        "published" => {
            let what = node.table(&["what"])?.need("what", "\"result\" or \"records\"")?;
            Formula::Published { what: what.one_of("thing that is published", &PUBLISHED)? }
        }
        "after" => {
            let expected = "the id of a legal date in quotes, such as \"term\"";
            Formula::After { date: node.table(&["date"])?.need("date", expected)?.text(expected)?.to_owned() }
        }
        word => return Err(Fault::of(&outer.at, format!("`{word}` stands alone; expected \"{word}\""))),
    })
}

fn called(of: &Fields<'_>) -> Result<Formula, Fault> {
    let many = "how many must have called, 1 or more";
    let at_least = of.need("at_least", many)?.whole(many)?;
    let by = of.get("by");
    let by = by.map(|n| n.each("a list of issuers in [ ]", |n| id::<IssuerId>(n, "the id of an issuer")));
    let counting = of.get("counting").map(|n| n.one_of("way of counting", &COUNTING));
    Ok(Formula::Called {
        at_least,
        by: by.transpose()?.unwrap_or_default(),
        counting: counting.transpose()?.unwrap_or_default(),
    })
}

const DURATION: &str = "a duration such as \"90s\", \"30m\", \"72h\" or \"3d\", at most ten years";

fn duration(node: &Node<'_>) -> Result<Seconds, Fault> {
    let read = match node.value.as_str() {
        Some(text) => Seconds::from_text(text),
        None => node.whole::<i64>(DURATION).ok().and_then(Seconds::new),
    };
    read.ok_or_else(|| node.wrong(DURATION))
}

/// A name that is an id: of an office, an issuer, a place.
fn id<'a, T: TryFrom<&'a str>>(node: &Node<'a>, expected: &str) -> Result<T, Fault> {
    let text = node.text(expected)?;
    T::try_from(text).map_err(|_| {
        let found: String = text.chars().take(64).collect();
        let message = format!(
            "`{}` is no id; expected {expected}; an id is 1 to 96 of A-Z a-z 0-9 . - _ : / beginning with a letter or digit",
            shown(&found)
        );
        Fault::of(&node.at, message)
    })
}

/// Every word a formula can begin with.
fn words() -> impl Iterator<Item = &'static str> {
    ALONE.iter().map(|(w, _)| *w).chain(JOINED.iter().map(|(w, _)| *w))
}

/// How a word is written that does not stand alone; or the word, if it does.
fn template(word: &str) -> Option<&'static str> {
    let joined = JOINED.iter().find(|(w, _)| *w == word).map(|(_, t)| *t);
    joined.or_else(|| ALONE.iter().find(|(w, _)| *w == word).map(|(w, _)| *w))
}

const ALONE: [(&str, Formula); 15] = [
    ("ascertained", Formula::Ascertained),
    ("voted", Formula::Voted),
    ("declared", Formula::Declared),
    ("in_office", Formula::InOffice),
    ("certified", Formula::Certified),
    ("validated", Formula::Validated),
    ("accepted", Formula::Accepted),
    ("diploma", Formula::Diploma),
    ("conceded", Formula::Conceded),
    ("living", Formula::Living),
    ("nobody", Formula::Nobody),
    ("annulled", Formula::Annulled),
    ("contested", Formula::Contested),
    ("challenge_window_closed", Formula::ChallengeWindowClosed),
    ("no_challenge_pending", Formula::NoChallengePending),
];
const JOINED: [(&str, &str); 9] = [
    ("all", "{ all = [ … ] }"),
    ("any", "{ any = [ … ] }"),
    ("at_least", "{ at_least = { n = 2, of = [ … ] } }"),
    ("held_for", "{ held_for = { duration = \"72h\", of = \"voted\" } }"),
    ("called", "{ called = { at_least = 3 } }"),
    ("first_of", "{ first_of = { sources = [\"ap\"] } }"),
    ("canvassed", "{ canvassed = { places = [\"GA\"] } }"),
    ("published", "{ published = { what = \"result\" } }"),
    ("after", "{ after = { date = \"term\" } }"),
];
