//! A virtual peer: a real [`Swarm`] with a virtual disk, a virtual link and a character.
//!
//! It is driven as the real driver drives it, but for the sockets: its inbox holds what is on its way to it,
//! its port what it sends. Between the two it is alone, so that [`VirtualPeer::run_until`] needs nobody else.

mod behaviour;
mod conns;
mod ledger;
mod player;
mod port;
mod receiving;

pub use behaviour::Behaviour;
pub use conns::{Conn, Conns, State};
pub use ledger::Ledger;
pub use player::Player;

use std::{
    collections::{BinaryHeap, VecDeque},
    sync::Arc,
    time::Duration,
};

use peerpool_swarm::{Command, Config, ConnId, Input, Item, Swarm};
use peerpool_virtual::{Disk, Driver, Token};
use peerpool_wire::{bitfield::Bitfield, geometry::Piece, id::PeerId, time::Time};
use port::Port;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    link::{LinkSpec, Pipe},
    mail::{Body, Cargo, Mail, PORT, PeerNo},
    trace::Trace,
};

/// How the peer ids of stock clients begin.
const STOCK: [u8; 8] = *b"-XX0000-";

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
    /// Bytes a second at which it plays the item while that arrives.
    pub reads: Option<f64>,
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
    /// For each peer, the id that it shows.
    pub ids: Vec<PeerId>,
    /// How long it takes to verify a piece.
    pub verify: Duration,
    /// For each peer, whether it is behind the line.
    pub behind_line: Vec<bool>,
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
    driver: Driver<Port>,
    downlink: Pipe,
    player: Option<Player>,
    online: bool,
    /// Whether it left without a word, so that nothing answers in its place.
    vanished: bool,
    /// Sorted by arrival at the far end of the delay.
    inbox: BinaryHeap<Mail>,
    /// Through the downlink at that time, in order.
    received: VecDeque<(Time, Mail)>,
    /// When something happened to it last.
    now: Time,
    last_tick: Time,
    /// When the swarm wants its next tick.
    tick: Option<Time>,
}

/// What a peer does next.
#[derive(Clone, Copy)]
enum Next {
    Arrival,
    Receive,
    Verified,
    Leave,
    Tick,
    Play,
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
        let is_ours = spec.behaviour != Behaviour::Stock;
        let config = Config {
            peer_id: peer_id(no, spec.behaviour),
            port: PORT,
            super_seed: is_ours && around.config.super_seed,
            ..around.config.clone()
        };
        let swarm = Swarm::new(config, around.item.clone(), have.clone(), rng.random(), Time::ZERO);
        let disk = Disk::new(have, around.verify);
        Self {
            downlink: Pipe::new(spec.link.down, spec.link.queue),
            player: spec.reads.map(Player::new),
            driver: Driver::new(swarm, disk, Port::new(no, spec, around, rng)),
            online: false,
            vanished: false,
            inbox: BinaryHeap::new(),
            received: VecDeque::new(),
            now: Time::ZERO,
            last_tick: Time::ZERO,
            tick: None,
        }
    }

    /// It starts to take part.
    pub fn arrive(&mut self, now: Time) {
        self.online = true;
        self.now = now;
        self.last_tick = now;
        self.tick = self.swarm().next_timeout();
        self.port_mut().ledger.arrived = Some(now);
        if self.spec().behaviour == Behaviour::Paused {
            self.feed(now, Input::Command(Command::Pause));
        }
        if let Some(player) = &mut self.player {
            player.begin(now);
        }
        if self.swarm().is_complete() {
            self.port_mut().ledger.completed = Some(now);
        }
    }

    /// It leaves. A peer that leaves `silently` says nothing to anybody, as after a power cut.
    pub fn leave(&mut self, now: Time, silently: bool) {
        self.online = false;
        self.player = None;
        self.tick = None;
        let port = self.driver.network_mut();
        port.ledger.left = Some(now);
        let all: Vec<ConnId> = port.conns.iter().map(|(id, _)| id).collect();
        for id in all {
            if silently {
                port.uplink.close(id);
                port.conns.remove(id);
            } else {
                port.hang_up(now, id);
            }
        }
        self.driver.disk_mut().stop_verifying();
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
                Next::Verified => {
                    self.driver.verify(now, 0);
                    self.tick = self.swarm().next_timeout();
                }
                Next::Leave => self.port_mut().send_train(now),
                Next::Tick => {
                    self.last_tick = now;
                    self.feed(now, Input::Tick);
                }
                Next::Play => self.play(now),
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
        consider(self.driver.disk().next_verified(), Next::Verified);
        // An uplink that has been idle since is free at once.
        consider(self.port().uplink.next_timeout().map(|time| time.max(self.now)), Next::Leave);
        // A swarm that wants its tick over and over at one instant must not stop the world's time.
        let soonest = self.last_tick + Duration::from_micros(1);
        consider(self.tick.map(|time| time.max(soonest).max(self.now)), Next::Tick);
        consider(self.player.as_ref().and_then(Player::next_look).map(|time| time.max(self.now)), Next::Play);
        first
    }

    /// Tells the swarm something and does all that follows from it.
    fn feed(&mut self, now: Time, input: Input<Token>) {
        self.driver.feed(now, input);
        self.tick = self.swarm().next_timeout();
    }

    /// Plays what is there, and says what comes next.
    fn play(&mut self, now: Time) {
        let swarm = self.driver.swarm();
        let Some(player) = &mut self.player else { return };
        let left = player.look(now, &swarm.item().geometry, swarm.have());
        self.feed(now, Input::Command(Command::Read(vec![left])));
    }

    fn port(&self) -> &Port {
        self.driver.network()
    }

    fn port_mut(&mut self) -> &mut Port {
        self.driver.network_mut()
    }

    /// Its number.
    pub fn no(&self) -> PeerNo {
        self.port().no
    }

    /// What it is.
    pub fn spec(&self) -> &PeerSpec {
        &self.port().spec
    }

    /// Its swarm.
    pub fn swarm(&self) -> &Swarm<Token> {
        self.driver.swarm()
    }

    /// Its disk.
    pub fn disk(&self) -> &Disk {
        self.driver.disk()
    }

    /// Its books.
    pub fn ledger(&self) -> &Ledger {
        &self.port().ledger
    }

    /// Its player, if it has one.
    pub fn player(&self) -> Option<&Player> {
        self.player.as_ref()
    }

    /// Its connections.
    pub fn conns(&self) -> &Conns {
        &self.port().conns
    }

    /// Its trace.
    pub fn trace(&self) -> &Trace {
        &self.port().trace
    }

    /// Whether it takes part now.
    pub fn is_online(&self) -> bool {
        self.online
    }

    /// How long its uplink has been busy so far.
    pub fn uplink_busy(&self) -> Duration {
        self.port().uplink.busy()
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
        std::mem::take(&mut self.port_mut().outgoing.mails)
    }

    /// Gives back the emptied list, to be filled again.
    pub fn give_back(&mut self, emptied: Vec<(PeerNo, Mail)>) {
        self.port_mut().outgoing.mails = emptied;
    }

    /// Whether it has asked the tracker for more peers since the last call.
    pub fn take_question(&mut self) -> bool {
        std::mem::take(&mut self.port_mut().asks_tracker)
    }

    /// Takes the pieces that it has completed since the last call.
    pub fn drain_fresh(&mut self) -> impl Iterator<Item = Piece> + '_ {
        self.port_mut().fresh.drain(..)
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
pub(crate) fn peer_id(no: PeerNo, behaviour: Behaviour) -> PeerId {
    let mut tail = [0; 12];
    tail[8..].copy_from_slice(&no.0.to_be_bytes());
    let mut id = PeerId::new(tail);
    if behaviour == Behaviour::Stock {
        id.0[..STOCK.len()].copy_from_slice(&STOCK);
    }
    id
}
