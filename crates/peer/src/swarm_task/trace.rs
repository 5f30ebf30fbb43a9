//! Single pieces, for somebody who watches them.

use std::collections::BTreeMap;

use peerpool_swarm::ConnId;
use peerpool_wire::geometry::Piece;

use super::{Event, connections::Connections};

/// Joins the events of blocks to events of pieces.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// Who was asked last, and for what.
    last_asked: Option<(ConnId, Piece)>,
    /// Who sent the last block of each unfinished piece.
    last_from: BTreeMap<Piece, ConnId>,
}

impl Trace {
    /// A block was asked for; the first one of a piece is told.
    pub(super) fn requested(
        &mut self,
        conn: ConnId,
        piece: Piece,
        connections: &Connections,
    ) -> Option<Event> {
        let asked = Some((conn, piece));
        if self.last_asked == asked {
            return None;
        }
        let remote = connections.remote(conn)?;
        self.last_asked = asked;
        Some(Event::Requested { piece, peer_id: remote.peer_id, addr: remote.addr })
    }

    /// A block came.
    pub(super) fn received(&mut self, conn: ConnId, piece: Piece) {
        self.last_from.insert(piece, conn);
    }

    /// A piece is whole.
    pub(super) fn arrived(
        &mut self,
        piece: Piece,
        verified: bool,
        connections: &Connections,
    ) -> Option<Event> {
        let remote = connections.remote(self.last_from.remove(&piece)?)?;
        Some(Event::Arrived { piece, peer_id: remote.peer_id, addr: remote.addr, verified })
    }
}
