//! A few swarms wired to each other through links with a rate, a delay and a seed.
//!
//! Time is simulated, and nothing is random but the seed. `data` is not bytes but whether they are the item's.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use peerpool_swarm::{
    Command, Config, ConnId, Event, Form, HeardFrom, Input, Item, Outbox, Output, Reason, Remote, Swarm,
    Verdict,
};
use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{BLOCK, Geometry, Piece, Span},
    handshake::Features,
    id::{PeerId, Sha256Hash},
    message::{Message, Request},
    time::Time,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Outputs that one input may bring about at most: a connection's queue takes 4,096 messages.
const MAX_AT_ONCE: usize = 4000;

/// A payload: where it says it is from, and whether it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Data {
    pub(crate) wrong: bool,
}

#[derive(Debug)]
enum Cargo {
    Message(Message),
    Block(Request, Data),
    Hello(Remote),
    Gone,
}

enum Happening {
    Deliver { peer: usize, conn: ConnId, cargo: Cargo },
    Sent { peer: usize, conn: ConnId, bytes: u32 },
}

/// One peer: its swarm, and what it does with outputs.
pub(crate) struct Peer {
    pub(crate) swarm: Swarm<Data>,
    stored: BTreeMap<Piece, Vec<Option<bool>>>,
    links: BTreeMap<ConnId, (usize, ConnId, Time)>,
    uplink_free: Time,
    next_conn: u32,
    pub(crate) lies: bool,
    pub(crate) mute: bool,
    /// Blocks sent to it do not arrive.
    pub(crate) deaf: bool,
    /// It never tells what it has.
    pub(crate) hides: bool,
    pub(crate) events: Vec<Event>,
    pub(crate) disconnects: Vec<Reason>,
    pub(crate) requests: Vec<Span>,
    pub(crate) complete_at: Option<Time>,
    /// When it looked for more peers.
    pub(crate) searches: Vec<Time>,
}

pub(crate) struct World {
    pub(crate) now: Time,
    geometry: Arc<Geometry>,
    pub(crate) peers: Vec<Peer>,
    queue: BTreeMap<(Time, u64), Happening>,
    happened: u64,
    rng: ChaCha8Rng,
    pub(crate) delay: Duration,
    /// Bytes a second of each peer's uplink.
    pub(crate) uplink: u64,
    pub(crate) features: Features,
    pub(crate) upload_slots: usize,
    /// Each output in words, to compare two runs.
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
        let config =
            Config { upload_slots: self.upload_slots, ..Config::new(peer_id(number), 1 + number as u16) };
        let item = Item::nameless(self.geometry.clone());
        let swarm = Swarm::new(config, item, have, self.rng.random(), self.now);
        self.peers.push(Peer {
            swarm,
            stored: BTreeMap::new(),
            links: BTreeMap::new(),
            uplink_free: Time::ZERO,
            next_conn: 0,
            lies: false,
            mute: false,
            deaf: false,
            hides: false,
            events: Vec::new(),
            disconnects: Vec::new(),
            requests: Vec::new(),
            complete_at: None,
            searches: Vec::new(),
        });
        number
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
            self.perform(peer, Output::Store { span: *span, useful: span.length(), data: Data { wrong } });
        }
        self.command(peer, Command::Found(spans.to_vec()));
    }

    /// A message out of nowhere, as from a peer of any kind, on the peer's first connection.
    pub(crate) fn inject(&mut self, peer: usize, message: Message) {
        let conn = *self.peers[peer].links.keys().next().unwrap();
        self.input(peer, Input::Message { conn, message });
    }

    /// Cuts every connection of a peer.
    pub(crate) fn cut(&mut self, peer: usize) {
        let links: Vec<(ConnId, usize, ConnId)> = self.peers[peer]
            .links
            .iter()
            .map(|(conn, (other, theirs, _))| (*conn, *other, *theirs))
            .collect();
        for (conn, other, theirs) in links {
            self.peers[peer].links.remove(&conn);
            self.input(peer, Input::Disconnected { conn });
            self.at(
                self.now + self.delay,
                Happening::Deliver { peer: other, conn: theirs, cargo: Cargo::Gone },
            );
        }
    }

    /// Runs until every peer is complete, or nothing happens any more, or `limit` has passed.
    pub(crate) fn run(&mut self, limit: Duration) {
        self.run_until(limit, |world| world.peers.iter().all(|peer| peer.swarm.is_complete()));
    }

    pub(crate) fn run_until(&mut self, limit: Duration, done: impl Fn(&World) -> bool) {
        let end = self.now + limit;
        while !done(self) {
            let timeout = self
                .peers
                .iter()
                .enumerate()
                .filter_map(|(nth, peer)| Some((peer.swarm.next_timeout()?, nth)))
                .min();
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
                Cargo::Block(block, data) => self.input(peer, Input::Block { conn, block, data }),
                Cargo::Hello(remote) => self.input(peer, Input::Connected { conn, remote }),
                Cargo::Gone => {
                    self.peers[peer].links.remove(&conn);
                    self.input(peer, Input::Disconnected { conn });
                }
            },
        }
    }

    fn at(&mut self, time: Time, happening: Happening) {
        self.happened += 1;
        self.queue.insert((time, self.happened), happening);
    }

    fn input(&mut self, peer: usize, input: Input<Data>) {
        let mut inputs = VecDeque::from([input]);
        let mut out = Outbox::new();
        while let Some(input) = inputs.pop_front() {
            self.peers[peer].swarm.handle(self.now, input, &mut out);
            let mut outputs = 0;
            while let Some(output) = out.pop() {
                self.trace.push(format!("{:?} {peer} {output:?}", self.now));
                outputs += 1;
                assert!(outputs <= MAX_AT_ONCE, "more at once than a connection takes: {output:?}");
                if let Some(answer) = self.perform(peer, output) {
                    inputs.push_back(answer);
                }
            }
        }
    }

    fn perform(&mut self, peer: usize, output: Output<Data>) -> Option<Input<Data>> {
        match output {
            Output::Send { conn, message } => {
                if let Message::Request(request) = &message {
                    let span = self.geometry.span(request.index, request.begin, request.length).unwrap();
                    self.peers[peer].requests.push(span);
                }
                let hidden = self.peers[peer].hides && matches!(message, Message::Have(_));
                if !hidden {
                    self.send(peer, conn, Cargo::Message(message), 20);
                }
            }
            Output::SendBlock { conn, span } => {
                assert!(self.peers[peer].swarm.have().has(span.piece()), "only verified bytes are served");
                let to = self.peers[peer].links.get(&conn).map(|(other, _, _)| *other);
                if self.peers[peer].mute || to.is_some_and(|other| self.peers[other].deaf) {
                    return None;
                }
                let data = Data { wrong: self.peers[peer].lies };
                let sent = self.send(peer, conn, Cargo::Block(span.into(), data), span.length());
                self.at(sent, Happening::Sent { peer, conn, bytes: span.length() });
            }
            Output::Store { span, data, .. } => {
                let blocks = self.geometry.blocks_of(span.piece()) as usize;
                let stored =
                    self.peers[peer].stored.entry(span.piece()).or_insert_with(|| vec![None; blocks]);
                for block in (span.begin() / BLOCK)..span.end().div_ceil(BLOCK) {
                    stored[block as usize] = Some(data.wrong);
                }
            }
            Output::Verify { piece, leaves } => return Some(self.verify(peer, piece, leaves)),
            Output::ReadHashes { conn, request, .. } => {
                return Some(Input::Hashes { conn, request, hashes: None });
            }
            Output::Connect { addr } => return self.connect(peer, addr),
            Output::FindCandidates => self.peers[peer].searches.push(self.now),
            Output::Disconnect { conn, reason } => {
                self.peers[peer].disconnects.push(reason);
                if let Some((other, theirs, _)) = self.peers[peer].links.remove(&conn) {
                    self.at(
                        self.now + self.delay,
                        Happening::Deliver { peer: other, conn: theirs, cargo: Cargo::Gone },
                    );
                }
            }
            Output::Event(event) => {
                if event == Event::Complete {
                    self.peers[peer].complete_at = Some(self.now);
                }
                self.peers[peer].events.push(event);
            }
        }
        None
    }

    fn verify(&mut self, peer: usize, piece: Piece, leaves: bool) -> Input<Data> {
        let stored = self.peers[peer].stored.remove(&piece).unwrap();
        let good = stored.iter().all(|block| *block == Some(false));
        // A stand-in for hashes: what matters is that right and wrong blocks differ.
        let hashes = || stored.iter().map(|wrong| Sha256Hash([u8::from(*wrong == Some(true)); 32])).collect();
        let verdict = match good {
            true => Verdict::Good { leaves: if leaves { hashes() } else { Vec::new() } },
            false => Verdict::Bad { leaves: hashes() },
        };
        Input::Verified { piece, verdict }
    }

    /// Puts something on a connection; the time at which its last byte has left the uplink.
    fn send(&mut self, peer: usize, conn: ConnId, cargo: Cargo, bytes: u32) -> Time {
        let uplink = self.uplink;
        let delay = self.delay + Duration::from_micros(self.rng.random_range(0..200));
        let sender = &mut self.peers[peer];
        let start = sender.uplink_free.max(self.now);
        let sent = start + Duration::from_micros(u64::from(bytes) * 1_000_000 / uplink);
        sender.uplink_free = sent;
        let Some((other, theirs, last)) = sender.links.get_mut(&conn) else {
            return sent;
        };
        // Bytes of one connection arrive in order.
        let arrives = (sent + delay).max(*last);
        *last = arrives;
        let happening = Happening::Deliver { peer: *other, conn: *theirs, cargo };
        self.at(arrives, happening);
        sent
    }

    fn connect(&mut self, peer: usize, to: SocketAddr) -> Option<Input<Data>> {
        let other = usize::from(to.port()) - 1;
        if other >= self.peers.len() {
            return Some(Input::ConnectFailed { addr: to });
        }
        let (ours, theirs) = (self.new_conn(peer), self.new_conn(other));
        let now = self.now;
        self.peers[peer].links.insert(ours, (other, theirs, now));
        self.peers[other].links.insert(theirs, (peer, ours, now));
        let remote = |who, outgoing| Remote {
            peer_id: peer_id(who),
            addr: addr(who),
            outgoing,
            features: self.features,
            v2: false,
            form: Form::Canonical,
        };
        let (to_us, to_them) = (remote(other, true), remote(peer, false));
        let trip = self.delay * 2;
        self.peers[peer].links.get_mut(&ours).unwrap().2 = now + trip;
        self.peers[other].links.get_mut(&theirs).unwrap().2 = now + trip;
        self.at(
            now + self.delay,
            Happening::Deliver { peer: other, conn: theirs, cargo: Cargo::Hello(to_them) },
        );
        self.at(now + trip, Happening::Deliver { peer, conn: ours, cargo: Cargo::Hello(to_us) });
        None
    }

    fn new_conn(&mut self, peer: usize) -> ConnId {
        self.peers[peer].next_conn += 1;
        ConnId(self.peers[peer].next_conn)
    }
}

pub(crate) fn peer_id(number: usize) -> PeerId {
    PeerId::new([number as u8; 12])
}

pub(crate) fn addr(number: usize) -> SocketAddr {
    ([10, 0, 0, 1], 1 + number as u16).into()
}
