//! The page of a back-test: well-formed, whole in itself, and deaf to what a name says.

use std::path::Path;

use crate::run::{Scratch, ascertain, history, rewrite, root};

/// Writes the page of these words and returns it, checked.
fn page(scratch: &Scratch, words: &[&str]) -> String {
    let file = scratch.join("page.html");
    let mut all = vec!["backtest"];
    all.extend(words);
    all.extend(["--html", file.to_str().unwrap()]);
    let said = ascertain(&all);
    assert_eq!(said.code, 0, "{}", said.err);
    let page = std::fs::read_to_string(file).unwrap();
    well_formed(&page);
    loads_nothing(&page);
    page
}

/// Every element ends where it must, every attribute is quoted, every `&` begins a reference, no id stands twice.
// Spec: XML 1.0 § 2.1, § 3.1
fn well_formed(page: &str) {
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").unwrap();
    let mut open: Vec<&str> = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    while let Some(at) = rest.find('<') {
        references(&rest[..at]);
        assert!(!rest[..at].contains('>'), "a loose > in {}", &rest[..at]);
        let end = at + rest[at..].find('>').unwrap();
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "an element ends that is not the last begun");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.trim_end_matches('/').bytes().all(|b| b.is_ascii_alphanumeric()), "<{tag}>");
        ids.extend(quoted(attributes).into_iter().filter(|(name, _)| *name == "id").map(|(_, id)| id));
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} never end");
    assert_eq!(rest, "\n");
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id stands twice");
}

/// Attributes as names and values.
fn quoted(attributes: &str) -> Vec<(&str, &str)> {
    let mut rest = attributes.trim_end_matches('/');
    let mut found = Vec::new();
    while let Some((name, after)) = rest.trim_start().split_once("=\"") {
        let (value, after) = after.split_once('"').unwrap();
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{attributes}");
        assert!(!value.contains('<'), "{attributes}");
        references(value);
        found.push((name, value));
        rest = after;
    }
    assert!(rest.trim().is_empty(), "`{rest}` in {attributes}");
    found
}

fn references(text: &str) {
    for after in text.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
        assert!(known.iter().any(|k| after.starts_with(k)), "&{after}");
    }
}

/// No script, nothing fetched: addresses stand only in links, and what is used is on the page.
fn loads_nothing(page: &str) {
    for word in
        ["<script", "<link", "<img", "<iframe", "<object", "src=", "url(", "@import", "<base", "<form", " on"]
    {
        let tags = page.split('<').filter_map(|t| t.split('>').next());
        assert!(!tags.map(|t| format!("<{t}")).any(|t| t.contains(word)), "{word} in a tag");
    }
    let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    assert!(!style.contains("url(") && !style.contains("@import") && !style.contains("//"));
    for (before, after) in page.match_indices("href=\"").map(|(at, m)| (&page[..at], &page[at + m.len()..])) {
        let target = after.split('"').next().unwrap();
        match target.strip_prefix('#') {
            Some(id) => assert!(page.contains(&format!("id=\"{id}\"")), "#{id} is not on the page"),
            None => {
                assert!(target.starts_with("https://") || target.starts_with("http://"), "{target}");
                assert!(before.ends_with("<a "), "{target} is no plain link");
            }
        }
    }
}

#[test]
fn the_page_of_two_policies_in_three_elections() {
    let scratch = Scratch::new("page");
    let words = ["tv-consensus", "electors-voted", "--election", "us-1876", "--election", "us-2000"];
    let words = [words.as_slice(), &["--election", "us-2020"]].concat();
    let made = page(&scratch, &words);
    assert!(made.contains("undone 04:00 EST by abc.retract.us"));
    let kept = root().join("crates/ascertain/tests/snapshots/backtest/page.html");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&kept, &made).unwrap();
    }
    let kept = std::fs::read_to_string(kept).unwrap_or_default();
    assert!(kept == made, "page.html differs; run with UPDATE=1, look at it, and read the diff");
    assert_eq!(made, page(&scratch, &words), "two runs, two pages");
}

#[test]
fn the_page_of_everything_stays_small() {
    let scratch = Scratch::new("page");
    let made = page(&scratch, &["--all"]);
    assert!(made.matches("<td").count() > 200);
    assert!(made.len() < 1_500_000, "{} bytes", made.len());
}

const HOSTILE: &str = "</title><script>alert('1')</script> & \\\"on\\\" \u{202e}desrever";

fn replace(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{} has no {from}", path.display());
    std::fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn names_are_text_whatever_they_say() {
    let scratch = Scratch::new("page");
    let folder = history(&scratch, "us-2000");
    let head = folder.join("election.toml");
    replace(&head, "United States presidential election of 2000", HOSTILE);
    replace(&head, "George W. Bush", HOSTILE);
    replace(&head, "short = \"Bush\"", &format!("short = \"{HOSTILE}\""));
    let law = folder.join("law");
    crate::run::copy(&root().join("law"), &law);
    let procedure = law.join("us/president/eca-1887.toml");
    replace(&procedure, "day for the electors to give their votes in their states", HOSTILE);
    replace(&procedure, "url = \"https://", "url = \"javascript:alert(1)//");
    let policy = scratch.join("hostile.toml");
    std::fs::copy(root().join("policies/tv-consensus.toml"), &policy).unwrap();
    replace(&policy, "Five outlets have called the whole election for one person.", HOSTILE);
    let words = [policy.to_str().unwrap(), "in-office", "--election", folder.to_str().unwrap()];
    let made = page(&scratch, &words);
    assert!(made.matches("&lt;/title&gt;&lt;script&gt;alert(&#39;1&#39;)").count() > 5);
    assert!(!made.contains("<script") && !made.contains('\u{202e}') && !made.contains("\"javascript:"));
}

/// A folder may hold a shipped election with other acts, to be set beside it.
#[test]
fn one_election_twice_is_two_sections() {
    let scratch = Scratch::new("page");
    let folder = history(&scratch, "us-2000");
    let words = ["in-office", "--election", "us-2000", "--election", folder.to_str().unwrap()];
    let made = page(&scratch, &words);
    assert!(made.contains("id=\"e-us-2000\"") && made.contains("id=\"e-us-2000:2\""));
}

#[test]
fn an_election_without_acts_has_a_page() {
    let scratch = Scratch::new("page");
    let folder = history(&scratch, "us-2020");
    for file in std::fs::read_dir(folder.join("acts")).unwrap() {
        rewrite(&folder, file.unwrap().file_name().to_str().unwrap(), |_| Vec::new());
    }
    let made = page(&scratch, &["electors-voted", "--election", folder.to_str().unwrap()]);
    assert!(made.contains("<td class=\"no\">"));
}

#[test]
fn standard_output_stays_what_it_was() {
    let scratch = Scratch::new("page");
    let file = scratch.join("p.html");
    let words = ["backtest", "electors-voted", "--election", "us-2000"];
    for form in ["--json", "--csv"] {
        let plain = ascertain(&[words.as_slice(), &[form]].concat());
        let with = ascertain(&[words.as_slice(), &[form, "--html", file.to_str().unwrap()]].concat());
        assert_eq!(plain.out, with.out);
    }
    let text = ascertain(&[words.as_slice(), &["--html", file.to_str().unwrap()]].concat());
    assert!(text.out.ends_with(&format!("\npage     {}\n", file.display())), "{}", text.out);
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1, "only the page is left");
}

#[test]
fn a_page_takes_only_a_files_place() {
    let scratch = Scratch::new("page");
    let nowhere = scratch.join("no/such/page.html");
    for (file, says) in
        [(nowhere.as_path(), "there is no such folder"), (scratch.path(), "not a regular file")]
    {
        let words = ["backtest", "electors-voted", "--election", "us-2000", "--html", file.to_str().unwrap()];
        let said = ascertain(&words);
        assert_eq!(said.code, 2, "{}", said.err);
        assert!(said.err.contains(says) && said.out.is_empty(), "{}{}", said.out, said.err);
    }
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "nothing was made");
}
