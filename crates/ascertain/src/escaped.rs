//! Text and addresses as HTML that is XML too.
//!
//! Refuses to know what the text says: a name, a summary, a citation are all somebody else's words.

/// Text for an element or a quoted attribute.
// Spec: XML 1.0 § 2.2, § 2.4
pub fn text(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            // No such character may stand in XML, or it turns the direction of what follows.
            c if c.is_control() || turns(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
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
