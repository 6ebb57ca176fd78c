//! A back-test as CSV.

use super::RunJson;
use crate::cli::Out;
use crate::cli::words::csv_cell;

/// A row for each policy and election.
pub fn print(runs: &[RunJson], out: &mut Out) {
    out.line("policy,election,result,at,outcome,days_after_vote,undone_at,undone_by");
    for r in runs {
        let undone = r.undone.as_ref();
        let cells = [
            r.policy.clone(),
            r.election.clone(),
            r.result.to_owned(),
            r.at.map(|t| t.to_string()).unwrap_or_default(),
            r.outcome.as_ref().map(|o| o.name.clone()).unwrap_or_default(),
            r.days_after_vote.map(|d| d.to_string()).unwrap_or_default(),
            undone.map(|u| u.at.to_string()).unwrap_or_default(),
            undone.map(|u| u.by.join(" ")).unwrap_or_default(),
        ];
        out.line(&cells.map(|c| csv_cell(&c)).join(","));
    }
}
