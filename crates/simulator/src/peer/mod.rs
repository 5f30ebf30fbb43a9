//! A virtual peer: a real [`Swarm`] with a virtual disk, a virtual link and a character.
//!
//! It is driven as the real driver drives it, but for the sockets: its inbox holds what is on its way to it,
//! its outbox what it sends. Between the two it is alone, so that [`VirtualPeer::run_until`] needs nobody else.

mod behaviour;
mod conns;
mod ledger;
mod outputs;
mod receiving;
mod store;

pub use behaviour::Behaviour;
pub use conns::{Conn, Conns, State};
pub use ledger::Ledger;
pub use store::{Store, Token};

use std::{
    collections::{BinaryHeap, VecDeque},
    sync::Arc,
    time::Duration,
};

use peerpool_swarm::{Command, Config, ConnId, Input, Item, Outbox, Swarm};
use peerpool_wire::{bitfield::Bitfield, geometry::Piece, id::PeerId, message::Request, time::Time};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rustc_hash::FxHashSet;

use crate::{
    link::{LinkSpec, Pipe, Uplink},
    mail::{Body, Cargo, Mail, PORT, PeerNo},
    trace::Trace,
};

/// What makes one peer different from another.
#[derive(Clone, Debug)]
pub struct PeerSpec {
    /// Its link.
    pub link: LinkSpec,
    /// Its character.
    pub behaviour: Behaviour,
    /// Whether it begins with every piece.
    pub seed: bool,
    /// Whether it claims every piece, and has it, though it is none of the seeds.
    pub complete: bool,
    /// Its class in the scenario.
    pub class: usize,
}

/// What all peers share and none changes.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The item.
    pub item: Item,
    /// Each peer's share of the one-way delay.
    pub delays: Vec<Duration>,
    /// For each peer, whose id it shows.
    pub ids: Vec<PeerNo>,
    /// How long it takes to verify a piece.
    pub verify: Duration,
    /// Settings of every swarm, but for the peer id.
    pub config: Config,
    /// Whether traces are kept in words.
    pub words: bool,
    /// Source of all chance.
    pub seed: u64,
}

/// A peer of the virtual world.
#[derive(Debug)]
pub struct VirtualPeer {
    no: PeerNo,
    spec: PeerSpec,
    around: Arc<Surroundings>,
    swarm: Swarm<Token>,
    outbox: Outbox<Token>,
    store: Store,
    conns: Conns,
    uplink: Uplink<Cargo>,
    downlink: Pipe,
    online: bool,
    /// Whether it left without a word, so that nothing answers in its place.
    vanished: bool,
    /// Sorted by arrival at the far end of the delay.
    inbox: BinaryHeap<Mail>,
    /// Through the downlink at that time, in order.
    received: VecDeque<(Time, Mail)>,
    verifying: VecDeque<(Time, Piece, bool)>,
    /// What a seed has sent to anybody; empty for others.
    given: FxHashSet<Request>,
    /// When something happened to it last.
    now: Time,
    last_tick: Time,
    /// When the swarm wants its next tick.
    tick: Option<Time>,
    /// Room for the messages of one train.
    whole: Vec<Cargo>,
    sending: Vec<(PeerNo, Mail)>,
    /// Whether it asks the tracker for more peers.
    asks_tracker: bool,
    seq: u32,
    fresh: Vec<Piece>,
    rng: ChaCha8Rng,
    ledger: Ledger,
    trace: Trace,
}

/// What a peer does next.
#[derive(Clone, Copy)]
enum Next {
    Arrival,
    Receive,
    Verified,
    Leave,
    Tick,
}

impl VirtualPeer {
    /// A peer that has not arrived yet.
    pub fn new(no: PeerNo, spec: PeerSpec, around: Arc<Surroundings>) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(around.seed);
        rng.set_stream(u64::from(no.0) + 1);
        let pieces = around.item.geometry.piece_count();
        let have = match spec.seed || spec.complete {
            true => Bitfield::all(pieces),
            false => Bitfield::none(pieces),
        };
        let config = Config { peer_id: peer_id(no), port: PORT, ..around.config.clone() };
        let swarm = Swarm::new(config, around.item.clone(), have.clone(), rng.random(), Time::ZERO);
        Self {
            no,
            swarm,
            outbox: Outbox::new(),
            store: Store::new(have),
            conns: Conns::default(),
            uplink: Uplink::new(spec.link.clone()),
            downlink: Pipe::new(spec.link.down, spec.link.queue),
            online: false,
            vanished: false,
            inbox: BinaryHeap::new(),
            received: VecDeque::new(),
            verifying: VecDeque::new(),
            given: FxHashSet::default(),
            now: Time::ZERO,
            last_tick: Time::ZERO,
            tick: None,
            whole: Vec::new(),
            sending: Vec::new(),
            asks_tracker: false,
            seq: 0,
            fresh: Vec::new(),
            rng,
            ledger: Ledger::default(),
            trace: if around.words { Trace::in_words() } else { Trace::default() },
            spec,
            around,
        }
    }

    /// It starts to take part.
    pub fn arrive(&mut self, now: Time) {
        self.online = true;
        self.now = now;
        self.last_tick = now;
        self.tick = self.swarm.next_timeout();
        self.ledger.arrived = Some(now);
        if self.spec.behaviour == Behaviour::Paused {
            self.feed(now, Input::Command(Command::Pause));
        }
        if self.swarm.is_complete() {
            self.ledger.completed = Some(now);
        }
    }

    /// It leaves. A peer that leaves `silently` says nothing to anybody, as after a power cut.
    pub fn leave(&mut self, now: Time, silently: bool) {
        self.online = false;
        self.tick = None;
        self.ledger.left = Some(now);
        let all: Vec<ConnId> = self.conns.iter().map(|(id, _)| id).collect();
        for id in all {
            if silently {
                self.uplink.close(id);
                self.conns.remove(id);
            } else {
                self.hang_up(now, id);
            }
        }
        self.verifying.clear();
        self.vanished = silently;
    }

    /// When something happens to it next.
    pub fn next_event(&self) -> Option<Time> {
        self.next().map(|(time, _)| time)
    }

    /// Runs it up to `end`, exclusively.
    pub fn run_until(&mut self, end: Time) {
        while let Some((now, next)) = self.next().filter(|(time, _)| *time < end) {
            self.now = now;
            match next {
                Next::Arrival => self.take_from_inbox(now),
                Next::Receive => self.receive(now),
                Next::Verified => self.finish_verification(now),
                Next::Leave => self.send_train(now),
                Next::Tick => {
                    self.last_tick = now;
                    self.feed(now, Input::Tick);
                }
            }
        }
    }

    /// What comes first; of things at the same time, the one that stands first here.
    fn next(&self) -> Option<(Time, Next)> {
        let mut first: Option<(Time, Next)> = None;
        let mut consider = |time: Option<Time>, next: Next| {
            if let Some(time) = time
                && first.is_none_or(|(earliest, _)| time < earliest)
            {
                first = Some((time, next));
            }
        };

        consider(self.inbox.peek().map(|mail| mail.at), Next::Arrival);
        consider(self.received.front().map(|(time, ..)| *time), Next::Receive);
        consider(self.verifying.front().map(|(time, ..)| *time), Next::Verified);
        // An uplink that has been idle since is free at once.
        consider(self.uplink.next_timeout().map(|time| time.max(self.now)), Next::Leave);
        // A swarm that wants its tick over and over at one instant must not stop the world's time.
        let soonest = self.last_tick + Duration::from_micros(1);
        consider(self.tick.map(|time| time.max(soonest).max(self.now)), Next::Tick);
        first
    }

    /// Its number.
    pub fn no(&self) -> PeerNo {
        self.no
    }

    /// What it is.
    pub fn spec(&self) -> &PeerSpec {
        &self.spec
    }

    /// Its swarm.
    pub fn swarm(&self) -> &Swarm<Token> {
        &self.swarm
    }

    /// Its disk.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its books.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Its connections.
    pub fn conns(&self) -> &Conns {
        &self.conns
    }

    /// Its trace.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Whether it takes part now.
    pub fn is_online(&self) -> bool {
        self.online
    }

    /// How long its uplink has been busy so far.
    pub fn uplink_busy(&self) -> Duration {
        self.uplink.busy()
    }

    /// Payload bytes of blocks on their way to it.
    pub fn in_flight(&self) -> u64 {
        let waiting = self.received.iter().map(|(_, mail)| mail);
        self.inbox.iter().chain(waiting).map(payload_of).sum()
    }

    /// Puts a mail into its inbox.
    pub fn deliver(&mut self, mail: Mail) {
        self.inbox.push(mail);
    }

    /// Takes what it has sent since the last call.
    pub fn take_sent(&mut self) -> Vec<(PeerNo, Mail)> {
        std::mem::take(&mut self.sending)
    }

    /// Gives back the emptied list, to be filled again.
    pub fn give_back(&mut self, emptied: Vec<(PeerNo, Mail)>) {
        self.sending = emptied;
    }

    /// Whether it has asked the tracker for more peers since the last call.
    pub fn take_question(&mut self) -> bool {
        std::mem::take(&mut self.asks_tracker)
    }

    /// Takes the pieces that it has completed since the last call.
    pub fn drain_fresh(&mut self) -> impl Iterator<Item = Piece> + '_ {
        self.fresh.drain(..)
    }
}

/// Payload bytes of the block that a mail brings, if it does.
fn payload_of(mail: &Mail) -> u64 {
    match &mail.body {
        Body::Bytes { cargo: Some(Cargo::Block(token)), .. } => u64::from(token.span.length),
        _ => 0,
    }
}

/// The peer id of a virtual peer.
pub(crate) fn peer_id(no: PeerNo) -> PeerId {
    let mut tail = [0; 12];
    tail[8..].copy_from_slice(&no.0.to_be_bytes());
    PeerId::new(tail)
}
