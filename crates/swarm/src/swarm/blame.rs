//! Who sent wrong data.
//!
//! A piece that one connection sent alone names its liar by itself. One that several sent, or that was partly on disk
//! before, is fetched again, of one connection; meanwhile a peer that speaks BEP 52 is asked for the piece's block
//! hashes. Whichever comes first, the block hashes or a good copy of the piece, tells which blocks were wrong, and so
//! who sent them.

use std::collections::BTreeSet;

use peerpool_wire::{
    geometry::{BLOCK, Piece},
    id::Sha256Hash,
    merkle,
    message::{HashRequest, Message},
    time::Time,
};

use super::{Swarm, messages::Violation};
use crate::{ConnId, Outbox};

impl<B> Swarm<B> {
    /// A piece did not verify.
    pub(super) fn suspect(&mut self, now: Time, piece: Piece, leaves: Vec<Sha256Hash>, out: &mut Outbox<B>) {
        let sources = self.picker.failed(piece, &mut self.rng);
        self.uncount(piece, &sources);
        let senders: BTreeSet<ConnId> = sources.iter().flatten().copied().collect();
        // What was on disk before may be wrong too, and then nobody lied.
        let fetched = self.item.geometry.payload_end(piece).div_ceil(BLOCK) as usize;
        let on_disk = sources.iter().take(fetched).any(Option::is_none);
        if let (Some(liar), 1, false) = (senders.first(), senders.len(), on_disk) {
            self.ban(now, *liar, piece, out);
            return;
        }
        self.suspicions.add(piece, leaves, sources);
        self.ask_for_block_hashes(piece, out);
    }

    /// What a failed piece brought was of no use, whoever sent it.
    fn uncount(&mut self, piece: Piece, sources: &[Option<ConnId>]) {
        let length = self.item.geometry.length_of(piece);
        for (begin, source) in (0..length).step_by(BLOCK as usize).zip(sources) {
            if let Some(conn) = source.and_then(|id| self.conns.get_mut(&id)) {
                conn.download.received =
                    conn.download.received.saturating_sub(u64::from(BLOCK.min(length - begin)));
            }
        }
    }

    fn ask_for_block_hashes(&mut self, piece: Piece, out: &mut Outbox<B>) {
        let Some(request) = self.block_hash_request(piece) else {
            return;
        };
        let mut conns = self.conns.iter_mut().filter(|(_, conn)| conn.remote.v2 && conn.rights.take);
        let knows = conns.find(|(_, conn)| conn.holdings.has(piece));
        if let Some((id, conn)) = knows
            && self.suspicions.are_unasked(piece)
            && conn.asked_hashes.insert(request)
        {
            self.suspicions.ask(piece, *id, request);
            out.send(*id, Message::HashRequest(request));
        }
    }

    /// The request for the hashes of a piece's blocks, with the proof that they belong to its file.
    fn block_hash_request(&self, piece: Piece) -> Option<HashRequest> {
        let (root, file) = self.item.trees().file_at(self.item.geometry.offset_of(piece))?;
        let blocks = merkle::blocks(file.length);
        let width = u32::try_from(blocks.next_power_of_two()).ok()?;
        let length = (self.item.geometry.piece_length() / BLOCK).min(width);
        let first = (self.item.geometry.offset_of(piece) - file.offset) / u64::from(BLOCK);
        let proof_layers = merkle::height(blocks).saturating_sub(1);
        (length >= 2).then_some(HashRequest {
            root,
            base_layer: 0,
            index: first as u32,
            length,
            proof_layers,
        })
    }

    /// Hashes came in: those of a suspected piece, of one that is no longer suspected because a good copy came first,
    /// or an attempt to make us take any.
    pub(super) fn handle_hashes(
        &mut self,
        now: Time,
        id: ConnId,
        request: HashRequest,
        hashes: &[Sha256Hash],
        out: &mut Outbox<B>,
    ) -> Result<(), Violation> {
        if !self.conns.get_mut(&id).is_some_and(|conn| conn.asked_hashes.remove(&request)) {
            return Err(Violation("hashes that nobody asked for"));
        }
        let Some(piece) = self.suspicions.asked_for(id, request) else {
            return Ok(());
        };
        let Some((_, file)) = self.item.trees().file_at(self.item.geometry.offset_of(piece)) else {
            return Ok(());
        };
        let leaves = merkle::verify(file.length, &request, hashes)
            .map_err(|_| Violation("hashes that do not belong to the file"))?
            .to_vec();
        self.resolve(now, piece, &leaves, out);
        Ok(())
    }

    pub(super) fn handle_hash_reject(&mut self, id: ConnId, request: HashRequest) {
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.asked_hashes.remove(&request);
        }
        self.suspicions.rejected(id, request);
    }

    /// Bans those that sent other blocks than the true hashes of a piece allow.
    pub(super) fn resolve(&mut self, now: Time, piece: Piece, truth: &[Sha256Hash], out: &mut Outbox<B>) {
        for liar in self.suspicions.resolve(piece, truth) {
            self.ban(now, liar, piece, out);
        }
    }
}
