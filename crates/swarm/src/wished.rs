//! What was wished for, of whom: so that it is not wished again each time that somebody looks.

use std::{collections::BTreeMap, time::Duration};

use peerpool_wire::{geometry::Piece, time::Time};

use crate::{ConnId, connection::Connection};

/// A wish is told once more when it did not help for so long.
const AGAIN: Duration = Duration::from_secs(2);

/// Pieces that were wished for because somebody reads there, of whom, and when.
#[derive(Debug, Default)]
pub(crate) struct Wished(BTreeMap<(ConnId, Piece), Time>);

impl Wished {
    /// A piece is wished for of a connection; whether that is to be told.
    pub(crate) fn note(&mut self, now: Time, conn: ConnId, piece: Piece) -> bool {
        let since = self.0.get(&(conn, piece));
        let is_new = since.is_none_or(|since| now.since(*since) >= AGAIN);
        if is_new {
            self.0.insert((conn, piece), now);
        }
        is_new
    }

    /// Forgets what is over.
    pub(crate) fn expire(&mut self, now: Time, conns: &BTreeMap<ConnId, Connection>) {
        self.0.retain(|(conn, _), since| conns.contains_key(conn) && now.since(*since) < AGAIN);
    }
}
