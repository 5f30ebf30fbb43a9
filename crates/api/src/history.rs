//! Transfers that are over.

use std::sync::Arc;

use peerpool_wire::id::InfoHash;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Code,
    list::{Window, Words, limit},
};

/// A transfer that is over: a download, or what was given of an item from its first taker to its last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Transfer {
    /// Counts up; the later a transfer ended, the higher it is.
    pub number: u64,
    /// Which way.
    pub direction: Direction,
    /// What identifies the item.
    #[schema(value_type = String)]
    pub hash: InfoHash,
    /// The name that it had here.
    pub name: String,
    /// Bytes that were asked for; of an upload, those of the item.
    pub size: u64,
    /// Bytes that were fetched, or given.
    pub bytes: u64,
    /// How many peers gave or took some of it.
    pub peers: u32,
    /// When it began, or was taken up after a restart, in seconds since 1970.
    pub begun: u64,
    /// When it ended, in seconds since 1970.
    pub ended: u64,
    /// Seconds in which something was transferred.
    pub seconds: f64,
    /// Bytes a second, over those seconds.
    pub rate: u64,
    /// What came of it.
    #[serde(flatten)]
    pub result: TransferResult,
}

/// Which way a transfer went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To this peer.
    Down,
    /// From this peer.
    Up,
}

/// What came of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum TransferResult {
    /// A download is in its place.
    Complete,
    /// A download was given up.
    Failed {
        /// For programs.
        code: Code,
        /// For people.
        cause: String,
    },
    /// A download was forgotten before it was complete.
    Removed,
    /// Others took some of an item.
    Served,
}

/// Which transfers to list, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct HistoryQuery {
    /// Only items whose name contains all these words, in any order, case and accents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only transfers this way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub direction: Option<Direction>,
    /// In which order, rising; without it, the latest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub sort: Option<HistorySort>,
    /// Falling instead.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub desc: bool,
    /// Leave out so many at the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// At most so many: 100 unless said otherwise, up to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// What transfers are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistorySort {
    /// When they ended.
    Ended,
    /// The item's name.
    Name,
    /// The item's size.
    Size,
    /// What was transferred.
    Bytes,
    /// How fast.
    Rate,
    /// With how many.
    Peers,
}

/// A part of the transfers that are over. The oldest are forgotten.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryPage {
    /// How many there are that were asked for.
    pub total: u64,
    /// How many of them come before this part.
    pub offset: u64,
    /// The transfers of this part.
    #[schema(value_type = Vec<Transfer>)]
    pub transfers: Vec<Arc<Transfer>>,
}

impl HistoryQuery {
    /// The part of these transfers that is asked for.
    pub fn page(&self, transfers: impl IntoIterator<Item = Arc<Transfer>>) -> HistoryPage {
        let found = self.select(transfers);
        let total = found.len() as u64;
        let window = Window { offset: self.offset, limit: Some(limit(self.limit) as u32) };
        HistoryPage { total, offset: self.offset.unwrap_or_default(), transfers: window.of(found) }
    }

    /// All of these transfers that it means, in its order.
    pub fn select(&self, transfers: impl IntoIterator<Item = Arc<Transfer>>) -> Vec<Arc<Transfer>> {
        let words = Words::new(self.search.as_deref());
        let is_asked_for = |transfer: &Arc<Transfer>| {
            self.direction.is_none_or(|way| way == transfer.direction) && words.are_in(&transfer.name)
        };
        let mut found: Vec<Arc<Transfer>> = transfers.into_iter().filter(is_asked_for).collect();
        let compare = |one: &Arc<Transfer>, other: &Arc<Transfer>| match self.sort {
            None => other.number.cmp(&one.number),
            Some(HistorySort::Ended) => one.number.cmp(&other.number),
            Some(HistorySort::Name) => one.name.cmp(&other.name),
            Some(HistorySort::Size) => one.size.cmp(&other.size),
            Some(HistorySort::Bytes) => one.bytes.cmp(&other.bytes),
            Some(HistorySort::Rate) => one.rate.cmp(&other.rate),
            Some(HistorySort::Peers) => one.peers.cmp(&other.peers),
        };
        found.sort_by(|one, other| if self.desc { compare(other, one) } else { compare(one, other) });
        found
    }
}
