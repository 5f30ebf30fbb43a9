//! What the tracker is told of what this peer has.
//!
//! An item that changed is marked; a tick later all marked items are told as they then stand. When a session begins
//! everything is marked, so that a tracker that knows nothing learns all.

use std::{
    collections::BTreeMap,
    collections::BTreeSet,
    time::{Duration, Instant},
};

use peerpool_wire::{
    channel::{AskId, Have, ItemState, MAX_BATCH, MAX_ORDINARY, ToTracker},
    id::InfoHash,
};

use super::{Node, downloads::Download};
use crate::channel;

/// How often the pieces of a download are told anew.
const PROGRESS: Duration = Duration::from_secs(2);

/// Bytes of bitfields in one message: with the names of its items it is no longer than the tracker takes.
const MAX_BYTES: usize = MAX_ORDINARY / 2;

/// What is still to be told.
#[derive(Debug, Default)]
pub(super) struct Registrations {
    marked: BTreeSet<InfoHash>,
    /// Pieces that the tracker knows of downloads, and since when.
    told: BTreeMap<InfoHash, (u32, Instant)>,
}

impl Registrations {
    /// Has an item told anew.
    pub(super) fn mark(&mut self, item: InfoHash) {
        self.marked.insert(item);
    }
}

impl Node {
    /// Has everything told anew.
    pub(super) fn mark_everything(&mut self) {
        self.pool.registrations.told.clear();
        let downloads = self.downloads.iter().map(|(item, _)| item);
        let all = self.shares.identities().chain(downloads).copied();
        self.pool.registrations.marked = all.collect();
    }

    /// Tells the newest state at once.
    pub(crate) fn register_now(&mut self) {
        self.mark_downloads(Duration::ZERO);
        self.flush_registrations();
    }

    /// Marks downloads that have more pieces than the tracker was told, now and then.
    pub(super) fn register_progress(&mut self) {
        self.mark_downloads(PROGRESS);
    }

    fn mark_downloads(&mut self, interval: Duration) {
        let grown: Vec<InfoHash> = self
            .downloads
            .iter()
            .filter(|(item, download)| {
                let pieces = self.pieces_of(item, download);
                match self.pool.registrations.told.get(*item) {
                    Some((told, since)) => *told != pieces && since.elapsed() >= interval,
                    None => true,
                }
            })
            .map(|(item, _)| *item)
            .collect();
        self.pool.registrations.marked.extend(grown);
    }

    /// Tells what is marked, as far as there is room.
    pub(super) fn flush_registrations(&mut self) {
        if !matches!(self.pool.channel.state(), channel::State::Connected { .. }) {
            return;
        }
        while !self.pool.registrations.marked.is_empty() {
            let (batch, items, withdrawn) = self.next_batch();
            let info_hashes = withdrawn;
            // First what is gone: an item and its v1 form are one swarm to the tracker.
            let withdraw =
                info_hashes.is_empty() || self.pool.channel.try_tell(ToTracker::Withdraw { info_hashes });
            let told =
                withdraw && (items.is_empty() || self.pool.channel.try_tell(ToTracker::Register { items }));
            if !told {
                return;
            }
            self.told(&batch);
        }
    }

    /// Tells what is marked in answer to the tracker's question.
    pub(super) fn report(&mut self, ask: AskId) {
        self.mark_downloads(Duration::ZERO);
        while !self.pool.registrations.marked.is_empty() {
            let (batch, items, withdrawn) = self.next_batch();
            if !self.pool.channel.try_tell(ToTracker::Report { ask, items, withdrawn }) {
                return;
            }
            self.told(&batch);
        }
        self.pool.channel.try_tell(ToTracker::Reported { ask });
    }

    fn next_batch(&self) -> (Vec<InfoHash>, Vec<ItemState>, Vec<InfoHash>) {
        let (mut batch, mut items, mut bytes) = (Vec::new(), Vec::new(), 0);
        for &item in self.pool.registrations.marked.iter().take(MAX_BATCH) {
            let state = self.state_of(&item);
            bytes += state.as_ref().map_or(0, bytes_of);
            // The first one fits in any case.
            if bytes > MAX_BYTES && !batch.is_empty() {
                break;
            }
            batch.push(item);
            items.extend(state);
        }
        let gone = |item: &&InfoHash| !items.iter().any(|state| state.info_hash == **item);
        let withdrawn = match items.len() == batch.len() {
            true => Vec::new(),
            false => batch.iter().filter(gone).copied().collect(),
        };
        (batch, items, withdrawn)
    }

    fn told(&mut self, batch: &[InfoHash]) {
        for item in batch {
            self.pool.registrations.marked.remove(item);
            let pieces = self.downloads.get(item).map(|download| self.pieces_of(item, download));
            match pieces {
                Some(pieces) => self.pool.registrations.told.insert(*item, (pieces, Instant::now())),
                None => self.pool.registrations.told.remove(item),
            };
        }
    }

    /// What the tracker is to know about an item; `None`: that this peer does not offer it.
    fn state_of(&self, item: &InfoHash) -> Option<ItemState> {
        let have = if self.shares.has(item) {
            Have::All
        } else {
            // What is complete is offered as what the repository shares, if it does.
            let has_data = |download: &&Download| download.partial().is_some() && self.swarms.has(item);
            let download = self.downloads.get(item).filter(has_data)?;
            // Whoever has nothing yet is named to the others too: by the time it has a piece, they are connected.
            let have = self.have_of(item, download);
            Have::Some { pieces: have.len(), bitfield: have.to_bytes() }
        };
        Some(ItemState { info_hash: *item, have })
    }
}

fn bytes_of(state: &ItemState) -> usize {
    match &state.have {
        Have::All => 0,
        Have::Some { bitfield, .. } => bitfield.len(),
    }
}
