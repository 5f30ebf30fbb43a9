//! Transfers that end are recorded.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use peerpool_api::{self as api, Direction, Transfer, TransferResult};
use peerpool_wire::id::InfoHash;

use super::Node;
use crate::{clock::since_1970, swarm_task::Served};

impl Node {
    /// The transfers that are over, oldest first.
    pub(crate) fn history(&self) -> Vec<Arc<Transfer>> {
        self.history.transfers()
    }

    /// One of them, by its number.
    pub(crate) fn transfer(&self, number: u64) -> Option<&Arc<Transfer>> {
        self.history.transfer(number)
    }

    /// A download has ended.
    pub(super) fn record_download(&mut self, item: &InfoHash, result: TransferResult) {
        let (Some(view), Some(download)) = (self.view_download(item), self.downloads.get(item)) else {
            return;
        };
        let givers = view.sources.iter().filter(|source| source.bytes > 0);
        let (peers, bytes) = givers.fold((0, 0), |(peers, bytes), source| (peers + 1, bytes + source.bytes));
        // What is over at once was not seen to run.
        let seconds = match view.seconds > 0.0 {
            true => view.seconds,
            false => download.begun().elapsed().as_ref().map_or(0.0, Duration::as_secs_f64),
        };
        let transfer = Transfer {
            number: 0,
            direction: Direction::Down,
            hash: *item,
            name: view.name,
            size: view.bytes_total,
            bytes,
            peers,
            begun: since_1970(download.begun()),
            ended: since_1970(SystemTime::now()),
            seconds,
            rate: rate(bytes, seconds),
            result,
        };
        self.history.add(transfer);
    }

    /// A download has failed.
    pub(super) fn record_failure(&mut self, item: &InfoHash, code: api::Code, cause: String) {
        self.record_download(item, TransferResult::Failed { code, cause });
    }

    /// A swarm has ended that gave something, or nothing.
    pub(super) fn record_upload(&mut self, item: &InfoHash, served: &Served) {
        if served.bytes == 0 {
            return;
        }
        let downloaded = self.downloads.get(item).map(|download| download.info().length());
        let shared = || self.shares.of(item).map(|item| item.metainfo().info.length());
        let now = SystemTime::now();
        let transfer = Transfer {
            number: 0,
            direction: Direction::Up,
            hash: *item,
            // It may be shared no more.
            name: self.known_name_of(item).unwrap_or_else(|| served.name.clone()),
            size: downloaded.or_else(shared).unwrap_or_default(),
            bytes: served.bytes,
            peers: served.takers,
            begun: since_1970(now.checked_sub(served.ran).unwrap_or(now)),
            ended: since_1970(now),
            seconds: served.busy.as_secs_f64(),
            rate: rate(served.bytes, served.busy.as_secs_f64()),
            result: TransferResult::Served,
        };
        self.history.add(transfer);
    }
}

fn rate(bytes: u64, seconds: f64) -> u64 {
    if seconds > 0.0 { (bytes as f64 / seconds) as u64 } else { 0 }
}
