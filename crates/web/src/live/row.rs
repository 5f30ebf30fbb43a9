//! A row of a view: what is shown of one thing, and what of it changed.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

/// What names a row in its view: an item's hash, a peer's id. It stays the same while the row changes.
pub type Key = std::sync::Arc<str>;

/// The fields of one thing, as the text of a JSON object.
///
/// Text and not values: most rows that are looked at have not changed, and equal texts need no parsing; and a connection
/// remembers all the rows that it shows. Cheap to clone, so that those who look at the same share it.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Row(Arc<RawValue>);

/// Fields by name. One that is `null` is as good as absent.
#[derive(Deserialize)]
struct Fields<'a>(#[serde(borrow)] BTreeMap<String, &'a RawValue>);

const NULL: &str = "null";

impl Row {
    /// A row with the fields of `value`, which must serialize as an object.
    pub fn new(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        let row = Self(to_raw_value(value)?.into());
        debug_assert!(row.fields().is_ok(), "a row is an object");
        Ok(row)
    }

    /// What turns `before` into this row: the fields that changed, and `null` for those that are gone. `None` when nothing
    /// changed.
    pub fn since(&self, before: &Self) -> Option<Self> {
        if self == before {
            return None;
        }
        let (Ok(Fields(now)), Ok(Fields(was))) = (self.fields(), before.fields()) else {
            return Some(self.clone());
        };
        let null = RawValue::NULL.get();
        let same = |name: &str, value: &RawValue| was.get(name).map_or(null, |was| was.get()) == value.get();
        let gone = was.iter().filter(|(name, was)| was.get() != NULL && !now.contains_key(*name));
        let gone = gone.map(|(name, _)| (name, RawValue::NULL));
        let changed =
            now.iter().filter(|(name, value)| !same(name, value)).map(|(name, value)| (name, *value));
        let changes: BTreeMap<_, _> = changed.chain(gone).collect();
        if changes.is_empty() {
            return None;
        }
        Some(to_raw_value(&changes).map_or_else(|_| self.clone(), |changes| Self(changes.into())))
    }

    /// Bytes of its text.
    pub fn bytes(&self) -> usize {
        self.0.get().len()
    }

    fn fields(&self) -> Result<Fields<'_>, serde_json::Error> {
        serde_json::from_str(self.0.get())
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.get() == other.0.get()
    }
}

impl Eq for Row {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn since(now: serde_json::Value, before: serde_json::Value) -> Option<String> {
        let (now, before) = (Row::new(&now).unwrap(), Row::new(&before).unwrap());
        now.since(&before).map(|changes| changes.0.get().to_owned())
    }

    #[test]
    fn only_fields_that_changed_are_told() {
        let before = json!({"name": "a", "seeds": 1, "list": [1, 2]});
        assert_eq!(since(before.clone(), before.clone()), None);
        let now = json!({"name": "a", "seeds": 2, "list": [1, 2]});
        assert_eq!(since(now, before), Some(r#"{"seeds":2}"#.to_owned()));
    }

    #[test]
    fn a_field_that_is_gone_is_told_as_null_once() {
        assert_eq!(since(json!({"a": 1}), json!({"a": 1, "b": 2})), Some(r#"{"b":null}"#.to_owned()));
        assert_eq!(since(json!({"a": 1}), json!({"a": 1, "b": null})), None);
        assert_eq!(since(json!({"a": 1, "b": null}), json!({"a": 1})), None);
        assert_eq!(
            since(json!({"a": 1, "b": null}), json!({"a": 1, "b": 2})),
            Some(r#"{"b":null}"#.to_owned())
        );
    }

    #[test]
    fn names_that_need_escapes_are_told_apart() {
        assert_eq!(since(json!({"a\"": 1}), json!({"a\"": 2})), Some(r#"{"a\"":1}"#.to_owned()));
    }
}
