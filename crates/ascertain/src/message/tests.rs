//! Message files and lists, good and bad.

use std::fmt::Write as _;

use proof::OutcomeText;
use record::digest::Digest;
use record::signed_statement::Salt;
use telegram::Channel;

use super::*;
use crate::folder;

const HEAD: &str = "id = \"a\"\noffice = \"president\"\noutcome = { person = \"biden\" }\nsubject = \"To {person}\"\nbody = \"Words.\"\n";
const ONE: &str =
    "[[recipient]]\nid = \"one\"\nname = \"One\"\naddress = \"one@example.org\"\nchannel = \"email\"\n";

/// A message of 2020 from a file and a list; neither need be there.
fn made(file: &str, csv: &str, channel: Option<Channel>) -> Result<Message, String> {
    let loaded = folder::load("us-2020").unwrap();
    let rows = if csv.is_empty() { Vec::new() } else { list("l.csv", csv).map_err(|e| e.to_string())? };
    let asked = Asked { to: &rows, channel, ..Asked::default() };
    let template = read("m.toml", file).map_err(|e| e.to_string())?;
    message(&template, &asked, &loaded.election, &loaded.law).map_err(|e| e.to_string())
}

fn check(file: &str, csv: &str, says: &[&str]) {
    let why = made(file, csv, None).expect_err(&format!("{file}\n{csv}\nis taken"));
    for word in says {
        assert!(why.contains(word), "`{word}` is not in: {why}\n{file}\n{csv}");
    }
}

#[test]
fn bad_lists_are_refused_with_file_line_and_column() {
    let head = "id,name,address,channel";
    for (csv, says) in [
        ("", vec!["l.csv:1", "`id`", "is needed"]),
        ("id,name,address", vec!["l.csv: `list`", "no row"]),
        ("id;name;address\na;A;a@example.org", vec!["l.csv:1", "id;name;address", "commas"]),
        ("id,name,adress\n", vec!["l.csv:1", "`adress`", "no such column"]),
        ("id,name,address,id\n", vec!["l.csv:1", "`id`", "two columns"]),
        ("id,name\na,A", vec!["l.csv:1", "`address`", "is needed"]),
        ("id,name,address,channel\na,A,a@example.org", vec!["l.csv:2", "fields"]),
        ("id,name,address\na,A,a@example.org", vec!["l.csv:2: `channel`", "--channel"]),
        ("a,A,a@example.org,fax", vec!["l.csv:2: `channel`", "`fax`", "manual"]),
        ("A!,A,a@example.org,email", vec!["l.csv:2: `id`", "a-z"]),
        ("a,,a@example.org,email", vec!["l.csv:2: `name`", "one line"]),
        ("a,\"A\nBcc: x@example.org\",a@example.org,email", vec!["l.csv:2: `name`", "control"]),
        ("a,A\u{2028}B,a@example.org,email", vec!["l.csv:2: `name`", "control"]),
        ("a,A,\"a@example.org\nx\",email", vec!["l.csv:2: `address`", "control"]),
        ("a,A,a@example,email", vec!["l.csv:2: `address`", "one label"]),
        ("a,A,<a@example.org>,email", vec!["l.csv:2: `address`"]),
        ("a,A,\"a@example.org,b@example.org\",file", vec!["l.csv:2: `address`", "no address"]),
        ("a,A,http://user@example.org/,webhook", vec!["l.csv:2: `address`", "user name"]),
        ("a,A,a@example.org,webhook", vec!["l.csv:2: `address`", "https://"]),
        ("a,A,https://169.254.169.254/,webhook", vec!["l.csv:2: `address`", "link-local"]),
        (
            "# one\n\na,A,a@example.org,email\na,B,b@example.org,email",
            vec!["l.csv:5: `id`", "first in l.csv:4"],
        ),
        (
            "a,A,a@example.org,email\nb,B,a@EXAMPLE.org,email",
            vec!["l.csv:3: `address`", "stands twice", "l.csv:2"],
        ),
        ("a,A,a@example.org,email\nb,B,a@example.ORG,manual", vec!["l.csv:3: `address`", "stands twice"]),
        (
            "a,A,https://example.org/%7Ea,webhook\nb,B,HTTPS://EXAMPLE.org:443/~a,webhook",
            vec!["l.csv:3: `address`", "stands twice"],
        ),
    ] {
        let whole = csv.starts_with("id") || csv.is_empty();
        let csv = if whole { csv.to_owned() } else { format!("{head}\n{csv}") };
        let why = list("l.csv", &csv).err().map(|e| e.to_string());
        match why {
            Some(why) => assert!(says.iter().all(|s| why.contains(s)), "{csv}: {why}"),
            None => check(HEAD, &csv, &says),
        }
    }
    for (columns, cells, says) in [
        ("language", "French", vec!["l.csv:2: `language`", "no language tag"]),
        ("language", "fr", vec!["l.csv:2: `language`", "`fr`", "[text.fr]"]),
        ("title", "\"A\tB\"", vec!["l.csv:2: `title`", "control"]),
        ("field.x", "\"A\rB\"", vec!["l.csv:2: `field.x`", "control"]),
        ("field.person", "x", vec!["l.csv:2: `field.person`", "a meaning already"]),
        ("field.X", "x", vec!["l.csv:2: `field.X`", "a-z"]),
    ] {
        check(HEAD, &format!("{head},{columns}\na,A,a@example.org,email,{cells}"), &says);
    }
}

#[test]
fn bad_files_are_refused_before_anything_is_drafted() {
    let texts = |more: &str| {
        format!(
            "id = \"a\"\noffice = \"president\"\noutcome = \"nobody\"\n{more}\n[[recipient]]\nid = \"one\"\nname = \"One\"\naddress = \"one@example.org\"\nchannel = \"email\"\n"
        )
    };
    let one = "subject = \"S\"\nbody = \"B\"\n";
    for (more, says) in [
        ("", vec!["`subject`", "missing"]),
        ("subject = \"S\"", vec!["`body`", "missing"]),
        ("subject = \"\"\nbody = \"B\"", vec!["`subject`", "empty"]),
        ("subject = \"S\\nBcc: x@example.org\"\nbody = \"B\"", vec!["`subject`", "one line"]),
        ("subject = \"S\"\nbody = \" \"", vec!["`body`", "`one` by e-mail", "empty"]),
        ("subject = \"S\"\nbody = \"a\\u0000b\"", vec!["`body`", "U+0000"]),
        ("subject = \"S {person}\"\nbody = \"B\"", vec!["`subject`", "about nobody"]),
        ("subject = \"S\"\nbody = \"{titel}\"", vec!["`body`", "{titel}", "(here none)"]),
        ("subject = \"S\"\nbody = \"{title\"", vec!["`body`", "never closed"]),
        ("subject = \"S\"\nbody = \"{title}\"", vec!["m.toml:6: `recipient.title`", "`one`", "{title}"]),
        ("subject = \"S\"\nbody = \"{date}\"", vec!["`body`", "`date`", "not known when"]),
        ("date = \"2029-1-20\"\nsubject = \"S\"\nbody = \"B\"", vec!["`date`", "no date"]),
        ("date = \"2029-01-20\"\nsubject = \"S\"\nbody = \"{date}\"", vec!["`body`", "say which"]),
        ("language = \"xx\"\ndate = \"2029-01-20\"\nsubject = \"S\"\nbody = \"{date}\"", vec!["[dates.xx]"]),
        ("language = \"en\"\nsubject = \"S\"\nbody = \"{date.easter}\"", vec!["easter", "electors-vote"]),
        ("language = \"english\"\nsubject = \"S\"\nbody = \"B\"", vec!["`language`", "`english`"]),
        (
            "[text.en]\nsubject = \"S\"\nbody = \"B\"",
            vec!["m.toml:7: `recipient.language`", "`one` names none"],
        ),
        ("language = \"fr\"\n[text.en]\nsubject = \"S\"\nbody = \"B\"", vec!["`one`", "[text.fr]"]),
        (
            "language = \"en\"\nsubject = \"S\"\nbody = \"B\"\n[text.en]\nsubject = \"S\"\nbody = \"B\"",
            vec!["[text.en]"],
        ),
        ("[text.en]\nsubject = \"S\"", vec!["m.toml:4", "body"]),
        ("subject = \"S\"\nbody = \"B\"\n[field]\nname = \"x\"", vec!["`field.name`", "a meaning already"]),
        ("subject = \"S\"\nbody = \"B\"\n[field]\nx = \"a\\nb\"", vec!["`field.x`", "one line"]),
        (
            "subject = \"S\"\nbody = \"B\"\n[dates.xx]\nform = \"{day}\"\nmonths = []",
            vec!["`dates.xx`", "twelve"],
        ),
        ("subject = \"S\"\nbody = \"B\"\nhtml = \"<p>{who}</p>\"", vec!["`html`", "{who}"]),
        ("subject = \"S\"\nbody = \"B\"\nwhen = \"now\"", vec!["m.toml:6", "when"]),
    ] {
        check(&texts(more), "", &says);
    }
    check(
        &texts(one),
        "id,name,address,channel\ntwo,T,one@EXAMPLE.org,email",
        &["l.csv:2: `address`", "m.toml:7"],
    );
    check(
        &texts(one),
        "id,name,address,channel\none,T,two@example.org,email",
        &["l.csv:2: `id`", "m.toml:7"],
    );
    check(&format!("{HEAD}[field]\nx = \"1\"\n{ONE}field.x = \"2\"\n"), "", &["`field.x`", "which is meant"]);
    check(HEAD, "", &["`recipient`", "at least one recipient"]);
    let long = texts(&format!("subject = \"{}\"\nbody = \"B\"", "x".repeat(385)));
    check(&long, "", &["`subject`", "385", "384"]);
}

#[test]
fn one_text_for_all_has_the_digests_it_always_had() {
    let m = made(&format!("{HEAD}{ONE}"), "", None).unwrap();
    let canonical = |v: &dyn Fn() -> Vec<u8>| String::from_utf8(v()).unwrap();
    assert_eq!(
        canonical(&|| record::canonical::to_canonical(&m.words).unwrap()),
        r#"{"body":"Words.","subject":"To Joseph R. Biden Jr."}"#
    );
    assert_eq!(
        canonical(&|| record::canonical::to_canonical(&m.recipients).unwrap()),
        r#"[{"address":"one@example.org","channel":"email","id":"one","name":"One"}]"#
    );
}

const LANGUAGES: &str = r#"
id = "a"
office = "president"
outcome = { person = "biden" }
language = "en"
date = "2021-01-20"

[field]
country = "the <Republic>"

[text.en]
subject = "{person}, {title} {name}"
body = "On {date.electors-vote} and {date}: {salutation} {country}"
html = "<p class=\"{{\">{salutation} {country} {name}</p>"

[text.fr]
subject = "{name}"
body = "Le {date.term}, {salutation}"
"#;

#[test]
fn everybody_gets_a_text_in_the_own_language_with_the_own_fields() {
    let csv = "id,name,title,language,address,channel,field.salutation\n\
        one,Ann {person},Ms,,one@example.org,email,\"Dear <b>Ann</b> & Co\"\n\
        two,Bé,,fr,two@example.org,email,Chère amie\n";
    let m = made(LANGUAGES, csv, None).unwrap();
    let opened = Opened::new(m.recipients.clone(), m.words.clone());
    let (_, one) = opened.to("one").unwrap();
    // What a value says is no field and no markup.
    assert_eq!(one.subject, "Joseph R. Biden Jr., Ms Ann {person}");
    assert_eq!(one.body, "On 14 December 2020 and 20 January 2021: Dear <b>Ann</b> & Co the <Republic>");
    assert_eq!(
        one.html.as_deref(),
        Some("<p class=\"{\">Dear &lt;b&gt;Ann&lt;/b&gt; &amp; Co the &lt;Republic&gt; Ann {person}</p>")
    );
    let (_, two) = opened.to("two").unwrap();
    assert_eq!((two.subject.as_str(), two.html), ("Bé", None));
    assert_eq!(two.body, "Le 20 janvier 2021, Chère amie");
    assert!(opened.to("three").is_none());
    // Sealed and opened they are the same, and every word is bound.
    let bytes = record::canonical::to_canonical(&m.words).unwrap();
    assert_eq!(record::canonical::from_canonical::<Words>(&bytes, "words").unwrap(), m.words);
    let salt = Salt(Digest([1; 32]).0);
    for (from, to) in [("Le {date", "La {date"), ("the <Rep", "a <Rep"), ("2021-01-20", "2021-01-21")] {
        let other = made(&LANGUAGES.replacen(from, to, 1), csv, None).unwrap();
        assert_ne!(other.body_digest(&salt).unwrap(), m.body_digest(&salt).unwrap(), "{from}");
    }
    let other = made(LANGUAGES, &csv.replace("amie", "amies"), None).unwrap();
    assert_ne!(other.recipients_digest(&salt).unwrap(), m.recipients_digest(&salt).unwrap());
    check(
        LANGUAGES,
        &csv.replace("Chère amie", ""),
        &["l.csv:3: `field.salutation`", "`two`", "{salutation}"],
    );
    check(LANGUAGES, &csv.replace(",fr,", ",de,"), &["l.csv:3: `language`", "`two`", "[text.de]"]);
    check(LANGUAGES, &csv.replace("Ms", ""), &["l.csv:2: `title`", "`one`"]);
}

#[test]
fn a_file_may_leave_office_outcome_and_channel_to_whoever_drafts() {
    let loaded = folder::load("us-2020").unwrap();
    let t = read("m.toml", "subject = \"S\"\nbody = \"B\"\n").unwrap();
    let rows = list("l.csv", "\u{feff}id, name, address\r\na, A, a@example.org\r\n").unwrap();
    let office = standing::OfficeId::try_from("vice_president").unwrap();
    let outcome = OutcomeText::Nobody;
    let all = Asked {
        office: Some(&office),
        outcome: Some(&outcome),
        channel: Some(Channel::File),
        to: &rows,
        id: None,
    };
    let made = |t: &Template, asked: &Asked<'_>| message(t, asked, &loaded.election, &loaded.law);
    let m = made(&t, &all).unwrap();
    assert_eq!((m.id.as_str(), m.recipients[0].channel), ("vice-president-nobody", Channel::File));
    for (asked, says) in [
        (Asked { office: None, ..all }, "--office"),
        (Asked { outcome: None, ..all }, "--outcome"),
        (Asked { channel: None, ..all }, "--channel"),
        (Asked { id: Some("A"), ..all }, "a-z"),
    ] {
        assert!(made(&t, &asked).unwrap_err().to_string().contains(says), "{says}");
    }
    let says = read("m.toml", HEAD).unwrap();
    let asked = Asked { office: None, ..all };
    assert!(made(&says, &asked).unwrap_err().to_string().contains("another than --outcome"));
    let asked = Asked { id: Some("b"), office: None, outcome: None, ..all };
    assert!(made(&says, &asked).unwrap_err().to_string().contains("the file says `a`"));
}

/// The examples of docs/format.md, as they stand there.
#[test]
fn the_examples_of_the_document_work() {
    let text = include_str!("../../../../docs/format.md");
    let block = |start: &str| {
        let from = text.find(start).unwrap_or_else(|| panic!("no block begins with {start}"));
        text[from..].split("\n```").next().unwrap().to_owned() + "\n"
    };
    let file = format!(
        "id = \"a\"\noutcome = {{ person = \"biden\" }}\n{}",
        block("office = \"president\"\nlanguage = ")
    );
    let m = made(&file, &block("id,name,address,channel,language,"), None).unwrap();
    let opened = Opened::new(m.recipients, m.words);
    let body = |id: &str| opened.to(id).unwrap().1.body;
    assert!(
        body("embassy").starts_with("Dear Ann, the electors met on 14 December 2020"),
        "{}",
        body("embassy")
    );
    assert!(
        body("paris").starts_with("Madame, les électeurs se sont réunis le 14 décembre 2020"),
        "{}",
        body("paris")
    );
    let known = text.lines().find_map(|l| l.strip_prefix("Dates are known in ")).unwrap();
    for language in known.split('`').skip(1).step_by(2) {
        let file = format!("{HEAD}language = \"{language}\"\ndate = \"2029-01-01\"\n{ONE}")
            .replace("Words.", "{date}");
        let body = Opened::new(Vec::new(), made(&file, "", None).unwrap().words);
        let Words::One(words) = body.words() else { panic!("{language}") };
        assert!(words.body.contains("2029"), "{language}: {}", words.body);
    }
}

/// What is done once for each of a hundred thousand is done in about as long as it takes for ten times ten thousand.
#[test]
fn a_hundred_thousand_are_read_checked_and_found() {
    let many = |count: usize| {
        let mut csv = String::from("id,name,address,channel,language,title,field.salutation\n");
        for n in 0..count {
            let language = if n % 2 == 0 { "fr" } else { "" };
            writeln!(csv, "r{n},Name {n},https://h{n}.example.org/in,webhook,{language},T{n},Dear {n}")
                .unwrap();
        }
        csv
    };
    let m = made(LANGUAGES, &many(100_000), None).unwrap();
    let bytes = record::canonical::to_canonical(&m.recipients).unwrap();
    assert!(bytes.len() < 20 << 20, "{} bytes", bytes.len());
    let opened = Opened::new(m.recipients, m.words);
    for n in 0..100_000 {
        let (to, words) = opened.to(&format!("r{n}")).unwrap();
        assert!(
            to.id == format!("r{n}")
                && words
                    .body
                    .ends_with(&format!("Dear {n}{}", if n % 2 == 0 { "" } else { " the <Republic>" }))
        );
    }
    let why = list("l.csv", &many(list::MOST + 1)).unwrap_err().to_string();
    assert!(why.contains("l.csv:200002: `list`: more than 200000"), "{why}");
}
