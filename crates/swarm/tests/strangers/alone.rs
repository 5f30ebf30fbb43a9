//! A swarm without others: whoever is connected to it is played by the test.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use peerpool_swarm::{
    Config, ConnId, Form, HeardFrom, Input, Item, Outbox, Output, Reason, Remote, Rights, Swarm, Verdict,
};
use peerpool_wire::{
    bitfield::Bitfield,
    canonical::{Builder, FileHasher},
    geometry::{BLOCK, Geometry, Piece},
    handshake::Features,
    id::PeerId,
    message::{Message, Request},
    metainfo::Metainfo,
    time::Time,
};

pub(crate) const PIECE: u32 = 4 * BLOCK;

pub(crate) struct Alone {
    pub(crate) now: Time,
    pub(crate) swarm: Swarm<()>,
    /// What it wanted done, apart from `have` messages, in order.
    pub(crate) done: Vec<Output<()>>,
    arrived: BTreeMap<ConnId, u32>,
    next: u32,
}

/// A hybrid item of one file.
pub(crate) fn metainfo(pieces: u32) -> Metainfo {
    let mut hasher = FileHasher::new(PIECE);
    let bytes: Vec<u8> = (0..pieces * PIECE).map(|at| (at / 1000) as u8).collect();
    hasher.update(&bytes);
    Builder::new(PIECE).file(Vec::new(), hasher.finish()).finish("item").unwrap()
}

impl Alone {
    pub(crate) fn seed(pieces: u32) -> Self {
        Self::of(Item::nameless(geometry(pieces)), Bitfield::all(pieces))
    }

    pub(crate) fn leech(pieces: u32) -> Self {
        Self::of(Item::nameless(geometry(pieces)), Bitfield::none(pieces))
    }

    /// A seed in a pool for members.
    pub(crate) fn among_members(pieces: u32) -> Self {
        let config = Config { passes: true, ..Config::new(peer_id(100), 4000) };
        Self::with_config(config, Item::nameless(geometry(pieces)), Bitfield::all(pieces))
    }

    /// A seed that serves so many peers at a time.
    pub(crate) fn seed_with_slots(pieces: u32, upload_slots: usize) -> Self {
        Self::with_slots(Item::nameless(geometry(pieces)), Bitfield::all(pieces), upload_slots)
    }

    pub(crate) fn of(item: Item, have: Bitfield) -> Self {
        Self::with_slots(item, have, 40)
    }

    pub(crate) fn with_slots(item: Item, have: Bitfield, upload_slots: usize) -> Self {
        Self::with_config(Config { upload_slots, ..Config::new(peer_id(100), 4000) }, item, have)
    }

    fn with_config(config: Config, item: Item, have: Bitfield) -> Self {
        let swarm = Swarm::new(config, item, have, 7, Time::ZERO);
        Self { now: Time::ZERO, swarm, done: Vec::new(), arrived: BTreeMap::new(), next: 0 }
    }

    pub(crate) fn input(&mut self, input: Input<()>) {
        let mut out = Outbox::new();
        self.swarm.handle(self.now, input, &mut out);
        self.done.extend(out);
    }

    /// Lets time pass, with every tick that is due meanwhile.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.swarm.next_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.input(Input::Tick);
        }
        self.now = end;
    }

    /// Somebody connects, who can do everything.
    pub(crate) fn join(&mut self, addr: SocketAddr, peer: u8, outgoing: bool) -> ConnId {
        self.join_with(addr, peer, outgoing, Rights::default())
    }

    /// The same with these rights.
    pub(crate) fn join_with(&mut self, addr: SocketAddr, peer: u8, outgoing: bool, rights: Rights) -> ConnId {
        self.next += 1;
        let conn = ConnId(self.next);
        let features = Features { extension: true, fast: true, v2: true };
        let peer_id = peer_id(peer);
        let remote =
            Remote { peer_id, addr, outgoing, features, v2: true, form: Form::Canonical, near: true, rights };
        self.input(Input::Connected { conn, remote });
        conn
    }

    /// Strangers of one host, who say that they have nothing.
    pub(crate) fn join_many(&mut self, host: u8, count: usize) -> Vec<ConnId> {
        (0..count)
            .map(|nth| {
                let conn = self.join(addr(host, 20_000 + nth as u16), nth as u8, false);
                self.tell(conn, Message::HaveNone);
                conn
            })
            .collect()
    }

    /// A seed that we dialled, and that lets us ask.
    pub(crate) fn join_seed(&mut self, addr: SocketAddr, peer: u8) -> ConnId {
        let conn = self.join(addr, peer, true);
        self.tell(conn, Message::HaveAll);
        self.tell(conn, Message::Unchoke);
        conn
    }

    pub(crate) fn tell(&mut self, conn: ConnId, message: Message) {
        self.input(Input::Message { conn, message });
    }

    pub(crate) fn candidates(&mut self, addrs: Vec<SocketAddr>) {
        self.input(Input::Candidates { addrs, heard_from: HeardFrom::Session });
    }

    /// What was sent on a connection so far.
    pub(crate) fn sent(&self, to: ConnId) -> impl Iterator<Item = &Message> {
        self.done.iter().filter_map(move |output| match output {
            Output::Send { conn, message } if *conn == to => Some(message),
            _ => None,
        })
    }

    pub(crate) fn was_told(&self, conn: ConnId, message: &Message) -> bool {
        self.sent(conn).any(|sent| sent == message)
    }

    /// Why a connection was closed, if it was.
    pub(crate) fn closed(&self, which: ConnId) -> Option<&Reason> {
        self.done.iter().find_map(|output| match output {
            Output::Disconnect { conn, reason } if *conn == which => Some(reason),
            _ => None,
        })
    }

    pub(crate) fn dialled(&self, addr: SocketAddr) -> usize {
        self.done.iter().filter(|output| **output == Output::Connect { addr }).count()
    }

    /// Whether a connection is unchoked by us.
    pub(crate) fn is_served(&self, conn: ConnId) -> bool {
        self.swarm.connections(self.now).iter().any(|stats| stats.conn == conn && !stats.am_choking)
    }

    /// What a connection was asked for and not answered; answers and cancels of the test are not looked at.
    pub(crate) fn requests(&self, conn: ConnId) -> Vec<Request> {
        self.sent(conn)
            .filter_map(|message| match message {
                Message::Request(request) => Some(*request),
                _ => None,
            })
            .collect()
    }

    /// Answers everything that a connection was asked for, until nothing more is asked; pieces turn out right or wrong.
    pub(crate) fn serve(&mut self, conn: ConnId, right: bool) {
        let mut answered = 0;
        while let Some(block) = self.requests(conn).get(answered).copied() {
            answered += 1;
            self.input(Input::Block { conn, block, data: () });
            self.verify(right);
            if self.closed(conn).is_some() {
                return;
            }
        }
    }

    /// The other side gets so many bytes, if as many are on the way to it.
    pub(crate) fn deliver(&mut self, to: ConnId, bytes: u32) {
        let handed: u32 = self
            .done
            .iter()
            .map(|output| match output {
                Output::SendBlock { conn, span } if *conn == to => span.length(),
                _ => 0,
            })
            .sum();
        let arrived = self.arrived.entry(to).or_default();
        let bytes = bytes.min(handed - *arrived);
        *arrived += bytes;
        if bytes > 0 {
            self.input(Input::Sent { conn: to, bytes });
        }
    }

    /// Judges the pieces that are whole by now.
    pub(crate) fn verify(&mut self, right: bool) {
        let is_verify = |output: &Output<()>| matches!(output, Output::Verify { .. });
        while let Some(nth) = self.done.iter().position(is_verify) {
            if let Output::Verify { piece, .. } = self.done.remove(nth) {
                let leaves = Vec::new();
                let verdict = if right { Verdict::Good { leaves } } else { Verdict::Bad { leaves } };
                self.input(Input::Verified { piece, verdict });
            }
        }
    }

    pub(crate) fn piece(&self, index: u32) -> Piece {
        self.swarm.item().geometry.piece(index).unwrap()
    }
}

fn geometry(pieces: u32) -> Arc<Geometry> {
    Arc::new(Geometry::new(PIECE, [(u64::from(pieces * PIECE), false)]).unwrap())
}

pub(crate) fn addr(host: u8, port: u16) -> SocketAddr {
    ([10, 0, 0, host], port).into()
}

pub(crate) fn peer_id(number: u8) -> PeerId {
    PeerId::new([number; 12])
}

pub(crate) fn request(index: u32, block: u32) -> Message {
    Message::Request(Request { index, begin: block * BLOCK, length: BLOCK })
}

/// An extension handshake that gives the numbers under which answers are to come.
pub(crate) fn introduction() -> Message {
    let payload = Bytes::from_static(b"d1:md11:lt_donthavei7e11:ut_metadatai3eee");
    Message::Extended { id: 0, payload }
}
