//! `ascertain replay`: the road as it happened.

pub mod events;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use policy::{Answer, Missing, State};
use proof::{DecisionBody, OutcomeText};
use serde::Serialize;
use standing::Instant;

use super::words::{self, MissingJson, OutcomeJson};
use super::{Answered, Out};
use crate::error::Error;
use crate::folder::{self, Loaded};
use crate::replay::{self, Ended, Plan, Shown};
use crate::steps::Steps;

/// Follow an election as it happened, hold a message per outcome, release one, prove it
///
/// A replay uses a fresh scratch store and public history keys, and reaches nobody: messages go to files in an
/// outbox folder. Exit 0 if the policy was met, 1 if it was not.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ascertain replay us-2020
  ascertain replay us-2020 --policy tv-consensus
  ascertain replay us-2020 --as-of 2020-12-13
  ascertain replay us-2020 --speed 86400           a day a second
  ascertain replay ./my-election --policy my-rule.toml --json")]
pub struct Args {
    /// A shipped name, or a folder of acts
    election: String,
    /// A policy file or shipped name [default: the election's]
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<String>,
    /// Stop after this instant; a bare date means its end in the election's zone [default: now]
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// Seconds of the past per second; 0 means at full speed
    #[arg(long, value_name = "X", default_value_t = 0)]
    speed: u32,
    /// Where the outbox and the proof go [default: out/ELECTION/POLICY]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Keep the store here and resume what is there [default: a scratch store in --out]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print JSON Lines, the summary last
    #[arg(long)]
    json: bool,
    /// For tests: stop before the given step of a release and wait to be killed
    #[arg(long, hide = true, value_name = "N")]
    pause_at: Option<u32>,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Answered, Error> {
    let loaded = folder::load(&args.election)?;
    let policy = args.policy.as_ref().unwrap_or(&loaded.election.policy);
    let policy = folder::load_policy_for(policy, &loaded)?;
    let as_of = match &args.as_of {
        Some(text) => Some(standing::parse_as_of(text, &loaded.election.zone)?),
        None => None,
    };
    // Nothing is released on the strength of instants that have not come, unless they are asked for.
    let as_of = Some(as_of.map_or_else(super::now, Ok)?);
    let folder = PathBuf::from("out").join(&loaded.election.id).join(&policy.name);
    let place = args.out.clone().unwrap_or(folder);
    let steps = Steps::new(args.pause_at);
    let plan = Plan {
        loaded: &loaded,
        policy: &policy,
        as_of,
        out: &place,
        data: args.data.as_ref().unwrap_or(&place),
        kept: args.data.is_some(),
        steps: &steps,
    };
    let sha256 = proof::policy_digest(&policy)?.to_string();
    let mut teller = Teller {
        out,
        loaded: &loaded,
        office: policy.office_in(&loaded.law).clone(),
        json: args.json,
        pace: Pace::new(args.speed),
        last_missing: None,
        failed: None,
    };
    teller.opening(&policy.name, &sha256);
    let ended = replay::replay(&plan, &mut |shown| teller.show(shown))?;
    if let Some(e) = teller.failed.take() {
        return Err(e);
    }
    let met = ended.decision.is_some() || ended.answer.state == State::Met;
    if args.json {
        out.json(&summary(&loaded, &policy.name, &sha256, &ended))?;
    } else {
        ending(&loaded, &ended, args, out);
    }
    Ok(met.into())
}

/// Waits between instants when asked to; the only place that sleeps.
struct Pace {
    speed: u32,
    last: Option<Instant>,
    terminal: bool,
}

impl Pace {
    fn new(speed: u32) -> Self {
        Self { speed, last: None, terminal: std::io::stderr().is_terminal() }
    }

    fn wait(&mut self, at: Instant, place: &str) {
        let Some(last) = self.last.replace(at) else { return };
        if self.speed == 0 {
            return;
        }
        let gap = u64::try_from(at.second().saturating_sub(last.second())).unwrap_or(0);
        let millis = gap.saturating_mul(1000).checked_div(u64::from(self.speed)).unwrap_or(0);
        if self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K… {place}");
        }
        std::thread::sleep(std::time::Duration::from_millis(millis));
        if self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// Prints what is shown, as text or as JSON Lines.
struct Teller<'a> {
    out: &'a mut Out,
    loaded: &'a Loaded,
    office: standing::OfficeId,
    json: bool,
    pace: Pace,
    last_missing: Option<String>,
    failed: Option<Error>,
}

#[derive(Serialize)]
struct EventJson<'a> {
    event: &'a str,
    at: Instant,
    text: String,
    acts: Vec<String>,
}

#[derive(Serialize)]
struct NotYetJson {
    event: &'static str,
    at: Instant,
    state: String,
    missing: Vec<MissingJson>,
    why: Vec<String>,
}

#[derive(Serialize)]
struct DecidedJson<'a> {
    event: &'static str,
    at: Instant,
    decision: &'a DecisionBody,
}

impl Teller<'_> {
    fn opening(&mut self, policy: &str, sha256: &str) {
        if !self.json {
            self.out.line(&self.loaded.election.name);
            self.out.line(&format!("law      {}", self.loaded.law.title));
            self.out.line(&format!("policy   {policy}  sha256 {sha256}"));
        }
    }

    fn show(&mut self, shown: &Shown<'_>) {
        let election = &self.loaded.election;
        match shown {
            Shown::Held(messages) if !self.json => {
                let names: Vec<String> =
                    messages.iter().map(|m| words::outcome(&m.outcome, election)).collect();
                let text = if names.is_empty() { "no message is prepared".into() } else { names.join("; ") };
                self.out.line(&format!("held     {text}"));
                self.out.line("");
            }
            Shown::Held(_) => {}
            Shown::Instant { at, before, after, answer, decided } => {
                self.pace.wait(*at, &words::when(*at, election));
                for e in events::dates(self.loaded, *at) {
                    self.event(*at, &e);
                }
                for e in events::events(self.loaded, &self.office, *before, after) {
                    self.event(*at, &e);
                }
                if !decided {
                    self.not_yet(*at, answer);
                }
                if self.pace.speed > 0 {
                    self.out.flush();
                }
            }
            Shown::Decided(body) => self.decided(body),
            Shown::Overtaken { at, answer } => self.overtaken(*at, answer),
        }
    }

    fn event(&mut self, at: Instant, e: &events::Event) {
        if self.json {
            let line = EventJson { event: e.kind, at, text: e.text.clone(), acts: e.acts.clone() };
            self.emit(&line);
            return;
        }
        let time = words::when(at, &self.loaded.election);
        let text = words::wrap(&e.text, 36, 110);
        self.out.line(&format!("{time:>21}  {:<11}  {text}", e.kind));
    }

    /// Said whenever what is missing, who must act or by when changes; not for every change of a figure.
    fn not_yet(&mut self, at: Instant, answer: &Answer) {
        let key = |m: &Missing| format!("{:?} {}", m.by, m.cite);
        let keys: Vec<String> = answer.verdict.missing.iter().map(key).collect();
        let fingerprint = format!("{} {keys:?} {:?}", answer.state, answer.held_up);
        if self.last_missing.as_ref() == Some(&fingerprint) || answer.state == State::Met {
            return;
        }
        self.last_missing = Some(fingerprint);
        if self.json {
            let line = NotYetJson {
                event: "not_yet",
                at,
                state: answer.state.to_string(),
                missing: answer.verdict.missing.iter().map(MissingJson::from).collect(),
                why: answer.verdict.why.iter().chain(&answer.held_up).cloned().collect(),
            };
            self.emit(&line);
            return;
        }
        self.out.line(&format!("{:>21}  {}", "", words::state(answer.state)));
        for m in &answer.verdict.missing {
            let by = m.by.as_ref().map(|d| format!(", by {d}")).unwrap_or_default();
            let who = if m.who == "time" { String::new() } else { format!("; {} must act", m.who) };
            let text = format!("{}{who}{by} ({})", m.clause, m.cite);
            self.out.line(&format!("{:>23}{}", "", words::wrap(&text, 25, 110)));
        }
        for why in answer.verdict.why.iter().chain(&answer.held_up) {
            self.out.line(&format!("{:>23}{}", "", words::wrap(why, 25, 110)));
        }
    }

    fn decided(&mut self, body: &DecisionBody) {
        if self.json {
            let line = DecidedJson { event: "decision", at: body.at, decision: body };
            self.emit(&line);
            return;
        }
        let election = &self.loaded.election;
        let name = words::outcome(&body.outcome, election);
        self.out.line("");
        self.out.line(&format!("{:>21}  MET: {name}", words::when(body.at, election)));
        let text = format!(
            "{}; record of {} entries, root {}; {} statements relied on",
            body.at,
            body.record_size,
            body.record_root,
            body.relied.len()
        );
        self.out.line(&format!("{:>23}{}", "", words::wrap(&text, 25, 110)));
        self.out.line("");
    }

    /// A decision is single-use: what was released stays released, and a person should look.
    fn overtaken(&mut self, at: Instant, answer: &Answer) {
        let why = answer.verdict.missing.iter().map(|m| m.clause.clone());
        let why: Vec<String> = why.chain(answer.verdict.why.clone()).chain(answer.held_up.clone()).collect();
        let text = format!(
            "the ground of the decision is undone; what was released stays released: {}",
            why.join("; ")
        );
        self.event(at, &events::Event { kind: "OVERTAKEN", text, acts: Vec::new() });
    }

    fn emit<T: Serialize>(&mut self, line: &T) {
        if let Err(e) = self.out.json(line) {
            self.failed = Some(e);
        }
    }
}

fn ending(loaded: &Loaded, ended: &Ended, args: &Args, out: &mut Out) {
    let election = &loaded.election;
    out.line("");
    out.line(&format!("as of {}", words::when(ended.as_of, election)));
    if ended.decision.is_none() {
        out.line(&format!("{}: nothing is released", words::state(ended.answer.state)));
        let policy = args.policy.as_ref().map(|p| format!(" --policy {p}")).unwrap_or_default();
        out.line(&format!("why      ascertain why {} --as-of {}{policy}", args.election, ended.as_of));
    }
    for t in &ended.telegrams {
        let name = words::outcome(&t.outcome, election);
        match t.released_at {
            Some(at) => {
                out.line(&format!("released {name}, at {}", words::when(at, election)));
                for (recipient, what) in &t.recipients {
                    out.line(&format!("         to {recipient}: {what}"));
                }
            }
            None => {
                let key = if t.key { "sealed" } else { "never opened, key destroyed" };
                out.line(&format!("{:<8} {name} ({key})", t.state));
            }
        }
    }
    for note in &ended.notes {
        out.line(&format!("note     {note}"));
    }
    if let Some(proof) = &ended.proof {
        let trust = ended.trust.as_ref().map(|t| format!(" --trust {}", t.display())).unwrap_or_default();
        out.line(&format!("proof    {}", proof.display()));
        out.line(&format!("verify   ascertain verify {}{trust}", proof.display()));
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    election: &'a str,
    policy: PolicyJson<'a>,
    as_of: Instant,
    state: String,
    decision: Option<DecisionJson<'a>>,
    telegrams: Vec<TelegramJson<'a>>,
    proof: Option<&'a PathBuf>,
    brief_proof: Option<&'a PathBuf>,
    trust: Option<&'a PathBuf>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct PolicyJson<'a> {
    name: &'a str,
    sha256: &'a str,
}

#[derive(Serialize)]
struct DecisionJson<'a> {
    office: &'a str,
    outcome: OutcomeJson,
    at: Instant,
    record_size: u64,
    root: String,
    overtaken: Option<Instant>,
}

#[derive(Serialize)]
struct TelegramJson<'a> {
    id: &'a str,
    #[serde(rename = "for")]
    outcome: OutcomeJson,
    state: &'a str,
    released_at: Option<Instant>,
}

fn summary<'a>(loaded: &'a Loaded, name: &'a str, sha256: &'a str, ended: &'a Ended) -> Summary<'a> {
    let election = &loaded.election;
    let outcome = |o: &OutcomeText| words::outcome_json(o, election);
    let state = if ended.decision.is_some() { State::Met } else { ended.answer.state };
    Summary {
        election: &election.id,
        policy: PolicyJson { name, sha256 },
        as_of: ended.as_of,
        state: state.to_string(),
        decision: ended.decision.as_ref().map(|d| DecisionJson {
            office: d.office.as_str(),
            outcome: outcome(&d.outcome),
            at: d.at,
            record_size: d.record_size,
            root: d.record_root.to_string(),
            overtaken: ended.overtaken,
        }),
        telegrams: ended
            .telegrams
            .iter()
            .map(|t| TelegramJson {
                id: &t.id,
                outcome: outcome(&t.outcome),
                state: t.state,
                released_at: t.released_at,
            })
            .collect(),
        proof: ended.proof.as_ref(),
        brief_proof: ended.brief.as_ref(),
        trust: ended.trust.as_ref(),
        notes: &ended.notes,
    }
}
