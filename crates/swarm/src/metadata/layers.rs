//! The piece layers that are still to be fetched.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use peerpool_wire::{
    id::Sha256Hash,
    merkle::{self, ProofError},
    message::HashRequest,
    metainfo::Metainfo,
    piece_layers::WrongLayer,
};

use crate::ConnId;

/// Hashes asked for at once (BEP 52 recommends so many).
const HASHES: u32 = 512;

/// Why an answer is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum WrongHashes {
    /// It does not prove what it says.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Proven ranges that make no layer: never, as long as the proofs are right.
    #[error(transparent)]
    Layer(#[from] WrongLayer),
}

/// An item of which the info dictionary is known, and which layers are missing.
#[derive(Debug)]
pub(super) struct Layers {
    metainfo: Metainfo,
    files: BTreeMap<Sha256Hash, Layer>,
    waiting: VecDeque<HashRequest>,
    asked: BTreeSet<(ConnId, HashRequest)>,
}

/// The layer of one content.
#[derive(Debug)]
struct Layer {
    /// Index of a file with this content.
    file: usize,
    length: u64,
    /// Requests not yet answered.
    left: usize,
    ranges: BTreeMap<u32, Vec<Sha256Hash>>,
}

impl Layers {
    pub(super) fn new(metainfo: Metainfo) -> Self {
        let mut layers =
            Self { metainfo, files: BTreeMap::new(), waiting: VecDeque::new(), asked: BTreeSet::new() };
        let info = layers.metainfo.info.clone();
        let base = merkle::piece_height(info.piece_length());
        for file in layers.metainfo.piece_layers.missing(&info) {
            let Some((root, length)) =
                info.files().get(file).and_then(|file| Some((file.root?, file.length)))
            else {
                continue;
            };
            if layers.files.contains_key(&root) {
                continue;
            }
            let before = layers.waiting.len();
            layers.waiting.extend(merkle::requests(root, length, base, HASHES));
            let left = layers.waiting.len() - before;
            layers.files.insert(root, Layer { file, length, left, ranges: BTreeMap::new() });
        }
        layers
    }

    /// The next request for this connection; it counts as asked from then on.
    pub(super) fn ask(&mut self, conn: ConnId) -> Option<HashRequest> {
        let request = self.waiting.pop_front()?;
        self.asked.insert((conn, request));
        Some(request)
    }

    /// An answer is no longer to be expected; true when it was.
    pub(super) fn settle(&mut self, conn: ConnId, request: HashRequest) -> bool {
        self.asked.remove(&(conn, request))
    }

    /// What a connection was asked for is to be asked of others.
    pub(super) fn release(&mut self, conn: ConnId) {
        let open: Vec<HashRequest> =
            self.asked.iter().filter(|(asked, _)| *asked == conn).map(|(_, request)| *request).collect();
        for request in open {
            self.asked.remove(&(conn, request));
            self.waiting.push_front(request);
        }
    }

    /// Takes the answer to a request that was settled. A wrong one is asked of others.
    pub(super) fn take(&mut self, request: HashRequest, hashes: &[Sha256Hash]) -> Result<(), WrongHashes> {
        let Some(layer) = self.files.get_mut(&request.root) else {
            return Ok(());
        };
        let proven = match merkle::verify(layer.length, &request, hashes) {
            Ok(proven) => proven,
            Err(error) => {
                self.waiting.push_front(request);
                return Err(error.into());
            }
        };
        layer.ranges.insert(request.index, proven.to_vec());
        layer.left = layer.left.saturating_sub(1);
        if layer.left == 0 {
            let nodes = std::mem::take(&mut layer.ranges).into_values().flatten().collect();
            self.metainfo.piece_layers.insert(&self.metainfo.info, layer.file, nodes)?;
        }
        Ok(())
    }

    /// The item, once every layer is there.
    pub(super) fn whole(&self) -> Option<&Metainfo> {
        self.files.values().all(|layer| layer.left == 0).then_some(&self.metainfo)
    }
}
