//! One connection to another peer, after its handshakes: a task that reads and a task that writes.
//!
//! The reader sends what it decoded to the swarm's task and waits while that is busy, so that a fast sender is held
//! up by TCP. The writer has a bounded queue; a peer that does not read fast enough to keep it from filling is given
//! up.

pub(crate) mod handshake;
mod reader;
mod writer;

use peerpool_swarm::{ConnId, Input};
use peerpool_wire::{
    geometry::{Geometry, Span},
    message::{Limits, Message},
};
use tokio::{
    sync::{mpsc, watch},
    task::AbortHandle,
};

use crate::{
    buffer::{Buffer, BufferPool},
    content::Content,
    swarm_task::Incoming,
    transport::{Place, Stream},
};

/// Most entries that wait to be written.
const QUEUE: usize = 4096;

/// Something to write.
#[derive(Debug)]
pub(crate) enum Write {
    /// A message.
    Message(Message),
    /// A `piece` message with these bytes of the item.
    Block(Span),
}

/// What a swarm's task keeps of a connection. Dropped, it is closed after what was sent before.
#[derive(Debug)]
pub(crate) struct Connection {
    queue: mpsc::Sender<Write>,
    reader: AbortHandle,
    _place: Place,
}

/// What all connections of a swarm have in common.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) geometry: std::sync::Arc<Geometry>,
    pub(crate) limits: Limits,
    pub(crate) received: BufferPool,
    pub(crate) sent: BufferPool,
    pub(crate) content: watch::Receiver<Content>,
    pub(crate) swarm: mpsc::Sender<Incoming>,
}

impl Connection {
    /// Starts reading and writing.
    pub(crate) fn open(conn: ConnId, stream: Stream, shared: &Shared) -> Self {
        let (read, write) = stream.tcp.into_split();
        let (queue, writes) = mpsc::channel(QUEUE);
        let reader = reader::Reader::new(conn, read, shared);
        let writer = writer::Writer::new(conn, write, writes, shared);
        let reader = tokio::spawn(reader.run()).abort_handle();
        tokio::spawn(writer.run());
        Self { queue, reader, _place: stream.place }
    }

    /// Queues something to be written; false when the connection is gone or too slow, and must be given up.
    pub(crate) fn write(&self, write: Write) -> bool {
        self.queue.try_send(write).is_ok()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// A batch of what a reader decoded, in order.
pub(crate) type Batch = Vec<Input<Buffer>>;
