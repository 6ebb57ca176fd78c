//! A policy file from answers: commented, so that its owner can go on by hand.
//!
//! Refuses to know who is asked, and by what way.

use policy::{Action, Formula};

use crate::error::Error;

/// What the owner of a policy decided.
pub struct Draft {
    /// Its name.
    pub name: String,
    /// The office, or `any`.
    pub office: String,
    /// What makes a person official.
    pub official: Formula,
    /// How long that must have held, as written; nothing if it need not.
    pub held: Option<String>,
    /// Of a person no message was prepared for.
    pub another_person: Action,
    /// If nobody is elected.
    pub nobody: Action,
    /// If the election is set aside.
    pub annulled: Action,
    /// If announcements contradict each other.
    pub contested: Action,
    /// The legal date after which waiting is enough, and what then; nothing for no limit.
    pub never: Option<(String, Action)>,
    /// For the reader; in words of the formula if nothing.
    pub summary: Option<String>,
}

/// The file, with what each clause does above it.
///
/// # Errors
/// Never for a draft whose names are checked: what is written is read again first.
pub fn text(draft: &Draft) -> Result<String, Error> {
    let bare = written(draft, "?", &|_| String::new())?;
    let policy = policy::from_toml("the draft", &bare)?;
    let summary = match &draft.summary {
        Some(summary) => summary.clone(),
        None => format!("X is official when {}.", policy::plain_english(&policy.person.when)),
    };
    let clauses = policy::clauses_in_english(&policy);
    let comment = |key: &str| {
        let sentence = clauses.iter().find(|(k, _)| *k == key).map_or("", |(_, s)| s.as_str());
        format!("# {}\n", commented(sentence))
    };
    let text = written(draft, &summary, &comment)?;
    policy::from_toml("the draft", &text)?;
    Ok(text)
}

fn written(draft: &Draft, summary: &str, comment: &dyn Fn(&str) -> String) -> Result<String, Error> {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut text = format!(
        "{HEAD}language = 1\n\n# Name and summary are for the reader, and part of the hash.\nname = {}\nsummary = {}\n\n{}office = {}\n",
        quoted(&draft.name),
        quoted(summary),
        comment("office"),
        quoted(&draft.office)
    );
    let official = inline(&draft.official)?;
    let when = match &draft.held {
        Some(time) => format!("{{ held_for = {{ duration = {}, of = {official} }} }}", quoted(time)),
        None => official,
    };
    text.push_str(&format!("\n{}[person]\nwhen = {when}\n", comment("person")));
    let actions = [
        ("another_person", draft.another_person),
        ("nobody", draft.nobody),
        ("annulled", draft.annulled),
        ("contested", draft.contested),
    ];
    for (key, action) in actions {
        text.push_str(&format!("\n{}[{key}]\naction = \"{}\"\n", comment(key), word(action)));
    }
    text.push_str(&format!("\n{}[never]\n", comment("never")));
    match &draft.never {
        Some((date, action)) => {
            let date = quoted(date);
            text.push_str(&format!(
                "when = {{ after = {{ date = {date} }} }}\naction = \"{}\"\n",
                word(*action)
            ));
        }
        None => text.push_str("action = \"wait\"\n"),
    }
    Ok(text)
}

/// A formula as it stands in a file.
fn inline(f: &Formula) -> Result<String, Error> {
    let value = toml::Value::try_from(f);
    value.map(|v| v.to_string()).map_err(|e| Error::Usage { message: e.to_string() })
}

/// The word of an action.
#[must_use]
pub fn word(action: Action) -> &'static str {
    match action {
        Action::Release => "release",
        Action::Wait => "wait",
        Action::Ask => "ask",
    }
}

/// A sentence as lines of a comment.
fn commented(sentence: &str) -> String {
    let mut text = String::new();
    let mut column = 2_usize;
    for word in sentence.split(' ') {
        let length = word.chars().count().saturating_add(1);
        if column.saturating_add(length) > 96 {
            text.push_str("\n# ");
            column = 2;
        } else if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
        column = column.saturating_add(length);
    }
    text
}

const HEAD: &str =
    "# What its owner treats as official, written before the vote. Edit it as you like: comments and
# layout do not change its hash. `ascertain policy check FILE` says whether it is still a policy.
";
