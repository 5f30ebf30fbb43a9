use std::{net::IpAddr, sync::Arc, time::Duration};

use peerpool_catalogue::{
    Audience, Catalogue, Endpoints, Input, ItemFacts, Limits, NewItem, Output, SessionId, Viewer,
};
use peerpool_wire::{
    announce::{Announce, Event},
    channel::{
        AskId, Have, Hello, ItemKind, ItemState, RequestId, SessionSecret, Target, ToTracker, VERSIONS,
    },
    id::{InfoHash, PeerId, Sha1Hash, Sha256Hash, TrackerId, WireHash},
    time::Time,
};

use crate::supply::Supply;

/// Few of each, so that they meet.
const PEERS: usize = 4;
const ITEMS: usize = 5;
const PIECES: u32 = 9;

/// Whatever peers and clients do, in whatever order: when all have left and time has passed, nobody is counted.
pub fn catalogue(data: &[u8]) {
    let mut supply = Supply::new(data);
    let mut world = World::new();
    while !supply.is_empty() {
        world.step(&mut supply);
    }
    for session in std::mem::take(&mut world.sessions) {
        world.handle(Input::Disconnected { session });
    }
    for _ in 0..100 {
        world.pass(Duration::from_secs(20));
    }
    assert_eq!(world.catalogue.counts(&Viewer::All).peers, 0, "a session is left");
    for row in world.catalogue.take_changes(world.now).index.iter() {
        let (name, standing) = (&row.facts.name, row.standing);
        assert!(!standing.is_listed, "a ghost is listed: {name}");
        assert_eq!((standing.seeds, standing.partial, standing.variants), (0, 0, 0), "a ghost has {name}");
    }
}

struct World {
    catalogue: Catalogue,
    now: Time,
    out: Vec<Output>,
    sessions: Vec<SessionId>,
    numbered: u32,
}

impl World {
    fn new() -> Self {
        let limits = Limits {
            max_items_per_peer: 4,
            max_state_bytes: 4,
            max_variants_per_peer: 2,
            max_sessions: 100,
            ..Limits::default()
        };
        Self {
            catalogue: Catalogue::new(limits.into(), TrackerId([1; 16]), "fuzz".into(), 7),
            now: Time::ZERO,
            out: Vec::new(),
            sessions: Vec::new(),
            numbered: 0,
        }
    }

    fn handle(&mut self, input: Input) {
        self.catalogue.handle(self.now, input, &mut self.out);
        self.settle();
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.catalogue.next_timeout().filter(|&due| due <= end) {
            self.now = self.now.max(due);
            self.catalogue.handle_timeout(self.now, &mut self.out);
        }
        self.now = end;
        self.settle();
    }

    fn settle(&mut self) {
        for output in self.out.drain(..) {
            if let Output::Close { session, .. } = output {
                self.sessions.retain(|&open| open != session);
            }
        }
    }

    fn step(&mut self, supply: &mut Supply<'_>) {
        match supply.byte() % 8 {
            0 => self.connect(supply),
            1 => {
                if let Some(session) = self.session(supply) {
                    self.sessions.retain(|&open| open != session);
                    self.handle(Input::Disconnected { session });
                }
            }
            2 => self.pass(Duration::from_millis(u64::from(supply.short()))),
            3 => self.announce(supply),
            4 => {
                if let Some(session) = self.session(supply) {
                    let facts = facts(supply.index(ITEMS), supply.flag());
                    let info_hash = name(&facts, supply);
                    let audience = Audience(u32::from(facts.name == "b"));
                    let parsed = Ok(NewItem { facts, torrent: Arc::from([]), added: 0, owner: None });
                    self.handle(Input::Metainfo { session, info_hash, parsed, audience });
                }
            }
            _ => {
                if let Some(session) = self.session(supply) {
                    let message = message(supply);
                    self.handle(Input::Message { session, message });
                }
            }
        }
    }

    fn session(&self, supply: &mut Supply<'_>) -> Option<SessionId> {
        self.sessions.get(supply.index(self.sessions.len())).copied()
    }

    fn connect(&mut self, supply: &mut Supply<'_>) {
        self.numbered += 1;
        let session = SessionId(self.numbered);
        let peer = supply.index(PEERS) as u8;
        let hello = Hello {
            versions: VERSIONS.to_vec(),
            peer_id: PeerId([peer; 20]),
            name: String::new(),
            agent: String::new(),
            port: u16::from(supply.byte()),
            secret: supply.flag().then_some(SessionSecret([peer; 16])),
            listens: Vec::new(),
            connection: 0,
            digest: None,
        };
        self.sessions.push(session);
        let viewer = match peer {
            0 => Viewer::nobody(),
            1 => Viewer::of([Audience(0)]),
            _ => Viewer::All,
        };
        self.handle(Input::Connected { session, hello, endpoints: endpoints(peer), key: None, viewer });
    }

    fn announce(&mut self, supply: &mut Supply<'_>) {
        let facts = facts(supply.index(ITEMS), supply.flag());
        let hashes: Vec<WireHash> = facts.info_hash.wire_hashes().collect();
        let client = supply.index(PEERS) as u8;
        let announce = Announce {
            info_hash: hashes[supply.index(hashes.len())],
            peer_id: PeerId([client; 20]),
            port: 1 + u16::from(supply.byte()),
            left: Some(u64::from(supply.flag())),
            event: if supply.flag() { Event::Stopped } else { Event::Regular },
            numwant: None,
            key: None,
            compact: true,
            no_peer_id: true,
        };
        let Self { catalogue, now, out, .. } = self;
        let _ = catalogue.handle_announce(*now, &announce, endpoints(client), &Viewer::All, out);
        self.settle();
    }
}

fn endpoints(number: u8) -> Endpoints {
    Endpoints { remote: IpAddr::from([10, 0, 0, number]), local: [10, 0, 0, 200].into() }
}

/// Hybrids of two names, or the v1 forms of them as items of their own.
fn facts(number: usize, is_form: bool) -> ItemFacts {
    let number = number as u8;
    let (v1, v2, form) =
        (Sha1Hash([number; 20]), Sha256Hash([100 + number; 32]), Sha1Hash([200 + number; 20]));
    ItemFacts {
        info_hash: if is_form { InfoHash::v1_only(form) } else { InfoHash::hybrid(v1, v2) },
        name: ["a", "b"][usize::from(number % 2)].into(),
        kind: ItemKind::File,
        length: 100,
        piece_length: 16,
        pieces: PIECES,
        files: 1,
        private: false,
        root: (!is_form).then_some(Sha256Hash([number / 2; 32])),
        v1_form: (!is_form).then_some(form),
    }
}

/// One of the ways to name an item.
fn name(facts: &ItemFacts, supply: &mut Supply<'_>) -> InfoHash {
    let half = match supply.byte() % 3 {
        0 => facts.info_hash.v1().map(InfoHash::v1_only),
        1 => facts.info_hash.v2().map(InfoHash::v2_only),
        _ => None,
    };
    half.unwrap_or(facts.info_hash)
}

fn message(supply: &mut Supply<'_>) -> ToTracker {
    let facts = facts(supply.index(ITEMS), supply.flag());
    let info_hash = name(&facts, supply);
    let request = RequestId(u32::from(supply.byte()));
    let have = match supply.byte() % 3 {
        0 => Have::All,
        1 => Have::Some { pieces: PIECES, bitfield: Vec::new() },
        _ => Have::Some { pieces: PIECES, bitfield: supply.bytes(2).to_vec() },
    };
    let items = vec![ItemState { info_hash, have }];
    match supply.byte() % 10 {
        0..=2 => ToTracker::Register { items },
        3 => ToTracker::Withdraw { info_hashes: vec![info_hash] },
        4 => ToTracker::NoMetainfo { info_hashes: vec![info_hash] },
        5 => ToTracker::Update { request },
        6 => {
            let target = match supply.flag() {
                true => Target::InfoHash(info_hash),
                false => Target::Name { name: facts.name, hash_prefix: String::new() },
            };
            ToTracker::Locate { request, target, wanted: 0, follow: supply.flag() }
        }
        7 => ToTracker::Unfollow { info_hash },
        8 => ToTracker::Report { ask: AskId(u64::from(supply.byte())), items, withdrawn: vec![info_hash] },
        _ => ToTracker::WrongData { info_hash, piece: 1, holder: PeerId([supply.index(PEERS) as u8; 20]) },
    }
}
