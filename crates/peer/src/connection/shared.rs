//! What the two tasks of a connection share with each other and with the swarm's task.

use std::sync::{Arc, atomic::AtomicU64};

use peerpool_repository::{DiskError, ReadError};
use peerpool_swarm::{ConnId, Input};
use peerpool_wire::{
    geometry::{Geometry, Span},
    id::InfoHash,
    message::{Limits, Message},
};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::looks::Looks;
use crate::{
    budget::AllQueued,
    buffer::{Buffer, BufferPool},
    event_sender::EventSender,
    item_data::ItemData,
    limits::Way,
    metrics::Counters,
};

/// Most entries that wait to be written.
pub(super) const QUEUE: usize = 4096;

/// Something to write.
#[derive(Debug)]
pub(crate) enum Write {
    /// A message.
    Message(Message),
    /// A `piece` message with these bytes of the item.
    Block(Span),
}

/// What all connections of a swarm have in common.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) item: InfoHash,
    pub(crate) looks: Looks,
    /// Where blocks wait to be sent while rates are limited.
    pub(crate) up: Way,
    pub(crate) geometry: Arc<Geometry>,
    pub(crate) limits: Limits,
    pub(crate) received: BufferPool,
    pub(crate) sent: BufferPool,
    pub(crate) queued: AllQueued,
    pub(crate) item_data: watch::Receiver<ItemData>,
    /// Payload bytes that sockets took, over all connections.
    pub(crate) written: Arc<AtomicU64>,
    pub(crate) counters: Counters,
    /// The tasks that write: each has told what arrived by the time that it ends.
    pub(crate) writers: TaskTracker,
    pub(crate) events: EventSender<Event>,
}

/// What a connection tells.
#[derive(Debug)]
pub(crate) enum Event {
    /// What it received.
    Received { conn: ConnId, inputs: Batch },
    /// The other side has so many bytes of blocks more.
    Sent { conn: ConnId, bytes: u32 },
    /// It ended.
    Closed { conn: ConnId, cause: String },
    /// The item's bytes are not what they were.
    ReadFailed(ReadError),
    /// A block could not be read to be sent.
    Unreadable { conn: ConnId, span: Span, error: DiskError },
}

/// A batch of what a reader decoded, in order.
pub(crate) type Batch = Vec<Input<Buffer>>;
