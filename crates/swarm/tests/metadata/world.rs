//! A fetch, and peers that answer it at once.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use peerpool_swarm::{
    Config, ConnId, Form, HeardFrom, Input, Item, Outbox, Output, Reason, Remote, Rights, Swarm,
    metadata::{self, MetadataError, MetadataFetch},
};
use peerpool_wire::{
    bitfield::Bitfield,
    canonical::{Builder, FileHasher},
    extension::{METADATA_PIECE, MetadataMessage, ours},
    handshake::Features,
    id::{InfoHash, PeerId},
    message::Message,
    metainfo::Metainfo,
    time::Time,
};

/// How a peer differs from an honest one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Character {
    Honest,
    /// It knows no v2.
    V1Only,
    /// It changes a byte in each piece of the info dictionary.
    LiesInInfo,
    /// It changes a byte in hashes.
    LiesInHashes,
    /// It says nothing at all.
    Silent,
    /// It claims to have metadata of the longest length there is, and gives none.
    Boasts,
}

pub(crate) struct World {
    pub(crate) fetch: MetadataFetch,
    pub(crate) now: Time,
    pub(crate) done: Option<Metainfo>,
    pub(crate) failed: Option<MetadataError>,
    pub(crate) closed: Vec<(SocketAddr, Reason)>,
    /// Requests for metadata by peer.
    pub(crate) asked: BTreeMap<SocketAddr, usize>,
    peers: BTreeMap<SocketAddr, Peer>,
    conns: BTreeMap<ConnId, SocketAddr>,
    opened: u32,
}

struct Peer {
    swarm: Swarm<()>,
    character: Character,
    /// What it is asked with must be one of its names.
    item: InfoHash,
}

impl World {
    pub(crate) fn new(wanted: InfoHash) -> Self {
        Self {
            fetch: MetadataFetch::new(Config::new(PeerId::new([255; 12]), 7), wanted),
            now: Time::ZERO,
            done: None,
            failed: None,
            closed: Vec::new(),
            asked: BTreeMap::new(),
            peers: BTreeMap::new(),
            conns: BTreeMap::new(),
            opened: 0,
        }
    }

    /// Adds a peer that has the whole item.
    pub(crate) fn peer(&mut self, metainfo: &Metainfo, character: Character) -> SocketAddr {
        let nth = self.peers.len() as u8 + 1;
        let addr = ([127, 0, 0, nth], 1000).into();
        let have = Bitfield::all(metainfo.info.piece_count());
        let config = Config::new(PeerId::new([nth; 12]), 1000);
        let swarm = Swarm::new(config, Item::new(Arc::new(metainfo.clone())), have, u64::from(nth), self.now);
        self.peers.insert(addr, Peer { swarm, character, item: metainfo.info.hash() });
        addr
    }

    /// Tells the fetch of all peers, and runs until nothing happens any more.
    pub(crate) fn run(&mut self) -> &Self {
        let addrs = self.peers.keys().copied().collect();
        self.tell(metadata::Input::Candidates { addrs, heard_from: HeardFrom::Session });
        for _ in 0..1000 {
            let Some(due) = self.fetch.next_timeout() else { break };
            if due > Time::ZERO + Duration::from_secs(600) {
                break;
            }
            self.now = self.now.max(due);
            self.tell(metadata::Input::Tick);
        }
        self
    }

    fn tell(&mut self, input: metadata::Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let mut outputs = Vec::new();
            self.fetch.handle(self.now, input, &mut outputs);
            for output in outputs {
                self.perform(output, &mut inputs);
            }
        }
    }

    fn perform(&mut self, output: metadata::Output, inputs: &mut VecDeque<metadata::Input>) {
        match output {
            metadata::Output::Send { conn, message } => self.deliver(conn, message, inputs),
            metadata::Output::Connect { addr } => self.connect(addr, inputs),
            metadata::Output::Disconnect { conn, reason } => {
                self.answer(conn, Input::Disconnected { conn }, inputs);
                let addr = self.conns.remove(&conn).unwrap();
                self.closed.push((addr, reason));
            }
            metadata::Output::Done(metainfo) => self.done = Some(*metainfo),
            metadata::Output::Failed(error) => self.failed = Some(error),
        }
    }

    fn connect(&mut self, addr: SocketAddr, inputs: &mut VecDeque<metadata::Input>) {
        let identity = self.fetch.identity();
        let peer = self.peers.get_mut(&addr).unwrap();
        let known: BTreeSet<_> = peer.item.wire_hashes().collect();
        let form = match known.contains(&identity.primary()) {
            true => Form::Canonical,
            false => Form::V1,
        };
        self.opened += 1;
        let conn = ConnId(self.opened);
        self.conns.insert(conn, addr);
        let v2 = identity.v2().is_some() && peer.item.v2().is_some() && peer.character != Character::V1Only;
        let features = Features { extension: true, fast: true, v2 };
        let remote = |id: u8, addr, outgoing| Remote {
            peer_id: PeerId::new([id; 12]),
            addr,
            outgoing,
            features,
            v2,
            form,
            near: true,
            rights: Rights::default(),
        };
        let SocketAddr::V4(v4) = addr else { panic!("IPv4 alone is used here") };
        inputs
            .push_back(metadata::Input::Connected { conn, remote: remote(v4.ip().octets()[3], addr, true) });
        let connected = Input::Connected { conn, remote: remote(255, addr, false) };
        self.answer(conn, connected, inputs);
    }

    fn deliver(&mut self, conn: ConnId, message: Message, inputs: &mut VecDeque<metadata::Input>) {
        if let Message::Extended { id: ours::UT_METADATA, payload } = &message
            && let Ok(Some(MetadataMessage::Request { .. })) = MetadataMessage::decode(payload)
        {
            *self.asked.entry(self.conns[&conn]).or_default() += 1;
        }
        self.answer(conn, Input::Message { conn, message }, inputs);
    }

    /// Tells a peer something, and the fetch what it answers.
    fn answer(&mut self, conn: ConnId, input: Input<()>, inputs: &mut VecDeque<metadata::Input>) {
        let Some(peer) = self.conns.get(&conn).and_then(|addr| self.peers.get_mut(addr)) else {
            return;
        };
        let mut outbox = Outbox::new();
        peer.swarm.handle(self.now, input, &mut outbox);
        for output in outbox {
            match output {
                Output::Send { conn, message } => {
                    if let Some(message) = peer.character.say(message) {
                        inputs.push_back(metadata::Input::Message { conn, message });
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

impl Character {
    /// What becomes of an honest message.
    fn say(self, message: Message) -> Option<Message> {
        let data = |payload| match MetadataMessage::decode(payload) {
            Ok(Some(MetadataMessage::Data { piece, total, data })) => Some((piece, total, data.to_vec())),
            _ => None,
        };
        match (self, &message) {
            (Self::Silent, _) => None,
            (Self::Boasts, Message::Extended { id: 0, payload }) => {
                let mut told = peerpool_wire::extension::ExtensionHandshake::decode(payload).unwrap();
                told.metadata_size = Some(peerpool_wire::extension::MAX_METADATA);
                Some(Message::Extended { id: 0, payload: told.encode() })
            }
            (Self::Boasts, Message::Extended { .. }) => None,
            (Self::LiesInInfo, Message::Extended { id, payload }) => match data(payload) {
                Some((piece, total, mut data)) => {
                    data[METADATA_PIECE / 100] ^= 1;
                    let payload = MetadataMessage::Data { piece, total, data: data.into() }.encode();
                    Some(Message::Extended { id: *id, payload })
                }
                None => Some(message),
            },
            (Self::LiesInHashes, Message::Hashes(request, hashes)) => {
                let mut hashes = hashes.clone();
                hashes[0].0[0] ^= 1;
                Some(Message::Hashes(*request, hashes))
            }
            _ => Some(message),
        }
    }
}

/// A hybrid folder of files with layers, whose info dictionary has several pieces.
pub(crate) fn folder() -> Arc<Metainfo> {
    let builder = (0..300u32).fold(Builder::new(16384), |builder, nth| {
        let mut hasher = FileHasher::new(16384);
        let bytes = vec![nth as u8; 20_000 + 100 * nth as usize];
        hasher.update(&bytes);
        builder.file(vec![format!("a name that takes some room, number {nth:03}")], hasher.finish())
    });
    Arc::new(builder.finish("folder").unwrap())
}

/// A hybrid file whose layer needs several requests.
pub(crate) fn long_file() -> Arc<Metainfo> {
    let mut hasher = FileHasher::new(16384);
    (0..1500u32).for_each(|nth| hasher.update(&[nth as u8; 16384]));
    Arc::new(Builder::new(16384).file(Vec::new(), hasher.finish()).finish("long").unwrap())
}
