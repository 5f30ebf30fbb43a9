//! Who is told of whom: the real tracker's catalogue behind a door that knows virtual peers.

use std::net::{IpAddr, Ipv4Addr};

use peerpool_catalogue::{Catalogue, Ends, Policy};
use peerpool_wire::{
    announce::{Announce, Event},
    id::{TrackerId, WireHash},
    time::Time,
};

use crate::{
    mail::{PORT, PeerNo},
    peer::peer_id,
};

/// The one item of this world.
const ITEM: WireHash = WireHash([1; 20]);

/// Where the tracker is.
const TRACKER: IpAddr = IpAddr::V4(Ipv4Addr::new(11, 0, 0, 1));

/// A tracker.
#[derive(Debug)]
pub struct Tracker {
    catalogue: Catalogue,
    handed_out: u32,
}

impl Tracker {
    /// A tracker that hands out so many peers at a time.
    pub fn new(handed_out: u32, seed: u64) -> Self {
        Self {
            catalogue: Catalogue::new(Policy::default(), TrackerId([0; 16]), "virtual".to_owned(), seed),
            handed_out,
        }
    }

    /// A peer arrives, and is told of others.
    pub fn arrive(&mut self, now: Time, peer: PeerNo, left: u64) -> Vec<PeerNo> {
        self.announce(now, peer, left, Event::Started)
    }

    /// A peer leaves.
    pub fn leave(&mut self, now: Time, peer: PeerNo) {
        self.announce(now, peer, 0, Event::Stopped);
    }

    /// A peer that has too few neighbours asks again.
    pub fn ask_again(&mut self, now: Time, peer: PeerNo, left: u64) -> Vec<PeerNo> {
        self.announce(now, peer, left, Event::Regular)
    }

    fn announce(&mut self, now: Time, peer: PeerNo, left: u64, event: Event) -> Vec<PeerNo> {
        let announce = Announce {
            info_hash: ITEM,
            peer_id: peer_id(peer),
            port: PORT,
            left: Some(left),
            event,
            numwant: Some(self.handed_out),
            key: None,
            compact: true,
            no_peer_id: true,
        };
        let ends = Ends { remote: peer.addr().ip(), local: TRACKER };
        // What a tracker would store or send elsewhere is of no interest here.
        let answer = self.catalogue.handle_announce(now, &announce, ends, &mut Vec::new());
        let told = answer.map(|answer| answer.peers).unwrap_or_default();
        told.into_iter().filter_map(|told| PeerNo::at(told.address)).collect()
    }
}
