//! The table of the page: elections down, policies across.
//!
//! Refuses to be read by colour: every cell says its answer in words.

use policy::{Backtested, Policy};

use super::{escaped, wording};
use crate::backtesting::Tested;

/// The table, in a box of its own that scrolls. Each election comes with its name on the page.
pub fn table(policies: &[Policy], elections: &[(String, &Tested)]) -> String {
    let mut out = "<h2 id=\"all\">All elections</h2>\n\
                   <p class=\"quiet\" id=\"says\">For whom each policy would have released, days after the vote, and what undid it.</p>\n\
                   <div class=\"box\" role=\"region\" aria-labelledby=\"all\" tabindex=\"0\">\n\
                   <table{many} aria-labelledby=\"all\" aria-describedby=\"says\">\n\
                   <thead><tr><th scope=\"col\">election</th>"
        .replace("{many}", if policies.len() > MANY { " class=\"many\"" } else { "" });
    for (n, p) in policies.iter().enumerate() {
        out.push_str(&format!("<th scope=\"col\"><a href=\"#p{n}\">{}</a></th>", escaped::text(&p.name)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for (anchor, t) in elections {
        out.push_str(&format!("<tr><th scope=\"row\"><a href=\"#e-{anchor}\">{anchor}</a></th>"));
        for result in &t.results {
            out.push_str(&cell(t, result));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
    out
}

fn cell(t: &Tested, result: &Backtested) -> String {
    let Backtested::Fired(f) = result else {
        return format!("<td class=\"no\">{}</td>", wording::without_release(result));
    };
    let name = escaped::text(&wording::short_name(&f.decision.outcome, t));
    // The number and its unit stay on one line.
    let day = escaped::text(&wording::day(f.decision.at, t).replace(' ', "\u{a0}"));
    let (mark, undone) = match &f.undone {
        None => ("r", String::new()),
        Some(u) => {
            let by = escaped::text(&wording::undone_by(u));
            ("x", format!("<small>undone {} by {by}</small>", escaped::text(&wording::day(u.at, t))))
        }
    };
    format!(
        "<td><svg class=\"m\" aria-hidden=\"true\"><use href=\"#{mark}\" x=\"6\" y=\"6\"/></svg>{name} {day}{undone}</td>"
    )
}

/// With more policies a sheet of paper takes smaller letters and upright names.
const MANY: usize = 10;
