//! One schedule from its seed; all schedules of a seed.

use telegram::{Approval, Event, State, advance};

use super::cast::{NAMED, OFFICES, STARTS, TELEGRAMS, approval, fresh, reason, telegram, telegram_id};
use super::check::{Checker, Fact, Violation, check};
use super::courier::Sim;
use super::covered::{Covered, add};
use super::people::{offer, offer_any, overtake, resolve, somebody_acts};
use super::quiet::check_quiet;
use super::rows::fact;
use super::world::{Break, Bug};

/// Where a schedule begins.
pub(crate) struct Start {
    pub(crate) state: State,
    pub(crate) checker: Checker,
    people_act: usize,
    steps: usize,
    decided_late: usize,
}

impl Start {
    pub(crate) fn empty() -> Self {
        Self { state: fresh(), checker: Checker::default(), people_act: 60, steps: 90, decided_late: 85 }
    }

    /// All telegrams drafted, approved and held, and a quorum agreed that each may go out without a decision.
    pub(crate) fn held() -> Self {
        let mut start =
            Self { state: fresh(), checker: Checker::default(), people_act: 8, steps: 50, decided_late: 0 };
        let drafts = (0..TELEGRAMS).map(|t| telegram(t, 1, STARTS[t].1));
        let mut facts: Vec<Fact> = Vec::new();
        for it in drafts {
            let mut events = vec![Event::Draft(it.clone())];
            events.extend((1..NAMED).map(|by| Event::Approve(approval(by, &it))));
            events.push(Event::Hold { telegram: it.id.clone() });
            let without_decision = Some(reason(1));
            let agreed = |by| Approval { without_decision: without_decision.clone(), ..approval(by, &it) };
            events.extend(
                (1..NAMED).filter(|_| it.terms.corrects.is_none()).map(|by| Event::Approve(agreed(by))),
            );
            let t = super::cast::number(it.id.as_str());
            facts.push(Fact::KeyMade { t, version: 1 });
            if it.terms.opening == telegram::Opening::Shares {
                events.push(Event::KeyParted { telegram: it.id.clone() });
            }
            for event in events {
                advance(&mut start.state, &event).expect("an orderly start");
                facts.extend(fact(&event));
                if let Event::KeyParted { .. } = event {
                    facts.push(Fact::KeyParted { t });
                }
            }
        }
        check(&mut start.checker, &facts).expect("an orderly start");
        start.checker.forget_position();
        start
    }
}

/// A schedule that broke an invariant.
pub(crate) struct Broken {
    pub(crate) violation: Violation,
    seed: u64,
    plan: Option<(usize, Break)>,
    facts: Vec<Fact>,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:?} in seed {} with {:?} broken:", self.violation, self.seed, self.plan)?;
        self.facts.iter().try_for_each(|fact| writeln!(f, "  {fact:?}"))
    }
}

/// The schedule as the seed has it, then once per write and way to break it.
pub(crate) fn every_write_broken(start: &Start, seed: u64, sum: &mut Covered) -> Result<usize, Broken> {
    let base = run(start, seed, None, None)?;
    add(sum, &base.covered);
    let mut ran = 1_usize;
    for write in 0..base.writes {
        for how in [Break::Lost, Break::DoneButReportedLost] {
            let sim = run(start, seed, Some((write, how)), None)?;
            add(sum, &sim.covered);
            ran = ran.saturating_add(1);
        }
    }
    Ok(ran)
}

/// One schedule: some steps of chaos, then calm until nothing is left to do.
pub(crate) fn run(
    start: &Start,
    seed: u64,
    plan: Option<(usize, Break)>,
    bug: Option<Bug>,
) -> Result<Sim<'_>, Broken> {
    let mut sim = Sim::new(start, seed, plan, bug);
    match all(&mut sim) {
        Ok(()) => Ok(sim),
        Err(violation) => Err(Broken { violation, seed, plan, facts: sim.facts }),
    }
}

fn all(sim: &mut Sim) -> Result<(), Violation> {
    let steps = sim.rng.below(40).saturating_add(sim.start.steps);
    for _ in 0..steps {
        step(sim)?;
        sim.covered.steps = sim.covered.steps.wrapping_add(1);
        sim.check()?;
    }
    let favourites: [Option<usize>; OFFICES] =
        [[Some(0), Some(1), Some(2), None], [Some(4), Some(5), Some(4), None]].map(|d| *sim.rng.pick(&d));
    sim.draining = true;
    for _ in 0..LONGEST_CALM {
        if !calm(sim, favourites)? {
            return check_quiet(sim);
        }
        sim.covered.steps = sim.covered.steps.wrapping_add(1);
        sim.check()?;
    }
    Err(Violation::NeverQuiet)
}

fn step(sim: &mut Sim) -> Result<(), Violation> {
    if sim.process.is_none() {
        return sim.restart();
    }
    let people_act = sim.start.people_act;
    if sim.rng.percent(people_act) {
        return somebody_acts(sim);
    }
    match sim.rng.below(100) {
        0..50 => sim.obey(),
        50..78 => sim.report(),
        78..86 if sim.rng.percent(sim.start.decided_late) => Ok(()),
        78..86 => offer_any(sim),
        86..92 => resolve(sim),
        92..94 => overtake(sim),
        94..96 => sim.handle(Event::Restarted),
        96..98 => {
            // A clock may jump either way; the durable instants do not.
            let by = i64::try_from(sim.rng.below(20_000)).expect("small");
            sim.clock =
                if sim.rng.percent(70) { sim.clock.wrapping_add(by) } else { sim.clock.wrapping_sub(by) };
            Ok(())
        }
        _ => {
            sim.crash();
            Ok(())
        }
    }
}

/// One step towards quiescence; false when there is none to take.
fn calm(sim: &mut Sim, favourites: [Option<usize>; OFFICES]) -> Result<bool, Violation> {
    let Some(process) = &sim.process else { return sim.restart().map(|()| true) };
    if !process.queue.is_empty() {
        return sim.obey().map(|()| true);
    }
    if !sim.reports.is_empty() {
        return sim.report().map(|()| true);
    }
    let undecided = |(o, d): (usize, Option<usize>)| d.filter(|_| sim.checker.offices[o].decision.is_none());
    match favourites.into_iter().enumerate().find_map(undecided) {
        Some(d) => offer(sim, d).map(|()| true),
        None => Ok(false),
    }
}

const LONGEST_CALM: usize = 1_000;

/// The telegram's number is the end of its name.
#[test]
fn names_end_in_their_number() {
    assert!((0..TELEGRAMS).all(|t| super::cast::number(telegram_id(t).as_str()) == t));
}
