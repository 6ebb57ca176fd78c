//! Rendered messages: a table of cases, and another reader of the bytes.

use ascertain::mail::Wrong;
use ascertain::mail::address::{Address, MessageId};
use ascertain::mail::message::{Letter, Mailbox, render};

use crate::mail_tools;

/// The words of a letter, to be changed one at a time.
#[derive(Clone)]
pub struct Words {
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    pub to: String,
    pub to_name: String,
    pub from_name: String,
    pub id: String,
    pub date: i64,
    pub drill: bool,
    pub test: bool,
}

pub fn words() -> Words {
    Words {
        subject: "The result is official".into(),
        text: "Dear clerk,\n\nthe result is official.\nSee the record.\n".into(),
        html: None,
        to: "clerk@example.org".into(),
        to_name: "Clerk".into(),
        from_name: "Board".into(),
        id: "1.clerk@telegrams.example.org".into(),
        date: 1_736_164_800,
        drill: false,
        test: false,
    }
}

pub fn rendered(w: &Words) -> Result<Vec<u8>, Wrong> {
    let from = Mailbox { name: w.from_name.clone(), address: Address::parse("from", "board@example.org")? };
    let to = Mailbox { name: w.to_name.clone(), address: Address::parse("to", &w.to)? };
    render(&Letter {
        from: &from,
        to: &to,
        subject: &w.subject,
        text: &w.text,
        html: w.html.as_deref(),
        date: w.date,
        id: &MessageId::parse(&w.id)?,
        drill: w.drill,
        test: w.test,
    })
}

fn check(number: usize, line: &str) {
    let columns: Vec<&str> = line.splitn(3, " | ").collect();
    let [field, value, expected] = columns[..] else { panic!("line {number}: three columns: {line}") };
    let (value, expected) = (unescaped(value), unescaped(expected));
    let mut w = words();
    match field.trim() {
        "subject" => w.subject = value,
        "text" => w.text = value,
        "html" => w.html = Some(value),
        "to" => w.to = value,
        "to.name" => w.to_name = value,
        "from.name" => w.from_name = value,
        "id" => w.id = value,
        "date" => w.date = value.parse().unwrap(),
        "drill" => w.drill = value == "yes",
        "test" => w.test = value == "yes",
        other => panic!("line {number}: no field {other}"),
    }
    match (rendered(&w), expected.strip_prefix('!')) {
        (Ok(bytes), None) => {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains(&expected), "line {number}: {line}\n{text}");
            well_formed(&text);
            assert_eq!(rendered(&w).unwrap(), bytes, "line {number}: the same letter has the same bytes");
        }
        (Err(wrong), Some(why)) => {
            assert!(wrong.to_string().contains(why), "line {number}: {line}\n{wrong}");
            assert!(!wrong.to_string().chars().any(char::is_control), "line {number}: {wrong:?}");
        }
        (Ok(bytes), Some(_)) => panic!("line {number}: {line}\n{}", String::from_utf8_lossy(&bytes)),
        (Err(wrong), None) => panic!("line {number}: {line}\n{wrong}"),
    }
}

/// What holds of every message.
fn well_formed(text: &str) {
    assert!(text.is_ascii() && text.ends_with("--\r\n"));
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    for line in text.strip_suffix("\r\n").unwrap().split("\r\n") {
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
    }
    assert!(head.split("\r\n").all(|l| l.len() <= 320 && !l.trim().is_empty()), "{head}");
    assert!(body.split("\r\n").all(|l| l.len() <= 76), "{body}");
    let mut names: Vec<&str> =
        head.split("\r\n").filter(|l| !l.starts_with(' ')).map(|l| l.split_once(':').unwrap().0).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "each header stands once");
    assert!(!names.contains(&"Bcc") && !names.contains(&"X"), "{head}");
    let boundary = head.split_once("boundary=\"").unwrap().1.split_once('"').unwrap().0;
    assert_eq!(body.matches(boundary).count(), 3, "the boundary is in no part");
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.push(match letters.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                'u' => {
                    let hex: String = letters.by_ref().skip(1).take_while(|c| *c != '}').collect();
                    char::from_u32(u32::from_str_radix(&hex, 16).unwrap()).unwrap()
                }
                other => other,
            }),
            '{' => {
                let inner: String = letters.by_ref().take_while(|c| *c != '}').collect();
                match inner.rsplit_once('*') {
                    Some((what, times)) => out.push_str(&what.repeat(times.parse().unwrap())),
                    None => out.push_str(&format!("{{{inner}}}")),
                }
            }
            other => out.push(other),
        }
    }
    out
}

#[test]
fn letters_become_exact_bytes_or_are_refused() {
    let table = include_str!("data/mail_message.txt");
    let cases = table.lines().enumerate().filter(|(_, l)| !l.is_empty() && !l.starts_with('#'));
    let ran: Vec<bool> =
        cases.map(|(n, line)| std::panic::catch_unwind(|| check(n + 1, line)).is_ok()).collect();
    assert!(ran.iter().all(|good| *good), "cases failed, see above");
    let count = ran.len();
    assert!(count > 70, "{count} cases were found");
}

#[test]
fn the_boundary_follows_from_the_content() {
    let boundary = |w: &Words| {
        let text = String::from_utf8(rendered(w).unwrap()).unwrap();
        text.split_once("boundary=\"").unwrap().1.split_once('"').unwrap().0.to_owned()
    };
    let other = Words { text: "Other words.\n".into(), ..words() };
    assert_eq!(boundary(&words()), boundary(&Words { date: 0, ..words() }));
    assert_ne!(boundary(&words()), boundary(&other));
}

/// Python's own `email` reads back what went in.
#[test]
fn another_reader_finds_the_same_words() {
    let Some(python) = mail_tools::python("email", "messages read by another program") else { return };
    let hard = Words {
        subject: format!("Ergebnis: {} – „Größe“ ≤ 5 %", "sehr lang und ".repeat(12)),
        to_name: "Łódź, \"City\" Hall ".trim().into(),
        text: ".dot\nFrom here\n=3D\ntrailing \t\nΕλληνικά\n\nlast\n".into(),
        html: Some("<p>naïve &amp; short</p>\n".into()),
        ..words()
    };
    for w in [words(), hard] {
        let bytes = rendered(&w).unwrap();
        let folder = mail_tools::Folder::new();
        std::fs::write(folder.path("m.eml"), &bytes).unwrap();
        let read = mail_tools::run(&python, &["tests/channels/scripts/mail_read.py", &folder.path("m.eml")]);
        let html = w.html.clone().unwrap_or_default();
        let wanted = [&w.subject, &w.to_name, &w.to, &w.text, &html].map(|t| format!("{:x?}", t.as_bytes()));
        let got: Vec<String> = read
            .stdout
            .lines()
            .map(|hex| {
                let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
                format!("{:x?}", (0..hex.len()).step_by(2).map(byte).collect::<Vec<u8>>())
            })
            .collect();
        assert!(read.success, "{}", read.stderr);
        assert_eq!(got[..4], wanted[..4]);
        if w.html.is_some() {
            assert_eq!(got[4], wanted[4]);
        }
    }
}
