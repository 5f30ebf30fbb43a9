//! The driver: it feeds a swarm and does what comes out.

use std::{collections::VecDeque, net::SocketAddr};

use peerpool_swarm::{Command, ConnId, Event, Input, Outbox, Output, Reason, Swarm};
use peerpool_wire::{
    geometry::{Piece, Span},
    message::{HashRequest, Message},
    time::Time,
};

use crate::{Disk, Token, contract};

/// What a swarm is connected to. The driver calls each method when the swarm wants it done.
pub trait Network {
    /// Sends a message.
    fn send(&mut self, now: Time, conn: ConnId, message: Message);

    /// Sends a block.
    fn send_block(&mut self, now: Time, conn: ConnId, span: Span);

    /// Opens a connection, which is told with [`Input::Connected`]; false when nobody can be there.
    fn connect(&mut self, now: Time, addr: SocketAddr) -> bool;

    /// Closes a connection.
    fn disconnect(&mut self, now: Time, conn: ConnId, reason: Reason);

    /// Finds more peers.
    fn find_candidates(&mut self, now: Time);

    /// Hears of bytes that are stored.
    fn stored(&mut self, _span: Span, _data: Token) {}

    /// Begins to read the block hashes of a piece, which are told with [`Input::Hashes`]; false when it cannot.
    fn read_hashes(&mut self, _conn: ConnId, _piece: Piece, _request: HashRequest) -> bool {
        false
    }

    /// Hears of an event.
    fn note(&mut self, now: Time, event: Event);

    /// Hears that the swarm broke its contract.
    fn fault(&mut self, now: Time, what: String);
}

/// A swarm with its disk, in a network.
#[derive(Debug)]
pub struct Driver<N> {
    swarm: Swarm<Token>,
    outbox: Outbox<Token>,
    answers: VecDeque<Input<Token>>,
    disk: Disk,
    network: N,
}

impl<N: Network> Driver<N> {
    /// A driver of `swarm`, which begins with what is verified on `disk`.
    pub fn new(swarm: Swarm<Token>, disk: Disk, network: N) -> Self {
        Self { swarm, outbox: Outbox::new(), answers: VecDeque::new(), disk, network }
    }

    /// The swarm.
    pub fn swarm(&self) -> &Swarm<Token> {
        &self.swarm
    }

    /// Its disk.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Its disk, to put there what an earlier run has left.
    pub fn disk_mut(&mut self) -> &mut Disk {
        &mut self.disk
    }

    /// Its network.
    pub fn network(&self) -> &N {
        &self.network
    }

    /// Its network, to change it between two inputs.
    pub fn network_mut(&mut self) -> &mut N {
        &mut self.network
    }

    /// Tells the swarm something, and does all that follows from it.
    pub fn feed(&mut self, now: Time, input: Input<Token>) {
        let mut next = Some(input);
        while let Some(input) = next {
            if let Input::Command(Command::Lost(pieces)) = &input {
                self.disk.lose(pieces);
            }
            self.swarm.handle(now, input, &mut self.outbox);
            while let Some(output) = self.outbox.pop() {
                self.perform(now, output);
            }
            next = self.answers.pop_front();
        }
    }

    /// Tells the swarm what checking a piece gave: of those that wait for it, the one at `place`.
    pub fn verify(&mut self, now: Time, place: usize) {
        if let Some((piece, verdict)) = self.disk.verify(&self.swarm.item().geometry, place) {
            self.feed(now, Input::Verified { piece, verdict });
        }
    }

    fn perform(&mut self, now: Time, output: Output<Token>) {
        if let Some(fault) = contract::fault(&self.swarm, &self.disk, &output) {
            self.network.fault(now, fault);
        }
        match output {
            Output::Send { conn, message } => self.network.send(now, conn, message),
            Output::SendBlock { conn, span } => self.network.send_block(now, conn, span),
            Output::Store { span, data, .. } => {
                self.network.stored(span, data);
                self.disk.write(span, data);
            }
            Output::Verify { piece, leaves } => self.disk.begin_verifying(now, piece, leaves),
            Output::ReadHashes { conn, piece, request } => {
                if !self.network.read_hashes(conn, piece, request) {
                    self.answers.push_back(Input::Hashes { conn, request, hashes: None });
                }
            }
            // No limit is set here: what is asked for is allowed.
            Output::AskAllowance { conn, bytes } => {
                self.answers.push_back(Input::Allowance { conn, bytes });
            }
            Output::Connect { addr } => {
                if !self.network.connect(now, addr) {
                    self.answers.push_back(Input::ConnectFailed { addr });
                }
            }
            Output::FindCandidates => self.network.find_candidates(now),
            Output::Disconnect { conn, reason } => self.network.disconnect(now, conn, reason),
            Output::Event(event) => self.network.note(now, event),
        }
    }
}
