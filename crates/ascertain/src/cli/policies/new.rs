//! `ascertain policy new`: a policy from answers, written once and never over another file.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use policy::{Action, Counting, Formula, Seconds};
use standing::{IssuerId, OfficeId, PlaceId};

use super::asking::Asking;
use super::{Answered, Out};
use crate::drafting::{self, Draft};
use crate::error::Error;
use crate::folder::{self, Loaded};

/// Write a policy by answering questions
///
/// Each question has a default in brackets; Enter takes it. Questions go to standard error, answers
/// are lines of standard input. An existing file is never written over, and if the answers end early
/// nothing is written.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ascertain policy new my-rule.toml
  ascertain policy new my-rule.toml --for us-2028
  ascertain policy new --defaults > rule.toml")]
pub struct Args {
    /// The file to write [default: the policy is printed]
    file: Option<PathBuf>,
    /// Ask nothing: take every default
    #[arg(long)]
    defaults: bool,
    /// Refuse offices, dates, sources and places this election does not know: a shipped name, or a folder
    #[arg(long = "for", value_name = "ELECTION")]
    election: Option<String>,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    if let Some(path) = args.file.as_ref().filter(|p| p.symlink_metadata().is_ok()) {
        let message = format!("{}: there is a file already; name another", path.display());
        return Err(Error::Usage { message });
    }
    let loaded = args.election.as_ref().map(|e| folder::load(e)).transpose()?;
    let known = loaded.as_ref().map(Known::of).unwrap_or_default();
    let mut draft = defaults(args.file.as_deref(), &known);
    if !args.defaults {
        draft = asked(&mut Asking::new(std::io::stdin().lock()), draft, &known)?;
    }
    let text = drafting::text(&draft)?;
    match &args.file {
        Some(path) => {
            folder::write_new(path, text.as_bytes())?;
            let shown = path.display();
            out.line(&format!("written: {shown}"));
            out.line(&format!("`ascertain policy show {shown}` says in words what it does"));
        }
        None => out.line(text.trim_end()),
    }
    Ok(Answered::Yes)
}

/// What an election knows; where nothing is listed nothing is refused.
#[derive(Default)]
struct Known {
    offices: Vec<String>,
    dates: Vec<String>,
    sources: Vec<String>,
    places: Vec<String>,
}

impl Known {
    fn of(loaded: &Loaded) -> Self {
        let law = &loaded.law;
        Self {
            offices: law.offices.iter().map(|o| o.id.to_string()).collect(),
            dates: law.dates.iter().map(|d| d.id.clone()).chain([TERM.into()]).collect(),
            sources: loaded.election.issuers.keys().map(ToString::to_string).collect(),
            places: law.places.keys().map(ToString::to_string).collect(),
        }
    }
}

/// The word by which every law has the date at which the term begins.
const TERM: &str = "term";

fn defaults(file: Option<&Path>, known: &Known) -> Draft {
    let stem = file.and_then(Path::file_stem).map(|s| s.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    let name: String = stem.chars().map(plain).take(64).collect();
    Draft {
        name: if name.trim_matches('-').is_empty() { "my-rule".into() } else { name },
        office: known.offices.first().cloned().unwrap_or_else(|| "president".into()),
        official: Formula::Voted,
        held: None,
        another_person: Action::Ask,
        nobody: Action::Ask,
        annulled: Action::Ask,
        contested: Action::Wait,
        never: Some((TERM.into(), Action::Ask)),
        summary: None,
    }
}

fn asked<R: BufRead>(asking: &mut Asking<R>, draft: Draft, known: &Known) -> Result<Draft, Error> {
    let name = asking.ask("A short name for the rule", &draft.name, |a| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let good = (1..=64).contains(&a.len()) && a.chars().all(plain);
        if good { Ok(a.to_owned()) } else { Err("A name is 1 to 64 of a-z, 0-9 and -.".into()) }
    })?;
    let question = "The office: its id in the law, or `any` for the one the law lists first";
    let office = asking.ask(question, &draft.office, |a| {
        if a == "any" { Ok(a.to_owned()) } else { one::<OfficeId>(a, "office", &known.offices) }
    })?;
    let official = official(asking, known)?;
    let question = "How long must that have held without interruption? `none`, or such as 24h or 3d";
    let held = asking.ask(question, "none", |a| match (a, Seconds::from_text(a)) {
        ("none", _) => Ok(None),
        (_, Some(_)) => Ok(Some(a.to_owned())),
        (_, None) => Err("Write `none`, or a number with s, m, h or d, at most ten years.".into()),
    })?;
    let both = &[Action::Wait, Action::Ask];
    let three = &[Action::Release, Action::Wait, Action::Ask];
    asking.say(
        "What to do in the other cases: `ask` a person, `wait`, or `release` the message prepared for it.",
    )?;
    let another_person =
        action(asking, "If it is a person no message was prepared for", draft.another_person, both)?;
    let nobody = action(asking, "If nobody is elected", draft.nobody, three)?;
    let annulled = action(asking, "If the election is set aside", draft.annulled, three)?;
    let contested = action(asking, "If announcements contradict each other", draft.contested, both)?;
    let question = "The legal date after which waiting is enough: its id in the law, or `none`";
    let term = draft.never.map_or_else(|| "none".into(), |(date, _)| date);
    let date = asking.ask(question, &term, |a| match a {
        "none" => Ok(None),
        day if day.starts_with(|c: char| c.is_ascii_digit()) => {
            Err("A legal date is named by its id in the law, such as `term` or `count`.".into())
        }
        date => among(date, "date", &known.dates).map(Some),
    })?;
    let never = match date {
        Some(date) => Some((date, action(asking, "If nothing is decided by then", Action::Ask, both)?)),
        None => None,
    };
    let question = "A sentence for the reader; Enter for one made of the answers";
    let summary = asking.ask(question, "", |a| Ok((!a.is_empty()).then(|| a.to_owned())))?;
    Ok(Draft { name, office, official, held, another_person, nobody, annulled, contested, never, summary })
}

/// The acts that can make a person official, weakest first, each in a line.
const ACTS: [(&str, &str); 11] = [
    ("called", "news organisations have called the whole election"),
    ("first_of", "the first of named sources that has called at all has called it"),
    ("canvassed", "the canvass of named places shows the person's electors ahead"),
    ("ascertained", "certificates of ascertainment appoint a majority of the electors"),
    ("voted", "appointed electors have voted in a majority"),
    ("certified", "the body whose task it is has certified the result"),
    ("validated", "the court or body whose task it is has found the election valid"),
    ("declared", "the officer or body whose task it is has announced who is elected"),
    ("accepted", "the person has accepted the election"),
    ("diploma", "the person has been given the diploma of the office"),
    ("in_office", "the term has begun and the person has taken the oath"),
];

fn official<R: BufRead>(asking: &mut Asking<R>, known: &Known) -> Result<Formula, Error> {
    asking.say("Which act makes a person official?")?;
    for (n, (word, meaning)) in (1..).zip(ACTS) {
        asking.say(&format!("  {n:>2}  {word:<12} {meaning}"))?;
    }
    let word = asking.ask("A number or a word", "voted", |a| {
        let by_number = a.parse::<usize>().ok().and_then(|n| ACTS.get(n.checked_sub(1)?));
        let chosen = by_number.or_else(|| ACTS.iter().find(|(word, _)| *word == a));
        let words = ACTS.map(|(word, _)| word);
        let meant = policy::nearest(a, &words).map(|w| format!(" Did you mean `{w}`?")).unwrap_or_default();
        chosen
            .map(|(word, _)| *word)
            .ok_or_else(|| format!("Choose 1 to {}, or a word of the list.{meant}", ACTS.len()))
    })?;
    Ok(match word {
        "called" => called(asking, known)?,
        "first_of" => {
            let question = "Which sources, the first going before the others? Their ids, with commas";
            let sources = asking.ask(question, "", |a| ids::<IssuerId>(a, "source", &known.sources))?;
            Formula::FirstOf { sources }
        }
        "canvassed" => {
            let question = "Which places? Their ids in the law, with commas";
            let places = asking.ask(question, "", |a| ids::<PlaceId>(a, "place", &known.places))?;
            Formula::Canvassed { places }
        }
        "ascertained" => Formula::Ascertained,
        "certified" => Formula::Certified,
        "validated" => Formula::Validated,
        "declared" => Formula::Declared,
        "accepted" => Formula::Accepted,
        "diploma" => Formula::Diploma,
        "in_office" => Formula::InOffice,
        _ => Formula::Voted,
    })
}

fn called<R: BufRead>(asking: &mut Asking<R>, known: &Known) -> Result<Formula, Error> {
    let question = "Whose calls count? `all`, or the ids of sources, with commas";
    let by = asking.ask(question, "all", |a| match a {
        "all" => Ok(Vec::new()),
        some => ids::<IssuerId>(some, "source", &known.sources),
    })?;
    let question =
        "Do outlets that share one supplier of figures count once (`independent`) or each (`outlets`)?";
    let counting = asking.ask(question, "independent", |a| match a {
        "independent" => Ok(Counting::Upstreams),
        "outlets" => Ok(Counting::Outlets),
        _ => Err("Write `independent` or `outlets`.".into()),
    })?;
    let most = if by.is_empty() { 1_000 } else { by.len() };
    let default = most.min(3).to_string();
    let at_least = asking.ask("How many must have called?", &default, |a| {
        let n = a.parse::<u32>().ok().filter(|n| usize::try_from(*n).is_ok_and(|n| (1..=most).contains(&n)));
        n.ok_or_else(|| format!("Write a number from 1 to {most}."))
    })?;
    Ok(Formula::Called { at_least, by, counting })
}

fn action<R: BufRead>(
    asking: &mut Asking<R>,
    question: &str,
    default: Action,
    of: &[Action],
) -> Result<Action, Error> {
    let words: Vec<&str> = of.iter().map(|a| drafting::word(*a)).collect();
    let question = format!("{question} ({})", words.join(", "));
    asking.ask(&question, drafting::word(default), |a| {
        let chosen = of.iter().find(|action| drafting::word(**action) == a);
        let no_message = if a == "release" { " No message can be prepared for this." } else { "" };
        chosen.copied().ok_or_else(|| format!("Write one of {}.{no_message}", words.join(", ")))
    })
}

/// An id, of those that are known.
fn one<T: for<'a> TryFrom<&'a str, Error = standing::Error>>(
    answer: &str,
    what: &str,
    known: &[String],
) -> Result<String, String> {
    T::try_from(answer)
        .map_err(|_| format!("An id is 1 to 96 of A-Z a-z 0-9 . - _ : / and here that of {what}."))?;
    among(answer, what, known)
}

fn among(answer: &str, what: &str, known: &[String]) -> Result<String, String> {
    if known.is_empty() || known.iter().any(|k| k == answer) {
        return Ok(answer.to_owned());
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let meant = policy::nearest(answer, &known).map(|w| format!(" Did you mean `{w}`?")).unwrap_or_default();
    Err(format!("`{answer}` is no {what} of this election.{meant}"))
}

/// Ids with commas between them, each once.
fn ids<T>(answer: &str, what: &str, known: &[String]) -> Result<Vec<T>, String>
where
    T: for<'a> TryFrom<&'a str, Error = standing::Error> + PartialEq,
{
    let mut ids: Vec<T> = Vec::new();
    for word in answer.split(',').map(str::trim).filter(|w| !w.is_empty()) {
        one::<T>(word, what, known)?;
        let id = T::try_from(word).map_err(|e| e.to_string())?;
        if ids.contains(&id) {
            return Err(format!("`{word}` stands twice."));
        }
        ids.push(id);
    }
    if ids.is_empty() { Err(format!("Name at least one {what}.")) } else { Ok(ids) }
}
