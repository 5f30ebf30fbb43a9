//! A small world around the catalogue: peers that connect, items that they have, time that passes.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

pub(crate) mod nodes;

use std::{net::IpAddr, sync::Arc, time::Duration};

use peerpool_catalogue::{
    Asking, Audience, Catalogue, Change, Endpoints, Eyes, Input, ItemFacts, Located, NewItem, Output, Policy,
    Probe, Query, SessionId, Viewer,
};
use peerpool_wire::{
    announce::{Announce, AnnounceAnswer, Event},
    channel::{
        CatalogueItem, Failure, Have, Hello, ItemKind, ItemSort, ItemState, Refusal, SessionSecret, Target,
        ToPeer, ToTracker, VERSIONS,
    },
    id::{InfoHash, PeerId, Sha1Hash, Sha256Hash, TrackerId, WireHash},
    time::Time,
};

/// Pieces of every item here.
pub(crate) const PIECES: u32 = 10;

pub(crate) struct World {
    pub(crate) catalogue: Catalogue,
    pub(crate) now: Time,
    pub(crate) out: Vec<Output>,
    online: Vec<SessionId>,
    sessions: u32,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Policy::default())
    }

    pub(crate) fn with(policy: impl Into<Policy>) -> Self {
        Self {
            catalogue: Catalogue::new(policy.into(), TrackerId([1; 16]), "test".into(), 7),
            now: Time::ZERO,
            out: Vec::new(),
            online: Vec::new(),
            sessions: 0,
        }
    }

    /// Peer `number` connects from an address of its own, and is welcome.
    pub(crate) fn join(&mut self, number: u16) -> SessionId {
        let session = self.connect(number, remote(number));
        let welcome = self.sent(session);
        assert!(matches!(welcome[..], [ToPeer::Welcome(_)]), "{welcome:?}");
        session
    }

    pub(crate) fn connect(&mut self, number: u16, endpoints: Endpoints) -> SessionId {
        self.connect_as(hello(number), endpoints)
    }

    pub(crate) fn connect_as(&mut self, hello: Hello, endpoints: Endpoints) -> SessionId {
        self.sessions += 1;
        let session = SessionId(self.sessions);
        self.online.push(session);
        self.handle(Input::Connected { session, hello, endpoints, key: None, viewer: Viewer::All });
        session
    }

    pub(crate) fn leave(&mut self, session: SessionId) {
        self.online.retain(|&online| online != session);
        self.handle(Input::Disconnected { session });
    }

    pub(crate) fn send(&mut self, session: SessionId, message: ToTracker) {
        self.handle(Input::Message { session, message });
    }

    pub(crate) fn handle(&mut self, input: Input) {
        self.catalogue.handle(self.now, input, &mut self.out);
    }

    /// Why sessions were ended.
    pub(crate) fn closed(&mut self) -> Vec<(SessionId, Option<Refusal>)> {
        let mut closed = Vec::new();
        self.out.retain(|output| match output {
            Output::Close { session, reason } => {
                closed.push((*session, reason.clone()));
                false
            }
            _ => true,
        });
        closed
    }

    /// What is to be probed.
    pub(crate) fn probes(&mut self) -> Vec<Probe> {
        let mut probes = Vec::new();
        self.out.retain(|output| match output {
            Output::Probe(probe) => {
                probes.push(probe.clone());
                false
            }
            _ => true,
        });
        probes
    }

    /// Answers all probes.
    pub(crate) fn answer_probes(&mut self, reachable: bool) {
        for probe in self.probes() {
            self.handle(Input::Probed { probe, reachable });
        }
    }

    /// What is to be stored.
    pub(crate) fn stored(&mut self) -> Vec<Change> {
        let stored = self.out.iter().filter_map(|output| match output {
            Output::Store(change) => Some(change.clone()),
            _ => None,
        });
        stored.collect()
    }

    /// Registers an item, and sends its metainfo if the catalogue wants it.
    pub(crate) fn have(&mut self, session: SessionId, facts: &ItemFacts, have: Have) {
        let items = vec![ItemState { info_hash: facts.info_hash, have }];
        self.send(session, ToTracker::Register { items });
        if self.asked_for(session, facts.info_hash) {
            self.send_metainfo(session, facts);
        }
    }

    pub(crate) fn send_metainfo(&mut self, session: SessionId, facts: &ItemFacts) {
        let parsed = Ok(NewItem { facts: facts.clone(), torrent: Arc::from([]), added: 0, owner: None });
        let audience = Audience::UNSAID;
        self.handle(Input::Metainfo { session, info_hash: facts.info_hash, parsed, audience });
    }

    /// Whether the session was asked for this item's metainfo since it was last looked at.
    pub(crate) fn asked_for(&mut self, session: SessionId, info_hash: InfoHash) -> bool {
        self.sent(session).iter().any(
            |message| matches!(message, ToPeer::NeedMetainfo { info_hashes } if info_hashes.contains(&info_hash)),
        )
    }

    /// Takes what was sent to a session.
    pub(crate) fn sent(&mut self, to: SessionId) -> Vec<ToPeer> {
        let mut sent = Vec::new();
        self.out.retain(|output| match output {
            Output::Send { session, message } if *session == to => {
                sent.push(message.clone());
                false
            }
            _ => true,
        });
        sent
    }

    /// Lets time pass; connected peers answer pings, the catalogue's timers come.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.pass_without_pongs(0);
        for _ in 0..seconds {
            for session in self.online.clone() {
                self.handle(Input::Heard { session });
            }
            self.pass_without_pongs(1);
        }
    }

    pub(crate) fn pass_without_pongs(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(due) = self.catalogue.next_timeout().filter(|&due| due <= end) {
            self.now = self.now.max(due);
            self.catalogue.handle_timeout(self.now, &mut self.out);
        }
        self.now = end;
    }

    pub(crate) fn announce(&mut self, announce: &Announce, from: &str) -> AnnounceAnswer {
        let endpoints = Endpoints { remote: from.parse().unwrap(), local: local() };
        self.catalogue.handle_announce(self.now, announce, endpoints, &Viewer::All, &mut self.out).unwrap()
    }

    pub(crate) fn locate(&mut self, target: Target) -> Result<Located, Failure> {
        let asking = Asking { session: None, viewer: Viewer::All, endpoints: remote(9999), wanted: 200 };
        self.catalogue.locate(self.now, &target, asking, &mut self.out)
    }

    /// The names of the listed items that a search finds.
    pub(crate) fn names(&mut self, query: &str) -> Vec<String> {
        let index = self.catalogue.take_changes(self.now).index;
        let query = Query::parse(query).unwrap();
        let order = index.find(&query, None, Eyes::ALL, ItemSort::Name.into(), None, || true).unwrap();
        index.rows(&order, 0, order.len(), Eyes::ALL).into_iter().map(|row| row.facts.name.clone()).collect()
    }

    pub(crate) fn knows(&self, facts: &ItemFacts) -> bool {
        self.catalogue.find(&Target::InfoHash(facts.info_hash), &Viewer::All).is_ok()
    }

    /// The item as it is listed, whether or not somebody online has it.
    pub(crate) fn item(&self, facts: &ItemFacts) -> CatalogueItem {
        self.catalogue.find(&Target::InfoHash(facts.info_hash), &Viewer::All).unwrap()
    }
}

pub(crate) fn hello(number: u16) -> Hello {
    Hello {
        versions: VERSIONS.to_vec(),
        peer_id: peer_id(number),
        name: format!("peer {number}"),
        agent: "test".into(),
        port: 4000,
        secret: Some(SessionSecret([number as u8; 16])),
        listens: Vec::new(),
        connection: 0,
        digest: None,
    }
}

pub(crate) fn peer_id(number: u16) -> PeerId {
    let mut id = [0; 20];
    id[..2].copy_from_slice(&number.to_be_bytes());
    PeerId(id)
}

/// Every peer in a network of its own.
pub(crate) fn remote(number: u16) -> Endpoints {
    let [high, low] = number.to_be_bytes();
    Endpoints { remote: IpAddr::from([10, high, low, 1]), local: local() }
}

pub(crate) fn local() -> IpAddr {
    [10, 255, 0, 1].into()
}

/// A hybrid single-file item; `content` tells contents apart.
pub(crate) fn file(name: &str, content: u8) -> ItemFacts {
    let mut digest = [content; 32];
    for (slot, byte) in digest[1..].iter_mut().zip(name.bytes()) {
        *slot = byte;
    }
    let mut v1 = [0xaa; 20];
    v1[..10].copy_from_slice(&digest[..10]);
    ItemFacts {
        info_hash: InfoHash::hybrid(Sha1Hash(v1), Sha256Hash(digest)),
        name: name.into(),
        kind: ItemKind::File,
        length: 100,
        piece_length: 10,
        pieces: PIECES,
        files: 1,
        private: false,
        root: Some(Sha256Hash([content; 32])),
        v1_form: Some(Sha1Hash(v1.map(|byte| !byte))),
    }
}

/// The first `count` pieces.
pub(crate) fn some(count: u32) -> Have {
    let bits = 0xffff_u16.checked_shl(16 - count).unwrap_or(0).to_be_bytes();
    Have::Some { pieces: PIECES, bitfield: bits.to_vec() }
}

pub(crate) fn by_name(name: &str) -> Target {
    Target::Name { name: name.into(), hash_prefix: String::new() }
}

/// A stock client's announce.
pub(crate) fn stock(hash: WireHash, number: u16, left: u64) -> Announce {
    Announce {
        info_hash: hash,
        peer_id: peer_id(number),
        port: 6881,
        left: Some(left),
        event: Event::Regular,
        numwant: None,
        key: Some(u64::from(number)),
        compact: true,
        no_peer_id: true,
    }
}
