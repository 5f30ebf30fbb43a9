//! A driver that keeps to the contract, and what it knows to be true.

mod outputs;
mod peers;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};

use peerpool_swarm::{Command, Config, ConnId, Input, Outbox, Swarm, Verdict};
use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{BLOCK, Geometry, Piece, Span},
    id::{PeerId, Sha256Hash},
    message::{HashRequest, Message},
    time::Time,
};

use super::item::{SAMPLES, Sample};
use crate::supply::Supply;

/// So many outputs no single input needs.
const MAX_OUTPUTS: usize = 2000;
/// The end needs fewer steps than this.
const MAX_STEPS: usize = 500;
/// The seed that comes at the end; no other peer has this number.
const GOOD_SEED: u8 = 200;

/// A payload: whether it is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Data {
    wrong: bool,
}

/// A connection as its other end sees it.
struct Conn {
    peer_id: PeerId,
    fast: bool,
    /// What it was asked for and may still answer.
    asked: Vec<Span>,
    hashes_asked: Vec<HashRequest>,
    /// Blocks handed out to it, and bytes of those that the socket has not taken.
    handed: Vec<Span>,
    unsent: u32,
}

pub(super) struct World {
    sample: &'static Sample,
    swarm: Swarm<Data>,
    now: Time,
    /// Bytes that may be handed out ahead.
    most_unsent: u64,
    max_request: u32,
    conns: BTreeMap<ConnId, Conn>,
    next_conn: u32,
    connecting: Vec<SocketAddr>,
    verifying: Vec<(Piece, bool)>,
    reading: Vec<(ConnId, Piece, HashRequest)>,
    /// For each block on disk and not verified, whether it is wrong.
    stored: BTreeMap<Piece, Vec<Option<bool>>>,
    /// The answer to a request that is being told to the swarm.
    answer: Option<(Span, Data)>,
    /// Peers that sent anything wrong.
    liars: BTreeSet<PeerId>,
}

impl World {
    pub(super) fn new(supply: &mut Supply<'_>) -> Self {
        let sample = &SAMPLES[supply.index(SAMPLES.len())];
        let pieces = sample.item.geometry.piece_count();
        let shape = supply.byte();
        let have = match shape & 3 {
            0 => Bitfield::all(pieces),
            1 => super::bitfield(supply, pieces),
            _ => Bitfield::none(pieces),
        };
        let config = Config {
            upload_slots: usize::from(shape >> 2 & 3),
            max_connections: 6,
            wanted_connections: 4,
            max_request: BLOCK << (shape >> 4 & 3),
            max_unsent: 4 * BLOCK,
            super_seed: shape & 64 == 0,
            ..Config::new(peer_id(3), 4000)
        };
        let (most_unsent, max_request) = (config.max_unsent.into(), config.max_request);
        let mut world = Self {
            sample,
            swarm: Swarm::new(config, sample.item.clone(), have, 7, Time::ZERO),
            now: Time::ZERO,
            most_unsent,
            max_request,
            conns: BTreeMap::new(),
            next_conn: 0,
            connecting: Vec::new(),
            verifying: Vec::new(),
            reading: Vec::new(),
            stored: BTreeMap::new(),
            answer: None,
            liars: BTreeSet::new(),
        };
        world.find(supply, shape & 128 != 0);
        world
    }

    fn geometry(&self) -> &'static Geometry {
        &self.sample.item.geometry
    }

    pub(super) fn pieces(&self) -> u32 {
        self.geometry().piece_count()
    }

    /// Bytes of a piece from `begin` on, one block at most.
    pub(super) fn bytes_behind(&self, piece: u32, begin: u32) -> u32 {
        let length = self.geometry().piece(piece).map_or(0, |piece| self.geometry().length_of(piece));
        length.saturating_sub(begin).min(BLOCK)
    }

    pub(super) fn input(&mut self, input: Input<Data>) {
        let mut out = Outbox::new();
        self.swarm.handle(self.now, input, &mut out);
        for (nth, output) in out.enumerate() {
            assert!(nth < MAX_OUTPUTS, "one input has no end of outputs");
            self.perform(output);
        }
        self.answer = None;
        self.check();
    }

    /// Data of an earlier run, right or wrong, before anything else.
    fn find(&mut self, supply: &mut Supply<'_>, any: bool) {
        if !any {
            return;
        }
        let mut found = Vec::new();
        for piece in self.geometry().pieces() {
            let bits = supply.byte();
            for block in (0..self.geometry().blocks_of(piece).min(4)).filter(|block| bits >> block & 1 == 1) {
                let length = self.bytes_behind(piece.index(), block * BLOCK);
                found.extend(self.geometry().span(piece.index(), block * BLOCK, length));
                // Padding is always right: nobody stores it.
                let padding = block * BLOCK >= self.geometry().payload_end(piece);
                self.put(piece, block, bits & 128 != 0 && !padding);
            }
        }
        self.input(Input::Command(Command::Found(found)));
    }

    fn put(&mut self, piece: Piece, block: u32, wrong: bool) {
        let blocks = self.geometry().blocks_of(piece) as usize;
        self.stored.entry(piece).or_insert_with(|| vec![None; blocks])[block as usize] = Some(wrong);
    }

    pub(super) fn verify(&mut self, supply: &mut Supply<'_>) {
        if self.verifying.is_empty() {
            return;
        }
        let nth = supply.index(self.verifying.len());
        let (piece, leaves) = self.verifying.remove(nth);
        let stored = self.stored.remove(&piece).unwrap_or_default();
        let is_wrong = |block: usize| stored.get(block) == Some(&Some(true));
        let truth = &self.sample.leaves[piece.as_usize()];
        let verdict = if (0..truth.len()).any(is_wrong) {
            let hash = |(block, hash): (usize, &Sha256Hash)| {
                if is_wrong(block) { Sha256Hash([0xbd; 32]) } else { *hash }
            };
            Verdict::Bad { leaves: truth.iter().enumerate().map(hash).collect() }
        } else {
            Verdict::Good { leaves: if leaves { truth.clone() } else { Vec::new() } }
        };
        self.input(Input::Verified { piece, verdict });
    }

    /// The disk has read block hashes, or could not.
    fn give_leaves(&mut self, supply: &mut Supply<'_>) {
        if self.reading.is_empty() {
            return;
        }
        let nth = supply.index(self.reading.len());
        let (conn, piece, request) = self.reading.remove(nth);
        let hashes = (!supply.flag()).then(|| self.sample.leaves[piece.as_usize()].clone());
        self.input(Input::Hashes { conn, request, hashes });
    }

    pub(super) fn storage_busy(&mut self, supply: &mut Supply<'_>) {
        self.input(Input::StorageBusy(supply.flag()));
    }

    /// Some of the pieces that are here are not.
    pub(super) fn lose(&mut self, pieces: &Bitfield) {
        let here = pieces.iter().filter_map(|index| self.geometry().piece(index));
        let lost: Vec<Piece> = here.filter(|piece| self.swarm.have().has(*piece)).collect();
        self.input(Input::Command(Command::Lost(lost)));
    }

    pub(super) fn pass_time(&mut self, supply: &mut Supply<'_>) {
        let byte = supply.byte();
        let due = self.swarm.next_timeout();
        self.now = match due {
            Some(due) if byte >= 128 => self.now.max(due),
            _ => self.now + Duration::from_millis(u64::from(byte) * u64::from(byte)),
        };
        if due.is_some_and(|due| due <= self.now) {
            self.tick();
        }
    }

    fn tick(&mut self) {
        self.input(Input::Tick);
        assert!(self.swarm.next_timeout().is_none_or(|due| due > self.now), "a tick does what is due");
    }

    /// Everybody leaves and a good seed comes: then the item is completed.
    pub(super) fn finish(mut self) {
        for conn in self.conns.keys().copied().collect::<Vec<_>>() {
            self.lose_conn(conn);
        }
        self.input(Input::StorageBusy(false));
        let all = Bitfield::all(self.pieces());
        for command in [Command::Want(all), Command::Resume] {
            self.input(Input::Command(command));
        }
        let seed = self.join(GOOD_SEED, 0b11, None);
        self.tell(seed, Message::HaveAll);
        self.tell(seed, Message::Unchoke);
        let mut nothing = Supply::new(&[]);
        for _ in 0..MAX_STEPS {
            if self.swarm.is_complete() {
                return;
            }
            self.verify(&mut nothing);
            self.answer_connect(&mut nothing);
            self.give_leaves(&mut nothing);
            match self.conns.get(&seed).map(|conn| conn.asked.is_empty()) {
                Some(false) => self.answer_request(seed, 0, Data { wrong: false }),
                Some(true) if self.verifying.is_empty() => self.wait(seed),
                _ => {}
            }
        }
        assert!(self.swarm.is_complete(), "the item is not fetched: {:?}", self.swarm.stats());
    }

    fn wait(&mut self, seed: ConnId) {
        self.tell(seed, Message::KeepAlive);
        if let Some(due) = self.swarm.next_timeout() {
            self.now = self.now.max(due);
            self.tick();
        }
    }
}

pub(super) fn peer_id(number: u8) -> PeerId {
    PeerId::new([number; 12])
}
