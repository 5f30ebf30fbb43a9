//! Changes that are not written yet.

use std::{collections::VecDeque, sync::Arc};

use peerpool_catalogue::Change;
use peerpool_wire::id::InfoHash;

/// Bytes of .torrent files that wait to be written. Beyond them the oldest are given up.
const MAX_BYTES: usize = 64 << 20;
/// Changes that wait, beside those.
const MAX_CHANGES: usize = 1_000_000;

#[derive(Debug, Default)]
pub(super) struct Pending {
    changes: VecDeque<Change>,
    bytes: usize,
    /// What is being written.
    begun: Arc<Vec<Change>>,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    pub(super) fn add(&mut self, change: Change) {
        self.bytes += bytes(&change);
        self.changes.push_back(change);
    }

    /// Takes the first changes out to be written, so many of them.
    pub(super) fn begin(&mut self, count: usize) -> Arc<Vec<Change>> {
        let taken: Vec<Change> = self.changes.drain(..count.min(self.changes.len())).collect();
        self.bytes -= taken.iter().map(bytes).sum::<usize>();
        self.begun = Arc::new(taken);
        self.begun.clone()
    }

    /// What was begun is written.
    pub(super) fn succeeded(&mut self) {
        self.begun = Arc::default();
    }

    /// Puts back what could not be written: a single change behind the others, several where they were.
    pub(super) fn failed(&mut self) {
        let changes = Arc::unwrap_or_clone(std::mem::take(&mut self.begun));
        self.bytes += changes.iter().map(bytes).sum::<usize>();
        match changes.len() {
            1 => self.changes.extend(changes),
            _ => changes.into_iter().rev().for_each(|change| self.changes.push_front(change)),
        }
    }

    /// The .torrent file of an item that waits.
    pub(super) fn torrent(&self, info_hash: InfoHash) -> Option<Arc<[u8]>> {
        self.begun.iter().chain(&self.changes).rev().find_map(|change| match change {
            Change::Added(item) if item.facts.info_hash == info_hash => Some(item.torrent.clone()),
            _ => None,
        })
    }

    /// Drops what there is no room for; the items among it.
    pub(super) fn give_up(&mut self) -> Vec<InfoHash> {
        let mut lost = Vec::new();
        while self.bytes > MAX_BYTES || self.changes.len() > MAX_CHANGES {
            let Some(change) = self.changes.pop_front() else { break };
            self.bytes -= bytes(&change);
            if let Change::Added(item) = change {
                lost.push(item.facts.info_hash);
            }
        }
        lost
    }
}

fn bytes(change: &Change) -> usize {
    match change {
        Change::Added(item) => item.torrent.len(),
        Change::Seen(_) | Change::Removed(_) => 0,
    }
}
