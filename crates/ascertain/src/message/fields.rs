//! Named fields in texts: `{name}` stands for a value, `{{` for a brace. Nothing is computed.
//!
//! Refuses to know which fields there are and what they stand for.

use serde::{Deserialize, Serialize};

/// A part of a text: words, or the name of a field to be put there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// As they are.
    Words(String),
    /// What stands there is another for each recipient.
    Field(String),
}

/// Parts a text at its fields.
///
/// # Errors
/// A brace that is never closed, or a name no field can have.
pub fn parse(text: &str) -> Result<Vec<Piece>, String> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        push(&mut pieces, before);
        if let Some(after) = after.strip_prefix('{') {
            push(&mut pieces, "{");
            rest = after;
            continue;
        }
        let (name, tail) = after.split_once('}').ok_or("a `{` is never closed; write `{{` for a brace")?;
        if !is_name(name) {
            let shown: String = name.chars().take(40).collect();
            return Err(format!(
                "{{{shown}}} is not a placeholder: a field's name is made of a-z, 0-9, `.`, `-` and `_`; write `{{{{` for a brace"
            ));
        }
        pieces.push(Piece::Field(name.to_owned()));
        rest = tail;
    }
    push(&mut pieces, rest);
    Ok(pieces)
}

/// Puts words in the place of the fields that `value` knows; those it gives `None` for stay.
///
/// # Errors
/// Those of `value`.
pub fn fill<E>(
    pieces: &[Piece],
    mut value: impl FnMut(&str) -> Result<Option<String>, E>,
) -> Result<Vec<Piece>, E> {
    let mut filled = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Words(words) => push(&mut filled, words),
            Piece::Field(name) => match value(name)? {
                Some(words) => push(&mut filled, &words),
                None => filled.push(piece.clone()),
            },
        }
    }
    Ok(filled)
}

/// Words that stand beside each other are one piece, so that one text has one form.
fn push(pieces: &mut Vec<Piece>, words: &str) {
    if let Some(Piece::Words(last)) = pieces.last_mut() {
        last.push_str(words);
    } else if !words.is_empty() {
        pieces.push(Piece::Words(words.to_owned()));
    }
}

/// The text, if no field is left in it.
#[must_use]
pub fn words(pieces: &[Piece]) -> Option<String> {
    match pieces {
        [] => Some(String::new()),
        [Piece::Words(words)] => Some(words.clone()),
        _ => None,
    }
}

/// Whether a field can have this name.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_parted_at_their_fields() {
        for (text, expected) in [
            ("", "[]"),
            ("a } b", r#"[{"words":"a } b"}]"#),
            ("{x}", r#"[{"field":"x"}]"#),
            ("a {x.y-1}{z}.", r#"[{"words":"a "},{"field":"x.y-1"},{"field":"z"},{"words":"."}]"#),
            ("p {{ color: red }", r#"[{"words":"p { color: red }"}]"#),
            ("{{{x}", r#"[{"words":"{"},{"field":"x"}]"#),
            ("a {", "!never closed"),
            ("a {b", "!never closed"),
            ("{}", "!not a placeholder"),
            ("{ x }", "!not a placeholder"),
            ("{x|upper}", "!not a placeholder"),
            ("{a{b}", "!not a placeholder"),
            ("{X}", "!not a placeholder"),
        ] {
            match (parse(text), expected.strip_prefix('!')) {
                (Err(why), Some(says)) => assert!(why.contains(says), "{text}: {why}"),
                (Ok(pieces), _) => assert_eq!(serde_json::to_string(&pieces).unwrap(), expected, "{text}"),
                (Err(why), None) => panic!("{text}: {why}"),
            }
        }
    }

    #[test]
    fn a_value_with_braces_is_no_field() {
        let pieces = parse("{x} {y}").unwrap();
        let filled = fill(&pieces, |name| Ok::<_, ()>((name == "x").then(|| "{y}".to_owned()))).unwrap();
        assert_eq!(filled, [Piece::Words("{y} ".into()), Piece::Field("y".into())]);
    }
}
