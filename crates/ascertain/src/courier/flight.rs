//! What is under way, and what may go next: lanes of rows that go the same way, each with its own limits.
//!
//! Refuses to know what is sent, and the store. Memory grows with the ways and with what is under way, not with what waits.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use telegram::{Answer, Attempt};

use crate::reaching::Limits;
use crate::store::outbox::OutboxRow;
use crate::visiting::Visit;

/// An attempt that ended.
pub struct Landed {
    /// The row, as it was when the attempt began.
    pub row: OutboxRow,
    /// Which attempt.
    pub attempt: Attempt,
    /// How it ended.
    pub answer: Answer,
}

/// What wakes who waits for it.
pub enum Arrival {
    /// An attempt ended.
    Landed(Box<Landed>),
    /// Somebody else wants something.
    Visit(Visit),
}

/// Attempts under way and the lanes they are in.
pub struct Flight {
    inbox: Receiver<Arrival>,
    door: Sender<Arrival>,
    /// What arrived of others.
    pub visits: VecDeque<Visit>,
    landed: VecDeque<Landed>,
    lanes: BTreeMap<i64, Lane>,
    /// Lanes in which something may go, by when.
    queue: BTreeSet<(i64, i64)>,
    under_way: usize,
    /// Rows may be due in lanes that nobody told of.
    pub stale: bool,
}

#[derive(Default)]
struct Lane {
    under_way: u16,
    queued: Option<i64>,
    /// In this second, so many were begun.
    begun: (i64, u16),
}

/// Attempts under way in all.
pub const WINDOW: usize = 1_024;
/// Answers stored at a time.
const LANDINGS: usize = 1_024;
/// Fewer answers than this part of what is under way are few.
const CROWD: usize = 8;
const MOMENT: Duration = Duration::from_millis(1);

impl Default for Flight {
    fn default() -> Self {
        let (door, inbox) = channel();
        let (visits, landed, lanes, queue) =
            (VecDeque::new(), VecDeque::new(), BTreeMap::new(), BTreeSet::new());
        Self { inbox, door, visits, landed, lanes, queue, under_way: 0, stale: true }
    }
}

impl Flight {
    /// Where arrivals are handed in.
    #[must_use]
    pub fn door(&self) -> Sender<Arrival> {
        self.door.clone()
    }

    /// Whether an attempt is under way.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.under_way > 0
    }

    /// An attempt that ended where it began.
    pub fn land(&mut self, landed: Landed) {
        self.landed.push_back(landed);
    }

    /// What has landed since. Of a crowd the first few wait a moment for others, to be stored with them.
    pub fn landings(&mut self) -> Vec<Landed> {
        self.take_all();
        let few = self.under_way / CROWD;
        if !self.landed.is_empty() && self.landed.len() < few {
            std::thread::sleep(MOMENT);
            self.take_all();
        }
        let count = self.landed.len().min(LANDINGS);
        let landed: Vec<Landed> = self.landed.drain(..count).collect();
        for Landed { row, .. } in &landed {
            self.under_way = self.under_way.saturating_sub(1);
            if let Some(lane) = self.lanes.get_mut(&row.lane) {
                lane.under_way = lane.under_way.saturating_sub(1);
            }
        }
        landed
    }

    /// Waits until something arrives, or for that long.
    pub fn wait(&mut self, longest: Duration) {
        if !self.landed.is_empty() || !self.visits.is_empty() {
            return;
        }
        match self.inbox.recv_timeout(longest) {
            Ok(arrival) => self.take(arrival),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }

    fn take_all(&mut self) {
        while let Ok(arrival) = self.inbox.try_recv() {
            self.take(arrival);
        }
    }

    fn take(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Landed(landed) => self.landed.push_back(*landed),
            Arrival::Visit(visit) => self.visits.push_back(visit),
        }
    }

    /// When something is due at the earliest, as far as is known.
    #[must_use]
    pub fn next(&self) -> Option<i64> {
        self.queue.first().map(|(due, _)| *due)
    }

    /// The lane whose next row has been due for longest, taken off the queue; none if the window is full.
    pub fn next_lane(&mut self, now: i64) -> Option<i64> {
        if self.under_way >= WINDOW {
            return None;
        }
        let first = *self.queue.first().filter(|(due, _)| *due <= now)?;
        self.queue.remove(&first);
        if let Some(lane) = self.lanes.get_mut(&first.1) {
            lane.queued = None;
        }
        Some(first.1)
    }

    /// How many may begin in a lane now; if none for the rest of this second, that is said too.
    pub fn room(&mut self, lane: i64, limits: Limits, now: i64) -> Room {
        let free = WINDOW.saturating_sub(self.under_way);
        let lane = self.lanes.entry(lane).or_default();
        if lane.begun.0 != now {
            lane.begun = (now, 0);
        }
        let at_once = limits.at_once.saturating_sub(lane.under_way);
        let this_second = limits.per_second.map_or(u16::MAX, |most| most.saturating_sub(lane.begun.1));
        if at_once > 0 && this_second == 0 {
            return Room::NextSecond;
        }
        Room::Now(usize::from(at_once.min(this_second)).min(free))
    }

    /// An attempt begins.
    pub fn begin(&mut self, lane: i64) {
        self.under_way = self.under_way.saturating_add(1);
        let lane = self.lanes.entry(lane).or_default();
        lane.under_way = lane.under_way.saturating_add(1);
        lane.begun.1 = lane.begun.1.saturating_add(1);
    }

    /// An attempt that began is somebody else's from here on.
    pub fn hand_over(&mut self, lane: i64) {
        self.under_way = self.under_way.saturating_sub(1);
        if let Some(lane) = self.lanes.get_mut(&lane) {
            lane.under_way = lane.under_way.saturating_sub(1);
            lane.begun.1 = lane.begun.1.saturating_sub(1);
        }
    }

    /// When the next row of a lane is due, now that its rows changed; a lane without rows is forgotten.
    pub fn queue(&mut self, number: i64, due: Option<i64>) {
        let lane = self.lanes.entry(number).or_default();
        if let Some(before) = lane.queued.take() {
            self.queue.remove(&(before, number));
        }
        lane.queued = due;
        if let Some(due) = due {
            self.queue.insert((due, number));
        } else if lane.under_way == 0 {
            self.lanes.remove(&number);
        }
    }
}

/// What fits into a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// So many.
    Now(usize),
    /// None before the next second.
    NextSecond,
}
