//! Reads a connection: messages out of a buffer, payload straight from the socket into pooled buffers.
//!
//! Memory is taken as bytes come, and for nothing that was not asked for: a header alone reserves none, and a block that
//! nobody asked for is read past.

use std::{convert::Infallible, io, time::Duration};

use bytes::{Buf as _, BytesMut};
use peerpool_swarm::{ConnId, Input};
use peerpool_wire::message::{self, BLOCK_HEADER, Frame, Limits, Message, MessageError, Request};
use tokio::{io::AsyncReadExt as _, sync::mpsc, time::Instant};

use super::{Batch, Shared};
use crate::{
    budget::{Asked, Queued, longest_answer},
    buffer::{Buffer, BufferPool, Hold},
    swarm_task::Incoming,
    transport::ReadHalf,
};

/// Bytes read at once while no long payload is expected.
const CHUNK: usize = 64 * 1024;
/// So little of a message is kept in as much memory as it takes, until more comes.
const LITTLE: usize = 16 * 1024;
/// A message that is longer takes a place in the pool, like a block.
const LONG: usize = 32 * 1024;
/// Inputs sent to the swarm at once.
const BATCH: usize = 128;
/// How long a message, or the payload of a block, may take from its first byte to its last.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of blocks that nobody asked for, until the connection is of no use. Some cross with a `cancel`.
const MOST_SKIPPED: u64 = 4 << 20;

pub(super) struct Reader {
    conn: ConnId,
    half: ReadHalf,
    unread: BytesMut,
    /// When the first byte of what is in `unread` was there, while it is not a whole message.
    begun: Option<Instant>,
    /// The place of a long message that is on its way.
    hold: Option<Hold>,
    asked: Asked,
    /// Bytes of blocks that came, of those asked for.
    answered: u64,
    skipped: u64,
    queued: Queued,
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
    #[error("it sent {MOST_SKIPPED} bytes that nobody asked for")]
    Unasked,
    #[error("a message took more than {} s", TIMEOUT.as_secs())]
    Drip,
    #[error("it sends slowly what others would send sooner, and memory is short")]
    Slow,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the swarm ended")]
    SwarmEnded,
}

impl Reader {
    pub(super) fn new(conn: ConnId, half: ReadHalf, asked: Asked, queued: Queued, shared: &Shared) -> Self {
        Self {
            conn,
            half,
            unread: BytesMut::new(),
            begun: None,
            hold: None,
            asked,
            answered: 0,
            skipped: 0,
            queued,
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
                    (self.begun, self.hold) = (None, None);
                    self.take(message).await?;
                }
                Frame::Block { block } => {
                    self.unread.advance(BLOCK_HEADER);
                    self.begun = None;
                    if self.asked.take(&mut self.answered, block.length) {
                        let data = self.payload(block).await?;
                        let conn = self.conn;
                        self.push(Input::Block { conn, block, data }).await?;
                    } else {
                        self.skip(block.length).await?;
                    }
                }
                Frame::Incomplete { needed } => {
                    self.flush().await?;
                    if needed > LONG && self.hold.is_none() {
                        self.hold = Some(self.pool.hold(needed).await.ok_or(End::SwarmEnded)?);
                    }
                    self.fill().await?;
                }
            }
        }
    }

    /// Hands a message on, as soon as the answers to those before it were taken.
    async fn take(&mut self, message: Message) -> Result<(), End> {
        if let Message::Reject(request) = &message {
            self.asked.turn_down(&mut self.answered, request.length);
        }
        let answer = longest_answer(&message);
        if answer > 0 {
            if self.queued.is_full() {
                self.flush().await?;
                self.queued.room().await;
            }
            self.queued.promise(answer);
        }
        let conn = self.conn;
        self.push(Input::Message { conn, message }).await
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
            tokio::select! {
                biased;
                read = self.half.read_exact(&mut data[there..]) => read?,
                end = too_long(&self.pool, length, Instant::now()) => return Err(end),
            };
        }
        Ok(data)
    }

    /// Reads past a block that nobody asked for.
    async fn skip(&mut self, length: u32) -> Result<(), End> {
        self.skipped += u64::from(length) + BLOCK_HEADER as u64;
        if self.skipped > MOST_SKIPPED {
            return Err(End::Unasked);
        }
        let mut left = length as usize;
        while left > 0 {
            if self.unread.is_empty() {
                self.begun.get_or_insert_with(Instant::now);
                self.flush().await?;
                self.fill().await?;
            }
            let there = left.min(self.unread.len());
            self.unread.advance(there);
            left -= there;
        }
        self.begun = None;
        Ok(())
    }

    /// Reads what is there, or waits for more.
    async fn fill(&mut self) -> Result<(), End> {
        loop {
            self.unread.reserve(CHUNK);
            match self.half.try_read_buf(&mut self.unread) {
                Ok(0) => return Err(End::Closed),
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            if self.unread.len() <= LITTLE {
                self.unread = BytesMut::from(&self.unread[..]);
            }
            if self.unread.is_empty() && self.begun.is_none() {
                self.half.readable().await?;
                continue;
            }
            let begun = *self.begun.get_or_insert_with(Instant::now);
            let held = self.hold.as_ref().map_or(0, Hold::bytes);
            tokio::select! {
                biased;
                readable = self.half.readable() => readable?,
                end = too_long(&self.pool, held, begun) => return Err(end),
            }
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

/// Comes when a message, begun then, took too long; sooner when others wait for so many bytes that it holds.
async fn too_long(pool: &BufferPool, bytes: usize, begun: Instant) -> End {
    let last = tokio::time::sleep_until(begun + TIMEOUT);
    tokio::select! {
        biased;
        () = last => End::Drip,
        () = pool.wanted(bytes, begun) => End::Slow,
    }
}
