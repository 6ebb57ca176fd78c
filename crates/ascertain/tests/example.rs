//! The worked example of docs/format.md, typed as it stands there, works.

use crate::run::{Scratch, ascertain, last_json, root};

/// The fenced blocks of the document, each with the file it is to be typed into.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("\n```") {
        let (before, fenced) = rest.split_at(start);
        let body = fenced[4..].split_once('\n').unwrap().1;
        let (block, after) = body.split_once("\n```").unwrap();
        let line = before.trim_end().lines().last().unwrap_or_default();
        let named = line.trim_end().strip_suffix('`').and_then(|l| l.rsplit('`').next());
        if let Some(file) = named.filter(|f| f.contains('.') && !f.contains(' ')) {
            blocks.push((file.to_owned(), format!("{block}\n")));
        }
        rest = after;
    }
    blocks
}

#[test]
fn the_worked_example_works_as_typed() {
    let scratch = Scratch::new("example");
    let folder = scratch.join("my-election");
    let text = std::fs::read_to_string(root().join("docs/format.md")).unwrap();
    let blocks = blocks(&text);
    for (file, block) in &blocks {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, block).unwrap();
    }
    let files: Vec<&str> = blocks.iter().map(|(f, _)| f.as_str()).collect();
    let wanted = [
        "election.toml",
        "issuers.csv",
        "slates.csv",
        "sources.csv",
        "acts/10.jsonl",
        "telegrams/ann.toml",
        "law/demo/procedure.toml",
        "law/demo/seats.toml",
    ];
    assert_eq!(files, wanted);
    let out = scratch.join("o");
    let (folder, out) = (folder.to_str().unwrap(), out.to_str().unwrap());
    let said = ascertain(&["replay", folder, "--out", out, "--json"]);
    assert_eq!(said.code, 0, "{} {}", said.out, said.err);
    let summary = last_json(&said);
    assert_eq!(summary["decision"]["at"], "2024-12-17T10:00:00Z");
    assert_eq!(summary["telegrams"][0]["state"], "released");
    let before = ascertain(&["why", folder, "--as-of", "2024-12-16"]);
    assert_eq!(before.code, 1, "{} {}", before.out, before.err);
}
