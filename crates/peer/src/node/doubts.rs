//! Reading a piece again of which somebody was sent wrong data.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use peerpool_repository::ReadError;
use peerpool_wire::id::InfoHash;

use super::{
    Node,
    downloads::{After, Download},
    swarm_events::span,
};
use crate::item_data::ItemData;

/// How long an item is left alone after one of its pieces was read again: whoever complains does not get to read the
/// disk.
const SPELL: Duration = Duration::from_secs(10);

/// Pieces that are read again within a spell, over all items.
const MAX_ITEMS: usize = 16;

/// When items were last read again.
#[derive(Debug, Default)]
pub(super) struct Doubts(BTreeMap<InfoHash, Instant>);

impl Doubts {
    /// Whether an item is to be read now.
    fn admit(&mut self, item: InfoHash, now: Instant) -> bool {
        self.0.retain(|_, at| now.duration_since(*at) < SPELL);
        if self.0.len() >= MAX_ITEMS || self.0.contains_key(&item) {
            return false;
        }
        self.0.insert(item, now);
        true
    }
}

impl Node {
    /// Somebody was sent wrong data of this piece, it is said: reads it again, and withdraws the item if that is so.
    pub(super) fn verify_piece(&mut self, item: InfoHash, index: u32) {
        let shared = self.shares.of(&item).cloned().map(ItemData::Shared);
        let partial = || self.downloads.get(&item)?.partial().cloned().map(ItemData::Partial);
        let Some(item_data) = shared.or_else(partial) else { return };
        let Some(piece) = item_data.geometry().piece(index).filter(|piece| item_data.have().has(*piece))
        else {
            return;
        };
        if !self.pool.doubts.admit(item, Instant::now()) {
            return;
        }
        let _entered = span(&item).entered();
        let reading = move || item_data.verify_piece(piece);
        self.block_then(reading, move |node, read| match read {
            Ok(true) => tracing::debug!(index, "a piece that somebody complained of is right"),
            Ok(false) => node.handle_wrong(item, index),
            Err(error @ ReadError::Changed { .. }) => node.handle_unreadable(item, &error),
            Err(error) => tracing::warn!(index, %error, "a piece cannot be read again"),
        });
    }

    /// What is on disk is not what was hashed, and no stamp tells.
    fn handle_wrong(&mut self, item: InfoHash, index: u32) {
        tracing::warn!(index, "a piece is not what it was hashed as: all of the item is read again");
        let names = self.shares.names_of(&item);
        let repository = self.facts.repository.clone();
        let distrusted = names.clone();
        self.block_then(
            move || distrusted.iter().for_each(|name| repository.distrust(name)),
            move |node, ()| {
                for name in names {
                    node.withdraw(&name, "a piece of it is not what it was hashed as");
                    node.scanner.look_again(name);
                }
            },
        );
        if self.downloads.get(&item).is_some_and(Download::is_fetching) {
            self.stop_then(item, After::Resume);
        }
    }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::id::Sha256Hash;

    use super::*;

    #[test]
    fn complaints_do_not_make_a_peer_read_its_disk() {
        let mut doubts = Doubts::default();
        let now = Instant::now();
        let item = |number: u8| InfoHash::v2_only(Sha256Hash([number; 32]));
        assert!(doubts.admit(item(0), now));
        assert!(!doubts.admit(item(0), now), "a moment ago");
        let admitted = (1..=255).filter(|number| doubts.admit(item(*number), now)).count();
        assert_eq!(admitted, MAX_ITEMS - 1);
        assert!(doubts.admit(item(0), now + SPELL));
    }
}
