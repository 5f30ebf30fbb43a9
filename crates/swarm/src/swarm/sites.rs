//! Several networks: what one of them lacks is to cross the line to it once.
//!
//! The tracker names peers of other networks to few of each, its bridges. What a bridge's own network has it fetches
//! there; what is left the bridges share among themselves by a rule that needs no word between them, but that they are
//! bridges. All others fetch nothing from afar.

use std::time::Duration;

use peerpool_wire::{bitfield::Bitfield, geometry::Piece, id::PeerId, time::Time};

use super::Swarm;
use crate::{
    ConnId, Outbox,
    connection::Connection,
    picker::{Kept, Share, turn},
};

/// A bridge that has got nothing of its share for so long fetches what is left to the others: one may stand still.
const PATIENCE: Duration = Duration::from_secs(5);

impl<B> Swarm<B> {
    /// Whether it fetches from other networks what its own lacks.
    pub(super) fn is_bridge(&self) -> bool {
        let looks_far = |conn: &Connection| !conn.remote.near && conn.remote.outgoing;
        !self.is_complete() && self.conns.values().any(looks_far)
    }

    /// Whether anything may be asked of this connection, as far as its network goes.
    pub(super) fn may_fetch_from(&self, id: ConnId) -> bool {
        let is_near = self.conns.get(&id).is_none_or(|conn| conn.remote.near);
        is_near || self.is_bridge() || self.bridges().next().is_none()
    }

    /// Tells the peers of its own network when it has become a bridge, or has lost those elsewhere. One that has everything
    /// says that it only uploads.
    pub(super) fn tell_bridge(&mut self, now: Time, was_bridge: bool, out: &mut Outbox<B>) {
        if self.is_bridge() == was_bridge {
            return;
        }
        let is_told = |conn: &Connection| conn.remote.near && conn.remote.features.extension;
        let near: Vec<ConnId> =
            self.conns.iter().filter(|(_, conn)| is_told(conn)).map(|(id, _)| *id).collect();
        for id in near {
            self.introduce_extensions(now, id, out);
        }
    }

    /// What is not to be asked of a connection to another network: what peers of this one have, and what is left to its
    /// other bridges. But what a seed that shows its pieces one by one shows nobody else, nobody else can fetch.
    pub(super) fn kept_from_afar(&self, now: Time, id: ConnId) -> Kept {
        let Some(conn) = self.conns.get(&id).filter(|conn| !conn.remote.near) else {
            return Kept::default();
        };
        let reveals = conn.extensions.reveals;
        let gives = |(other, conn): &(&ConnId, &Connection)| {
            **other != id
                && conn.download.received > 0
                && !conn.download.snubbed
                && (conn.remote.near || reveals)
        };
        let mut here = Bitfield::none(self.item.geometry.piece_count());
        for (_, conn) in self.conns.iter().filter(gives) {
            here.add(&conn.holdings.pieces);
        }
        let share = (!reveals && now.since(self.shared) < PATIENCE).then(|| self.share());
        Kept { here: Some(here), share, ..Kept::default() }
    }

    /// A block has come. While those of its own share come from afar, the others' share is left to them.
    pub(super) fn note_from_afar(&mut self, now: Time, id: ConnId, piece: Piece) {
        let is_far = self.conns.get(&id).is_some_and(|conn| !conn.remote.near);
        if is_far && self.is_own(piece) {
            self.shared = now;
        }
    }

    /// Whether a piece is of its share, wherever it is to come from.
    fn is_own(&self, piece: Piece) -> bool {
        let own = turn(self.config.peer_id, piece);
        self.bridges().all(|other| turn(other, piece) < own)
    }

    fn share(&self) -> Share {
        Share { own: self.config.peer_id, others: self.bridges().collect() }
    }

    /// The other bridges of this network.
    fn bridges(&self) -> impl Iterator<Item = PeerId> + '_ {
        let is_bridge = |conn: &&Connection| {
            conn.remote.near && conn.extensions.bridge && !conn.download.snubbed && !conn.is_upload_only()
        };
        self.conns.values().filter(is_bridge).map(|conn| conn.remote.peer_id)
    }
}
