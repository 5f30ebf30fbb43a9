//! Whether others can connect to this peer, as the tracker found it; and those who cannot be connected to.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use peerpool_access::key::PublicKey;
use peerpool_api::{self as api, Problem, ProblemCode, Reach};
use peerpool_wire::{
    channel::{Key, MAX_LISTENS, MAX_UNREACHABLE, ToTracker},
    id::InfoHash,
};

use super::{Node, Origin};
use crate::{
    addresses::{self, Place},
    swarm_task::Order,
};

/// So many peers are dialled on the tracker's word in [`SPAN`] at most.
const MAX_DIALED: usize = 64;
const SPAN: Duration = Duration::from_secs(10);

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct Reachability {
    found: BTreeMap<SocketAddr, bool>,
    /// Since when peers are counted that were dialled on the tracker's word, and how many they are.
    dialed: Option<(Instant, usize)>,
}

impl Reachability {
    fn take(&mut self, now: Instant, wanted: usize) -> usize {
        let (since, dialed) = match self.dialed {
            Some((since, dialed)) if now.saturating_duration_since(since) < SPAN => (since, dialed),
            _ => (now, 0),
        };
        let taken = wanted.min(MAX_DIALED - dialed);
        self.dialed = Some((since, dialed + taken));
        taken
    }
}

impl Node {
    /// A session began: the tracker tries anew.
    pub(super) fn forget_reachability(&mut self) {
        self.pool.reachability.found.clear();
        self.forget_problems(|origin| *origin == REACHABILITY);
    }

    pub(super) fn note_reachability(&mut self, reachable: &[SocketAddr], unreachable: &[SocketAddr]) {
        let told = reachable.iter().map(|addr| (*addr, true));
        for (addr, reached) in told.chain(unreachable.iter().map(|addr| (*addr, false))) {
            if self.pool.reachability.found.len() < 2 * MAX_LISTENS
                || self.pool.reachability.found.contains_key(&addr)
            {
                self.pool.reachability.found.insert(addr, reached);
            }
        }
        self.forget_problems(|origin| *origin == REACHABILITY);
        let found = &self.pool.reachability.found;
        if !found.is_empty() && !found.values().any(|reached| *reached) {
            let tried: Vec<String> = found.keys().map(ToString::to_string).collect();
            let message = format!(
                "other peers cannot connect to this one (tried: {}); it is served and serves only by connections \
                 that it opens itself: let the port through the firewall",
                tried.join(", ")
            );
            self.report_problem(
                REACHABILITY,
                Problem { code: ProblemCode::Unreachable, path: None, message },
            );
        }
    }

    /// Where this peer listens, and what the tracker found there.
    pub(super) fn view_reachability(&self) -> Vec<api::Reachability> {
        let found = &self.pool.reachability.found;
        let mut all: BTreeMap<SocketAddr, Reach> =
            addresses::listens(self.facts.listen).into_iter().map(|addr| (addr, Reach::Unknown)).collect();
        let reach = |reached: &bool| if *reached { Reach::Reachable } else { Reach::Unreachable };
        all.extend(found.iter().map(|(addr, reached)| (*addr, reach(reached))));
        all.into_iter().map(|(address, state)| api::Reachability { address, state }).collect()
    }

    /// Somebody wants an item of this peer and cannot dial it: it is dialled instead.
    pub(super) fn connect_out(&mut self, item: InfoHash, mut peers: Vec<SocketAddr>, key: Option<Key>) {
        let item = self.identify(&item);
        if self.leaving || !(self.swarms.runs(&item) || self.wake(item)) {
            return;
        }
        peers.truncate(self.pool.reachability.take(Instant::now(), peers.len()));
        if !peers.is_empty() {
            let key = key.map(|key| PublicKey(key.0));
            let places = peers.into_iter().map(|addr| Place { addrs: vec![addr], key });
            self.swarms.order(&item, Order::Dial(places.collect()));
        }
    }

    /// Tells the tracker which holders could not be dialled.
    pub(super) fn tell_unreachable(&self, info_hash: InfoHash, mut addresses: Vec<SocketAddr>) {
        addresses.truncate(MAX_UNREACHABLE);
        self.pool.channel.try_tell(ToTracker::UnreachableHolders { info_hash, addresses });
    }
}

const REACHABILITY: Origin = Origin::Part("reachability");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_number_of_peers_is_dialled_on_the_trackers_word() {
        let mut reachability = Reachability::default();
        let now = Instant::now();
        assert_eq!(reachability.take(now, 10), 10);
        assert_eq!(reachability.take(now, 1000), MAX_DIALED - 10);
        assert_eq!(reachability.take(now, 1), 0);
        assert_eq!(reachability.take(now + SPAN, 1), 1);
    }
}
