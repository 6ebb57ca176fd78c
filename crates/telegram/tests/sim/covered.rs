//! What the schedules reached.

/// What the schedules reached, so that a suite that tests nothing is noticed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Covered {
    pub(crate) steps: usize,
    pub(crate) crashes: usize,
    pub(crate) lost: usize,
    pub(crate) done_but_reported_lost: usize,
    pub(crate) refused: usize,
    pub(crate) no_longer_wanted: usize,
    pub(crate) duplicated: usize,
    pub(crate) released: usize,
    pub(crate) findings: usize,
    pub(crate) in_doubt: usize,
    pub(crate) undeliverable: usize,
    pub(crate) resent: usize,
    pub(crate) withdrawn: usize,
    pub(crate) overtaken: usize,
}

impl Covered {
    pub(crate) fn assert_all_reached(&self) {
        let text = format!("{self:?}");
        assert!(!text.contains(": 0,") && !text.contains(": 0 "), "something was never reached: {text}");
    }
}

/// Adds one schedule's counts.
pub(crate) fn add(sum: &mut Covered, one: &Covered) {
    let Covered {
        steps, crashes, lost, done_but_reported_lost, refused, no_longer_wanted, duplicated, ..
    } = one;
    let Covered { released, findings, in_doubt, undeliverable, resent, withdrawn, overtaken, .. } = one;
    let pairs = [
        (&mut sum.steps, steps),
        (&mut sum.crashes, crashes),
        (&mut sum.lost, lost),
        (&mut sum.done_but_reported_lost, done_but_reported_lost),
        (&mut sum.refused, refused),
        (&mut sum.no_longer_wanted, no_longer_wanted),
        (&mut sum.duplicated, duplicated),
        (&mut sum.released, released),
        (&mut sum.findings, findings),
        (&mut sum.in_doubt, in_doubt),
        (&mut sum.undeliverable, undeliverable),
        (&mut sum.resent, resent),
        (&mut sum.withdrawn, withdrawn),
        (&mut sum.overtaken, overtaken),
    ];
    for (into, from) in pairs {
        *into = into.saturating_add(*from);
    }
}
