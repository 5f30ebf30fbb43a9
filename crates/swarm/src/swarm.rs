//! The state machine: what it knows, and the dispatch of what happens.
//!
//! Each part of the exchange has a file of its own below this one, as a further `impl` of [`Swarm`].

mod admitting;
mod announcing;
mod asking;
mod blame;
mod choking;
mod connecting;
mod downloading;
mod ending;
mod hashes;
mod messages;
mod neighbours;
mod revealing;
mod timers;
mod uploading;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    marker::PhantomData,
    net::SocketAddr,
};

use peerpool_wire::{bitfield::Bitfield, geometry::Piece, time::Time};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub(crate) use self::revealing::Shown;
use self::{blame::Suspicion, hashes::Answers, revealing::Reveals, timers::Timers};
use crate::{
    Command, Config, ConnId, ConnStats, Input, Item, Outbox, Output, Remote, Stats, arrivals::Arrivals,
    bans::Bans, candidates::Candidates, connection::Connection, picker::Picker, rate::Rate, search::Search,
};

/// The exchange of one item. See the [crate's page](crate) for the contract with its driver.
#[derive(Debug)]
pub struct Swarm<B> {
    config: Config,
    item: Item,
    rng: ChaCha8Rng,
    picker: Picker,
    conns: BTreeMap<ConnId, Connection>,
    candidates: Candidates,
    search: Search,
    /// Connections being opened.
    connecting: BTreeSet<SocketAddr>,
    bans: Bans,
    arrivals: Arrivals,
    /// Connections that are of no use.
    useless: usize,
    /// Connections that could be asked for more than there is to ask for.
    starved: BTreeSet<ConnId>,
    /// Connections whose requests wait for an answer.
    serving: BTreeSet<ConnId>,
    /// Pieces of which a block was asked for twice.
    doubled: BTreeSet<Piece>,
    /// What is known of attempts that did not verify.
    suspicions: BTreeMap<Piece, Suspicion>,
    /// The last connections that are gone, in case one of them turns out to have lied.
    departed: VecDeque<(ConnId, Remote)>,
    /// Whether everything was here from the start: others may depend on what only this peer has.
    origin: bool,
    /// What a seed has shown; `None` while nobody is shown pieces one by one.
    revealing: Option<Reveals>,
    /// Connections that may be asked now and have something that we need.
    sources: usize,
    up_rate: Rate,
    answers: Answers,
    paused: bool,
    storage_busy: bool,
    trace: bool,
    /// Whether the pieces that need no fetching have been looked at.
    begun: bool,
    timers: Timers,
    totals: Totals,
    payload: PhantomData<fn() -> B>,
}

#[derive(Debug, Default)]
struct Totals {
    received: u64,
    wasted: u64,
    sent: u64,
    bytes_done: u64,
    bytes_wanted: u64,
}

impl<B> Swarm<B> {
    /// A swarm of `item` that begins with the pieces in `have`, which must be verified, and wants all others.
    ///
    /// `seed` is the source of all its random choices.
    pub fn new(config: Config, item: Item, have: Bitfield, seed: u64, now: Time) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let bytes_done = payload_of(&item, &have);
        let origin = have.is_all();
        let totals = Totals { bytes_done, bytes_wanted: item.geometry.payload(), ..Totals::default() };
        let picker = Picker::new(item.geometry.clone(), have, &mut rng);
        Self {
            config,
            item,
            rng,
            picker,
            conns: BTreeMap::new(),
            candidates: Candidates::default(),
            search: Search::new(now),
            connecting: BTreeSet::new(),
            bans: Bans::default(),
            arrivals: Arrivals::default(),
            useless: 0,
            starved: BTreeSet::new(),
            serving: BTreeSet::new(),
            doubled: BTreeSet::new(),
            suspicions: BTreeMap::new(),
            departed: VecDeque::new(),
            origin,
            revealing: None,
            sources: 0,
            up_rate: Rate::default(),
            answers: Answers::new(now),
            paused: false,
            storage_busy: false,
            trace: false,
            begun: false,
            timers: Timers::new(now),
            totals,
            payload: PhantomData,
        }
    }

    /// Tells the swarm what happened at `now`; what it wants done is appended to `out`.
    pub fn handle(&mut self, now: Time, input: Input<B>, out: &mut Outbox<B>) {
        if !self.begun {
            self.begun = true;
            // Pieces of padding alone are never fetched, and still count only once they are verified.
            for piece in self.picker.pads() {
                out.push(Output::Verify { piece, leaves: false });
            }
        }
        match input {
            Input::Connected { conn, remote } => self.handle_connected(now, conn, remote, out),
            Input::ConnectFailed { addr } => self.handle_connect_failed(now, addr, out),
            Input::Disconnected { conn } => self.remove_connection(now, conn, out),
            Input::Message { conn, message } => self.handle_message(now, conn, message, out),
            Input::Block { conn, block, data } => self.handle_block(now, conn, block, data, out),
            Input::Sent { conn, bytes } => self.handle_sent(now, conn, bytes, out),
            Input::Unreadable { conn, span, lost } => self.handle_unreadable(now, conn, span, lost, out),
            Input::Verified { piece, verdict } => self.handle_verified(now, piece, verdict, out),
            Input::Hashes { conn, request, hashes } => {
                self.handle_read_hashes(now, conn, request, hashes, out)
            }
            Input::Candidates { addrs, heard_from } => self.handle_candidates(now, addrs, heard_from, out),
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
            Command::Want(pieces) => self.want(now, pieces, out),
            Command::UploadSlots(slots) => {
                self.config.upload_slots = slots;
                self.offer_slots(now, out);
            }
            Command::MaxConnections(most) => self.config.max_connections = most,
            Command::Lost(pieces) => self.lose(now, &pieces, out),
            Command::Trace(on) => self.trace = on,
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

    /// Whether every wanted piece is verified.
    pub fn is_complete(&self) -> bool {
        self.picker.is_complete()
    }

    /// Figures of the whole swarm.
    pub fn stats(&self) -> Stats {
        Stats {
            pieces_done: self.picker.have().count(),
            bytes_done: self.totals.bytes_done,
            bytes_wanted: self.totals.bytes_wanted,
            received: self.totals.received,
            wasted: self.totals.wasted,
            sent: self.totals.sent,
            connections: self.conns.len(),
            unavailable: self.picker.unavailable(),
        }
    }

    /// Figures of each connection.
    pub fn connections(&self, now: Time) -> Vec<ConnStats> {
        self.conns.iter().map(|(id, conn)| conn.stats(*id, now)).collect()
    }
}

/// Bytes of files, pads not counted, in these pieces.
fn payload_of(item: &Item, pieces: &Bitfield) -> u64 {
    if pieces.is_all() {
        return item.geometry.payload();
    }
    pieces
        .iter()
        .filter_map(|index| item.geometry.piece(index))
        .map(|piece| item.geometry.payload_of(piece))
        .sum()
}
