//! The regular expressions of schemas/: anchored at both ends, sets, groups, counts; anything else stops the test. Not a test.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

enum Part {
    Set { except: bool, ranges: Vec<(char, char)> },
    Either(Vec<Vec<Counted>>),
}

struct Counted {
    part: Part,
    least: usize,
    most: usize,
}

/// A parsed pattern.
pub struct Pattern(Vec<Counted>);

impl Pattern {
    pub fn parse(pattern: &str) -> Self {
        let inner = pattern.strip_prefix('^').and_then(|p| p.strip_suffix('$'));
        let mut rest =
            inner.unwrap_or_else(|| panic!("{pattern}: not anchored at both ends")).chars().peekable();
        let parts = sequence(&mut rest);
        assert!(rest.next().is_none(), "{pattern}: not understood to its end");
        Self(parts)
    }

    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        ends(&self.0, &text, BTreeSet::from([0])).contains(&text.len())
    }
}

/// Where a match of `parts` that begins at one of `from` can end.
fn ends(parts: &[Counted], text: &[char], mut from: BTreeSet<usize>) -> BTreeSet<usize> {
    for Counted { part, least, most } in parts {
        let mut reached = if *least == 0 { from.clone() } else { BTreeSet::new() };
        for n in 1..=*most {
            from = once(part, text, &from);
            if n >= *least {
                let before = reached.len();
                reached.extend(&from);
                if reached.len() == before {
                    break;
                }
            }
        }
        from = reached;
    }
    from
}

fn once(part: &Part, text: &[char], from: &BTreeSet<usize>) -> BTreeSet<usize> {
    match part {
        Part::Either(parts) => parts.iter().flat_map(|p| ends(p, text, from.clone())).collect(),
        Part::Set { except, ranges } => {
            let fits = |c: &char| ranges.iter().any(|(a, z)| (a..=z).contains(&c)) != *except;
            from.iter().filter(|at| text.get(**at).is_some_and(fits)).map(|at| at + 1).collect()
        }
    }
}

fn sequence(rest: &mut Peekable<Chars<'_>>) -> Vec<Counted> {
    let mut parts = Vec::new();
    while let Some(c) = rest.next_if(|c| !")|".contains(*c)) {
        let part = match c {
            '(' => {
                let mut either = vec![sequence(rest)];
                while rest.next_if_eq(&'|').is_some() {
                    either.push(sequence(rest));
                }
                assert_eq!(rest.next(), Some(')'), "a group is not closed");
                Part::Either(either)
            }
            '[' => set(rest),
            '.' | '^' | '$' | '*' | '+' | '?' | '{' | '}' | ']' => panic!("`{c}` cannot stand here"),
            c => {
                let c = if c == '\\' { escaped(rest) } else { c };
                Part::Set { except: false, ranges: vec![(c, c)] }
            }
        };
        let (least, most) = counts(rest);
        parts.push(Counted { part, least, most });
    }
    parts
}

fn set(rest: &mut Peekable<Chars<'_>>) -> Part {
    let except = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        match rest.next().unwrap_or_else(|| panic!("a set is not closed")) {
            ']' => return Part::Set { except, ranges },
            c => {
                let first = if c == '\\' { escaped(rest) } else { c };
                // A `-` before the end of the set is itself.
                let mut ahead = rest.clone();
                let last = match (ahead.next(), ahead.next()) {
                    (Some('-'), Some(next)) if next != ']' => {
                        rest.nth(1);
                        if next == '\\' { escaped(rest) } else { next }
                    }
                    _ => first,
                };
                ranges.push((first, last));
            }
        }
    }
}

fn escaped(rest: &mut Peekable<Chars<'_>>) -> char {
    match rest.next() {
        Some('u') => {
            let hex: String = rest.by_ref().take(4).collect();
            u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32).unwrap_or_else(|| panic!("\\u{hex}"))
        }
        Some(c) if c.is_ascii_punctuation() => c,
        other => panic!("\\{other:?} is no escape known here"),
    }
}

fn counts(rest: &mut Peekable<Chars<'_>>) -> (usize, usize) {
    match rest.next_if(|c| "*+?{".contains(*c)) {
        Some('*') => (0, usize::MAX),
        Some('+') => (1, usize::MAX),
        Some('?') => (0, 1),
        Some(_) => {
            let inner: String = rest.by_ref().take_while(|c| *c != '}').collect();
            let (least, most) = inner.split_once(',').unwrap_or((&inner, &inner));
            (least.parse().unwrap(), most.parse().unwrap())
        }
        None => (1, 1),
    }
}

#[test]
fn patterns() {
    let rows = [
        ("^[0-9]{4}-(0[1-9]|1[0-2])$", "2020-12", "2020-13"),
        ("^[A-Za-z0-9][A-Za-z0-9._:/-]{0,3}$", "a-b", "abcde"),
        ("^([^{]|\\{(person|office)\\})*$", "a {person}\n}", "{name}"),
        ("^[^\\u0000-\\u001f]+$", "å ", "a\n"),
        ("^(a|bc)+d?$", "abcad", "abd"),
        ("^-?x{2}$", "-xx", "xxx"),
        ("^a*b$", "b", "a"),
    ];
    for (pattern, yes, no) in rows {
        let parsed = Pattern::parse(pattern);
        assert!(parsed.matches(yes), "{pattern} refuses {yes:?}");
        assert!(!parsed.matches(no), "{pattern} accepts {no:?}");
    }
}
