//! What the tracker of a pool for members is told of who fetched what from whom.

use std::collections::BTreeMap;

use peerpool_access::key::PublicKey;
use peerpool_wire::{
    channel::{Key, MAX_TRANSFERS, MEMBERS, ToTracker, Transfer},
    id::InfoHash,
};

use super::Node;
use crate::{channel::State, swarm_task::Passed};

/// Items and members of which something is untold, while there is no tracker to tell.
const MAX_UNTOLD: usize = 10_000;

/// What passed, and was not told yet: a sum for each item and other member.
#[derive(Debug, Default)]
pub(super) struct Untold(BTreeMap<(InfoHash, PublicKey), Passed>);

impl Untold {
    fn add(&mut self, item: InfoHash, key: PublicKey, passed: Passed) {
        if self.0.len() < MAX_UNTOLD || self.0.contains_key(&(item, key)) {
            self.0.entry((item, key)).or_default().add(passed);
        }
    }

    /// As much as one message takes.
    fn take(&mut self) -> Vec<Transfer> {
        let pairs = std::iter::from_fn(|| self.0.pop_first()).take(MAX_TRANSFERS);
        let transfer = |((info_hash, key), passed): ((InfoHash, PublicKey), Passed)| Transfer {
            info_hash,
            key: Key(key.0),
            fetched: passed.fetched,
            given: passed.given,
        };
        pairs.map(transfer).collect()
    }
}

impl Node {
    /// A swarm tells what passed since it told last.
    pub(super) fn note_transfers(&mut self, item: InfoHash, passed: Vec<(PublicKey, Passed)>) {
        if let Some(guarding) = &mut self.guarding {
            for (key, passed) in passed {
                guarding.untold.add(item, key, passed);
            }
        }
        self.tell_transfers();
    }

    /// Tells the tracker all of it, if there is one.
    pub(super) fn tell_transfers(&mut self) {
        while let Some(transfers) = self.take_untold() {
            if !self.pool.channel.try_tell(ToTracker::Transfers { transfers: transfers.clone() }) {
                // The channel is busy: they are told with what comes next.
                if let Some(guarding) = &mut self.guarding {
                    for Transfer { info_hash, key, fetched, given } in transfers {
                        guarding.untold.add(info_hash, PublicKey(key.0), Passed { fetched, given });
                    }
                }
                return;
            }
        }
    }

    /// All that is untold, for whoever can wait for the channel.
    pub(super) fn take_all_untold(&mut self) -> Vec<ToTracker> {
        let message = |transfers| ToTracker::Transfers { transfers };
        std::iter::from_fn(|| self.take_untold()).map(message).collect()
    }

    /// As much of what is untold as one message takes, if there is any and a tracker to tell.
    fn take_untold(&mut self) -> Option<Vec<Transfer>> {
        let State::Connected { version: MEMBERS.., .. } = self.pool.channel.state() else { return None };
        let transfers = self.guarding.as_mut()?.untold.take();
        (!transfers.is_empty()).then_some(transfers)
    }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::id::Sha1Hash;

    use super::*;

    #[test]
    fn what_is_untold_is_a_bounded_sum_and_is_told_in_parts() {
        let mut untold = Untold::default();
        let key = |number: usize| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_be_bytes());
            PublicKey(key)
        };
        let item = InfoHash::v1_only(Sha1Hash([1; 20]));
        for _ in 0..2 {
            (0..2 * MAX_UNTOLD)
                .for_each(|number| untold.add(item, key(number), Passed { fetched: 1, given: 2 }));
        }
        let mut told = Vec::new();
        loop {
            let part = untold.take();
            assert!(part.len() <= MAX_TRANSFERS);
            if part.is_empty() {
                break;
            }
            told.extend(part);
        }
        assert_eq!(told.len(), MAX_UNTOLD);
        assert!(told.iter().all(|transfer| (transfer.fetched, transfer.given) == (2, 4)));
    }
}
