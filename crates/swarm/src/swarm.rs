//! The state machine: its parts, and the dispatch of what happens.
//!
//! A part keeps its own books and knows nothing of messages: [`SuperSeed`], [`Requests`], [`Neighbours`] and so on.
//! What several of them have to do with is a file below this one, as a further `impl` of [`Swarm`].

mod admitting;
mod announcing;
mod asking;
mod blame;
mod choking;
mod connecting;
mod downloading;
mod ending;
mod hashes;
mod hurrying;
mod limiting;
mod messages;
mod neighbours;
mod reading;
mod rights;
mod sites;
mod super_seeding;
mod ticking;
mod uploading;

use std::{collections::BTreeMap, marker::PhantomData};

use peerpool_wire::{bitfield::Bitfield, geometry::Piece, time::Time};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{
    Command, Config, ConnId, ConnStats, Input, Item, Outbox, Output, Stats, answers::Answers,
    connection::Connection, neighbours::Neighbours, picker::Picker, requests::Requests, serving::Serving,
    super_seed::SuperSeed, suspicions::Suspicions, timers::Timers, wished::Wished,
};

/// The exchange of one item. See the [crate's page](crate) for the contract with its driver.
#[derive(Debug)]
pub struct Swarm<B> {
    config: Config,
    item: Item,
    rng: ChaCha8Rng,
    conns: BTreeMap<ConnId, Connection>,
    neighbours: Neighbours,
    picker: Picker,
    requests: Requests,
    suspicions: Suspicions,
    serving: Serving,
    super_seed: SuperSeed,
    answers: Answers,
    wishes: Wished,
    timers: Timers,
    /// When something of its share came last from another network.
    shared: Time,
    /// Something came or was ordered since connections were looked after.
    stirred: bool,
    payload: PhantomData<fn() -> B>,
}

impl<B> Swarm<B> {
    /// A swarm of `item` that begins with the pieces in `have`, which must be verified, and wants all others.
    ///
    /// `seed` is the source of all its random choices.
    pub fn new(config: Config, item: Item, have: Bitfield, seed: u64, now: Time) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let origin = have.is_all();
        let super_seed = SuperSeed::new(item.geometry.clone(), config.super_seed && origin);
        let picker = Picker::new(item.geometry.clone(), have, &mut rng);
        let mut swarm = Self {
            config,
            item,
            rng,
            conns: BTreeMap::new(),
            neighbours: Neighbours::new(now),
            picker,
            requests: Requests::default(),
            suspicions: Suspicions::default(),
            serving: Serving::default(),
            super_seed,
            answers: Answers::new(now),
            wishes: Wished::default(),
            timers: Timers::default(),
            shared: now,
            stirred: false,
            payload: PhantomData,
        };
        swarm.set_candidates_timer();
        swarm
    }

    /// Tells the swarm what happened at `now`; what it wants done is appended to `out`.
    pub fn handle(&mut self, now: Time, input: Input<B>, out: &mut Outbox<B>) {
        // Pieces of padding alone are never fetched, and still count only once they are verified.
        for piece in self.picker.take_pads() {
            out.push(Output::Verify { piece, leaves: false });
        }
        if !matches!(input, Input::Tick) {
            self.stir(now);
        }
        match input {
            Input::Connected { conn, remote } => self.handle_connected(now, conn, remote, out),
            Input::Rights { conn, rights } => self.set_rights(now, conn, rights, out),
            Input::Pass { conn, pass } => self.show_pass(now, conn, pass, out),
            Input::ConnectFailed { addr } => self.handle_connect_failed(now, addr, out),
            Input::Disconnected { conn } => self.handle_disconnected(now, conn, out),
            Input::Message { conn, message } => self.handle_message(now, conn, message, out),
            Input::Block { conn, block, data } => self.handle_block(now, conn, block, data, out),
            Input::Sent { conn, bytes } => self.handle_sent(now, conn, bytes, out),
            Input::Unreadable { conn, span } => self.handle_unreadable(now, conn, span, out),
            Input::Verified { piece, verdict } => self.handle_verified(now, piece, verdict, out),
            Input::Hashes { conn, request, hashes } => {
                self.handle_read_hashes(now, conn, request, hashes, out)
            }
            Input::Candidates { addrs, heard_from } => self.handle_candidates(now, addrs, heard_from, out),
            Input::Limited(limited) => self.set_limited(now, limited, out),
            Input::Allowance { conn, bytes } => self.handle_allowance(now, conn, bytes, out),
            Input::StorageBusy(busy) => self.handle_storage_busy(now, busy, out),
            Input::Command(command) => self.handle_command(now, command, out),
            Input::Tick => self.handle_tick(now, out),
        }
    }

    fn handle_command(&mut self, now: Time, command: Command, out: &mut Outbox<B>) {
        match command {
            Command::Pause => self.pause(now, out),
            Command::Resume => self.resume(now, out),
            Command::Found(spans) => self.find(&spans, out),
            Command::Retry => self.retry(now, out),
            Command::Want(pieces) => self.want(now, pieces, out),
            Command::Lost(pieces) => self.lose(now, &pieces, out),
            Command::Read(readers) => self.read(now, &readers, out),
            Command::Trace(on) => self.requests.trace = on,
        }
    }

    /// The item.
    pub fn item(&self) -> &Item {
        &self.item
    }

    /// The pieces that are verified.
    pub fn have(&self) -> &Bitfield {
        self.picker.have()
    }

    /// Whether a piece is the next one that somebody reads ([`Command::Read`](crate::Command::Read)).
    pub fn is_read_next(&self, piece: Piece) -> bool {
        self.picker.is_next(piece)
    }

    /// Whether every wanted piece is verified.
    pub fn is_complete(&self) -> bool {
        self.picker.is_complete()
    }

    /// Figures of the whole swarm.
    pub fn stats(&self) -> Stats {
        Stats {
            pieces_done: self.picker.have().count(),
            bytes_done: self.picker.bytes_done(),
            bytes_wanted: self.picker.bytes_wanted(),
            received: self.requests.received,
            wasted: self.requests.wasted,
            sent: self.serving.sent,
            connections: self.conns.len(),
            unavailable: self.picker.unavailable(),
        }
    }

    /// Figures of each connection.
    pub fn connections(&self, now: Time) -> Vec<ConnStats> {
        self.conns.iter().map(|(id, conn)| conn.stats(*id, now)).collect()
    }
}
