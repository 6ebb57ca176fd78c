//! The machines as a courier has them: telegrams and offices, and a sending for each recipient of what is out.
//!
//! Refuses to decide anything itself.

use std::collections::BTreeMap;

use telegram::{
    Attempt, Channel, Event, Instant, Moment, Quorum, RecipientId, Sending, Stage, State, Step, TelegramId,
    advance, apply, next,
};

use super::parse::Line;
use super::render::{answer, changes, said};

/// Who is told by which way, as a draft names them.
pub(crate) type List = Vec<(RecipientId, Channel)>;

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) state: State,
    lists: BTreeMap<TelegramId, List>,
    pub(crate) sendings: BTreeMap<(TelegramId, RecipientId), Sending>,
}

impl World {
    pub(crate) fn new(quorum: Quorum) -> Self {
        Self { state: State::new(quorum), lists: BTreeMap::new(), sendings: BTreeMap::new() }
    }
}

/// What a line makes of the world, and how it reads.
pub(crate) fn happens(world: &World, line: &Line) -> (World, String) {
    match line {
        Line::Query(answered) => (world.clone(), answered.clone()),
        Line::Event(event, list) => told(world, event, list),
        Line::Moment(to, moment) => one(world, to, moment),
    }
}

/// Applies the event in both ways; on an error nothing may have changed.
fn told(world: &World, event: &Event, list: &List) -> (World, String) {
    let mut in_place = world.state.clone();
    let advanced = advance(&mut in_place, event);
    let (state, commands) = match apply(&world.state, event) {
        Ok(next) => next,
        Err(error) => {
            assert_eq!(Err(&error), advanced.as_ref());
            assert_eq!(world.state, in_place, "an error changed something");
            return (world.clone(), format!("error: {error}"));
        }
    };
    assert_eq!(Ok(&commands), advanced.as_ref());
    assert_eq!(state, in_place);
    let mut after = World { state, ..world.clone() };
    if let Event::Draft(telegram) | Event::Edit(telegram) = event {
        after.lists.insert(telegram.id.clone(), list.clone());
    }
    released(&mut after);
    let mut steps = Vec::new();
    if *event == Event::Restarted {
        for (to, sending) in &mut after.sendings {
            let (changed, asked) = next(sending, &Moment::Restarted { now: NOW }).expect("a restart");
            *sending = changed;
            steps.extend(asked.into_iter().map(|step| (to.clone(), step)));
        }
    }
    let text = answer(&changes(world, &after), &commands, &steps);
    (after, text)
}

fn one(world: &World, to: &(TelegramId, RecipientId), moment: &Moment) -> (World, String) {
    let Some(sending) = world.sendings.get(to) else {
        return (world.clone(), format!("there is no sending {}/{}", to.0, to.1));
    };
    match next(sending, moment) {
        Err(error) => (world.clone(), format!("error: {error}")),
        Ok((sending, steps)) => {
            let mut after = world.clone();
            after.sendings.insert(to.clone(), sending);
            let steps: Vec<_> = steps.into_iter().map(|step| (to.clone(), step)).collect();
            let text = answer(&changes(world, &after), &[], &steps);
            (after, text)
        }
    }
}

/// What is out has a sending for each of its recipients.
fn released(world: &mut World) {
    for entry in world.state.telegrams.values() {
        let Stage::Released { at, .. } = entry.stage else { continue };
        let id = &entry.telegram.id;
        for (recipient, channel) in world.lists.get(id).into_iter().flatten() {
            let to = (id.clone(), recipient.clone());
            world.sendings.entry(to).or_insert_with(|| Sending::new(*channel, at));
        }
    }
}

/// What the clock reads when an attempt is reported.
pub(crate) const NOW: Instant = Instant(2_000);

/// How a step reads.
pub(crate) fn step_text(to: &(TelegramId, RecipientId), step: &Step) -> String {
    let numbered = |verb: &str, attempt: &Attempt| format!("{verb} {}/{} {}", to.0, to.1, attempt.0);
    match step {
        Step::Record { attempt, .. } => numbered("record", attempt),
        Step::Deliver { attempt } => numbered("deliver", attempt),
        Step::Tell(told) => said(told),
        Step::Refuse => "refuse".to_owned(),
    }
}
