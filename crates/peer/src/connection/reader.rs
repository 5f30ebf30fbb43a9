//! Reads a connection: messages out of a buffer, payload straight from the socket into pooled buffers.

use std::{convert::Infallible, io, time::Duration};

use bytes::{Buf as _, BytesMut};
use peerpool_swarm::{ConnId, Input};
use peerpool_wire::message::{self, BLOCK_HEADER, Frame, Limits, MessageError, Request};
use tokio::{io::AsyncReadExt as _, sync::mpsc, time::error::Elapsed};

use super::{Batch, Shared};
use crate::{
    buffer::{Buffer, BufferPool},
    swarm_task::Incoming,
    transport::ReadHalf,
};

/// Bytes read at once while no long payload is expected.
const CHUNK: usize = 64 * 1024;
/// Inputs sent to the swarm at once.
const BATCH: usize = 128;
/// How long the payload of one block may take, so that a drip does not hold a buffer for ever.
const BLOCK_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) struct Reader {
    conn: ConnId,
    half: ReadHalf,
    unread: BytesMut,
    batch: Batch,
    limits: Limits,
    pool: BufferPool,
    swarm: mpsc::Sender<Incoming>,
}

/// Why nothing more is read.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("it closed the connection")]
    Closed,
    #[error(transparent)]
    Message(#[from] MessageError),
    #[error("a block of {0} bytes")]
    TooLong(u32),
    #[error("a block took more than {} s", BLOCK_TIMEOUT.as_secs())]
    Drip(#[from] Elapsed),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the swarm ended")]
    SwarmEnded,
}

impl Reader {
    pub(super) fn new(conn: ConnId, half: ReadHalf, shared: &Shared) -> Self {
        Self {
            conn,
            half,
            unread: BytesMut::new(),
            batch: Batch::new(),
            limits: shared.limits,
            pool: shared.received.clone(),
            swarm: shared.swarm.clone(),
        }
    }

    /// Reads until the connection ends, and says so to the swarm.
    pub(super) async fn run(mut self) {
        let Err(end) = self.read().await;
        // What came before the end counts, whatever ended it.
        if self.flush().await.is_ok() {
            let closed = Incoming::Closed { conn: self.conn, cause: end.to_string() };
            let _ = self.swarm.send(closed).await;
        }
    }

    async fn read(&mut self) -> Result<Infallible, End> {
        loop {
            match message::decode(&self.unread, self.limits)? {
                Frame::Message { message, size } => {
                    self.unread.advance(size);
                    let conn = self.conn;
                    self.push(Input::Message { conn, message }).await?;
                }
                Frame::Block { block } => {
                    self.unread.advance(BLOCK_HEADER);
                    let data = self.payload(block).await?;
                    let conn = self.conn;
                    self.push(Input::Block { conn, block, data }).await?;
                }
                Frame::Incomplete { needed } => {
                    self.flush().await?;
                    self.fill(needed).await?;
                }
            }
        }
    }

    /// Takes a block's payload: what was read already, then the rest from the socket.
    async fn payload(&mut self, block: Request) -> Result<Buffer, End> {
        let length = block.length as usize;
        let mut data = match self.pool.try_take(length) {
            Some(data) => data,
            None => {
                // Buffers that wait in the batch must not be what the pool waits for.
                self.flush().await?;
                self.pool.take(length).await.ok_or(End::TooLong(block.length))?
            }
        };
        let there = length.min(self.unread.len());
        data[..there].copy_from_slice(&self.unread[..there]);
        self.unread.advance(there);
        if there < length {
            self.flush().await?;
            let rest = self.half.read_exact(&mut data[there..]);
            tokio::time::timeout(BLOCK_TIMEOUT, rest).await??;
        }
        Ok(data)
    }

    async fn fill(&mut self, needed: usize) -> Result<(), End> {
        self.unread.reserve(CHUNK.max(needed.saturating_sub(self.unread.len())));
        match self.half.read_buf(&mut self.unread).await? {
            0 => Err(End::Closed),
            _ => Ok(()),
        }
    }

    async fn push(&mut self, input: Input<Buffer>) -> Result<(), End> {
        self.batch.push(input);
        match self.batch.len() {
            BATCH.. => self.flush().await,
            _ => Ok(()),
        }
    }

    async fn flush(&mut self) -> Result<(), End> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let received = Incoming::Received { conn: self.conn, inputs: std::mem::take(&mut self.batch) };
        self.swarm.send(received).await.map_err(|_| End::SwarmEnded)
    }
}
