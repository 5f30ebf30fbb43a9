//! What goes out to all connections together.

use std::collections::BTreeSet;

use crate::{ConnId, rate::Rate};

/// Whose requests wait, and how fast they are answered.
#[derive(Debug, Default)]
pub(crate) struct Serving {
    /// Connections whose requests wait for an answer.
    pub(crate) turns: BTreeSet<ConnId>,
    pub(crate) rate: Rate,
    /// Whether what went out last went before its turn, for somebody reads it.
    pub(crate) hurried: bool,
    /// Payload bytes sent.
    pub(crate) sent: u64,
}
