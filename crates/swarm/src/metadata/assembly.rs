//! An info dictionary in the making.

use std::{collections::BTreeSet, net::SocketAddr};

use bytes::Bytes;
use peerpool_wire::extension::METADATA_PIECE;

use crate::ConnId;

/// The pieces of an info dictionary of one length, as far as they are there.
///
/// Each piece is in exactly one state. Memory is taken for what has come, never for what was claimed.
#[derive(Debug)]
pub(super) struct Assembly {
    /// Bytes in all.
    pub(super) size: u32,
    /// When set, nobody else is asked, so that a wrong dictionary is known to be this peer's.
    pub(super) alone: Option<ConnId>,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Missing,
    Asked(ConnId),
    Here { data: Bytes, from: SocketAddr },
}

impl Assembly {
    pub(super) fn new(size: u32, alone: Option<ConnId>) -> Self {
        Self { size, alone, pieces: vec![Piece::Missing; (size as usize).div_ceil(METADATA_PIECE)] }
    }

    /// The next piece to ask this connection for; it counts as asked from then on.
    pub(super) fn ask(&mut self, conn: ConnId) -> Option<u32> {
        let (index, piece) =
            (0..).zip(&mut self.pieces).find(|(_, piece)| matches!(piece, Piece::Missing))?;
        *piece = Piece::Asked(conn);
        Some(index)
    }

    /// Takes a piece; false when it was not asked for, or has not the length it must have.
    pub(super) fn take(&mut self, conn: ConnId, from: SocketAddr, index: u32, data: &Bytes) -> bool {
        let begin = index as usize * METADATA_PIECE;
        let expected = (self.size as usize).saturating_sub(begin).min(METADATA_PIECE);
        match self.pieces.get_mut(index as usize) {
            Some(piece @ Piece::Asked(_)) if data.len() == expected => {
                if !matches!(piece, Piece::Asked(asked) if *asked == conn) {
                    return false;
                }
                // A copy, so that a small piece does not keep a large receive buffer.
                *piece = Piece::Here { data: Bytes::copy_from_slice(data), from };
                true
            }
            _ => false,
        }
    }

    /// What a connection was asked for is to be asked of others.
    pub(super) fn release(&mut self, conn: ConnId) {
        for piece in &mut self.pieces {
            if matches!(piece, Piece::Asked(asked) if *asked == conn) {
                *piece = Piece::Missing;
            }
        }
    }

    /// The whole dictionary, once all of it is there, with everybody who gave some of it.
    pub(super) fn whole(&self) -> Option<(Vec<u8>, BTreeSet<SocketAddr>)> {
        let mut bytes = Vec::new();
        let mut givers = BTreeSet::new();
        for piece in &self.pieces {
            let Piece::Here { data, from } = piece else { return None };
            bytes.extend_from_slice(data);
            givers.insert(*from);
        }
        Some((bytes, givers))
    }
}
