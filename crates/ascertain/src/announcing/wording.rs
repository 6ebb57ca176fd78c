//! What an entry says, in words and in the words of machines; every form of it says the same.
//!
//! Refuses to call a release decided that no decision is for.

use super::entries::{Entry, Feed, Happened};

/// What stands before every heading of an exercise.
pub fn mark(feed: &Feed) -> &'static str {
    if feed.drill { "[DRILL] " } else { "" }
}

/// The heading of everything.
pub fn heading(feed: &Feed) -> String {
    format!("{}Announcements of {}", mark(feed), feed.origin)
}

/// The heading of an entry. The telegram's own subject is none: it was written before anybody knew on what ground it goes.
pub fn title(feed: &Feed, e: &Entry) -> String {
    let (office, outcome) = (&e.office.name, &e.outcome.name);
    let said = match e.happened {
        Happened::Decided(_) => format!("{office}: {outcome}, by decision"),
        Happened::Overridden => format!("{office}: released for {outcome}, without a decision"),
        Happened::Overtaken(_) => format!("{office}: the decision for {outcome} is overtaken"),
        Happened::Corrected => format!("{office}: correction of what was released for {outcome}"),
    };
    format!("{}{said}", mark(feed))
}

/// What happened, in a sentence or two.
pub fn sentence(e: &Entry) -> String {
    let (at, office, outcome, telegram) = (e.at, &e.office.name, &e.outcome.name, &e.telegram);
    match e.happened {
        Happened::Decided(_) => format!(
            "The policy was met: for the office {office} the decision says {outcome}. The telegram prepared for it, {telegram}, was released at {at}."
        ),
        Happened::Overridden => format!(
            "The telegram {telegram}, prepared for the outcome {outcome} ({office}), was released at {at} by its approvers, without a decision. That the policy is met is not said here."
        ),
        Happened::Overtaken(_) => format!(
            "At {at} it was found that later acts undid the ground of the decision that says {outcome} ({office}). The telegram {telegram}, which it had released, cannot be taken back; a correction may follow."
        ),
        Happened::Corrected => format!(
            "The telegram {telegram} was released at {at}. It corrects what was released for the outcome {outcome} ({office})."
        ),
    }
}

/// What became of it afterwards, a sentence each.
pub fn afterwards(e: &Entry) -> Vec<String> {
    let said = |overtaken, at: standing::Instant| {
        if overtaken { format!("Overtaken at {at}.") } else { format!("Corrected at {at}.") }
    };
    e.later.iter().map(|o| said(o.overtaken, o.at)).collect()
}

/// When it, or what became of it, happened last.
pub fn updated(e: &Entry) -> standing::Instant {
    e.later.iter().map(|o| o.at).fold(e.at, std::cmp::max)
}

/// What happened, as one word for programs.
pub fn event(e: &Entry) -> &'static str {
    match e.happened {
        Happened::Decided(_) | Happened::Overridden => "released",
        Happened::Overtaken(_) => "overtaken",
        Happened::Corrected => "corrected",
    }
}

/// The ground of the release it is about, as one word for programs.
pub fn ground(e: &Entry) -> &'static str {
    match e.happened {
        Happened::Decided(_) | Happened::Overtaken(_) => "decision",
        Happened::Overridden => "override",
        Happened::Corrected => "correction",
    }
}

/// The same for people.
pub fn ground_in_words(e: &Entry) -> &'static str {
    match e.happened {
        Happened::Decided(_) => "a decision",
        Happened::Overridden => "the approvers’ own word, without a decision",
        Happened::Overtaken(_) => "a decision that no longer stands",
        Happened::Corrected => "a correction, let go by a person",
    }
}

/// The digest of the decision it rests on, or that was overtaken.
pub fn decision(e: &Entry) -> Option<&str> {
    match &e.happened {
        Happened::Decided(id) | Happened::Overtaken(id) => Some(id.as_str()),
        Happened::Overridden | Happened::Corrected => None,
    }
}

/// A body's paragraphs, each as its lines.
pub fn paragraphs(body: &str) -> Vec<Vec<&str>> {
    let mut all: Vec<Vec<&str>> = Vec::new();
    let mut open = false;
    for line in body.lines().map(str::trim_end) {
        match (line.is_empty(), open, all.last_mut()) {
            (true, ..) => open = false,
            (false, true, Some(last)) => last.push(line),
            (false, ..) => {
                all.push(vec![line]);
                open = true;
            }
        }
    }
    all
}
