//! What is known of attempts at pieces that did not verify.

use std::collections::{BTreeMap, BTreeSet};

use peerpool_wire::{geometry::Piece, id::Sha256Hash, message::HashRequest};

use crate::ConnId;

/// Attempts at one piece of which the block hashes are kept.
const MAX_ATTEMPTS: usize = 8;

/// The pieces whose sender of wrong data is not known yet.
#[derive(Debug, Default)]
pub(crate) struct Suspicions(BTreeMap<Piece, Suspicion>);

#[derive(Debug, Default)]
struct Suspicion {
    attempts: Vec<Attempt>,
    /// Who was asked for the true block hashes.
    asked: Option<(ConnId, HashRequest)>,
}

/// One attempt that did not verify: for each block its hash and who sent it.
#[derive(Debug)]
struct Attempt {
    leaves: Vec<Sha256Hash>,
    sources: Vec<Option<ConnId>>,
}

impl Suspicions {
    /// Whether anybody is suspected because of this piece.
    pub(crate) fn concern(&self, piece: Piece) -> bool {
        self.0.contains_key(&piece)
    }

    /// An attempt did not verify.
    pub(crate) fn add(&mut self, piece: Piece, leaves: Vec<Sha256Hash>, sources: Vec<Option<ConnId>>) {
        let suspicion = self.0.entry(piece).or_default();
        if suspicion.attempts.len() < MAX_ATTEMPTS {
            suspicion.attempts.push(Attempt { leaves, sources });
        }
    }

    /// Whether the block hashes of this piece are wanted, and nobody was asked for them.
    pub(crate) fn are_unasked(&self, piece: Piece) -> bool {
        self.0.get(&piece).is_some_and(|suspicion| suspicion.asked.is_none())
    }

    /// Somebody was asked for the block hashes of a piece.
    pub(crate) fn ask(&mut self, piece: Piece, conn: ConnId, request: HashRequest) {
        if let Some(suspicion) = self.0.get_mut(&piece) {
            suspicion.asked = Some((conn, request));
        }
    }

    /// The piece for which this was asked.
    pub(crate) fn asked_for(&self, conn: ConnId, request: HashRequest) -> Option<Piece> {
        let matches = |found: &&Suspicion| found.asked == Some((conn, request));
        self.0.iter().find(|(_, found)| matches(found)).map(|(piece, _)| *piece)
    }

    /// This will not be answered.
    pub(crate) fn rejected(&mut self, conn: ConnId, request: HashRequest) {
        for suspicion in self.0.values_mut() {
            if suspicion.asked == Some((conn, request)) {
                suspicion.asked = None;
            }
        }
    }

    /// The true block hashes of a piece are known: who sent other blocks.
    pub(crate) fn resolve(&mut self, piece: Piece, truth: &[Sha256Hash]) -> BTreeSet<ConnId> {
        let attempts = self.0.remove(&piece).map(|suspicion| suspicion.attempts).unwrap_or_default();
        let blocks = |attempt: &Attempt| -> Vec<ConnId> {
            let blocks = attempt.leaves.iter().zip(&attempt.sources).zip(truth);
            let wrong = blocks.filter(|((leaf, _), truth)| leaf != truth);
            wrong.filter_map(|((_, source), _)| *source).collect()
        };
        attempts.iter().flat_map(blocks).collect()
    }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::geometry::Geometry;

    use super::*;

    #[test]
    fn the_true_hashes_tell_who_sent_other_blocks() {
        let piece = Geometry::new(4, [(8, false)]).unwrap().piece(1).unwrap();
        let hash = |byte| Sha256Hash([byte; 32]);
        let (one, other, third) = (ConnId(1), ConnId(2), ConnId(3));
        let mut suspicions = Suspicions::default();
        suspicions.add(piece, vec![hash(1), hash(9)], vec![Some(one), Some(other)]);
        suspicions.add(piece, vec![hash(8), hash(2)], vec![None, Some(third)]);
        assert!(suspicions.concern(piece) && suspicions.are_unasked(piece));
        assert_eq!(suspicions.resolve(piece, &[hash(1), hash(2)]), BTreeSet::from([other]));
        assert!(!suspicions.concern(piece));
    }
}
