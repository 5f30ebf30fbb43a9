//! Messages of other peers: which part of the swarm each concerns, and what breaks the protocol.

use bytes::Bytes;
use peerpool_wire::{
    bitfield::Bitfield,
    extension::{ExtensionHandshake, HANDSHAKE, MetadataMessage, ours},
    geometry::Piece,
    message::Message,
    time::Time,
};

use super::Swarm;
use crate::{ConnId, Outbox, Reason};

/// What a message did that no honest peer does.
pub(super) struct Violation(pub(super) &'static str);

impl From<Violation> for Reason {
    fn from(Violation(what): Violation) -> Self {
        Self::Protocol(what)
    }
}

impl<B> Swarm<B> {
    pub(super) fn handle_message(&mut self, now: Time, id: ConnId, message: Message, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        conn.last_received = now;
        if let Err(reason) = self.dispatch(now, id, message, out) {
            self.disconnect(now, id, reason, out);
        }
    }

    fn dispatch(
        &mut self,
        now: Time,
        id: ConnId,
        message: Message,
        out: &mut Outbox<B>,
    ) -> Result<(), Reason> {
        match message {
            Message::KeepAlive | Message::Port(_) | Message::Unknown(_) => {}
            Message::Choke => self.handle_choke(now, id, out),
            Message::Unchoke => self.handle_unchoke(now, id, out),
            Message::Interested => self.handle_interest(now, id, true, out),
            Message::NotInterested => self.handle_interest(now, id, false, out),
            Message::Have(index) => {
                let piece = self.piece(index, "have of a piece that does not exist")?;
                self.peer_has(now, id, piece, out);
            }
            Message::Bitfield(bytes) => {
                let theirs = Bitfield::from_bytes(&bytes, self.item.geometry.piece_count())
                    .map_err(|_| Violation("a bitfield that is not of this item"))?;
                self.peer_has_all_of(now, id, theirs, out);
            }
            Message::HaveAll => {
                self.needs_fast(id)?;
                self.peer_has_all_of(now, id, Bitfield::all(self.item.geometry.piece_count()), out);
            }
            Message::HaveNone => {
                self.needs_fast(id)?;
                self.peer_has_all_of(now, id, Bitfield::none(self.item.geometry.piece_count()), out);
            }
            Message::Request(request) => self.handle_request(now, id, request, out)?,
            Message::Cancel(request) => self.handle_cancel(id, request, out),
            Message::Reject(request) => {
                self.needs_fast(id)?;
                self.handle_reject(now, id, request, out);
            }
            Message::SuggestPiece(index) => {
                self.needs_fast(id)?;
                if let Some(piece) = self.item.geometry.piece(index) {
                    self.wished(now, id, piece, out);
                }
            }
            Message::AllowedFast(index) => {
                self.needs_fast(id)?;
                // BEP 6 lets a peer name pieces of an item whose metadata the other may not know: no violation.
                if let Some(piece) = self.item.geometry.piece(index) {
                    self.handle_allowed_fast(now, id, piece, out);
                }
            }
            Message::Extended { id: number, payload } => {
                self.handle_extended(now, id, number, &payload, out)?
            }
            Message::HashRequest(request) => self.handle_hash_request(now, id, request, out)?,
            Message::Hashes(request, hashes) => self.handle_hashes(now, id, request, &hashes, out)?,
            Message::HashReject(request) => self.handle_hash_reject(id, request),
        }
        Ok(())
    }

    fn piece(&self, index: u32, otherwise: &'static str) -> Result<Piece, Violation> {
        self.item.geometry.piece(index).ok_or(Violation(otherwise))
    }

    fn needs_fast(&self, id: ConnId) -> Result<(), Violation> {
        match self.conns.get(&id) {
            Some(conn) if !conn.remote.features.fast => {
                Err(Violation("a message of the fast extension unagreed"))
            }
            _ => Ok(()),
        }
    }

    /// All that a peer has, said at once. BEP 3 has it as the first message only; aria2 says it later on too, in place
    /// of many `have`s, whenever that is shorter. Then it adds to what is known.
    fn peer_has_all_of(&mut self, now: Time, id: ConnId, theirs: Bitfield, out: &mut Outbox<B>) {
        let geometry = self.item.geometry.clone();
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        if std::mem::replace(&mut conn.holdings.told, true) {
            let pieces = theirs.iter().filter_map(|index| geometry.piece(index));
            let new: Vec<Piece> = pieces.filter(|&piece| !conn.holdings.has(piece)).collect();
            for piece in new {
                self.peer_has(now, id, piece, out);
            }
            return;
        }
        conn.holdings.needed = self.picker.count_needed(&theirs);
        conn.holdings.whole = self.picker.add_peer(&theirs, &mut self.rng);
        conn.holdings.pieces = theirs.clone();
        self.super_seed.peer_has_all_of(id, &theirs, &mut self.rng);
        self.peer_changed(now, id, out);
    }

    fn peer_has(&mut self, now: Time, id: ConnId, piece: Piece, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        conn.holdings.told = true;
        if !conn.holdings.pieces.set(piece) {
            return;
        }
        self.picker.peer_has(piece, &mut self.rng);
        if conn.holdings.pieces.is_all() && !conn.holdings.fickle {
            self.picker.peer_is_whole(&mut self.rng);
            conn.holdings.whole = true;
        }
        conn.holdings.needed += u32::from(self.picker.needs(piece));
        self.super_seed.peer_has(id, piece, &mut self.rng);
        self.peer_changed(now, id, out);
    }

    fn peer_lost(&mut self, now: Time, id: ConnId, piece: Piece, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id).filter(|conn| conn.holdings.has(piece)) else {
            return;
        };
        self.picker.peer_lost(piece, std::mem::take(&mut conn.holdings.whole), &mut self.rng);
        conn.holdings.fickle = true;
        conn.holdings.pieces.clear(piece);
        conn.holdings.needed -= u32::from(self.picker.needs(piece));
        self.super_seed.peer_lost(id, piece, &mut self.rng);
        self.peer_changed(now, id, out);
    }

    /// A peer has more or less than before: it may be of use now, or of none any more.
    pub(super) fn peer_changed(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        self.update_interest(now, id, out);
        let nothing_left = self.picker.have().is_all();
        if nothing_left && self.conns.get(&id).is_some_and(|conn| conn.takes_nothing()) {
            self.disconnect(now, id, Reason::NothingToExchange, out);
            return;
        }
        self.ask(now, id, out);
        self.show_pieces(now, out);
    }

    fn handle_extended(
        &mut self,
        now: Time,
        id: ConnId,
        number: u8,
        payload: &Bytes,
        out: &mut Outbox<B>,
    ) -> Result<(), Reason> {
        match number {
            HANDSHAKE => {
                let told = ExtensionHandshake::decode(payload)
                    .map_err(|_| Violation("an extension handshake that is not bencoding"))?;
                if let Some(conn) = self.conns.get_mut(&id) {
                    if !conn.questions.may_introduce_itself(now) {
                        return Err(Violation("a flood of extension handshakes").into());
                    }
                    conn.extensions = told;
                }
                self.peer_changed(now, id, out);
            }
            ours::UT_METADATA => {
                let message = MetadataMessage::decode(payload)
                    .map_err(|_| Violation("a metadata message that is not bencoding"))?;
                if let Some(MetadataMessage::Request { piece }) = message {
                    self.handle_metadata_request(now, id, piece, out)?;
                }
            }
            ours::PP_PASS => self.handle_pass(now, id, payload, out)?,
            ours::LT_DONTHAVE => {
                let index = payload.as_ref().try_into().map(u32::from_be_bytes);
                let index = index.map_err(|_| Violation("a donthave of the wrong length"))?;
                let piece = self.piece(index, "donthave of a piece that does not exist")?;
                self.peer_lost(now, id, piece, out);
            }
            // A number that we never gave away: BEP 10 says to pass over it.
            _ => {}
        }
        Ok(())
    }
}
