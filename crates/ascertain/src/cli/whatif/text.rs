//! What a script changes, as a page: a paragraph for each act, and for each instant that changed something.

use std::path::Path;

use policy::{Policy, State};
use standing::{Instant, Outcome};

use crate::cli::replay::events;
use crate::cli::{Out, why, words};
use crate::error::Error;
use crate::whatif::{Changes, End, How, LevelChange, Page, Step, Supposed};

/// Prints every step; the state in the end.
pub fn print(
    supposed: &Supposed,
    policy: &Policy,
    until: Option<Instant>,
    script: &Path,
    out: &mut Out,
) -> Result<State, Error> {
    let election = &supposed.loaded.election;
    out.line(&election.name);
    let acts = match supposed.acts() {
        1 => "1 act that has not happened".into(),
        n => format!("{n} acts that have not happened"),
    };
    out.line(&format!("what if  {}: {acts}", script.display()));
    out.line(&format!("policy   {}: {}", policy.name, words::wrap(&policy.summary, 9, 100)));
    let mut teller = Teller { supposed, policy, out, opened: false };
    let end = supposed.run(policy, until, &mut |step| teller.step(step))?;
    let Teller { opened, .. } = teller;
    if !opened {
        row(out, "before", &before(supposed, &end.before));
    }
    ending(supposed, &end, out);
    Ok(end.after.answer.state)
}

struct Teller<'a> {
    supposed: &'a Supposed,
    policy: &'a Policy,
    out: &'a mut Out,
    opened: bool,
}

impl Teller<'_> {
    fn step(&mut self, step: &Step<'_>) {
        let loaded = &self.supposed.loaded;
        let office = self.policy.office_in(&loaded.law);
        let told = events::events(loaded, office, Some(&step.before.standing), &step.after.standing);
        let changes = step.changes();
        if !std::mem::replace(&mut self.opened, true) {
            self.out.line(&format!("before   {}", before(self.supposed, step.before)));
        }
        if step.act.is_none() && told.is_empty() && !changes.matter() {
            return;
        }
        self.out.line("");
        let time = words::when(step.after.at, &loaded.election);
        match &step.act {
            Some((line, act)) => self.out.line(&format!("{time}  line {line}: {act}")),
            None => self.out.line(&format!("{time}  not of the script")),
        }
        for e in events::dates(loaded, step.after.at).iter().chain(&told) {
            row(self.out, e.kind, &e.text);
        }
        self.untold(step, &told);
        for l in &changes.levels {
            self.level(l);
        }
        self.answer(step, &changes);
    }

    /// An act of which no event tells is not in effect yet, or says nothing new.
    fn untold(&mut self, step: &Step<'_>, told: &[events::Event]) {
        let Some((_, id)) = &step.act else { return };
        if told.iter().any(|e| e.acts.iter().any(|a| a == id.as_str())) {
            return;
        }
        let was = step.before.standing.acts.get(id).map(|a| &a.status);
        match step.after.standing.acts.get(id) {
            Some(a) if was != Some(&a.status) => {
                row(self.out, &a.status.to_string(), &format!("{id}: {}", a.reason))
            }
            _ => row(self.out, "as before", &format!("{id} says nothing new of an act known before")),
        }
    }

    fn level(&mut self, l: &LevelChange<'_>) {
        let loaded = &self.supposed.loaded;
        let name = |p: &standing::PersonId| loaded.election.name_of(p);
        let office = loaded.law.offices.iter().find(|o| o.id == *l.office).map_or("", |o| o.name.as_str());
        let level = loaded.law.level(&l.now.level).map_or(l.now.level.as_str(), |level| level.name.as_str());
        let who = |p: Option<&standing::PersonId>| p.map(|p| format!(": {}", name(p))).unwrap_or_default();
        let now = who(l.now.person.as_ref());
        match l.how {
            How::Reached => row(self.out, "reached", &format!("{office}, {level}{now}; {}", l.now.figures)),
            How::Lost => {
                row(self.out, "lost", &format!("{office}, {level}{}; {}", who(l.was), l.now.figures))
            }
            How::Passed => row(
                self.out,
                "passed",
                &format!(
                    "{office}, {level}{}, was{}; {}",
                    now,
                    who(l.was).trim_start_matches(':'),
                    l.now.figures
                ),
            ),
            How::Figures => row(self.out, "figures", &format!("{office}, {level}: {}", l.now.figures)),
        }
    }

    fn answer(&mut self, step: &Step<'_>, changes: &Changes<'_>) {
        let loaded = &self.supposed.loaded;
        let answer = &step.after.answer;
        if changes.answer || step.act.is_some() {
            let was = if changes.answer { "" } else { ", as before" };
            row(self.out, "policy", &format!("{}{was}", why::headline(answer, loaded)));
        }
        for why in answer.held_up.iter().filter(|_| changes.answer) {
            row(self.out, "", why);
        }
        if changes.missing {
            for text in why::missing_lines(&answer.verdict.missing, loaded, step.after.standing.at) {
                row(self.out, "missing", &text);
            }
            for why in &answer.verdict.why {
                row(self.out, "no way", why);
            }
        }
        if let Some(outcome) = &step.released {
            row(
                self.out,
                "RELEASE",
                &format!("the message for {} would go, once", named(outcome, self.supposed)),
            );
        }
        if step.overtaken {
            row(self.out, "OVERTAKEN", "what was released is no longer so; it is not taken back");
        }
    }
}

fn before(supposed: &Supposed, page: &Page) -> String {
    let when = words::when(page.at, &supposed.loaded.election);
    format!("{} on {when}, without the script", why::headline(&page.answer, &supposed.loaded))
}

fn ending(supposed: &Supposed, end: &End, out: &mut Out) {
    out.line("");
    out.line(&format!("in the end   {}", why::headline(&end.after.answer, &supposed.loaded)));
    let when = |t: Instant| words::when(t, &supposed.loaded.election);
    if let Some((outcome, at)) = &end.released {
        row(out, "released", &format!("the message for {}, on {}", named(outcome, supposed), when(*at)));
    }
    if let Some(at) = end.overtaken {
        row(out, "overtaken", &format!("on {}", when(at)));
    }
}

fn named(outcome: &Outcome, supposed: &Supposed) -> String {
    match outcome {
        Outcome::Person(p) => supposed.loaded.election.name_of(p),
        Outcome::Annulled => "the election set aside".into(),
        _ => "nobody".into(),
    }
}

fn row(out: &mut Out, label: &str, text: &str) {
    out.line(&format!("  {label:<10} {}", words::wrap(text, 13, 100)));
}
