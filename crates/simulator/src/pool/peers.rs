//! Connected peers: what they have, to which node they are connected, and what they do when it is gone.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Duration,
};

use peerpool_catalogue::{Audience, Endpoints, Input, SessionId, Viewer};
use peerpool_wire::{
    channel::{Have, Hello, ItemState, SessionSecret, ToTracker, VERSIONS},
    digest::ShareDigest,
    id::{InfoHash, PeerId},
    time::Time,
};
use rand::RngExt;

use super::{
    node::{ITEMS, PIECES, facts, new_item},
    world::{Event, World},
};

/// What a peer has of an item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) is_all: bool,
    /// Since when it has told the session that it is in.
    pub(super) told: Option<Time>,
}

#[derive(Debug)]
pub(super) struct Peer {
    pub(super) number: u8,
    /// How often it has been started; each time it is somebody new.
    pub(super) start: u8,
    pub(super) is_running: bool,
    pub(super) node: usize,
    pub(super) session: Option<SessionId>,
    connection: u64,
    /// When it looks after its connection again.
    wakes: Time,
    pub(super) has: BTreeMap<u8, Part>,
    /// What it has come by and says when it is asked.
    pub(super) pending: BTreeSet<u8>,
    pub(super) asked: u32,
}

impl Peer {
    pub(super) fn new(number: u8) -> Self {
        Self {
            number,
            start: 0,
            is_running: false,
            node: number as usize,
            session: None,
            connection: 0,
            wakes: Time::ZERO,
            has: BTreeMap::new(),
            pending: BTreeSet::new(),
            asked: 0,
        }
    }

    pub(super) fn id(&self) -> PeerId {
        let mut id = [b'p'; 20];
        (id[1], id[2]) = (self.number, self.start);
        PeerId(id)
    }

    fn ip(&self) -> IpAddr {
        [10, 1, self.number, 1].into()
    }

    fn hello(&self) -> Hello {
        let mut secret = [7; 16];
        (secret[0], secret[1]) = (self.number, self.start);
        Hello {
            versions: VERSIONS.to_vec(),
            peer_id: self.id(),
            name: format!("peer {}", self.number),
            agent: "virtual".to_owned(),
            port: 4000 + u16::from(self.number),
            secret: Some(SessionSecret(secret)),
            listens: Vec::new(),
            connection: self.connection,
            digest: Some(ShareDigest::of(
                self.has.iter().map(|(&item, part)| (facts(item).info_hash, part.is_all)),
            )),
        }
    }
}

impl World {
    /// A peer's next step.
    pub(super) fn peer(&mut self, at: usize) {
        let time = Duration::from_millis(self.rng.random_range(900..1100));
        self.plan(time, Event::Peer(at));
        let peer = &self.peers[at];
        if peer.wakes > self.now {
            return;
        }
        if !peer.is_running {
            if self.is_calm || self.rng.random_bool(0.3) {
                let peer = &mut self.peers[at];
                peer.start += 1;
                peer.is_running = true;
            }
            return;
        }
        let Some(session) = peer.session else { return self.connect(at) };
        self.input(peer.node, Input::Heard { session });
        if !self.is_calm {
            self.live(at, session);
        }
    }

    /// Tries the node that it has in mind, or the next.
    fn connect(&mut self, at: usize) {
        let count = self.nodes.len();
        let peer = &mut self.peers[at];
        // Where no process is, it is told so at once.
        let runs = |node: &usize| self.nodes[*node].catalogue.is_some();
        let all = (peer.node..peer.node + count).map(|node| node % count);
        let Some(node) = all.into_iter().find(runs) else { return };
        if self.nodes[node].hung.is_some() {
            peer.node = node + 1;
            peer.wakes = self.now + Duration::from_secs(3);
            return;
        }
        peer.connection += 1;
        peer.node = node;
        peer.has.values_mut().for_each(|part| part.told = None);
        let place = &mut self.nodes[node];
        place.numbered += 1;
        let session = SessionId(place.numbered);
        place.sessions.insert(session, at);
        peer.session = Some(session);
        let endpoints = Endpoints { remote: peer.ip(), local: [10, 200, 0, node as u8].into() };
        let hello = peer.hello();
        self.input(node, Input::Connected { session, hello, endpoints, key: None, viewer: Viewer::All });
    }

    /// What peers do all day.
    fn live(&mut self, at: usize, session: SessionId) {
        let item = self.rng.random_range(0..ITEMS);
        let node = self.peers[at].node;
        match self.rng.random_range(0..40) {
            0..3 => {
                let is_all = self.rng.random_bool(0.7);
                self.have(at, session, item, is_all);
            }
            3 if self.peers[at].has.remove(&item).is_some() => {
                let message = ToTracker::Withdraw { info_hashes: vec![facts(item).info_hash] };
                self.input(node, Input::Message { session, message });
            }
            4 => {
                self.peers[at].pending.insert(item);
            }
            5 => self.ask(at, session),
            6 => {
                // A new version takes the place of an old one.
                let other = item ^ 1;
                if self.peers[at].has.remove(&other).is_some() {
                    let message = ToTracker::Withdraw { info_hashes: vec![facts(other).info_hash] };
                    self.input(node, Input::Message { session, message });
                    self.have(at, session, item, true);
                }
            }
            7 if self.rng.random_bool(0.3) => self.end(at, session),
            8 if self.rng.random_bool(0.3) => {
                // It loses its connection, and takes another node next.
                self.nodes[node].sessions.remove(&session);
                self.closed(at, session);
                self.peers[at].node = self.rng.random_range(0..self.nodes.len());
                if self.rng.random_bool(0.5) {
                    self.input(node, Input::Disconnected { session });
                }
            }
            _ => {}
        }
    }

    /// It ends: with a word, with its connection, or without anybody noticing.
    fn end(&mut self, at: usize, session: SessionId) {
        let node = self.peers[at].node;
        let peer = &mut self.peers[at];
        peer.is_running = false;
        peer.session = None;
        peer.wakes = self.now + Duration::from_secs(2);
        let items: Vec<u8> = std::mem::take(&mut peer.has).into_keys().collect();
        peer.pending.clear();
        let id = peer.id();
        items.into_iter().for_each(|item| self.end_holder(id, item));
        self.nodes[node].sessions.remove(&session);
        match self.rng.random_range(0..3) {
            0 => self.input(node, Input::Message { session, message: ToTracker::Bye }),
            1 => self.input(node, Input::Disconnected { session }),
            _ => {}
        }
    }

    fn have(&mut self, at: usize, session: SessionId, item: u8, is_all: bool) {
        let peer = &mut self.peers[at];
        peer.pending.remove(&item);
        let told = Some(self.now);
        let part = peer.has.entry(item).or_insert(Part { is_all, told });
        part.is_all = is_all;
        part.told = part.told.or(told);
        let node = peer.node;
        let message = ToTracker::Register { items: vec![state(item, is_all)] };
        self.input(node, Input::Message { session, message });
    }

    /// It says what it has to a node that it has just connected to. If the node kept what it had when it connected, it says
    /// only of which items it has a part: which pieces they are, nodes do not tell each other.
    pub(super) fn register(&mut self, at: usize, session: SessionId, kept: bool) {
        if self.peers[at].session != Some(session) {
            return;
        }
        let now = self.now;
        let peer = &mut self.peers[at];
        self.outcome.kept += u32::from(kept && !peer.has.is_empty());
        let unsaid = peer.has.iter().filter(|(_, part)| !kept || !part.is_all);
        let items: Vec<ItemState> = unsaid.map(|(&item, part)| state(item, part.is_all)).collect();
        peer.has.values_mut().for_each(|part| part.told = part.told.or(Some(now)));
        let node = peer.node;
        self.input(node, Input::Message { session, message: ToTracker::Register { items } });
    }

    pub(super) fn send_metainfo(&mut self, at: usize, session: SessionId, info_hash: InfoHash) {
        if self.peers[at].session != Some(session) {
            return;
        }
        let item = (0..ITEMS).find(|&item| facts(item).info_hash == info_hash);
        let parsed = item.map(new_item).ok_or_else(|| "unknown".to_owned());
        let audience = Audience::UNSAID;
        self.input(self.peers[at].node, Input::Metainfo { session, info_hash, parsed, audience });
    }

    /// A node has ended a peer's session.
    pub(super) fn closed(&mut self, at: usize, session: SessionId) {
        let peer = &mut self.peers[at];
        if peer.session == Some(session) {
            peer.session = None;
            peer.wakes = self.now + Duration::from_millis(300);
            peer.has.values_mut().for_each(|part| part.told = None);
        }
    }

    /// The peers of a node find out in a while that it is gone.
    pub(super) fn leave_node(&mut self, node: usize, after: Duration) {
        let sessions = std::mem::take(&mut self.nodes[node].sessions);
        for (session, at) in sessions {
            if self.peers[at].session != Some(session) {
                continue;
            }
            self.closed(at, session);
            self.peers[at].wakes = self.now + after;
            self.peers[at].node = node + 1;
            self.input(node, Input::Disconnected { session });
        }
    }
}

pub(super) fn state(item: u8, is_all: bool) -> ItemState {
    let have = match is_all {
        true => Have::All,
        false => Have::Some { pieces: PIECES, bitfield: vec![0x80, 0] },
    };
    ItemState { info_hash: facts(item).info_hash, have }
}
