//! Answering hash requests (BEP 52, "hash request").

use peerpool_wire::{
    geometry::Piece,
    id::Sha256Hash,
    message::{HashRequest, Message},
};

use super::Swarm;
use crate::{ConnId, Outbox, Output};

/// Most hashes given at once, as in other clients.
const MOST_HASHES: u32 = 8192;

impl<B> Swarm<B> {
    pub(super) fn handle_hash_request(&mut self, id: ConnId, request: HashRequest, out: &mut Outbox<B>) {
        let Some(file) = self.item.trees().get(&request.root).filter(|_| request.length <= MOST_HASHES)
        else {
            out.send(id, Message::HashReject(request));
            return;
        };
        if let Some(hashes) = file.tree.answer(&request) {
            out.send(id, Message::Hashes(request, hashes));
            return;
        }
        match self.piece_under(&request) {
            Some(piece) if self.picker.have().has(piece) => {
                out.push(Output::ReadHashes { conn: id, piece, request })
            }
            _ => out.send(id, Message::HashReject(request)),
        }
    }

    /// The piece whose blocks a request is about, if it stays within one.
    fn piece_under(&self, request: &HashRequest) -> Option<Piece> {
        let file = self.item.trees().get(&request.root)?;
        let width = 16_384u64.checked_shl(request.base_layer)?;
        let first = u64::from(request.index).checked_mul(width)?;
        let last = first.checked_add(u64::from(request.length).checked_mul(width)?)?.checked_sub(1)?;
        let length = u64::from(self.item.geometry.piece_length());
        if first >= file.length || first / length != last / length {
            return None;
        }
        let index = (file.offset + first) / length;
        self.item.geometry.piece(u32::try_from(index).ok()?)
    }

    /// The block hashes of a piece have been read.
    pub(super) fn handle_read_hashes(
        &mut self,
        id: ConnId,
        request: HashRequest,
        leaves: Option<Vec<Sha256Hash>>,
        out: &mut Outbox<B>,
    ) {
        if !self.conns.contains_key(&id) {
            return;
        }
        let answer = leaves.and_then(|leaves| {
            let piece = self.piece_under(&request)?;
            let file = self.item.trees().get(&request.root)?;
            let node = (self.item.geometry.offset_of(piece) - file.offset)
                / u64::from(self.item.geometry.piece_length());
            file.tree.answer_below(&request, node, &leaves)
        });
        out.send(
            id,
            match answer {
                Some(hashes) => Message::Hashes(request, hashes),
                None => Message::HashReject(request),
            },
        );
    }
}
