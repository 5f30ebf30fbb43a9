//! A peer's channel: one WebSocket, one task that reads and writes.

mod reader;
mod writer;

use std::{
    pin::pin,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use peerpool_catalogue::{Ends, Input, SessionId};
use peerpool_wire::channel::{Hello, MAX_TEXT, Refusal, ToPeer, ToTracker};
use tokio::sync::mpsc;

use crate::{
    desk::Desk,
    sessions::{Outgoing, QUEUE},
    store::StoreHandle,
};

/// How long a peer may take to say hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a channel ends.
#[derive(Debug, thiserror::Error)]
enum ChannelError {
    #[error("it said no hello in {} s", HELLO_TIMEOUT.as_secs())]
    NoHello,
    #[error("its first message is no hello")]
    NotHello,
    #[error("it closed the connection")]
    Closed,
    #[error("it did not read for {} s", writer::WRITE_TIMEOUT.as_secs())]
    NotReading,
    #[error("the connection failed: {0}")]
    Socket(#[from] axum::Error),
    #[error(transparent)]
    Frame(#[from] peerpool_wire::channel::FrameError),
    #[error(transparent)]
    Chunk(#[from] peerpool_wire::channel::ChunkError),
    #[error(transparent)]
    Ending(#[from] crate::desk::Closed),
}

/// Numbers the sessions of one tracker.
#[derive(Debug, Default)]
pub(crate) struct SessionIds(AtomicU32);

impl SessionIds {
    fn next(&self) -> SessionId {
        SessionId(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Serves a peer's channel until it ends.
pub(crate) async fn channel_task(
    socket: WebSocket,
    ends: Ends,
    ids: &SessionIds,
    desk: Desk,
    store: StoreHandle,
) {
    let session = ids.next();
    match serve(socket, ends, session, &desk, store).await {
        Ok(()) => tracing::debug!(session = session.0, peer = %ends.remote, "a peer's channel has ended"),
        Err(error) => {
            tracing::debug!(session = session.0, peer = %ends.remote, %error, "a peer's channel ended")
        }
    }
    // A desk that is gone has no session to end.
    let _ = desk.input(Input::Disconnected { session }).await;
}

async fn serve(
    mut socket: WebSocket,
    ends: Ends,
    session: SessionId,
    desk: &Desk,
    store: StoreHandle,
) -> Result<(), ChannelError> {
    let hello = match hello(&mut socket).await {
        Ok(hello) => hello,
        Err(error) => {
            refuse(&mut socket, &error).await;
            return Err(error);
        }
    };
    tracing::debug!(session = session.0, peer = %ends.remote, name = hello.name, "a peer connects");
    let (queue, outgoing) = mpsc::channel(QUEUE);
    // The desk holds the only lasting way into the queue, so that dropping it ends the writer.
    let backlog = queue.downgrade();
    desk.open(session, hello, ends, queue).await?;
    let (sink, stream) = socket.split();
    let drained = tokio::sync::Notify::new();
    let mut writing = pin!(writer::Writer { store, drained: &drained }.run(sink, outgoing));
    let reader = reader::Reader { session, desk, backlog: backlog.clone(), drained: &drained };
    let error = tokio::select! {
        read = reader.run(stream) => match read {
            Ok(()) => return Ok(()),
            Err(error) => error,
        },
        written = &mut writing => return written,
    };
    if let (ChannelError::Frame(_) | ChannelError::Chunk(_), Some(queue)) = (&error, backlog.upgrade()) {
        // A full queue closes without a word.
        let _ = queue.try_send(Outgoing::Close(Some(malformed(&error))));
        let _ = tokio::time::timeout(writer::WRITE_TIMEOUT, writing).await;
    }
    Err(error)
}

fn malformed(error: &ChannelError) -> Refusal {
    let mut reason = error.to_string();
    reason.truncate(reason.floor_char_boundary(MAX_TEXT));
    Refusal::Malformed { reason }
}

/// The first message, which has to be a hello.
async fn hello(socket: &mut WebSocket) -> Result<Hello, ChannelError> {
    let first = async {
        loop {
            match socket.recv().await.ok_or(ChannelError::Closed)?? {
                Message::Binary(frame) => return Ok(ToTracker::decode(&frame)?),
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Text(_) | Message::Close(_) => return Err(ChannelError::NotHello),
            }
        }
    };
    match tokio::time::timeout(HELLO_TIMEOUT, first).await.map_err(|_| ChannelError::NoHello)?? {
        ToTracker::Hello(hello) => Ok(hello),
        _ => Err(ChannelError::NotHello),
    }
}

/// Tells a peer why it is not served, as far as it listens.
async fn refuse(socket: &mut WebSocket, error: &ChannelError) {
    if let Ok(frame) = (ToPeer::Refused { reason: malformed(error) }).encode() {
        let _ = tokio::time::timeout(writer::WRITE_TIMEOUT, socket.send(Message::Binary(frame.into()))).await;
    }
}

/// The backlog of a session whose desk end is gone counts as empty: the writer is about to end.
fn backlog(queue: &mpsc::WeakSender<Outgoing>) -> usize {
    queue.upgrade().map_or(0, |queue| queue.max_capacity() - queue.capacity())
}
