//! Reading a piece again of which somebody was sent wrong data.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use peerpool_api::{Problem, ProblemCode};
use peerpool_repository::ReadError;
use peerpool_wire::id::InfoHash;

use super::{
    Node,
    download::{After, Stage},
    problems::Origin,
};
use crate::content::Content;

/// How long an item is left alone after one of its pieces was read again: whoever complains does not get to read the disk.
const SPELL: Duration = Duration::from_secs(10);

/// Pieces that are read again within a spell, over all items.
const MOST: usize = 16;

/// When items were last read again.
#[derive(Debug, Default)]
pub(super) struct Doubts(BTreeMap<InfoHash, Instant>);

impl Doubts {
    /// Whether an item is to be read now.
    fn admit(&mut self, item: InfoHash, now: Instant) -> bool {
        self.0.retain(|_, at| now.duration_since(*at) < SPELL);
        if self.0.len() >= MOST || self.0.contains_key(&item) {
            return false;
        }
        self.0.insert(item, now);
        true
    }
}

impl Node {
    /// Somebody was sent wrong data of this piece, it is said: reads it again, and withdraws the item if that is so.
    pub(super) fn verify_piece(&mut self, item: InfoHash, index: u32) {
        let shared = self.shared(&item).map(Content::Shared);
        let partial = || Some(Content::Partial(self.downloads.get(&item)?.partial.clone()?));
        let Some(content) = shared.or_else(partial) else { return };
        let Some(piece) = content.geometry().piece(index).filter(|piece| content.have().has(*piece)) else {
            return;
        };
        if !self.doubted.admit(item, Instant::now()) {
            return;
        }
        let reading = move || content.verify_piece(piece);
        self.block_then(reading, move |node, read| match read {
            Ok(true) => tracing::debug!(%item, index, "a piece that somebody complained of is right"),
            Ok(false) => node.handle_wrong(item, index),
            Err(error @ ReadError::Changed { .. }) => node.handle_unreadable(item, &error),
            Err(error) => tracing::warn!(%item, %error, "a piece cannot be read again"),
        });
    }

    /// What is on disk is not what was hashed, and no stamp tells.
    fn handle_wrong(&mut self, item: InfoHash, index: u32) {
        tracing::warn!(%item, index, "a piece is not what it was hashed as: all of the item is read again");
        let names: Vec<String> = self.names_of.get(&item).into_iter().flatten().cloned().collect();
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
        if self.downloads.get(&item).is_some_and(|download| download.stage == Stage::Running) {
            self.stop_then(item, After::Resume);
        }
    }

    /// The record of downloads is damaged.
    pub(crate) fn report_damaged_journal(&mut self, damage: &str) {
        let problem = Problem {
            code: ProblemCode::Repository,
            path: None,
            message: format!("{damage}; downloads go on under the names of their items, none of them rests"),
        };
        self.report_problem(Origin::Part("journal"), problem);
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
        assert_eq!(admitted, MOST - 1);
        assert!(doubts.admit(item(0), now + SPELL));
    }
}
