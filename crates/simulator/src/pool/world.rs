//! The pool's world: what happens when, and what nodes want done.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use peerpool_catalogue::{Input, LinkId, Output, SessionId};
use peerpool_wire::{
    channel::{AskId, ToPeer, Welcome},
    id::{InfoHash, PeerId},
    link::News,
    time::Time,
};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{
    Outcome,
    checks::Ended,
    clients::Client,
    links::Wire,
    members::Passes,
    node::{Database, Node},
    peers::Peer,
    updates::Question,
};

/// How long everything goes wrong.
const TROUBLE: Duration = Duration::from_secs(120);
/// How long nothing does afterwards: every lease and grace is over, and everybody has said how it stands.
const CALM: Duration = Duration::from_secs(150);
/// Things that may happen before the world is given up.
const MOST_EVENTS: u64 = 300_000;

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Dial(usize),
    Pump {
        at: usize,
        number: u32,
        side: usize,
    },
    Deliver {
        at: usize,
        number: u32,
        side: usize,
    },
    Lost {
        at: usize,
        number: u32,
        side: usize,
    },
    Heal(usize),
    Start(usize),
    Resume(usize),
    /// Others have waited for a node for long enough.
    Given {
        node: usize,
        since: Time,
    },
    DatabaseUp,
    Fault,
    Peer(usize),
    Register {
        peer: usize,
        session: SessionId,
        kept: bool,
    },
    Metainfo {
        peer: usize,
        session: SessionId,
        info_hash: InfoHash,
    },
    Answer {
        peer: usize,
        session: SessionId,
        ask: AskId,
    },
    Client(usize),
    /// A node sees what others have changed of members.
    See {
        node: usize,
        number: u64,
    },
    /// Somebody changes members.
    Command,
    Look,
}

pub(super) struct World {
    pub(super) now: Time,
    pub(super) rng: ChaCha8Rng,
    agenda: BTreeMap<(Time, u64), Event>,
    planned: u64,
    pub(super) nodes: Vec<Node>,
    pub(super) wires: Vec<Wire>,
    pub(super) database: Database,
    pub(super) peers: Vec<Peer>,
    pub(super) clients: Vec<Client>,
    pub(super) questions: Vec<Question>,
    /// Who had what and has ended.
    pub(super) ended: BTreeMap<(PeerId, u8), Ended>,
    /// Numbers the looks of nodes.
    pub(super) looks: u64,
    /// What nodes have signed.
    pub(super) passes: Passes,
    /// For how long so far one node or another has hung.
    pub(super) hung: Duration,
    /// Processes so far.
    pub(super) processes: u32,
    /// Nothing goes wrong any more.
    pub(super) is_calm: bool,
    pub(super) outcome: Outcome,
    /// What happened, in words, where somebody wants to read it.
    trace: Option<Vec<String>>,
    busy: BTreeSet<usize>,
}

impl World {
    pub(super) fn new(seed: u64, mut rng: ChaCha8Rng, is_traced: bool) -> Self {
        let count = rng.random_range(2..=4);
        let mut world = Self {
            now: Time::ZERO,
            agenda: BTreeMap::new(),
            planned: 0,
            nodes: Vec::new(),
            wires: Vec::new(),
            database: Database::default(),
            peers: (0..rng.random_range(3..9)).map(Peer::new).collect(),
            clients: (0..rng.random_range(2..7)).map(Client::new).collect(),
            questions: Vec::new(),
            ended: BTreeMap::new(),
            looks: 0,
            passes: Passes::new(),
            hung: Duration::ZERO,
            processes: 0,
            is_calm: false,
            outcome: Outcome { seed, ..Outcome::default() },
            trace: is_traced.then(Vec::new),
            busy: BTreeSet::new(),
            rng,
        };
        for node in 0..count {
            let rate = world.rng.random_range(980_000..1_020_000);
            let calendar = world.rng.random_range(0..100_000);
            world.nodes.push(Node::new(rate, calendar));
            world.plan(Duration::ZERO, Event::Start(node));
            for other in 0..node {
                let delay = Duration::from_millis(world.rng.random_range(1..300));
                world.wires.push(Wire::new([other, node], delay));
                world.plan(Duration::from_millis(10), Event::Dial(world.wires.len() - 1));
            }
        }
        world.plan(Duration::from_secs(1), Event::Look);
        world.plan(Duration::from_secs(2), Event::Fault);
        world.plan(Duration::from_secs(1), Event::Command);
        for peer in 0..world.peers.len() {
            let time = world.rng.random_range(100..3000);
            world.plan(Duration::from_millis(time), Event::Peer(peer));
        }
        for client in 0..world.clients.len() {
            let time = world.rng.random_range(100..20_000);
            world.plan(Duration::from_millis(time), Event::Client(client));
        }
        world
    }

    pub(super) fn plan(&mut self, after: Duration, event: Event) {
        self.planned += 1;
        self.agenda.insert((self.now + after, self.planned), event);
    }

    /// Runs to its end. Returns what came of it, and what happened, in words, if it was to be traced.
    pub(super) fn run(mut self) -> (Outcome, Vec<String>) {
        let (calm, end) = (Time::ZERO + TROUBLE, Time::ZERO + TROUBLE + CALM);
        while self.outcome.broken.is_empty() {
            let timer = self.nodes.iter().enumerate().filter_map(|(at, node)| Some((node.due()?, at))).min();
            let event = self.agenda.first_key_value().map(|(&key, _)| key);
            let next = timer
                .map_or(event.map(|(at, _)| at), |(due, _)| Some(event.map_or(due, |(at, _)| at.min(due))));
            let Some(next) = next.filter(|&next| next <= end) else { break };
            if next >= calm && !self.is_calm {
                self.pass(calm);
                self.calm_down();
                continue;
            }
            self.pass(next);
            self.outcome.events += 1;
            if self.outcome.events > MOST_EVENTS {
                self.broken("bounded", format!("more than {MOST_EVENTS} events by {:?}", self.now));
            }
            match timer.filter(|&(due, _)| event.is_none_or(|(at, _)| due <= at)) {
                Some((_, node)) => {
                    self.nodes[node].tick(self.now);
                    self.perform(node);
                }
                None => {
                    if let Some((_, event)) = self.agenda.pop_first() {
                        self.happen(event);
                    }
                }
            }
        }
        if self.outcome.broken.is_empty() {
            self.check_end();
        }
        (self.outcome, self.trace.unwrap_or_default())
    }

    /// Time passes up to then.
    fn pass(&mut self, until: Time) {
        let until = self.now.max(until);
        if self.nodes.iter().any(|node| node.hung.is_some()) {
            self.hung += until.since(self.now);
        }
        self.now = until;
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Dial(at) => self.dial(at),
            Event::Pump { at, number, side } => self.pump(at, number, side),
            Event::Deliver { at, number, side } => self.deliver(at, number, side),
            Event::Lost { at, number, side } => self.lost(at, number, side),
            Event::Heal(at) => self.wires[at].is_cut = false,
            Event::Start(node) => self.start(node),
            Event::Resume(node) => self.resume(node),
            Event::Given { node, since } => self.give_up(node, since),
            Event::DatabaseUp => self.database_up(),
            Event::Fault => self.fault(),
            Event::Peer(peer) => self.peer(peer),
            Event::Register { peer, session, kept } => self.register(peer, session, kept),
            Event::Metainfo { peer, session, info_hash } => self.send_metainfo(peer, session, info_hash),
            Event::Answer { peer, session, ask } => self.answer(peer, session, ask),
            Event::Client(client) => self.client(client),
            Event::See { node, number } => self.look_again(node, number),
            Event::Command => self.command(),
            Event::Look => self.look(),
        }
    }

    /// Something happens at a node, which does at once what follows from it.
    pub(super) fn input(&mut self, node: usize, input: Input) {
        self.note(|now| format!("{now:?} node {node} has {input:?}"));
        self.nodes[node].handle(self.now, input);
        self.perform(node);
    }

    /// Does what a node wants done.
    pub(super) fn perform(&mut self, node: usize) {
        if !self.busy.insert(node) {
            // Whoever is doing it goes on.
            return;
        }
        loop {
            let outputs = std::mem::take(&mut self.nodes[node].out);
            if outputs.is_empty() {
                break;
            }
            for output in outputs {
                self.output(node, output);
            }
        }
        self.busy.remove(&node);
    }

    fn output(&mut self, node: usize, output: Output) {
        self.note(|now| format!("{now:?} node {node} does {output:?}"));
        match output {
            Output::Tell { to, news } => self.tell(node, to, &news),
            Output::Store(change) if self.database.is_down => self.nodes[node].unstored.push(change),
            Output::Store(change) => self.database.take(change),
            Output::Close { session, .. } => {
                if let Some(peer) = self.nodes[node].sessions.remove(&session) {
                    self.closed(peer, session);
                }
            }
            Output::Probe(probe) => {
                let reachable = probe.address.port() % 3 != 0;
                self.input(node, Input::Probed { probe, reachable });
            }
            Output::Send { session, message } => {
                if let Some(&peer) = self.nodes[node].sessions.get(&session) {
                    self.sent(peer, session, message);
                }
            }
            Output::Heard(_) | Output::SendMetainfo { .. } | Output::Ping { .. } => {}
        }
    }

    /// A peer is sent something.
    fn sent(&mut self, peer: usize, session: SessionId, message: ToPeer) {
        if self.peers[peer].session != Some(session) {
            return;
        }
        match message {
            ToPeer::Welcome(Welcome { kept, .. }) => {
                let time = Duration::from_millis(self.rng.random_range(1..500));
                self.plan(time, Event::Register { peer, session, kept });
            }
            ToPeer::NeedMetainfo { info_hashes } => {
                for info_hash in info_hashes {
                    let time = Duration::from_millis(self.rng.random_range(1..300));
                    self.plan(time, Event::Metainfo { peer, session, info_hash });
                }
            }
            ToPeer::AskState { ask, .. } => {
                let time = Duration::from_millis(self.rng.random_range(1..500));
                self.plan(time, Event::Answer { peer, session, ask });
            }
            ToPeer::Updated { request, silent, .. } => self.check_barrier(peer, session, request, &silent),
            _ => {}
        }
    }

    /// A number for a new process.
    pub(super) fn next_process(&mut self) -> LinkId {
        self.processes += 1;
        LinkId(self.processes)
    }

    fn note(&mut self, what: impl FnOnce(Time) -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(what(self.now));
        }
    }

    pub(super) fn broken(&mut self, checker: &str, what: String) {
        if self.outcome.broken.len() < 20 {
            self.outcome.broken.push(format!("{checker}: {what}"));
        }
    }

    /// Takes a piece of news into the digest of the run (FNV-1a over its text).
    pub(super) fn digest(&mut self, news: &News) {
        for byte in format!("{news:?}").bytes() {
            self.outcome.digest = (self.outcome.digest ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}
