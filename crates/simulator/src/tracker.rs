//! Who is told of whom: the real tracker's catalogue behind a door that knows virtual peers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use peerpool_catalogue::{Catalogue, Endpoints, Policy, Viewer};
use peerpool_wire::{
    announce::{Announce, Event},
    id::{PeerId, TrackerId, WireHash},
    time::Time,
};

use crate::mail::{PORT, PeerNo};

/// The one item of this world.
const ITEM: WireHash = WireHash([1; 20]);

/// Where the tracker is.
const TRACKER: IpAddr = IpAddr::V4(Ipv4Addr::new(11, 0, 0, 1));

/// First numbers of the addresses at the two sites.
const HERE: u8 = 10;
const ELSEWHERE: u8 = 12;

/// A tracker.
#[derive(Debug)]
pub struct Tracker {
    catalogue: Catalogue,
    handed_out: u32,
    /// For each peer, its id.
    ids: Vec<PeerId>,
    /// For each peer, whether it is at the other site, which has a network of its own.
    elsewhere: Vec<bool>,
    answers: u32,
}

impl Tracker {
    /// A tracker that hands out so many peers at a time, for peers with these ids; those marked are `elsewhere`, in another
    /// network.
    pub fn new(handed_out: u32, seed: u64, ids: Vec<PeerId>, elsewhere: Vec<bool>) -> Self {
        Self {
            catalogue: Catalogue::new(Policy::default(), TrackerId([0; 16]), "virtual".to_owned(), seed),
            handed_out,
            ids,
            elsewhere,
            answers: 0,
        }
    }

    /// Numbers its answers.
    pub fn count_answer(&mut self) -> u32 {
        self.answers = self.answers.wrapping_add(1);
        self.answers
    }

    /// A peer arrives, and is told of others.
    pub fn arrive(&mut self, now: Time, peer: PeerNo, left: u64) -> Vec<PeerNo> {
        self.announce(now, peer, left, Event::Started)
    }

    /// A peer leaves.
    pub fn leave(&mut self, now: Time, peer: PeerNo) {
        self.announce(now, peer, 0, Event::Stopped);
    }

    /// A peer has everything, and says so.
    pub fn complete(&mut self, now: Time, peer: PeerNo) {
        self.announce(now, peer, 0, Event::Completed);
    }

    /// A peer that has too few neighbours asks again.
    pub fn ask_again(&mut self, now: Time, peer: PeerNo, left: u64) -> Vec<PeerNo> {
        self.announce(now, peer, left, Event::Regular)
    }

    fn announce(&mut self, now: Time, peer: PeerNo, left: u64, event: Event) -> Vec<PeerNo> {
        let announce = Announce {
            info_hash: ITEM,
            peer_id: self.ids[peer.as_usize()],
            port: PORT,
            left: Some(left),
            event,
            numwant: Some(self.handed_out),
            key: None,
            compact: true,
            no_peer_id: true,
        };
        let elsewhere = self.elsewhere.get(peer.as_usize()).copied().unwrap_or_default();
        let remote = if elsewhere { moved(peer.addr(), ELSEWHERE) } else { peer.addr() };
        let endpoints = Endpoints { remote: remote.ip(), local: TRACKER };
        // What a tracker would store or send elsewhere is of no interest here.
        let answer = self.catalogue.handle_announce(now, &announce, endpoints, &Viewer::All, &mut Vec::new());
        let told = answer.map(|answer| answer.peers).unwrap_or_default();
        told.into_iter().filter_map(|told| PeerNo::at(moved(told.address, HERE))).collect()
    }
}

/// The same place in the network of another site.
fn moved(addr: SocketAddr, network: u8) -> SocketAddr {
    match addr {
        SocketAddr::V4(v4) => {
            let [_, a, b, c] = v4.ip().octets();
            (Ipv4Addr::new(network, a, b, c), v4.port()).into()
        }
        v6 => v6,
    }
}
