//! Text that stands in a page as what it is.

use std::fmt::{self, Write as _};

use serde_json::Value;

/// Text without markup.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl<'a> Escaped<'a> {
    /// The text of a value; empty when it is none.
    pub(super) fn of(value: &'a Value) -> Self {
        Self(value.as_str().unwrap_or_default())
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '&' => f.write_str("&amp;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            letter => f.write_char(letter),
        })
    }
}

/// Escaped text in which `code` between backticks is code.
pub(super) fn inline(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let marked = parts.map(|(index, part)| match index % 2 {
        0 => Escaped(part).to_string(),
        _ => format!("<code>{}</code>", Escaped(part)),
    });
    marked.collect()
}

/// The same, each paragraph by itself.
pub(super) fn paragraphs(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let paragraphs = text.split("\n\n").filter(|text| !text.trim().is_empty());
    paragraphs.map(|text| format!("<p>{}</p>\n", inline(text.trim()))).collect()
}
