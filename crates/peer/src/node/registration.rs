//! What the tracker is told of what this peer has.
//!
//! An item that changed is marked; a tick later all marked items are told as they then stand. When a session begins
//! everything is marked, so that a tracker that knows nothing learns all. One that knows what this peer shared, as a digest
//! of it showed, is told what has changed since then, and which pieces there are of what is not complete.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use peerpool_wire::{
    bitfield::Bitfield,
    channel::{AskId, Have, ItemState, MAX_BATCH, MAX_ORDINARY, ToTracker},
    digest::ShareDigest,
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

/// What goes into one message.
#[derive(Debug, Default)]
struct Batch {
    /// All items that it tells of.
    marked: Vec<InfoHash>,
    items: Vec<ItemState>,
    /// Those that are offered no longer.
    withdrawn: Vec<InfoHash>,
}

impl Registrations {
    /// Has an item told anew.
    pub(super) fn mark(&mut self, item: InfoHash) {
        self.marked.insert(item);
    }

    /// Has these told anew, to a tracker that knows nothing.
    fn restart(&mut self, items: impl Iterator<Item = InfoHash>) {
        self.told.clear();
        self.marked = items.collect();
    }

    /// What there is now need not be told if the tracker knows it, and what changes from now on is.
    fn forget(&mut self) {
        self.restart(std::iter::empty());
    }

    /// Whether a download has other pieces than the tracker was told, for so long.
    fn has_grown(&self, item: &InfoHash, pieces: u32, interval: Duration) -> bool {
        match self.told.get(item) {
            Some((told, since)) => *told != pieces && since.elapsed() >= interval,
            None => true,
        }
    }

    /// Whether the tracker is to be told of something.
    pub(super) fn wait(&self) -> bool {
        !self.marked.is_empty()
    }

    /// As many marked items as fit into a message; `None` when there are none. `state_of` is what the tracker is to
    /// know about an item.
    fn next_batch(&self, state_of: impl Fn(&InfoHash) -> Option<ItemState>) -> Option<Batch> {
        let (mut batch, mut bytes) = (Batch::default(), 0);
        for &item in self.marked.iter().take(MAX_BATCH) {
            let state = state_of(&item);
            bytes += state.as_ref().map_or(0, bytes_of);
            // The first one fits in any case.
            if bytes > MAX_BYTES && !batch.marked.is_empty() {
                break;
            }
            batch.marked.push(item);
            match state {
                Some(state) => batch.items.push(state),
                None => batch.withdrawn.push(item),
            }
        }
        (!batch.marked.is_empty()).then_some(batch)
    }

    /// An item was told; of a download the tracker knows so many pieces now.
    fn note_told(&mut self, item: InfoHash, pieces: Option<u32>) {
        self.marked.remove(&item);
        match pieces {
            Some(pieces) => self.told.insert(item, (pieces, Instant::now())),
            None => self.told.remove(&item),
        };
    }
}

fn bytes_of(state: &ItemState) -> usize {
    match &state.have {
        Have::All => 0,
        Have::Some { bitfield, .. } => bitfield.len(),
    }
}

impl Node {
    /// Has everything told anew.
    pub(super) fn mark_everything(&mut self) {
        let downloads = self.downloads.iter().map(|(item, _)| item);
        let all = self.shares.identities().chain(downloads).copied();
        self.pool.registrations.restart(all);
    }

    /// A digest of all that this peer offers now, for a tracker that may know it.
    pub(super) fn digest_shares(&mut self) -> ShareDigest {
        self.pool.registrations.forget();
        let shared = self.shares.identities().map(|item| (*item, true));
        let downloads = self.downloads.iter().filter(|(item, _)| !self.shares.has(item));
        let offered = downloads.filter_map(|(item, _)| Some((*item, is_whole(&self.state_of(item)?))));
        ShareDigest::of(shared.chain(offered))
    }

    /// Has told anew what a tracker does not know that knows the digest.
    pub(super) fn mark_unfinished(&mut self) {
        let downloads = self.downloads.iter().map(|(item, _)| *item);
        let unfinished: Vec<InfoHash> = downloads.filter(|item| !self.shares.has(item)).collect();
        unfinished.into_iter().for_each(|item| self.pool.registrations.mark(item));
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
        let registrations = &self.pool.registrations;
        let grown = self.downloads.iter().filter(|(item, download)| {
            registrations.has_grown(item, self.pieces_of(item, download), interval)
        });
        for item in grown.map(|(item, _)| *item).collect::<Vec<_>>() {
            self.pool.registrations.mark(item);
        }
    }

    /// Tells what is marked, as far as there is room.
    pub(super) fn flush_registrations(&mut self) {
        if !matches!(self.pool.channel.state(), channel::State::Connected { .. }) {
            return;
        }
        self.tell_marked(|node, items, withdrawn| {
            let tell = |message| node.pool.channel.try_tell(message);
            // First what is gone: an item and its v1 form are one swarm to the tracker.
            let withdraw = withdrawn.is_empty() || tell(ToTracker::Withdraw { info_hashes: withdrawn });
            withdraw && (items.is_empty() || tell(ToTracker::Register { items }))
        });
    }

    /// Tells what is marked in answer to the tracker's question.
    pub(super) fn report(&mut self, ask: AskId) {
        self.mark_downloads(Duration::ZERO);
        let told = self.tell_marked(|node, items, withdrawn| {
            node.pool.channel.try_tell(ToTracker::Report { ask, items, withdrawn })
        });
        if told {
            self.pool.channel.try_tell(ToTracker::Reported { ask });
        }
    }

    /// Tells what is marked, a batch at a time; false when there was no room for all of it.
    fn tell_marked(&mut self, tell: impl Fn(&Self, Vec<ItemState>, Vec<InfoHash>) -> bool) -> bool {
        while let Some(batch) = self.pool.registrations.next_batch(|item| self.state_of(item)) {
            if !tell(self, batch.items, batch.withdrawn) {
                return false;
            }
            for item in batch.marked {
                let pieces = self.downloads.get(&item).map(|download| self.pieces_of(&item, download));
                self.pool.registrations.note_told(item, pieces);
            }
        }
        true
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

/// Whether the tracker takes it for all of the item.
fn is_whole(state: &ItemState) -> bool {
    match &state.have {
        Have::All => true,
        Have::Some { pieces, bitfield } => {
            Bitfield::from_bytes(bitfield, *pieces).is_ok_and(|have| have.is_all())
        }
    }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::id::Sha256Hash;

    use super::*;

    fn item(number: u16) -> InfoHash {
        let mut hash = [0; 32];
        hash[..2].copy_from_slice(&number.to_be_bytes());
        InfoHash::v2_only(Sha256Hash(hash))
    }

    fn some(item: &InfoHash, bytes: usize) -> Option<ItemState> {
        let have = Have::Some { pieces: 8 * bytes as u32, bitfield: vec![0; bytes] };
        Some(ItemState { info_hash: *item, have })
    }

    #[test]
    fn a_batch_holds_what_fits_into_a_message() {
        let mut registrations = Registrations::default();
        assert!(registrations.next_batch(|item| some(item, 1)).is_none());
        (0..2000).for_each(|number| registrations.mark(item(number)));

        let batch = registrations.next_batch(|item| some(item, 1)).unwrap();
        assert_eq!((batch.items.len(), batch.withdrawn.len()), (MAX_BATCH, 0));
        let batch = registrations.next_batch(|item| some(item, MAX_BYTES / 4)).unwrap();
        assert_eq!(batch.items.len(), 4);
        let batch = registrations.next_batch(|item| some(item, MAX_BYTES * 2)).unwrap();
        assert_eq!(batch.items.len(), 1, "the first one fits in any case");
        let batch = registrations.next_batch(|_| None).unwrap();
        assert_eq!((batch.items.len(), batch.withdrawn.len()), (0, MAX_BATCH));
    }

    #[test]
    fn a_download_is_told_again_once_it_has_grown() {
        let mut registrations = Registrations::default();
        let item = item(1);
        assert!(registrations.has_grown(&item, 0, PROGRESS), "it was never told");
        registrations.note_told(item, Some(3));
        assert!(!registrations.has_grown(&item, 3, Duration::ZERO));
        assert!(registrations.has_grown(&item, 4, Duration::ZERO));
        assert!(!registrations.has_grown(&item, 4, PROGRESS), "it was told a moment ago");
    }
}
