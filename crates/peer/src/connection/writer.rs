//! Writes a connection. Messages are written in one go; so are short blocks, and adjacent ones are read from the file
//! in one go, too. A long block goes straight from the file to the socket when the system has it in memory. The writer
//! tells the swarm what the other side has acknowledged, so that the swarm hands out no more than the link carries.

use std::{
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use peerpool_repository::{FileRun, ReadError};
use peerpool_swarm::ConnId;
use peerpool_wire::{geometry::Span, message::block_header};
use tokio::{
    io::AsyncWriteExt as _,
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{
    Cut, Event, QUEUE, Shared, Write,
    blocks::{Blocks, payload_within},
    leave::Leave,
    looks::Looks,
    write_queue::{Run, WriteQueue},
};
use crate::{
    budget::{Notice, Queued, Slot},
    credentials::Leash,
    event_sender::EventSender,
    item_data::ItemData,
    metrics::Counters,
    transport::WriteHalf,
};

/// From so many bytes on, sending a block from the file costs less than reading it.
const LONG: u32 = 64 * 1024;
/// Bytes written before the swarm is told, and before a waiting `have` or `request` gets its turn.
const SLICE: usize = 256 * 1024;
/// How long nothing may arrive until it is looked for more rarely.
const WHILE: Duration = Duration::from_millis(300);
/// How long the socket may take nothing at all.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How long what was sent before may take after the connection was closed.
const LINGER: Duration = Duration::from_secs(5);
/// Memory for messages that is kept from one write to the next.
const KEPT: usize = 64 * 1024;

pub(super) struct Writer {
    conn: ConnId,
    half: Box<dyn WriteHalf>,
    writes: mpsc::Receiver<Write>,
    queue: WriteQueue,
    /// Messages about to be written, as bytes.
    messages: Vec<u8>,
    queued: Queued,
    leave: Leave,
    under_way: UnderWay,
    looks: Looks,
    blocks: Blocks,
    /// Payload bytes that connections of this swarm took.
    written: Arc<AtomicU64>,
    counters: Counters,
    events: EventSender<Event>,
}

/// Payload that was written and may not be there yet.
struct UnderWay {
    bytes: usize,
    /// What was written since the last question.
    unseen: usize,
    /// When something was written or arrived last.
    moved: Instant,
    /// Bytes of a segment: the other side may take its time to acknowledge the last one.
    segment: usize,
}

/// What ends the writing from outside.
pub(super) struct Interrupt {
    /// Comes when the swarm has closed the connection, or cuts it.
    pub(super) closed: oneshot::Receiver<Cut>,
    /// Comes when the connection is in the way of another.
    pub(super) notice: Notice,
    /// Taken as long as the socket is open.
    pub(super) slot: Arc<Slot>,
    /// Held as long as something may leave.
    pub(super) _leash: Option<Leash>,
}

impl Interrupt {
    async fn comes(&mut self) -> End {
        let Self { closed, notice, .. } = self;
        let lingered = async {
            if let Ok(Cut) = closed.await {
                return End::Cut;
            }
            tokio::time::sleep(LINGER).await;
            End::Lingered
        };
        tokio::select! {
            end = lingered => end,
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
    #[error("nothing more may pass")]
    Cut,
    #[error("the peer is ending")]
    Ending,
}

impl Writer {
    pub(super) fn new(
        conn: ConnId,
        half: Box<dyn WriteHalf>,
        writes: mpsc::Receiver<Write>,
        queued: Queued,
        leave: Leave,
        shared: &Shared,
    ) -> Self {
        let under_way = UnderWay { bytes: 0, unseen: 0, moved: Instant::now(), segment: half.segment() };
        let blocks = Blocks {
            geometry: shared.geometry.clone(),
            item_data: shared.item_data.clone(),
            pool: shared.sent.clone(),
        };
        Self {
            conn,
            half,
            writes,
            queue: WriteQueue::default(),
            messages: Vec::new(),
            queued,
            leave,
            under_way,
            looks: shared.looks.clone(),
            blocks,
            written: shared.written.clone(),
            counters: shared.counters.clone(),
            events: shared.events.clone(),
        }
    }

    /// Writes until the queue is closed and empty, or writing fails, which the swarm is told.
    pub(super) async fn run(mut self, mut interrupt: Interrupt) {
        let writing = async {
            loop {
                if let Err(end) = self.write_some().await {
                    return end;
                }
            }
        };
        let end = tokio::select! {
            end = writing => end,
            end = interrupt.comes() => end,
        };
        let arrived = self.take_arrived();
        if let End::Cut = end {
            self.half.cut();
            let _ = self.tell(arrived).await;
            return;
        }
        drop(interrupt.slot);
        let _ = self.tell(arrived).await;
        let told = match end {
            End::Done => return drop(self.half.shutdown().await),
            End::Read(error) => Event::ReadFailed(error),
            other => Event::Closed { conn: self.conn, cause: other.to_string() },
        };
        let _ = self.events.send(told).await;
    }

    /// Takes what is queued, waiting for it if need be, and writes the messages and at most one run of it.
    async fn write_some(&mut self) -> Result<(), End> {
        if self.queue.is_empty() {
            let write = self.next_write().await?;
            self.queue.push(write);
        }
        while self.queue.len() < QUEUE
            && let Ok(write) = self.writes.try_recv()
        {
            self.queue.push(write);
        }
        self.write_messages().await?;
        if self.leave.is_needed()
            && let Some(bytes) = self.queue.single_block()
        {
            self.wait_for_leave(bytes).await?;
        }
        if self.half.sends_files()
            && let Some(span) = self.queue.long_block(LONG)
            && let Some((item_data, run)) = self.blocks.in_file(span)?
        {
            self.queue.take_block();
            return self.send_run(&item_data, &run, span).await;
        }
        match self.queue.take_run() {
            Some(run) => self.write_run(run).await,
            None => Ok(()),
        }
    }

    /// Waits until a block may be sent. Messages that overtake it go on; a block that has begun holds up all of them, so
    /// leave is for the whole of it.
    async fn wait_for_leave(&mut self, bytes: u32) -> Result<(), End> {
        let mut leave = pin!(self.leave.wait(bytes));
        let mut open = true;
        loop {
            let waiting = self.under_way.bytes > 0;
            let look = self.looks.next(self.under_way.moves());
            tokio::select! {
                biased;
                () = &mut leave => return Ok(()),
                write = self.writes.recv(), if open && self.queue.len() < QUEUE => match write {
                    Some(write) => self.queue.push(write),
                    None => open = false,
                },
                () = look, if waiting => self.tell_arrived().await?,
            }
            if self.queue.is_urgent() {
                self.write_messages().await?;
            }
        }
    }

    async fn write_messages(&mut self) -> Result<(), End> {
        let weight = self.queue.take_messages(&mut self.messages);
        if !self.messages.is_empty() {
            in_time(self.half.write_all(&self.messages)).await?;
            in_time(self.half.flush()).await?;
            self.messages.clear();
            self.messages.shrink_to(KEPT);
            self.queued.remove(weight);
        }
        Ok(())
    }

    /// Sends one block out of its file.
    async fn send_run(&mut self, item_data: &ItemData, run: &FileRun, span: Span) -> Result<(), End> {
        let header = block_header(span.into());
        let mut sent = 0;
        while sent < header.len() {
            sent += in_time(self.half.write_more(&header[sent..])).await?;
        }
        let length = span.length() as usize;
        let mut sent = 0;
        while sent < length {
            let slice = SLICE.min(length - sent);
            let taken = in_time(self.half.send_file(&run.open, run.offset + sent as u64, slice)).await?;
            if taken == 0 {
                item_data.check_run(run)?;
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            sent += taken;
            self.count_written(taken);
            self.tell_arrived_after_writing().await?;
        }
        in_time(self.half.flush()).await?;
        Ok(item_data.check_run(run)?)
    }

    /// Waits for something to write, and meanwhile for what was written to arrive.
    async fn next_write(&mut self) -> Result<Write, End> {
        loop {
            let waiting = self.under_way.bytes > 0;
            if waiting && self.under_way.moved.elapsed() > STALL_TIMEOUT {
                return Err(End::Stalled);
            }
            let look = self.looks.next(self.under_way.moves());
            tokio::select! {
                biased;
                write = self.writes.recv() => return write.ok_or(End::Done),
                () = look, if waiting => self.tell_arrived().await?,
            }
        }
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
        self.queue.put_back_singly(spans);
        Ok(())
    }

    async fn write_run(&mut self, run: Run) -> Result<(), End> {
        let (buffer, spans) = match self.blocks.read(run).await.ok_or(End::Ending)? {
            (Ok(buffer), spans) => (buffer, spans),
            (Err(error), spans) => return self.leave_out(spans, error).await,
        };
        let mut counted = 0;
        let mut written = 0;
        while written < buffer.len() {
            let slice = &buffer[written..buffer.len().min(written + SLICE)];
            written += in_time(self.half.write(slice)).await?;
            let payload = payload_within(&spans, written);
            self.count_written(payload - counted);
            counted = payload;
            self.tell_arrived_after_writing().await?;
        }
        in_time(self.half.flush()).await
    }

    fn count_written(&mut self, payload: usize) {
        self.under_way.add(payload);
        self.written.fetch_add(payload as u64, Ordering::Relaxed);
        self.counters.sent.increment(payload as u64);
    }

    /// Tells the swarm how much of what was written the other side has by now.
    async fn tell_arrived(&mut self) -> Result<(), End> {
        let arrived = self.take_arrived();
        self.tell(arrived).await
    }

    /// The same right after writing, unless it can wait for the next look: less than a long block behind what is still
    /// under way. Where nothing else is, the swarm may hand out nothing more until it is told.
    async fn tell_arrived_after_writing(&mut self) -> Result<(), End> {
        let UnderWay { bytes, unseen, .. } = self.under_way;
        if unseen < LONG as usize && unseen < bytes { Ok(()) } else { self.tell_arrived().await }
    }

    fn take_arrived(&mut self) -> usize {
        self.under_way.take_arrived(self.half.unacknowledged())
    }

    async fn tell(&mut self, arrived: usize) -> Result<(), End> {
        if arrived == 0 {
            return Ok(());
        }
        let sent = Event::Sent { conn: self.conn, bytes: u32::try_from(arrived).unwrap_or(u32::MAX) };
        self.events.send(sent).await.map_err(|_| End::Ending)
    }
}

impl UnderWay {
    /// Whether something has arrived lately.
    fn moves(&self) -> bool {
        self.moved.elapsed() < WHILE
    }

    fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.unseen += bytes;
        self.moved = Instant::now();
    }

    /// So many bytes have arrived since the last question, given how many are not acknowledged, where that is known.
    fn take_arrived(&mut self, unacknowledged: Option<usize>) -> usize {
        self.unseen = 0;
        let missing = unacknowledged.unwrap_or_default().saturating_sub(self.segment).min(self.bytes);
        let arrived = self.bytes - missing;
        if arrived > 0 {
            (self.bytes, self.moved) = (missing, Instant::now());
        }
        arrived
    }
}

/// Gives up on another side that takes nothing.
async fn in_time<T>(write: impl Future<Output = io::Result<T>>) -> Result<T, End> {
    Ok(tokio::time::timeout(STALL_TIMEOUT, write).await.map_err(|_| End::Stalled)??)
}
