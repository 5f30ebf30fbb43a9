//! What is said over the WebSocket at [`paths::LIVE`](crate::paths::LIVE): text messages, each one JSON object with `type`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{ApiError, Download};

/// What a client says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveRequest {
    /// Shows the key, where one is needed; then this comes first, and nothing is answered before.
    Hello {
        /// The key that the one-time secret was traded for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// Follow a window of a view: a snapshot comes, then patches. At most 16 subscriptions, of 1,000 rows together.
    Subscribe {
        /// Any number that is not in use; a subscription of the same number ends.
        id: u32,
        /// The view's name.
        view: String,
        /// What it is to show, and in which order: the fields of the same list's query.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        #[schema(value_type = Object)]
        query: Map<String, Value>,
        /// The place of the first row, from 0.
        #[serde(default)]
        from: u64,
        /// How many rows, at most 200.
        count: u32,
    },
    /// Look at other places of the same order: a snapshot comes.
    Move {
        /// The subscription.
        id: u32,
        /// The place of the first row.
        from: u64,
        /// How many rows, at most 200.
        count: u32,
    },
    /// Take the order anew: a snapshot comes.
    Sort {
        /// The subscription.
        id: u32,
    },
    /// End a subscription.
    Unsubscribe {
        /// The subscription.
        id: u32,
    },
    /// All snapshots and patches up to this one are drawn; none comes before that is said of the last.
    Ack {
        /// Its `seq`.
        seq: u64,
    },
    /// Whether somebody sees the page. While nobody does, nothing is sent; then snapshots.
    Visible {
        /// Whether somebody does.
        yes: bool,
    },
    /// Follow events.
    Events {
        /// The cursor after which to go on; from now on when it is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveMessage {
    /// The first message.
    Welcome {
        /// Where the events stand now.
        cursor: String,
        /// The program's version.
        version: String,
    },
    /// All rows of a window: what is shown of it before is void.
    Snapshot {
        /// Counts snapshots and patches, from 1.
        seq: u64,
        /// The subscription.
        id: u32,
        /// The name of the order that the rows come out of: rows of equal names fit together.
        order: String,
        /// How many rows that order has.
        total: u64,
        /// The place of the first row.
        from: u64,
        /// The rows; fewer than asked for at the end of the order.
        #[schema(value_type = Vec<(String, Option<Object>)>)]
        rows: Vec<LiveRow>,
    },
    /// What changed in a window, whose rows stay where they are.
    Patch {
        /// Counts snapshots and patches, from 1.
        seq: u64,
        /// The subscription.
        id: u32,
        /// Rows that changed, each with those of its fields that did. A field that is `null` is gone.
        #[schema(value_type = Vec<(String, Option<Object>)>)]
        rows: Vec<LiveRow>,
        /// How many rows would be in another place, new or gone, if the order were taken anew: of this window exactly, of
        /// others by how many rows more or fewer there are.
        changed: u64,
        /// How many rows the view has now.
        total: u64,
    },
    /// What happened, in the shapes of `GET events`.
    Events {
        /// Where to go on after the last of them.
        cursor: String,
        /// Oldest first.
        list: Vec<Value>,
    },
    /// Events are lost, since the cursor is too old or not from this process: ask for the state anew. Those that come from
    /// now on are told.
    Reset {
        /// For people.
        why: String,
    },
    /// A request cannot be done, or the rows of a subscription cannot be had at the moment: then a snapshot comes once they
    /// can.
    Error {
        /// The subscription, if it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<u32>,
        /// Why.
        #[schema(value_type = crate::ProblemDetails)]
        problem: ApiError,
    },
}

/// A row: its key in the view, and its fields, or `null` when it is gone.
pub type LiveRow = (String, Option<Map<String, Value>>);

/// A row of the view `downloads`: a download without its sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LiveDownload {
    /// The download; `sources` is empty.
    #[serde(flatten)]
    pub download: Download,
    /// How many sources are connected.
    pub source_count: u32,
}

impl From<Download> for LiveDownload {
    fn from(mut download: Download) -> Self {
        let connected = std::mem::take(&mut download.sources).into_iter().filter(|source| source.connected);
        Self { source_count: connected.count() as u32, download }
    }
}

/// The row of the view `download/{hash}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DownloadDetail {
    /// The download.
    #[serde(flatten)]
    pub download: Download,
    /// What is there of it: a bit for each of its cells, the first in the highest bit of the first byte, in base64.
    pub pieces: String,
    /// How many cells there are: one for each piece. Of an item of more than 8,192 pieces a cell stands for several, and
    /// its bit is set once all of them are there.
    pub cells: u32,
    /// How fast it came and went lately.
    pub curve: Curve,
}

/// Bytes a second, one value for each second, the newest last: 300 at most, of the time in which it was fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Curve {
    /// Bytes that came.
    pub down: Vec<u64>,
    /// Bytes that were given.
    pub up: Vec<u64>,
}
