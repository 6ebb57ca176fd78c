//! Text and addresses as HTML that is XML too.
//!
//! Refuses to know what the text says: a name, a summary, a citation are all somebody else's words.

/// Text for an element or a quoted attribute.
// Spec: XML 1.0 § 2.2, § 2.4
pub fn text(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        match (markup(c), c) {
            (Some(name), _) => out.push_str(name),
            (None, '\n' | '\t') => out.push(c),
            // No such character may stand in XML, or it turns the direction of what follows.
            (None, c) if c.is_control() || turns(c) => out.push('\u{fffd}'),
            (None, c) => out.push(c),
        }
    }
    out
}

/// Somebody's words, kept as they are but for what is markup.
pub fn words(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for letter in plain.chars() {
        match markup(letter) {
            Some(name) => out.push_str(name),
            None => out.push(letter),
        }
    }
    out
}

fn markup(letter: char) -> Option<&'static str> {
    Some(match letter {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        _ => return None,
    })
}

/// A citation as a link, where its address is one of the web; else as text.
pub fn cited(name: &str, url: &str) -> String {
    if url.starts_with("https://") || url.starts_with("http://") {
        format!("<a href=\"{}\" rel=\"noreferrer\">{}</a>", text(url), text(name))
    } else {
        text(name)
    }
}

fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}
