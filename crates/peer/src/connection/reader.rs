//! Reads a connection: messages out of a buffer, payload straight from the socket into pooled buffers.
//!
//! Memory is taken as bytes come, and for nothing that was not asked for: a header alone reserves none, and a block
//! that nobody asked for is read past.

use std::{convert::Infallible, io};

use bytes::{Buf as _, BytesMut};
use peerpool_swarm::{ConnId, Input};
use peerpool_wire::message::{self, BLOCK_HEADER, Frame, Limits, Message, MessageError, Request};
use tokio::time::Instant;

use super::{
    Batch, Event, Shared,
    deadline::{Late, too_long},
};
use crate::{
    budget::{Asked, Queued, longest_answer},
    buffer::{Buffer, BufferPool, Hold},
    event_sender::EventSender,
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
/// Bytes of blocks that nobody asked for, until the connection is of no use. Some cross with a `cancel`.
const MAX_SKIPPED: u64 = 4 << 20;

pub(super) struct Reader {
    conn: ConnId,
    half: Box<dyn ReadHalf>,
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
    events: EventSender<Event>,
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
    #[error("it sent {MAX_SKIPPED} bytes that nobody asked for")]
    Unasked,
    #[error(transparent)]
    Late(#[from] Late),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the swarm ended")]
    SwarmEnded,
}

impl Reader {
    pub(super) fn new(
        conn: ConnId,
        half: Box<dyn ReadHalf>,
        asked: Asked,
        queued: Queued,
        shared: &Shared,
    ) -> Self {
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
            events: shared.events.clone(),
        }
    }

    /// Reads until the connection ends, and says so to the swarm.
    pub(super) async fn run(mut self) {
        let Err(end) = self.read().await;
        // What came before the end counts, whatever ended it.
        if self.flush().await.is_ok() {
            let closed = Event::Closed { conn: self.conn, cause: end.to_string() };
            let _ = self.events.send(closed).await;
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
            self.read_rest(&mut data[there..], length).await?;
        }
        Ok(data)
    }

    /// Reads what is left of a block of `length` bytes: what is there, and then all of it at once.
    async fn read_rest(&mut self, mut rest: &mut [u8], length: usize) -> Result<(), End> {
        let begun = Instant::now();
        while !rest.is_empty() {
            match self.half.read_now(&mut rest).await? {
                Some(0) => return Err(End::Closed),
                Some(_) => {}
                None => {
                    self.half.await_bytes(rest.len());
                    tokio::select! {
                        biased;
                        readable = self.half.readable() => readable?,
                        late = too_long(&self.pool, length, begun) => return Err(late.into()),
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads past a block that nobody asked for.
    async fn skip(&mut self, length: u32) -> Result<(), End> {
        self.skipped += u64::from(length) + BLOCK_HEADER as u64;
        if self.skipped > MAX_SKIPPED {
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
            match self.half.read_now(&mut self.unread).await? {
                Some(0) => return Err(End::Closed),
                Some(_) => return Ok(()),
                None => {}
            }
            // The next message may be short.
            self.half.await_bytes(1);
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
                late = too_long(&self.pool, held, begun) => return Err(late.into()),
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
        let received = Event::Received { conn: self.conn, inputs: std::mem::take(&mut self.batch) };
        self.events.send(received).await.map_err(|_| End::SwarmEnded)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use peerpool_wire::message::block_header;
    use tokio::{
        io::AsyncWriteExt as _,
        net::{TcpListener, TcpStream},
        sync::mpsc,
    };

    use super::{super::deadline::TIMEOUT, *};
    use crate::{
        budget::AllQueued,
        buffer::{LONGEST, SMALLEST},
        transport::Transport,
    };

    const PIECE: Request = Request { index: 0, begin: 0, length: LONGEST as u32 };

    /// A reader with room for one of the longest blocks, and the other end of its connection.
    struct World {
        stranger: TcpStream,
        asked: Asked,
        queued: Queued,
        pool: BufferPool,
        inbox: mpsc::Receiver<Event>,
    }

    impl World {
        async fn new() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let stranger = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (tcp, addr) = listener.accept().await.unwrap();
            let Transport { reader: half, .. } = Transport::tcp(tcp, addr, true);
            let (asked, queued) = (Asked::default(), Queued::new(&AllQueued::default()));
            let pool = BufferPool::new(LONGEST);
            let (swarm, inbox) = mpsc::channel(16);
            let limits = Limits::for_item(100, LONGEST as u32);
            let reader = Reader {
                conn: ConnId(1),
                half,
                unread: BytesMut::new(),
                begun: None,
                hold: None,
                asked: asked.clone(),
                answered: 0,
                skipped: 0,
                queued: queued.clone(),
                batch: Batch::new(),
                limits,
                pool: pool.clone(),
                events: EventSender::new(swarm, |event| event),
            };
            tokio::spawn(reader.run());
            Self { stranger, asked, queued, pool, inbox }
        }

        async fn says(&mut self, message: &Message) {
            let mut bytes = Vec::new();
            message.encode(&mut bytes);
            self.stranger.write_all(&bytes).await.unwrap();
        }

        async fn hears(&mut self) -> Message {
            match self.inbox.recv().await.unwrap() {
                Event::Received { mut inputs, .. } if inputs.len() == 1 => match inputs.pop() {
                    Some(Input::Message { message, .. }) => message,
                    other => panic!("no message: {other:?}"),
                },
                other => panic!("not one message: {other:?}"),
            }
        }

        async fn ends(&mut self) -> String {
            loop {
                if let Event::Closed { cause, .. } = self.inbox.recv().await.unwrap() {
                    return cause;
                }
            }
        }
    }

    #[tokio::test]
    async fn a_block_that_nobody_asked_for_takes_no_buffer_and_is_read_past() {
        let mut world = World::new().await;
        world.stranger.write_all(&block_header(PIECE)).await.unwrap();
        world.stranger.write_all(&vec![0; LONGEST / 2]).await.unwrap();
        drop(world.pool.take(LONGEST).await.unwrap());
        world.stranger.write_all(&vec![0; LONGEST / 2]).await.unwrap();
        world.says(&Message::Choke).await;
        assert_eq!(world.hears().await, Message::Choke);
    }

    #[tokio::test]
    async fn whoever_goes_on_sending_what_nobody_asked_for_is_hung_up_on() {
        let mut world = World::new().await;
        let mut block = block_header(PIECE).to_vec();
        block.resize(block.len() + LONGEST, 0);
        let sending = tokio::spawn(async move {
            while world.stranger.write_all(&block).await.is_ok() {}
            world.stranger
        });
        let mut end = String::new();
        while end.is_empty() {
            if let Event::Closed { cause, .. } = world.inbox.recv().await.unwrap() {
                end = cause;
            }
        }
        assert_eq!(end, End::Unasked.to_string());
        sending.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_block_gives_its_memory_to_whoever_waits() {
        let mut world = World::new().await;
        world.asked.add(PIECE.length);
        world.stranger.write_all(&block_header(PIECE)).await.unwrap();
        world.stranger.write_all(&vec![0; SMALLEST]).await.unwrap();
        while world.pool.try_take(LONGEST).is_some() {
            tokio::task::yield_now().await;
        }
        let waited = tokio::time::timeout(Duration::from_secs(5), world.pool.take(LONGEST));
        assert!(waited.await.is_ok(), "its buffer is still held");
        assert_eq!(world.ends().await, Late::Slow.to_string());
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_has_a_time_for_the_whole_of_it() {
        let mut world = World::new().await;
        let begun = Instant::now();
        let dripping = async {
            for byte in [0, 0, 0, 13] {
                world.stranger.write_all(&[byte]).await.unwrap();
                tokio::time::sleep(TIMEOUT / 3).await;
            }
            std::future::pending().await
        };
        let ended = async {
            loop {
                if let Event::Closed { cause, .. } = world.inbox.recv().await.unwrap() {
                    return cause;
                }
            }
        };
        let cause = tokio::select! {
            () = dripping => unreachable!(),
            cause = ended => cause,
        };
        assert_eq!(cause, Late::Drip.to_string());
        assert!(begun.elapsed() < TIMEOUT * 2);
    }

    #[tokio::test]
    async fn no_further_question_is_read_while_answers_wait() {
        let mut world = World::new().await;
        let question = Message::Extended { id: 1, payload: bytes::Bytes::from_static(b"d8:msg_typei0ee") };
        let many = 20;
        for _ in 0..many {
            world.says(&question).await;
        }
        let mut heard = 0;
        while !world.queued.is_full() {
            match world.inbox.recv().await.unwrap() {
                Event::Received { inputs, .. } => heard += inputs.len(),
                other => panic!("{other:?}"),
            }
        }
        assert!(heard < many, "{heard} questions were read without an answer");
        // Their answers are written, and taken.
        world.queued.handled(heard * longest_answer(&question));
        match world.inbox.recv().await.unwrap() {
            Event::Received { inputs, .. } => assert!(!inputs.is_empty()),
            other => panic!("{other:?}"),
        }
    }
}
