//! The nodes that share a store as one pool.

use peerpool_wire::link::{NodeId, PoolSecret};

/// What a node is told when it joins.
#[derive(Debug, Clone)]
pub(crate) struct Joined {
    /// The node itself.
    pub(crate) node: NodeId,
    /// The pool's secret.
    pub(crate) secret: PoolSecret,
    /// Whether no other node has said of late that it runs.
    pub(crate) is_alone: bool,
}

/// Another node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) id: NodeId,
    /// Where it is reached, as `NAME:PORT`.
    pub(crate) address: String,
}
