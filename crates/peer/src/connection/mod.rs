//! One connection to another peer, after its handshakes: a task that reads and a task that writes.
//!
//! The reader passes on what it decoded and waits while the swarm's task is busy, so that TCP holds up a fast sender.
//! It reads no further question of a peer that does not take the answers to those before. The writer's queue is bounded
//! in entries and in bytes; a connection that fills it is closed.

mod blocks;
mod deadline;
pub(crate) mod handshake;
mod leave;
#[cfg(test)]
mod limited;
mod looks;
pub(crate) mod meeting;
mod reader;
mod shared;
mod write_queue;
mod writer;

use std::sync::Arc;

use peerpool_api::Priority;
use peerpool_swarm::ConnId;
use peerpool_wire::{id::PeerId, message::Message};
use tokio::{
    sync::{mpsc, oneshot},
    task::AbortHandle,
};
use tracing::Instrument as _;

pub(crate) use self::looks::Looks;
use self::shared::QUEUE;
pub(crate) use self::shared::{Batch, Event, Shared, Write};
use crate::{
    budget::{Asked, Queued, Slot, weight},
    limits::Who,
    transport::{Stream, Transport},
};

/// What a swarm's task keeps of a connection. Dropped, it is closed after what was sent before.
#[derive(Debug)]
pub(crate) struct Connection {
    queue: mpsc::Sender<Write>,
    asked: Asked,
    queued: Queued,
    reader: AbortHandle,
    writer: AbortHandle,
    slot: Arc<Slot>,
    /// Told by how the connection is closed; dropped with it, it is closed in order.
    open: Option<oneshot::Sender<Cut>>,
}

/// Says that nothing more of a connection may leave.
#[derive(Debug)]
struct Cut;

impl Connection {
    /// Starts reading and writing.
    pub(crate) fn open(conn: ConnId, peer: PeerId, stream: Stream, shared: &Shared) -> Self {
        let span = tracing::debug_span!("connection", peer = %stream.transport.remote_addr);
        let Transport { reader: read_half, writer: write_half, .. } = stream.transport;
        let (queue, writes) = mpsc::channel(QUEUE);
        let (open, closed) = oneshot::channel();
        let (asked, queued) = (Asked::default(), Queued::new(&shared.queued));
        let slot = Arc::new(stream.slot);
        let reader = reader::Reader::new(conn, read_half, asked.clone(), queued.clone(), shared);
        let leave =
            leave::Leave::new(shared.up.clone(), Who { item: shared.item, peer, priority: Priority::Normal });
        let writer = writer::Writer::new(conn, write_half, writes, queued.clone(), leave, shared);
        let interrupt =
            writer::Interrupt { closed, notice: stream.notice, slot: slot.clone(), _leash: stream.leash };
        let reader = tokio::spawn(reader.run().instrument(span.clone())).abort_handle();
        let writer = shared.writers.spawn(writer.run(interrupt).instrument(span)).abort_handle();
        Self { queue, asked, queued, reader, writer, slot, open: Some(open) }
    }

    /// Queues something to be written; false when the connection is gone or too slow, and must be given up.
    pub(crate) fn write(&self, write: Write) -> bool {
        let fits = match &write {
            Write::Message(message) => {
                if let Message::Request(request) = message {
                    self.asked.add(request.length);
                }
                self.queued.add(weight(message))
            }
            Write::Block(_) => true,
        };
        let queued = fits && self.queue.try_send(write).is_ok();
        if !queued {
            // It takes nothing, so there is nothing to wait for.
            self.writer.abort();
        }
        queued
    }

    /// A question of the other side, whose answer may have had so many bytes, was handled.
    pub(crate) fn handled(&self, bytes: usize) {
        self.queued.handled(bytes);
    }

    /// So many bytes of blocks went over it in all, both ways.
    pub(crate) fn note_moved(&self, bytes: u64) {
        self.slot.note_moved(bytes);
    }
}

impl Connection {
    /// Closes it at once: what was not sent is dropped.
    pub(crate) fn cut(mut self) {
        if let Some(open) = self.open.take() {
            // A writer that has ended sends nothing more.
            let _ = open.send(Cut);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.reader.abort();
    }
}
