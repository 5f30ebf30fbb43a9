//! A few swarms wired to each other through links with a rate, a delay and a seed.
//!
//! Time is simulated, and nothing is random but the seed.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use peerpool_swarm::{Command, Config, ConnId, Form, HeardFrom, Input, Item, Remote, Rights, Swarm};
use peerpool_virtual::{Disk, Driver, Token};
use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{BLOCK, Geometry, Span},
    handshake::Features,
    id::PeerId,
    message::Message,
    time::Time,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::port::{Character, Link, Port, Seen, Wanted};

/// Outputs that one input may bring about at most: a connection's queue takes 4,096 messages.
const MAX_AT_ONCE: usize = 4000;

#[derive(Debug)]
enum Cargo {
    Message(Message),
    Block(Token),
    Hello(Remote),
    Gone,
}

#[derive(Debug)]
enum Happening {
    Deliver { peer: usize, conn: ConnId, cargo: Cargo },
    Sent { peer: usize, conn: ConnId, bytes: u32 },
}

/// What a peer may do with the item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) gives: bool,
    pub(crate) gets: bool,
}

pub(crate) struct World {
    pub(crate) now: Time,
    geometry: Arc<Geometry>,
    peers: Vec<Driver<Port>>,
    queue: BTreeMap<(Time, u64), Happening>,
    happened: u64,
    rng: ChaCha8Rng,
    pub(crate) delay: Duration,
    /// Bytes a second of each peer's uplink.
    pub(crate) uplink: u64,
    pub(crate) features: Features,
    pub(crate) upload_slots: usize,
    /// Which peers may give the item, and which may get it; everybody where it is not said.
    pub(crate) members: BTreeMap<usize, Member>,
    /// What swarms wanted, in words, to compare two runs.
    pub(crate) trace: Vec<String>,
}

impl World {
    pub(crate) fn new(pieces: u32, blocks_a_piece: u32, seed: u64) -> Self {
        let length = u64::from(pieces * blocks_a_piece * BLOCK) - 5000;
        Self {
            now: Time::ZERO,
            geometry: Arc::new(Geometry::new(blocks_a_piece * BLOCK, [(length, false)]).unwrap()),
            peers: Vec::new(),
            queue: BTreeMap::new(),
            happened: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
            delay: Duration::from_millis(5),
            uplink: 10_000_000,
            features: Features { extension: true, fast: true, v2: false },
            upload_slots: 40,
            members: BTreeMap::new(),
            trace: Vec::new(),
        }
    }

    pub(crate) fn geometry(&self) -> Arc<Geometry> {
        self.geometry.clone()
    }

    pub(crate) fn seed(&mut self) -> usize {
        self.add(Bitfield::all(self.geometry.piece_count()))
    }

    pub(crate) fn leech(&mut self) -> usize {
        self.add(Bitfield::none(self.geometry.piece_count()))
    }

    pub(crate) fn add(&mut self, have: Bitfield) -> usize {
        let number = self.peers.len();
        let config = Config::new(peer_id(number), 1 + number as u16);
        let config = Config { upload_slots: self.upload_slots, ..config };
        let item = Item::nameless(self.geometry.clone());
        let swarm = Swarm::new(config, item, have.clone(), self.rng.random(), self.now);
        self.peers.push(Driver::new(swarm, Disk::new(have, Duration::ZERO), Port::default()));
        number
    }

    pub(crate) fn swarm(&self, peer: usize) -> &Swarm<Token> {
        self.peers[peer].swarm()
    }

    /// What was seen of a peer so far.
    pub(crate) fn seen(&self, peer: usize) -> &Seen {
        &self.peers[peer].network().seen
    }

    /// How a peer differs from an honest one.
    pub(crate) fn character(&mut self, peer: usize) -> &mut Character {
        &mut self.peers[peer].network_mut().character
    }

    /// Tells a peer where others are.
    pub(crate) fn introduce(&mut self, peer: usize, others: &[usize]) {
        let addrs = others.iter().map(|other| addr(*other)).collect();
        self.input(peer, Input::Candidates { addrs, heard_from: HeardFrom::Session });
    }

    pub(crate) fn command(&mut self, peer: usize, command: Command) {
        self.input(peer, Input::Command(command));
    }

    /// Puts bytes on a peer's disk, as from an earlier run.
    pub(crate) fn find(&mut self, peer: usize, spans: &[Span], wrong: bool) {
        for span in spans {
            let token = Token { span: (*span).into(), flaw: wrong.into() };
            self.peers[peer].disk_mut().write(*span, token);
        }
        self.command(peer, Command::Found(spans.to_vec()));
    }

    /// A message out of nowhere, as from a peer of any kind, on the peer's first connection.
    pub(crate) fn inject(&mut self, peer: usize, message: Message) {
        let conn = *self.peers[peer].network().links.keys().next().unwrap();
        self.input(peer, Input::Message { conn, message });
    }

    /// Makes a member of a peer, or another one, which everybody whom it is connected to hears at once.
    pub(crate) fn let_in(&mut self, peer: usize, member: Member) {
        self.members.insert(peer, member);
        for one in 0..self.peers.len() {
            let links = self.peers[one].network().links.iter();
            let concerned = links.filter(|(_, link)| one == peer || link.other == peer);
            for conn in concerned.map(|(conn, _)| *conn).collect::<Vec<_>>() {
                let rights = self.tell_rights(one, conn);
                self.input(one, Input::Rights { conn, rights });
            }
        }
    }

    /// What may pass on a connection, which the peer is about to hear.
    fn tell_rights(&mut self, peer: usize, conn: ConnId) -> Rights {
        let other = self.peers[peer].network().links.get(&conn).map(|link| link.other);
        let rights = other.map_or(Rights::default(), |other| self.rights(peer, other));
        if let Some(link) = self.peers[peer].network_mut().links.get_mut(&conn) {
            link.rights = rights;
        }
        rights
    }

    /// What may pass between a peer and another one.
    pub(crate) fn rights(&self, peer: usize, other: usize) -> Rights {
        let everything = Member { gives: true, gets: true };
        let [own, theirs] = [peer, other].map(|one| self.members.get(&one).copied().unwrap_or(everything));
        Rights { give: own.gives && theirs.gets, take: own.gets && theirs.gives }
    }

    /// Cuts every connection of a peer.
    pub(crate) fn cut(&mut self, peer: usize) {
        let links: Vec<ConnId> = self.peers[peer].network().links.keys().copied().collect();
        for conn in links {
            self.hang_up(peer, conn);
            self.input(peer, Input::Disconnected { conn });
        }
    }

    /// Runs until every peer is complete, or nothing happens any more, or `limit` has passed.
    pub(crate) fn run(&mut self, limit: Duration) {
        self.run_until(limit, |world| world.peers.iter().all(|peer| peer.swarm().is_complete()));
    }

    pub(crate) fn run_until(&mut self, limit: Duration, done: impl Fn(&World) -> bool) {
        let end = self.now + limit;
        while !done(self) {
            let timeouts = self.peers.iter().enumerate();
            let timeout = timeouts.filter_map(|(nth, peer)| Some((peer.swarm().next_timeout()?, nth))).min();
            let next = self.queue.keys().next().map(|(time, _)| *time);
            let Some(soonest) = [timeout.map(|(time, _)| time), next].into_iter().flatten().min() else {
                return;
            };
            if soonest > end {
                self.now = end;
                return;
            }
            self.now = self.now.max(soonest);
            match timeout {
                Some((time, peer)) if next.is_none_or(|next| time <= next) => self.input(peer, Input::Tick),
                _ => self.happen(),
            }
        }
    }

    fn happen(&mut self) {
        let Some((_, happening)) = self.queue.pop_first() else {
            return;
        };
        match happening {
            Happening::Sent { peer, conn, bytes } => self.input(peer, Input::Sent { conn, bytes }),
            Happening::Deliver { peer, conn, cargo } => match cargo {
                Cargo::Message(message) => self.input(peer, Input::Message { conn, message }),
                Cargo::Block(data) => self.input(peer, Input::Block { conn, block: data.span, data }),
                Cargo::Hello(remote) => {
                    let rights = self.tell_rights(peer, conn);
                    self.input(peer, Input::Connected { conn, remote: Remote { rights, ..remote } });
                }
                Cargo::Gone => {
                    self.peers[peer].network_mut().links.remove(&conn);
                    self.input(peer, Input::Disconnected { conn });
                }
            },
        }
    }

    fn at(&mut self, time: Time, happening: Happening) {
        self.happened += 1;
        self.queue.insert((time, self.happened), happening);
    }

    /// Tells a swarm something, and does all that follows from it. Pieces are checked at once.
    fn input(&mut self, peer: usize, input: Input<Token>) {
        self.peers[peer].feed(self.now, input);
        self.pass_on(peer);
        while self.peers[peer].disk().verifying() > 0 {
            self.peers[peer].verify(self.now, 0);
            self.pass_on(peer);
        }
    }

    /// Lets out what a swarm wanted done.
    fn pass_on(&mut self, peer: usize) {
        let wanted = self.peers[peer].network_mut().take();
        assert!(wanted.len() <= MAX_AT_ONCE, "more at once than a connection takes: {:?}", wanted.last());
        for wanted in wanted {
            self.trace.push(format!("{:?} {peer} {wanted:?}", self.now));
            self.check_rights(peer, &wanted);
            match wanted {
                Wanted::Send(conn, message) => {
                    self.send(peer, conn, Cargo::Message(message), 20);
                }
                Wanted::Block(conn, token) => {
                    let to = self.peers[peer].network().links.get(&conn).map(|link| link.other);
                    if to.is_none_or(|other| !self.peers[other].network().character.deaf) {
                        let bytes = token.span.length;
                        let sent = self.send(peer, conn, Cargo::Block(token), bytes);
                        self.at(sent, Happening::Sent { peer, conn, bytes });
                    }
                }
                Wanted::Connect(addr) => self.connect(peer, addr),
                Wanted::Disconnect(conn) => self.hang_up(peer, conn),
                Wanted::Nothing(_) => {}
            }
        }
    }

    /// No swarm wants what it has no right to.
    fn check_rights(&self, peer: usize, wanted: &Wanted) {
        let rights = |conn| {
            let link = self.peers[peer].network().links.get(conn);
            link.map_or(Rights::default(), |link| link.rights)
        };
        match wanted {
            Wanted::Block(conn, token) => assert!(rights(conn).give, "{peer} gives {token:?}"),
            Wanted::Send(conn, Message::Unchoke | Message::Hashes(..)) => {
                assert!(rights(conn).give, "{peer} serves somebody without a right: {wanted:?}");
            }
            Wanted::Send(conn, Message::Request(_) | Message::Interested | Message::HashRequest(_)) => {
                assert!(rights(conn).take, "{peer} asks somebody without a right: {wanted:?}");
            }
            _ => {}
        }
    }

    /// Puts something on a connection; the time at which its last byte has left the uplink.
    fn send(&mut self, peer: usize, conn: ConnId, cargo: Cargo, bytes: u32) -> Time {
        let delay = self.delay + Duration::from_micros(self.rng.random_range(0..200));
        let cost = Duration::from_micros(u64::from(bytes) * 1_000_000 / self.uplink);
        let port = self.peers[peer].network_mut();
        let sent = port.uplink_free.max(self.now) + cost;
        port.uplink_free = sent;
        let Some(link) = port.links.get_mut(&conn) else {
            return sent;
        };
        // Bytes of one connection arrive in order.
        link.latest = link.latest.max(sent + delay);
        let (at, deliver) = (link.latest, Happening::Deliver { peer: link.other, conn: link.theirs, cargo });
        self.at(at, deliver);
        sent
    }

    fn connect(&mut self, peer: usize, to: SocketAddr) {
        let other = usize::from(to.port()) - 1;
        let (ours, theirs) =
            (self.peers[peer].network_mut().new_conn(), self.peers[other].network_mut().new_conn());
        let (latest, rights) = (self.now + self.delay * 2, Rights::default());
        self.peers[peer].network_mut().links.insert(ours, Link { other, theirs, latest, rights });
        self.peers[other]
            .network_mut()
            .links
            .insert(theirs, Link { other: peer, theirs: ours, latest, rights });
        let features = self.features;
        let hello = |who, outgoing| {
            let (peer_id, addr, form) = (peer_id(who), addr(who), Form::Canonical);
            Cargo::Hello(Remote { peer_id, addr, outgoing, features, v2: false, form, near: true, rights })
        };
        let (to_us, to_them) = (hello(other, true), hello(peer, false));
        self.at(self.now + self.delay, Happening::Deliver { peer: other, conn: theirs, cargo: to_them });
        self.at(latest, Happening::Deliver { peer, conn: ours, cargo: to_us });
    }

    fn hang_up(&mut self, peer: usize, conn: ConnId) {
        if let Some(Link { other, theirs, .. }) = self.peers[peer].network_mut().links.remove(&conn) {
            let gone = Happening::Deliver { peer: other, conn: theirs, cargo: Cargo::Gone };
            self.at(self.now + self.delay, gone);
        }
    }
}

pub(crate) fn peer_id(number: usize) -> PeerId {
    PeerId::new([number as u8; 12])
}

fn addr(number: usize) -> SocketAddr {
    ([10, 0, 0, 1], 1 + number as u16).into()
}
