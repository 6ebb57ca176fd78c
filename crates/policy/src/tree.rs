//! A TOML text as values that know where they stand.
//!
//! Refuses to know what a policy is.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Fault, KeyPath, Place, Step, shown};
use crate::spelling::{stranger, unknown};

/// Parses a text; what is no TOML is refused.
pub(crate) fn parse<'a>(file: &str, text: &'a str) -> Result<Spanned<DeValue<'a>>, Error> {
    let wrong = |e: toml::de::Error| {
        let Place { line, column } = place(text, e.span().map_or(0, |s| s.start));
        let message = shown(&e.message().replace('\n', "; "));
        Error::Syntax { file: file.into(), line, column, message }
    };
    let table = DeTable::parse(text).map_err(wrong)?;
    let span = table.span();
    Ok(Spanned::new(span, DeValue::Table(table.into_inner())))
}

/// Where a key or its value stands; of what is missing, the table it is missing from.
pub(crate) fn locate(text: &str, tree: &Spanned<DeValue<'_>>, path: &KeyPath, key: bool) -> Place {
    let mut here = tree;
    let mut start = 0;
    for step in path.steps() {
        let found = match (step, here.get_ref()) {
            (Step::Key(k), DeValue::Table(of)) => {
                of.get_key_value(k.as_str()).map(|(k, v)| (k.span().start, v))
            }
            (Step::Item(n), DeValue::Array(of)) => of.get(*n).map(|v| (v.span().start, v)),
            _ => None,
        };
        let Some((at_key, value)) = found else { return place(text, start) };
        start = if key { at_key } else { value.span().start };
        here = value;
    }
    place(text, start)
}

fn place(text: &str, byte: usize) -> Place {
    let before = text.get(..byte).unwrap_or("");
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or("").chars().count().saturating_add(1);
    Place { line, column }
}

/// A value and the way to it.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    pub(crate) at: KeyPath,
    pub(crate) value: &'a DeValue<'a>,
}

/// A table whose keys are known ones.
pub(crate) struct Fields<'a> {
    at: KeyPath,
    of: &'a DeTable<'a>,
}

impl<'a> Node<'a> {
    pub(crate) fn wrong(&self, expected: &str) -> Fault {
        Fault::of(&self.at, format!("found {}; expected {expected}", self.found()))
    }

    /// The value as a message may show it.
    pub(crate) fn found(&self) -> String {
        match self.value {
            DeValue::String(s) if s.is_empty() => "an empty text".into(),
            DeValue::String(s) => format!("the text `{}`", shown(&s.chars().take(64).collect::<String>())),
            DeValue::Integer(n) => format!("the number {n}"),
            DeValue::Float(_) => "a fraction".into(),
            DeValue::Boolean(b) => format!("`{b}`"),
            DeValue::Datetime(_) => "a date".into(),
            DeValue::Array(_) => "a list".into(),
            DeValue::Table(_) => "a table".into(),
        }
    }

    pub(crate) fn text(&self, expected: &str) -> Result<&'a str, Fault> {
        self.value.as_str().ok_or_else(|| self.wrong(expected))
    }

    pub(crate) fn whole<T: TryFrom<i64>>(&self, expected: &str) -> Result<T, Fault> {
        let n = self.value.as_integer();
        let n = n.and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok());
        n.and_then(|n| T::try_from(n).ok()).ok_or_else(|| self.wrong(expected))
    }

    /// Every item of a list, read.
    pub(crate) fn each<T>(
        &self,
        expected: &str,
        read: impl Fn(&Node<'a>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let items = self.value.as_array().ok_or_else(|| self.wrong(expected))?;
        let node =
            |(n, v): (usize, &'a Spanned<DeValue<'a>>)| Node { at: self.at.item(n), value: v.get_ref() };
        items.iter().enumerate().map(|v| read(&node(v))).collect()
    }

    /// One of a few words.
    pub(crate) fn one_of<T: Copy>(&self, what: &str, words: &[(&str, T)]) -> Result<T, Fault> {
        let names = || words.iter().map(|(w, _)| *w);
        let expected = || names().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ");
        let found = self.value.as_str().ok_or_else(|| self.wrong(&format!("one of {}", expected())))?;
        let of = words.iter().find(|(w, _)| *w == found);
        of.map(|(_, t)| *t).ok_or_else(|| Fault::of(&self.at, unknown(what, found, names())))
    }

    /// A table with no other keys than these.
    pub(crate) fn table(&self, keys: &[&str]) -> Result<Fields<'a>, Fault> {
        let expected = || keys.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
        let of = self.value.as_table();
        let of = of.ok_or_else(|| self.wrong(&format!("a table with the keys {}", expected())))?;
        match of.keys().find(|k| !keys.contains(&k.get_ref().as_ref())) {
            Some(stray) => {
                let message = stranger("no such key here", stray.get_ref(), keys);
                Err(Fault { at: self.at.key(stray.get_ref()), key: true, message })
            }
            None => Ok(Fields { at: self.at.clone(), of }),
        }
    }

    /// The keys of a table, as written.
    pub(crate) fn keys(&self) -> Vec<&'a str> {
        let of = self.value.as_table();
        of.map(|of| of.keys().map(|k| k.get_ref().as_ref()).collect()).unwrap_or_default()
    }

    /// The value of a key that is there.
    pub(crate) fn get(&self, key: &str) -> Option<Node<'a>> {
        let of = self.value.as_table()?;
        of.get(key).map(|v| Node { at: self.at.key(key), value: v.get_ref() })
    }
}

impl<'a> Fields<'a> {
    pub(crate) fn get(&self, key: &str) -> Option<Node<'a>> {
        self.of.get(key).map(|v| Node { at: self.at.key(key), value: v.get_ref() })
    }

    pub(crate) fn need(&self, key: &str, expected: &str) -> Result<Node<'a>, Fault> {
        self.get(key).ok_or_else(|| Fault::of(&self.at.key(key), format!("missing; expected {expected}")))
    }
}
