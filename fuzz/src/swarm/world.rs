//! A driver that keeps to the contract, and what it knows to be true.

mod peers;
mod port;

use std::time::Duration;

use peerpool_swarm::{Command, Config, ConnId, Input, Swarm};
use peerpool_virtual::{Disk, Driver, Token};
use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{BLOCK, Geometry, Piece},
    id::PeerId,
    message::{Message, Request},
    time::Time,
};

use self::port::Port;
use super::item::{SAMPLES, Sample};
use crate::supply::Supply;

/// The end needs fewer steps than this.
const MAX_STEPS: usize = 500;
/// The seed that comes at the end; no other peer has this number.
const GOOD_SEED: u8 = 200;
/// Bytes that a swarm hands out ahead in any case.
const MIN_AHEAD: u64 = 64 * 1024;

pub(super) struct World {
    sample: &'static Sample,
    driver: Driver<Port>,
    now: Time,
    /// Bytes that may be handed out ahead.
    most_unsent: u64,
    max_request: u32,
    next_conn: u32,
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
        let swarm = Swarm::new(config, sample.item.clone(), have.clone(), 7, Time::ZERO);
        let disk = Disk::new(have, Duration::ZERO).with_leaves(&sample.leaves);
        let mut world = Self {
            sample,
            driver: Driver::new(swarm, disk, Port::new(sample, max_request)),
            now: Time::ZERO,
            most_unsent,
            max_request,
            next_conn: 0,
        };
        world.find(supply, shape & 128 != 0);
        world
    }

    fn geometry(&self) -> &'static Geometry {
        &self.sample.item.geometry
    }

    fn swarm(&self) -> &Swarm<Token> {
        self.driver.swarm()
    }

    fn port(&self) -> &Port {
        self.driver.network()
    }

    fn port_mut(&mut self) -> &mut Port {
        self.driver.network_mut()
    }

    pub(super) fn pieces(&self) -> u32 {
        self.geometry().piece_count()
    }

    /// Bytes of a piece from `begin` on, one block at most.
    pub(super) fn bytes_behind(&self, piece: u32, begin: u32) -> u32 {
        let length = self.geometry().piece(piece).map_or(0, |piece| self.geometry().length_of(piece));
        length.saturating_sub(begin).min(BLOCK)
    }

    pub(super) fn input(&mut self, input: Input<Token>) {
        self.driver.feed(self.now, input);
        self.check();
    }

    /// What holds between two inputs.
    fn check(&mut self) {
        let now = self.now;
        let most = self.most_unsent.max(MIN_AHEAD) + u64::from(self.max_request);
        self.port_mut().end_input();
        let (swarm, port) = (self.driver.swarm(), self.driver.network());
        let stats = swarm.stats();
        assert_eq!(stats.connections, port.conns.len());
        assert!(stats.bytes_done <= self.geometry().payload());
        let unsent: u64 = port.conns.values().map(|conn| u64::from(conn.unsent)).sum();
        assert!(unsent <= most, "{unsent} bytes are handed out ahead");
        for conn in swarm.connections(now) {
            let asked = port.conns[&conn.conn].asked.iter();
            let asked: u64 = asked.map(|span| u64::from(span.length())).sum();
            assert_eq!(conn.outstanding, asked, "what is outstanding on {:?}", conn.conn);
        }
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
                let Some(span) = self.geometry().span(piece.index(), block * BLOCK, length) else {
                    continue;
                };
                // Padding is always right: nobody stores it.
                let padding = block * BLOCK >= self.geometry().payload_end(piece);
                self.driver.disk_mut().write(span, token(span, bits & 128 != 0 && !padding));
                found.push(span);
            }
        }
        self.input(Input::Command(Command::Found(found)));
    }

    pub(super) fn verify(&mut self, supply: &mut Supply<'_>) {
        let waiting = self.driver.disk().verifying();
        if waiting > 0 {
            self.driver.verify(self.now, supply.index(waiting));
            self.check();
        }
    }

    /// The disk has read block hashes, or could not.
    fn give_leaves(&mut self, supply: &mut Supply<'_>) {
        if self.port().reading.is_empty() {
            return;
        }
        let nth = supply.index(self.port().reading.len());
        let (conn, piece, request) = self.port_mut().reading.remove(nth);
        let hashes = (!supply.flag()).then(|| self.sample.leaves[piece.as_usize()].clone());
        self.input(Input::Hashes { conn, request, hashes });
    }

    pub(super) fn storage_busy(&mut self, supply: &mut Supply<'_>) {
        self.input(Input::StorageBusy(supply.flag()));
    }

    /// Some of the pieces that are here are not.
    pub(super) fn lose(&mut self, pieces: &Bitfield) {
        let here = pieces.iter().filter_map(|index| self.geometry().piece(index));
        let lost: Vec<Piece> = here.filter(|piece| self.swarm().have().has(*piece)).collect();
        self.input(Input::Command(Command::Lost(lost)));
    }

    pub(super) fn pass_time(&mut self, supply: &mut Supply<'_>) {
        let byte = supply.byte();
        let due = self.swarm().next_timeout();
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
        assert!(self.swarm().next_timeout().is_none_or(|due| due > self.now), "a tick does what is due");
    }

    /// Everybody leaves and a good seed comes: then the item is completed.
    pub(super) fn finish(mut self) {
        for conn in self.port().conns.keys().copied().collect::<Vec<_>>() {
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
            if self.swarm().is_complete() {
                return;
            }
            self.verify(&mut nothing);
            self.answer_connect(&mut nothing);
            self.give_leaves(&mut nothing);
            match self.port().conns.get(&seed).map(|conn| conn.asked.is_empty()) {
                Some(false) => self.answer_request(seed, 0, false),
                Some(true) if self.driver.disk().verifying() == 0 => self.wait(seed),
                _ => {}
            }
        }
        assert!(self.swarm().is_complete(), "the item is not fetched: {:?}", self.swarm().stats());
    }

    fn wait(&mut self, seed: ConnId) {
        self.tell(seed, Message::KeepAlive);
        if let Some(due) = self.swarm().next_timeout() {
            self.now = self.now.max(due);
            self.tick();
        }
    }
}

pub(super) fn peer_id(number: u8) -> PeerId {
    PeerId::new([number; 12])
}

fn token(span: impl Into<Request>, wrong: bool) -> Token {
    Token { span: span.into(), flaw: wrong.into() }
}
