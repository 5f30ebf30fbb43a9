//! Hash requests: answering them, and checking answers (BEP 52, "hash request", "hashes").

use crate::{id::Sha256Hash, message::HashRequest};

use super::{blocks, height, layer_above, pad_hash, root};

/// Maximum number of hashes of the base layer that one request may ask for, as libtorrent has it.
pub const MAX_LENGTH: u32 = 8192;

/// Hashes that do not prove what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The request does not fit the file's tree.
    #[error("the hash request does not fit the tree of a file of {0} bytes")]
    Request(u64),
    /// The request asked for less proof than leads to the root.
    #[error("the proof was asked for up to layer {asked}, the root is above layer {needed}")]
    ShortProof {
        /// The highest layer that the request asked an uncle of.
        asked: u32,
        /// The layer just under the root.
        needed: u32,
    },
    /// Too many or too few hashes.
    #[error("{got} hashes came where {expected} were asked for")]
    Count {
        /// Hashes received.
        got: usize,
        /// How many the request means.
        expected: usize,
    },
    /// The hashes do not lead to the root.
    #[error("the hashes do not lead to the file's root: the peer lies, or describes another file")]
    Mismatch,
}

/// What a valid request means in the tree of one file.
struct Plan {
    /// Layer of the node above all the hashes asked for.
    top: u32,
    /// Index of that node in its layer.
    top_index: u64,
    /// Highest layer of which an uncle is asked; below `top` there is none.
    last_uncle: u32,
}

impl Plan {
    /// Checks a request against the tree of a file of `length` bytes.
    fn new(length: u64, request: &HashRequest) -> Option<Self> {
        let tree_height = height(blocks(length));
        let HashRequest { base_layer, index, length: count, proof_layers, .. } = *request;
        if length == 0 || base_layer >= tree_height || !(2..=MAX_LENGTH).contains(&count) {
            return None;
        }
        let width = 1u64.checked_shl(tree_height - base_layer)?;
        let end = u64::from(index) + u64::from(count);
        let reaches_end = end >= layer_length(length, base_layer);
        let aligned = index.is_multiple_of(count.checked_next_power_of_two()?);
        if end > width || !aligned || !(count.is_power_of_two() || reaches_end) {
            return None;
        }
        if proof_layers >= tree_height - base_layer {
            return None;
        }
        let levels = height(u64::from(count));
        Some(Self {
            top: base_layer + levels,
            top_index: u64::from(index) >> levels,
            last_uncle: base_layer + proof_layers,
        })
    }

    /// Layer and index of each uncle, upwards.
    fn uncles(&self) -> impl Iterator<Item = (u32, u64)> + use<> {
        let Self { top, top_index, last_uncle } = *self;
        (top..=last_uncle).map(move |layer| (layer, (top_index >> (layer - top)) ^ 1))
    }
}

/// Number of nodes that are not padding in a layer of the tree of a file of `length` bytes.
fn layer_length(length: u64, layer: u32) -> u64 {
    blocks(length).div_ceil(1 << layer.min(super::MAX_HEIGHT))
}

/// Checks the hashes that answer `request` for a file of `length` bytes against the root it names; returns those
/// of the base layer, without padding. The request must have asked for the whole proof: [`requests`] does.
///
/// # Errors
///
/// The request does not fit the file's tree, the count is wrong, or the hashes do not lead to the root.
pub fn verify<'h>(
    length: u64,
    request: &HashRequest,
    hashes: &'h [Sha256Hash],
) -> Result<&'h [Sha256Hash], ProofError> {
    let plan = Plan::new(length, request).ok_or(ProofError::Request(length))?;
    let tree_height = height(blocks(length));
    if plan.top < tree_height && plan.last_uncle + 1 < tree_height {
        return Err(ProofError::ShortProof { asked: plan.last_uncle, needed: tree_height - 1 });
    }
    let count = request.length as usize;
    let expected = count + plan.uncles().count();
    let (base, proof) = hashes
        .split_at_checked(count)
        .filter(|_| hashes.len() == expected)
        .ok_or(ProofError::Count { got: hashes.len(), expected })?;
    let start = root(base, request.base_layer, plan.top);
    let reached = plan.uncles().zip(proof).fold(start, |node, ((_, index), uncle)| {
        if index & 1 == 0 { super::parent(uncle, &node) } else { super::parent(&node, uncle) }
    });
    if reached != request.root {
        return Err(ProofError::Mismatch);
    }
    let present = layer_length(length, request.base_layer).saturating_sub(u64::from(request.index));
    Ok(base.get(..usize::try_from(present).unwrap_or(usize::MAX)).unwrap_or(base))
}

/// All layers of one file's tree from some base layer upwards, to answer hash requests from.
///
/// With the piece layer as its base it takes twice the piece layer's memory: 64 bytes a piece.
#[derive(Debug, Clone)]
pub struct Tree {
    length: u64,
    base: u32,
    layers: Vec<Vec<Sha256Hash>>,
}

impl Tree {
    /// Builds the tree of a file of `length` bytes above one whole layer of it; `None` when `nodes` has not as many
    /// hashes as that layer. The caller compares [`Tree::root`].
    pub fn new(length: u64, base: u32, nodes: Vec<Sha256Hash>) -> Option<Self> {
        let tree_height = height(blocks(length));
        if length == 0 || base > tree_height || nodes.len() as u64 != layer_length(length, base) {
            return None;
        }
        let mut layers = vec![nodes];
        for layer in base..tree_height {
            let above = layer_above(layers.last()?, layer);
            layers.push(above);
        }
        Some(Self { length, base, layers })
    }

    /// The file's `pieces root`, as these nodes make it.
    pub fn root(&self) -> Sha256Hash {
        self.layers.last().and_then(|top| top.first()).copied().unwrap_or_else(|| pad_hash(0))
    }

    /// A node, padding included; `None` below the base layer and outside of the tree.
    pub fn node(&self, layer: u32, index: u64) -> Option<Sha256Hash> {
        let nodes = self.layers.get(layer.checked_sub(self.base)? as usize)?;
        let tree_height = self.base + self.layers.len() as u32 - 1;
        if index >> (tree_height - layer) != 0 {
            return None;
        }
        let node = usize::try_from(index).ok().and_then(|index| nodes.get(index));
        Some(node.copied().unwrap_or_else(|| pad_hash(layer)))
    }

    /// The hashes that answer a request at or above the base layer; `None` when it is to be rejected.
    pub fn answer(&self, request: &HashRequest) -> Option<Vec<Sha256Hash>> {
        self.answer_from(request, |layer, index| self.node(layer, index))
    }

    /// Answers a request below the base layer, with the leaves of the base node (a piece) that it lies under;
    /// `None` when it is to be rejected, or reaches past that node.
    ///
    /// `leaves` are those of node number `node` of the base layer, as many as the file has there.
    pub fn answer_below(
        &self,
        request: &HashRequest,
        node: u64,
        leaves: &[Sha256Hash],
    ) -> Option<Vec<Sha256Hash>> {
        let mut below = vec![leaves.to_vec()];
        for layer in 0..self.base.saturating_sub(1) {
            let above = layer_above(below.last()?, layer);
            below.push(above);
        }
        self.answer_from(request, |layer, index| {
            if layer >= self.base {
                return self.node(layer, index);
            }
            let first = node << (self.base - layer);
            let inside = index.checked_sub(first).filter(|inside| inside >> (self.base - layer) == 0)?;
            let hash = below.get(layer as usize)?.get(usize::try_from(inside).ok()?);
            Some(hash.copied().unwrap_or_else(|| pad_hash(layer)))
        })
    }

    fn answer_from(
        &self,
        request: &HashRequest,
        node: impl Fn(u32, u64) -> Option<Sha256Hash>,
    ) -> Option<Vec<Sha256Hash>> {
        let plan = Plan::new(self.length, request).filter(|_| request.root == self.root())?;
        let first = u64::from(request.index);
        let base = (first..first + u64::from(request.length)).map(|index| (request.base_layer, index));
        base.chain(plan.uncles()).map(|(layer, index)| node(layer, index)).collect()
    }
}

/// The requests that fetch one whole layer of a file of `length` bytes with its proofs, `at_most` hashes each (a
/// power of two, at least 2; 512 is what BEP 52 recommends). None for a layer that is the root, or above it.
pub fn requests(
    root: Sha256Hash,
    length: u64,
    base_layer: u32,
    at_most: u32,
) -> impl Iterator<Item = HashRequest> {
    let tree_height = height(blocks(length));
    let levels = tree_height.saturating_sub(base_layer);
    let count = 1u32.checked_shl(levels).map_or(at_most, |width| width.min(at_most));
    let hashes = if levels == 0 { 0 } else { layer_length(length, base_layer) };
    (0..u32::try_from(hashes).unwrap_or(u32::MAX)).step_by(count.max(1) as usize).map(move |index| {
        HashRequest { root, base_layer, index, length: count, proof_layers: levels.saturating_sub(1) }
    })
}
