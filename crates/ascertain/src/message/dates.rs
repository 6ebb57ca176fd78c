//! Dates as a language writes them, from a table that is data.
//!
//! Refuses to guess: a language without a row has none, and its writer gives the form.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::fields::{self, Piece};

/// How a language writes a date.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// With `{day}`, `{month}` and `{year}`.
    form: String,
    /// Twelve, as they stand in a date.
    months: Vec<String>,
    /// The first day of a month, where it is written otherwise.
    first: Option<String>,
}

/// The forms by language: the program's own, and over them those of a message.
#[derive(Debug, Clone)]
pub struct Forms(BTreeMap<String, Form>);

impl Forms {
    /// Forms of a message's own go before the program's.
    ///
    /// # Errors
    /// The language whose form is no form.
    pub fn with(own: &BTreeMap<String, Form>) -> Result<Self, (String, String)> {
        let mut forms: BTreeMap<String, Form> =
            toml::from_str(TABLE).map_err(|e| (String::new(), e.message().to_owned()))?;
        forms.extend(own.clone());
        for (language, form) in &forms {
            form.check().map_err(|why| (language.clone(), why))?;
        }
        Ok(Self(forms))
    }

    /// A date, `YYYY-MM-DD`, in the words of a language.
    ///
    /// # Errors
    /// What is no date, or a language without a form.
    pub fn written(&self, language: Option<&str>, date: &str) -> Result<String, String> {
        let day = parse(date).ok_or_else(|| format!("`{date}` is no date; write it as 2029-01-20"))?;
        let Some(language) = language else {
            return Err("a date is written in some language: say which, as `language = \"en\"`".into());
        };
        let form = self.0.get(language).ok_or_else(|| {
            let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
            format!(
                "how `{language}` writes a date is not known (known: {}); give it as [dates.{language}] with `form` and `months`",
                known.join(", ")
            )
        })?;
        Ok(form.written(day))
    }
}

impl Form {
    fn check(&self) -> Result<(), String> {
        let plain = |text: &String| !text.is_empty() && !text.chars().any(char::is_control);
        if self.months.len() != 12 || !self.months.iter().all(plain) {
            return Err("`months` has twelve names".into());
        }
        if !plain(&self.form) || self.first.as_ref().is_some_and(|f| !plain(f)) {
            return Err("`form` and `first` are one line of text".into());
        }
        let (mut day, mut month, mut year) = (0_u8, 0_u8, 0_u8);
        for piece in fields::parse(&self.form)? {
            let seen = match piece {
                Piece::Words(_) => continue,
                Piece::Field(name) => match name.as_str() {
                    "day" => &mut day,
                    "month" => &mut month,
                    "year" => &mut year,
                    other => {
                        return Err(format!("{{{other}}} is none of {{day}}, {{month}} and {{year}}"));
                    }
                },
            };
            *seen = seen.saturating_add(1);
        }
        if (day, month, year) == (1, 1, 1) {
            Ok(())
        } else {
            Err("`form` has {day}, {month} and {year}, each once".into())
        }
    }

    fn written(&self, date: Date) -> String {
        let nth = usize::try_from(date.month()).unwrap_or_default().saturating_sub(1);
        let value = |name: &str| match name {
            "month" => self.months.get(nth).cloned().unwrap_or_default(),
            "year" => date.year().to_string(),
            _ if date.day() == 1 => self.first.clone().unwrap_or_else(|| "1".into()),
            _ => date.day().to_string(),
        };
        let pieces = fields::parse(&self.form).unwrap_or_default();
        let written = pieces.into_iter().map(|piece| match piece {
            Piece::Words(words) => words,
            Piece::Field(name) => value(&name),
        });
        written.collect()
    }
}

/// `YYYY-MM-DD`, and no other spelling.
#[must_use]
pub fn parse(text: &str) -> Option<Date> {
    let day: Date = text.parse().ok()?;
    (day.to_string() == text).then_some(day)
}

const TABLE: &str = include_str!("dates.toml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_the_words_of_a_language() {
        let own = BTreeMap::from([(
            "sw".to_owned(),
            Form {
                form: "{day} {month} {year}".into(),
                months: (1..=12).map(|n| format!("m{n}")).collect(),
                first: None,
            },
        )]);
        let forms = Forms::with(&own).unwrap();
        for (language, date, expected) in [
            ("en", "2029-01-20", "20 January 2029"),
            ("en-US", "2028-12-01", "December 1, 2028"),
            ("fr", "2029-01-20", "20 janvier 2029"),
            ("fr", "2029-02-01", "1er février 2029"),
            ("de", "2029-03-01", "1. März 2029"),
            ("es", "2029-09-09", "9 de septiembre de 2029"),
            ("pl", "2029-01-20", "20 stycznia 2029"),
            ("ja", "2029-01-20", "2029年1月20日"),
            ("sw", "2029-11-05", "5 m11 2029"),
            ("de-AT", "2029-01-20", "!not known"),
            ("en", "2029-1-20", "!no date"),
            ("en", "2029-02-30", "!no date"),
        ] {
            match (forms.written(Some(language), date), expected.strip_prefix('!')) {
                (Err(why), Some(says)) => assert!(why.contains(says), "{language} {date}: {why}"),
                (written, _) => assert_eq!(written.as_deref(), Ok(expected), "{language} {date}"),
            }
        }
        assert!(forms.written(None, "2029-01-20").unwrap_err().contains("say which"));
    }

    #[test]
    fn a_form_that_is_none_is_refused() {
        let months: Vec<String> = (1..=12).map(|n| n.to_string()).collect();
        for (form, count, says) in [
            ("{day} {month}", 12, "each once"),
            ("{day} {day} {month} {year}", 12, "each once"),
            ("{day} {moon} {year}", 12, "none of"),
            ("{day} {month} {year", 12, "never closed"),
            ("{day}\n{month} {year}", 12, "one line"),
            ("{day} {month} {year}", 11, "twelve"),
        ] {
            let own = Form { form: form.into(), months: months[..count].to_vec(), first: None };
            let (language, why) = Forms::with(&BTreeMap::from([("xx".to_owned(), own)])).unwrap_err();
            assert!(language == "xx" && why.contains(says), "{form}: {why}");
        }
    }
}
