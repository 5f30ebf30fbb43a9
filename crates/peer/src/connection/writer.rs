//! Writes a connection: small messages together; short blocks together with as few writes as the socket allows, adjacent
//! ones with one read of the file; a long one straight from the file, where the system has it in memory. The swarm is
//! told what the other side has, so that it hands out no more than the link carries.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io::{self, IoSliceMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use peerpool_repository::{FileRun, ReadError};
use peerpool_swarm::ConnId;
use peerpool_wire::{
    geometry::{Geometry, Span},
    message::{BLOCK_HEADER, Message, block_header},
};
use tokio::{
    io::AsyncWriteExt as _,
    sync::{mpsc, oneshot, watch},
    time::Instant,
};

use super::{Event, QUEUE, Shared, Write};
use crate::{
    budget::{Notice, Place, Queued, weight},
    buffer::{Buffer, BufferPool, HEADROOM, LONGEST},
    content::Content,
    event_sender::EventSender,
    transport::{WriteHalf, segment, send_file, send_more, unacknowledged},
};

/// From so many bytes on, sending a block from the file costs less than reading it.
const LONG: u32 = 64 * 1024;
/// Blocks sent together: as many headers as a buffer has headroom for.
const MAX_RUN: usize = HEADROOM / BLOCK_HEADER;
/// Bytes written before the swarm is told, and before a waiting `have` or `request` gets its turn.
const SLICE: usize = 256 * 1024;
/// From one look at what has arrived to the next …
const SOON: Duration = Duration::from_millis(2);
/// … unless nothing arrives for a while: the other side is slow, or gone.
const WHILE: Duration = Duration::from_millis(300);
const LATER: Duration = Duration::from_millis(50);
/// How long the socket may take nothing at all.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How long what was sent before may take after the connection was closed.
const LINGER: Duration = Duration::from_secs(5);
/// Memory for messages that is kept from one write to the next.
const KEPT: usize = 64 * 1024;

pub(super) struct Writer {
    conn: ConnId,
    half: WriteHalf,
    writes: mpsc::Receiver<Write>,
    /// Goes before everything in `queue`.
    urgent: VecDeque<Message>,
    queue: VecDeque<Write>,
    /// How many of `queue` are messages.
    messages_queued: usize,
    /// Messages about to be written, as bytes.
    messages: Vec<u8>,
    /// What they weighed while they waited.
    messages_weight: usize,
    queued: Queued,
    /// Payload bytes that were written and may not be there yet.
    under_way: usize,
    /// So many blocks are read one by one, because one of them cannot be.
    singly: usize,
    /// When something was written or arrived last.
    moved: Instant,
    /// Bytes of a segment: the other side may take its time to acknowledge the last one.
    segment: usize,
    geometry: Arc<Geometry>,
    content: watch::Receiver<Content>,
    /// Payload bytes that sockets of this swarm took.
    written: Arc<AtomicU64>,
    pool: BufferPool,
    events: EventSender<Event>,
}

/// What ends the writing from outside.
pub(super) struct Over {
    /// Comes when the swarm has closed the connection.
    pub(super) closed: oneshot::Receiver<Infallible>,
    /// Comes when the connection is in the way of another.
    pub(super) notice: Notice,
    /// Taken as long as the socket is open.
    pub(super) place: Arc<Place>,
}

impl Over {
    async fn comes(&mut self) -> End {
        let Self { closed, notice, .. } = self;
        let lingered = async {
            let _ = closed.await;
            tokio::time::sleep(LINGER).await;
        };
        tokio::select! {
            () = lingered => End::Lingered,
            _ = notice => End::GaveWay,
        }
    }
}

/// Why nothing more is written.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("nothing is left to write")]
    Done,
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("it read nothing for {} s", STALL_TIMEOUT.as_secs())]
    Stalled,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("others came, and it was idle")]
    GaveWay,
    #[error("it was closed, and did not take what was left for {} s", LINGER.as_secs())]
    Lingered,
    #[error("the peer is ending")]
    Ending,
}

/// Blocks to be sent at once: their payload with its headers in one buffer.
struct Run {
    spans: Vec<Span>,
    bytes: usize,
}

impl Writer {
    pub(super) fn new(
        conn: ConnId,
        half: WriteHalf,
        writes: mpsc::Receiver<Write>,
        queued: Queued,
        shared: &Shared,
    ) -> Self {
        let segment = segment(&half);
        Self {
            conn,
            half,
            writes,
            urgent: VecDeque::new(),
            queue: VecDeque::new(),
            messages_queued: 0,
            messages: Vec::new(),
            messages_weight: 0,
            queued,
            under_way: 0,
            singly: 0,
            moved: Instant::now(),
            segment,
            geometry: shared.geometry.clone(),
            content: shared.content.clone(),
            written: shared.written.clone(),
            pool: shared.sent.clone(),
            events: shared.events.clone(),
        }
    }

    /// Writes until the queue is closed and empty, or writing fails, which the swarm is told.
    pub(super) async fn run(mut self, mut over: Over) {
        let writing = async {
            loop {
                if let Err(end) = self.write_some().await {
                    return end;
                }
            }
        };
        let end = tokio::select! {
            end = writing => end,
            end = over.comes() => end,
        };
        drop(over.place);
        let told = match end {
            End::Done => return drop(self.half.shutdown().await),
            End::Read(error) => Event::ReadFailed(error),
            other => Event::Closed { conn: self.conn, cause: other.to_string() },
        };
        let _ = self.events.send(told).await;
    }

    /// Takes what is queued, waiting for it if need be, and writes the messages and at most one run of it.
    async fn write_some(&mut self) -> Result<(), End> {
        if self.urgent.is_empty() && self.queue.is_empty() {
            let write = self.next_write().await?;
            self.sort_in(write);
        }
        while self.urgent.len() + self.queue.len() < QUEUE
            && let Ok(write) = self.writes.try_recv()
        {
            self.sort_in(write);
        }
        self.take_messages();
        if !self.messages.is_empty() {
            let timed = tokio::time::timeout(STALL_TIMEOUT, self.half.write_all(&self.messages));
            timed.await.map_err(|_| End::Stalled)??;
            self.messages.clear();
            self.messages.shrink_to(KEPT);
            self.queued.remove(std::mem::take(&mut self.messages_weight));
        }
        if let Some(&Write::Block(span)) = self.queue.front()
            && span.length() >= LONG
        {
            let content = self.content.borrow().clone();
            let offset = self.geometry.offset_of_span(span);
            match content.cached_run(offset, span.length().into()) {
                Ok(Some(run)) => {
                    self.queue.pop_front();
                    return self.send_run(&content, &run, span).await;
                }
                // Reading it tells which blocks are concerned.
                Ok(None) | Err(ReadError::Disk(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        match self.take_run() {
            Some(run) => self.write_run(run).await,
            None => Ok(()),
        }
    }

    /// Sends one block out of its file.
    async fn send_run(&mut self, content: &Content, run: &FileRun, span: Span) -> Result<(), End> {
        let header = block_header(span.into());
        let mut sent = 0;
        while sent < header.len() {
            sent += self.in_time(send_more(&self.half, &header[sent..])).await?;
        }
        let length = span.length() as usize;
        let mut sent = 0;
        while sent < length {
            let slice = SLICE.min(length - sent);
            let taken =
                self.in_time(send_file(&self.half, &run.open, run.offset + sent as u64, slice)).await?;
            if taken == 0 {
                content.check_run(run)?;
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            sent += taken;
            self.count_written(taken);
            self.tell_arrived().await?;
        }
        Ok(content.check_run(run)?)
    }

    /// Gives up on a socket that takes nothing.
    async fn in_time<T>(&self, write: impl Future<Output = io::Result<T>>) -> Result<T, End> {
        Ok(tokio::time::timeout(STALL_TIMEOUT, write).await.map_err(|_| End::Stalled)??)
    }

    /// Waits for something to write, and meanwhile for what was written to arrive.
    async fn next_write(&mut self) -> Result<Write, End> {
        loop {
            let waiting = self.under_way > 0;
            if waiting && self.moved.elapsed() > STALL_TIMEOUT {
                return Err(End::Stalled);
            }
            let pause = if self.moved.elapsed() < WHILE { SOON } else { LATER };
            tokio::select! {
                biased;
                write = self.writes.recv() => return write.ok_or(End::Done),
                () = tokio::time::sleep(pause), if waiting => self.tell_arrived().await?,
            }
        }
    }

    /// `have` and what asks for data overtake data: they are small, and the other side waits for them. All other
    /// messages keep their place among the blocks, and nothing overtakes a message.
    fn sort_in(&mut self, write: Write) {
        match write {
            Write::Message(message) if overtakes(&message) && self.messages_queued == 0 => {
                self.urgent.push_back(message);
            }
            Write::Message(message) => {
                self.messages_queued += 1;
                self.queue.push_back(Write::Message(message));
            }
            block => self.queue.push_back(block),
        }
    }

    fn take_messages(&mut self) {
        for message in self.urgent.drain(..) {
            self.messages_weight += weight(&message);
            message.encode(&mut self.messages);
        }
        while let Some(Write::Message(message)) = self.queue.front() {
            self.messages_weight += weight(message);
            message.encode(&mut self.messages);
            self.messages_queued -= 1;
            self.queue.pop_front();
        }
    }

    /// The blocks at the front of the queue.
    fn take_run(&mut self) -> Option<Run> {
        let mut run = Run { spans: Vec::new(), bytes: 0 };
        while let Some(Write::Block(span)) = self.queue.front() {
            let most = if self.singly > 0 { 1 } else { MAX_RUN };
            let fits = run.bytes + span.length() as usize <= LONGEST && run.spans.len() < most;
            if !run.spans.is_empty() && !fits {
                break;
            }
            run.bytes += span.length() as usize;
            run.spans.push(*span);
            self.queue.pop_front();
        }
        self.singly = self.singly.saturating_sub(1);
        (!run.spans.is_empty()).then_some(run)
    }

    /// Blocks could not be read: each is tried alone, and the swarm is told of the one that cannot be.
    async fn leave_out(&mut self, spans: Vec<Span>, error: ReadError) -> Result<(), End> {
        let ReadError::Disk(error) = error else {
            return Err(error.into());
        };
        if let [span] = spans[..] {
            let unreadable = Event::Unreadable { conn: self.conn, span, error };
            return self.events.send(unreadable).await.map_err(|_| End::Ending);
        }
        self.singly = spans.len();
        spans.into_iter().rev().for_each(|span| self.queue.push_front(Write::Block(span)));
        Ok(())
    }

    async fn write_run(&mut self, run: Run) -> Result<(), End> {
        let mut buffer = self.pool.take(run.bytes).await.ok_or(End::Ending)?;
        buffer.resize(run.bytes + run.spans.len() * BLOCK_HEADER);
        let (content, geometry) = (self.content.borrow().clone(), self.geometry.clone());
        let spans = run.spans;
        let read = tokio::task::spawn_blocking(move || {
            let read = read_run(&content, &geometry, buffer, &spans);
            (read, spans)
        });
        let (buffer, spans) = match read.await.map_err(|_| End::Ending)? {
            (Ok(buffer), spans) => (buffer, spans),
            (Err(error), spans) => return self.leave_out(spans, error).await,
        };
        let mut counted = 0;
        let mut written = 0;
        while written < buffer.len() {
            let slice = &buffer[written..buffer.len().min(written + SLICE)];
            let timed = tokio::time::timeout(STALL_TIMEOUT, self.half.write(slice));
            written += timed.await.map_err(|_| End::Stalled)??;
            let payload = payload_within(&spans, written);
            self.count_written(payload - counted);
            counted = payload;
            self.tell_arrived().await?;
        }
        Ok(())
    }

    fn count_written(&mut self, payload: usize) {
        self.under_way += payload;
        self.written.fetch_add(payload as u64, Ordering::Relaxed);
        self.moved = Instant::now();
    }

    /// Tells the swarm how much of what was written the other side has by now.
    async fn tell_arrived(&mut self) -> Result<(), End> {
        let missing =
            unacknowledged(&self.half).unwrap_or_default().saturating_sub(self.segment).min(self.under_way);
        let arrived = self.under_way - missing;
        if arrived == 0 {
            return Ok(());
        }
        (self.under_way, self.moved) = (missing, Instant::now());
        let sent = Event::Sent { conn: self.conn, bytes: u32::try_from(arrived).unwrap_or(u32::MAX) };
        self.events.send(sent).await.map_err(|_| End::Ending)
    }
}

fn overtakes(message: &Message) -> bool {
    matches!(message, Message::Have(_) | Message::Request(_) | Message::Cancel(_) | Message::Interested)
}

/// Fills the buffer with header, payload, header, payload … with one read for blocks that follow each other.
fn read_run(
    content: &Content,
    geometry: &Geometry,
    mut buffer: Buffer,
    spans: &[Span],
) -> Result<Buffer, ReadError> {
    let follows = |one: &Span, next: &Span| {
        geometry.offset_of_span(*one) + u64::from(one.length()) == geometry.offset_of_span(*next)
    };
    let mut rest: &mut [u8] = &mut buffer;
    for adjacent in spans.chunk_by(follows) {
        let mut payloads = Vec::with_capacity(adjacent.len());
        for span in adjacent {
            let (header, behind) = rest.split_at_mut(BLOCK_HEADER);
            let (payload, behind) = behind.split_at_mut(span.length() as usize);
            header.copy_from_slice(&block_header((*span).into()));
            payloads.push(IoSliceMut::new(payload));
            rest = behind;
        }
        if let Some(first) = adjacent.first() {
            content.read_vectored_at(geometry.offset_of_span(*first), &mut payloads)?;
        }
    }
    Ok(buffer)
}

/// Payload bytes among the first `written` bytes of a run.
fn payload_within(spans: &[Span], written: usize) -> usize {
    let mut start = 0;
    let mut payload = 0;
    for span in spans {
        let length = span.length() as usize;
        payload += written.saturating_sub(start + BLOCK_HEADER).min(length);
        start += BLOCK_HEADER + length;
    }
    payload
}
