//! A connection on which nothing but messages go: no block is asked for before the item is known.

use std::{convert::Infallible, io, time::Duration};

use bytes::{Buf as _, BytesMut};
use peerpool_swarm::ConnId;
use peerpool_wire::{
    geometry::MAX_PIECES,
    message::{self, Frame, Limits, Message, MessageError},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::mpsc,
    time::error::Elapsed,
};

use super::Incoming;
use crate::credentials::{Leash, Tug};
use crate::transport::{ReadHalf, Stream, Transport, WriteHalf};

/// Most bytes read at once.
const CHUNK: usize = 16 * 1024;
/// How long the other side may take to read a message.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);

/// Why a connection is over.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("it is not needed any more")]
    Done,
    #[error("it closed the connection")]
    Closed,
    #[error("others came")]
    GaveWay,
    #[error("nothing may be fetched from there any more")]
    Forbidden,
    #[error("it sent a block that nobody asked for")]
    Block,
    #[error(transparent)]
    Message(#[from] MessageError),
    #[error("it read nothing for {} s", WRITE_TIMEOUT.as_secs())]
    Stalled(#[from] Elapsed),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads and writes until either side is done with the connection.
pub(super) async fn serve(
    conn: ConnId,
    stream: Stream,
    writes: mpsc::Receiver<Message>,
    incoming: mpsc::Sender<Incoming>,
) {
    let Stream { transport, slot: _slot, notice, leash } = stream;
    let Transport { reader: read_half, writer: write_half, .. } = transport;
    let ended = tokio::select! {
        ended = read(conn, read_half, &incoming) => ended,
        ended = write(write_half, writes) => ended,
        _ = notice => Err(End::GaveWay),
        () = forbidden(leash) => Err(End::Forbidden),
    };
    let Err(end) = ended;
    tracing::debug!(?conn, %end, "a connection for metadata ended");
    let _ = incoming.send(Incoming::Closed { conn }).await;
}

/// Comes when nothing may be fetched any more.
async fn forbidden(leash: Option<Leash>) {
    let Some(mut leash) = leash else { return std::future::pending().await };
    while leash.rights().is_some_and(|rights| rights.take) {
        if let Tug::Cut = leash.tugged().await {
            return;
        }
    }
}

async fn read(
    conn: ConnId,
    mut half: Box<dyn ReadHalf>,
    incoming: &mpsc::Sender<Incoming>,
) -> Result<Infallible, End> {
    // The bitfield of an item that is not known yet may be as long as that of the largest.
    let limits = Limits::for_item(MAX_PIECES, 0);
    let mut unread = BytesMut::new();
    loop {
        match message::decode(&unread, limits)? {
            Frame::Message { message, size } => {
                unread.advance(size);
                let received = Incoming::Received { conn, message };
                incoming.send(received).await.map_err(|_| End::Done)?;
            }
            Frame::Block { .. } => return Err(End::Block),
            Frame::Incomplete { needed } => {
                // A header alone reserves no memory for what it promises.
                unread.reserve(needed.saturating_sub(unread.len()).min(CHUNK));
                if half.read_buf(&mut unread).await? == 0 {
                    return Err(End::Closed);
                }
            }
        }
    }
}

async fn write(mut half: Box<dyn WriteHalf>, mut writes: mpsc::Receiver<Message>) -> Result<Infallible, End> {
    let mut bytes = Vec::new();
    while let Some(message) = writes.recv().await {
        bytes.clear();
        message.encode(&mut bytes);
        tokio::time::timeout(WRITE_TIMEOUT, half.write_all(&bytes)).await??;
        tokio::time::timeout(WRITE_TIMEOUT, half.flush()).await??;
    }
    Err(End::Done)
}
