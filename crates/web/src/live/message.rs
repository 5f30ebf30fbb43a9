//! What is sent to a client. Its JSON is that of [`peerpool_api::LiveMessage`].

use std::sync::Arc;

use peerpool_api::ApiError;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::{
    ring::Cursor,
    row::{Key, Row},
};

/// What tells windows of one connection apart; the client chose it.
pub type WindowId = u32;

/// What is sent to a client.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// The first message.
    Welcome {
        /// Where the events stand.
        #[serde(serialize_with = "as_text")]
        cursor: Cursor,
        /// The program's version.
        version: &'static str,
    },
    /// All rows of a window.
    Snapshot {
        /// Counts the messages of views.
        seq: u64,
        /// The window.
        id: WindowId,
        /// The name of its order.
        order: Arc<str>,
        /// How many rows the order has.
        total: u64,
        /// The place of the first row.
        from: u64,
        /// The rows.
        rows: Vec<(Key, Option<Row>)>,
    },
    /// What changed in a window.
    Patch {
        /// Counts the messages of views.
        seq: u64,
        /// The window.
        id: WindowId,
        /// Rows that changed, with the fields that did; none of a row that is gone.
        rows: Vec<(Key, Option<Row>)>,
        /// How many rows would be in another place.
        changed: u64,
        /// How many rows the view has now.
        total: u64,
    },
    /// What happened.
    Events {
        /// Where to go on.
        #[serde(serialize_with = "as_text")]
        cursor: Cursor,
        /// Oldest first.
        list: Vec<Event>,
    },
    /// Events are lost: the state is to be asked for anew.
    Reset {
        /// For people.
        why: String,
    },
    /// A request cannot be done.
    Error {
        /// The window that it is about.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<WindowId>,
        /// Why.
        problem: ApiError,
    },
}

/// An event as JSON, written once for all who follow.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Event(Arc<RawValue>);

impl Event {
    /// Writes an event.
    pub fn new(event: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self(Arc::from(to_raw_value(event)?)))
    }

    /// Its JSON.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

fn as_text<S: Serializer>(cursor: &Cursor, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(cursor)
}
