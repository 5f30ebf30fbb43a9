//! What the tracker of a pool for members is told of who fetched what from whom.

use peerpool_wire::{
    channel::{Key, MAX_TRANSFERS, MEMBERS, StockTransfer, ToTracker, Transfer},
    id::InfoHash,
};

use super::Node;
use crate::{
    channel::State,
    credentials::OtherEnd,
    swarm_task::{Passed, Sums},
};

/// What passed, and was not told yet: a sum for each item and other end.
#[derive(Debug, Default)]
pub(super) struct Untold(Sums<(InfoHash, OtherEnd)>);

/// As much of it as one message takes.
type Part = Vec<((InfoHash, OtherEnd), Passed)>;

impl Untold {
    fn add(&mut self, item: InfoHash, other: OtherEnd, passed: Passed) {
        self.0.add((item, other), &other, passed);
    }

    fn take(&mut self) -> Part {
        self.0.take(MAX_TRANSFERS)
    }
}

fn message(part: &Part) -> ToTracker {
    let (mut transfers, mut stock) = (Vec::new(), Vec::new());
    for &((info_hash, other), Passed { fetched, given }) in part {
        match other {
            OtherEnd::Member(key) => {
                transfers.push(Transfer { info_hash, key: Key(key.0), fetched, given });
            }
            OtherEnd::Stock { peer_id, ip } => stock.push(StockTransfer { info_hash, peer_id, ip, given }),
        }
    }
    ToTracker::Transfers { transfers, stock }
}

impl Node {
    /// A swarm tells what passed since it told last.
    pub(super) fn note_transfers(&mut self, item: InfoHash, passed: Vec<(OtherEnd, Passed)>) {
        if let Some(guarding) = &mut self.guarding {
            for (other, passed) in passed {
                guarding.untold.add(item, other, passed);
            }
        }
        self.tell_transfers();
    }

    /// Tells the tracker all of it, if there is one.
    pub(super) fn tell_transfers(&mut self) {
        while let Some(part) = self.take_untold() {
            if !self.pool.channel.try_tell(message(&part)) {
                // The channel is busy: they are told with what comes next.
                if let Some(guarding) = &mut self.guarding {
                    for ((item, other), passed) in part {
                        guarding.untold.add(item, other, passed);
                    }
                }
                return;
            }
        }
    }

    /// All that is untold, for whoever can wait for the channel.
    pub(super) fn take_all_untold(&mut self) -> Vec<ToTracker> {
        std::iter::from_fn(|| self.take_untold()).map(|part| message(&part)).collect()
    }

    /// As much of what is untold as one message takes, if there is any and a tracker to tell.
    fn take_untold(&mut self) -> Option<Part> {
        let State::Connected { version: MEMBERS.., .. } = self.pool.channel.state() else { return None };
        let part = self.guarding.as_mut()?.untold.take();
        (!part.is_empty()).then_some(part)
    }
}

#[cfg(test)]
mod tests {
    use peerpool_access::key::PublicKey;
    use peerpool_wire::id::{PeerId, Sha1Hash};

    use super::*;

    const ITEM: InfoHash = InfoHash::v1_only(Sha1Hash([1; 20]));

    #[test]
    fn what_is_untold_is_a_bounded_sum_and_is_told_in_parts() {
        const MANY: usize = 20_000;
        let mut untold = Untold::default();
        let key = |number: usize| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_be_bytes());
            OtherEnd::Member(PublicKey(key))
        };
        for _ in 0..2 {
            (0..MANY).for_each(|number| untold.add(ITEM, key(number), Passed { fetched: 1, given: 2 }));
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
        assert_eq!(told.len(), MANY / 2);
        assert!(told.iter().all(|(_, passed)| *passed == Passed { fetched: 2, given: 4 }));
    }

    #[test]
    fn a_stock_client_is_told_of_beside_members_by_its_name_and_its_address() {
        let mut untold = Untold::default();
        let (peer_id, ip) = (PeerId([7; 20]), [127, 0, 0, 1].into());
        untold.add(ITEM, OtherEnd::Stock { peer_id, ip }, Passed { fetched: 0, given: 5 });
        untold.add(ITEM, OtherEnd::Member(PublicKey([3; 32])), Passed { fetched: 1, given: 2 });
        let transfer = Transfer { info_hash: ITEM, key: Key([3; 32]), fetched: 1, given: 2 };
        let stock = StockTransfer { info_hash: ITEM, peer_id, ip, given: 5 };
        let expected = ToTracker::Transfers { transfers: vec![transfer], stock: vec![stock] };
        assert_eq!(message(&untold.take()), expected);
    }
}
