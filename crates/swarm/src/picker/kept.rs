//! Pieces that are fetched of others than a certain connection.

use std::collections::BTreeSet;

use peerpool_wire::{bitfield::Bitfield, geometry::Piece, id::PeerId};

/// Pieces that are not to be begun on a connection.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Those that one connection alone is to fetch, and that somebody trusted has.
    pub(crate) single: BTreeSet<Piece>,
    /// On a connection to another network: those that come from this one.
    pub(crate) here: Option<Bitfield>,
    /// On such a connection: those to be fetched over it, where not all are.
    pub(crate) share: Option<Share>,
}

impl Kept {
    pub(super) fn has(&self, piece: Piece) -> bool {
        self.single.contains(&piece) || self.comes_from_here(piece)
    }

    /// Whether a piece comes from this network, or will.
    pub(super) fn comes_from_here(&self, piece: Piece) -> bool {
        let is_others = |share: &Share| !share.has(piece);
        self.here.as_ref().is_some_and(|here| here.has(piece)) || self.share.as_ref().is_some_and(is_others)
    }
}

/// What one of the bridges of a network fetches: of each piece that the network lacks, the bridge with the highest
/// [`turn`] does.
#[derive(Debug)]
pub(crate) struct Share {
    pub(crate) own: PeerId,
    pub(crate) others: Vec<PeerId>,
}

impl Share {
    fn has(&self, piece: Piece) -> bool {
        let own = turn(self.own, piece);
        self.others.iter().all(|other| turn(*other, piece) < own)
    }
}

/// A number that all peers compute alike: the finalizer of SplitMix64 over the end of the peer's id, which is random, and
/// the piece's index.
pub(crate) fn turn(peer: PeerId, piece: Piece) -> u64 {
    let id = peer.as_bytes().iter().rev().take(8).fold(0, |id, byte| id << 8 | u64::from(*byte));
    let mixed = id ^ (u64::from(piece.index()) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use peerpool_wire::geometry::Geometry;

    use super::*;

    #[test]
    fn every_piece_is_in_the_share_of_one_bridge_and_shares_are_about_equal() {
        let ids = [1, 2, 3].map(|id| PeerId::new([id; 12]));
        let geometry = Geometry::new(1, [(3000, false)]).unwrap();
        let others = |own: PeerId| ids.into_iter().filter(|id| *id != own).collect();
        let shares = ids.map(|own| Share { own, others: others(own) });
        let counts =
            shares.each_ref().map(|share| geometry.pieces().filter(|piece| share.has(*piece)).count());
        assert_eq!(counts.iter().sum::<usize>(), 3000);
        // 1,000 each; five standard deviations.
        assert!(counts.iter().all(|count| count.abs_diff(1000) < 130), "{counts:?}");
        assert!(geometry.pieces().all(|piece| shares.iter().filter(|share| share.has(piece)).count() == 1));
    }
}
