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
    pub(crate) redriven: usize,
    pub(crate) revoked: usize,
    pub(crate) waited: usize,
    pub(crate) corrected: usize,
    pub(crate) overridden: usize,
    pub(crate) ready: usize,
    pub(crate) keys_destroyed: usize,
    pub(crate) shares: usize,
    pub(crate) shares_refused: usize,
    pub(crate) opened_by_shares: usize,
}

impl Covered {
    pub(crate) fn assert_all_reached(&self) {
        let text = format!("{self:?}");
        assert!(!text.contains(": 0,") && !text.contains(": 0 "), "something was never reached: {text}");
    }
}

/// Adds one schedule's counts.
pub(crate) fn add(sum: &mut Covered, one: &Covered) {
    let pairs = [
        (&mut sum.steps, one.steps),
        (&mut sum.crashes, one.crashes),
        (&mut sum.lost, one.lost),
        (&mut sum.done_but_reported_lost, one.done_but_reported_lost),
        (&mut sum.refused, one.refused),
        (&mut sum.no_longer_wanted, one.no_longer_wanted),
        (&mut sum.duplicated, one.duplicated),
        (&mut sum.released, one.released),
        (&mut sum.findings, one.findings),
        (&mut sum.in_doubt, one.in_doubt),
        (&mut sum.undeliverable, one.undeliverable),
        (&mut sum.resent, one.resent),
        (&mut sum.withdrawn, one.withdrawn),
        (&mut sum.overtaken, one.overtaken),
        (&mut sum.ready, one.ready),
        (&mut sum.keys_destroyed, one.keys_destroyed),
        (&mut sum.shares, one.shares),
        (&mut sum.shares_refused, one.shares_refused),
        (&mut sum.opened_by_shares, one.opened_by_shares),
        (&mut sum.overridden, one.overridden),
        (&mut sum.corrected, one.corrected),
        (&mut sum.waited, one.waited),
        (&mut sum.revoked, one.revoked),
        (&mut sum.redriven, one.redriven),
    ];
    for (into, from) in pairs {
        *into = into.saturating_add(from);
    }
}
