//! Where the values of a file stand.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::file::lines_until;

/// The line of each value, by its dotted key; tables of an array count from 0, as in `repository.1.name`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines(BTreeMap<String, usize>);

impl Lines {
    /// Of a text that is TOML; nothing of one that is not.
    pub(super) fn of(text: &str) -> Self {
        let mut lines = Self::default();
        if let Ok(table) = DeTable::parse(text) {
            lines.note_table("", table.get_ref(), text);
        }
        lines
    }

    /// The line of a value, from 1 on; `None` if the file does not have it.
    pub fn of_key(&self, key: &str) -> Option<usize> {
        self.0.get(key).copied()
    }

    fn note_table(&mut self, above: &str, table: &DeTable<'_>, text: &str) {
        for (key, value) in table.iter() {
            let key = format!("{above}{}", key.get_ref());
            self.note(key, value.get_ref(), value.span().start, text);
        }
    }

    fn note(&mut self, key: String, value: &DeValue<'_>, place: usize, text: &str) {
        match value {
            DeValue::Table(table) => self.note_table(&format!("{key}."), table, text),
            DeValue::Array(values) => {
                for (number, value) in values.iter().enumerate() {
                    self.note(format!("{key}.{number}"), value.get_ref(), value.span().start, text);
                }
            }
            _ => {}
        }
        self.0.insert(key, lines_until(text, place));
    }
}
