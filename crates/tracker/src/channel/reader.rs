//! Reads a peer's messages and hands them to the catalogue's task.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use peerpool_catalogue::{Input, ItemFacts, NewItem, SessionId};
use peerpool_wire::{
    channel::{ChunkAssembly, MAX_CHUNK, MAX_ORDINARY, MetainfoChunk, ToTracker},
    id::InfoHash,
    metainfo::Metainfo,
};
use tokio::{
    io::AsyncReadExt,
    sync::{Notify, Semaphore, mpsc},
    time::Instant,
};

use super::{
    ChannelError, ReadHalf,
    frames::{Frame, Frames},
};
use crate::{catalogue_task::CatalogueHandle, memory::Held, sessions::Backlog};

/// A peer is not read while so many messages, or bytes of them, wait for it, so that its questions cannot fill our memory.
const MAX_BACKLOG: usize = 16;
const MAX_BACKLOG_BYTES: usize = 2 << 20;
/// Longest first message.
const MAX_HELLO: usize = 8 << 10;
/// Longest message while metainfo is asked for: a chunk, and its names.
const MAX_METAINFO_MESSAGE: usize = MAX_CHUNK + (64 << 10);
/// How long a whole message may take that may have so many bytes.
const MESSAGE_TIME: Duration = Duration::from_secs(30);
const LONG_MESSAGE_TIME: Duration = Duration::from_secs(150);
/// A .torrent file up to this many bytes is parsed sooner than it is handed to another thread.
const SMALL: usize = 64 << 10;
/// Longer ones that are parsed at a time, of all peers.
static PARSERS: Semaphore = Semaphore::const_new(2);

/// The items whose metainfo a peer was asked for and has not given. What nobody asked for takes no memory.
#[derive(Debug, Default, Clone)]
pub(super) struct Asked(Arc<Mutex<BTreeSet<InfoHash>>>);

impl Asked {
    pub(super) fn add(&self, info_hashes: &[InfoHash]) {
        self.set().extend(info_hashes);
    }

    fn remove(&self, info_hashes: &[InfoHash]) {
        let mut set = self.set();
        for info_hash in info_hashes {
            set.remove(info_hash);
        }
    }

    fn has(&self, info_hash: InfoHash) -> bool {
        self.set().contains(&info_hash)
    }

    fn is_empty(&self) -> bool {
        self.set().is_empty()
    }

    fn set(&self) -> MutexGuard<'_, BTreeSet<InfoHash>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that messages are read from.
pub(super) struct Incoming {
    stream: ReadHalf,
    frames: Frames,
    held: Held,
    /// When the message that is not whole began.
    since: Option<Instant>,
}

impl Incoming {
    pub(super) fn new(stream: ReadHalf, held: Held) -> Self {
        Self { stream, frames: Frames::default(), held, since: None }
    }

    /// The first message.
    pub(super) async fn hello(&mut self) -> Result<Frame, ChannelError> {
        self.next(|| (MAX_HELLO, Duration::MAX), 0).await
    }

    /// The next frame. `allowed` says how many bytes its message may have and how long all of it may take: it is asked
    /// whenever something has come, since a peer may be asked for metainfo while it is waited for. `beside` are bytes held
    /// elsewhere for this peer.
    async fn next(
        &mut self,
        allowed: impl Fn() -> (usize, Duration),
        beside: usize,
    ) -> Result<Frame, ChannelError> {
        loop {
            let (limit, time) = allowed();
            if let Some(frame) = self.frames.next(limit)? {
                self.since = self.frames.is_in_message().then(Instant::now);
                self.held.set(self.frames.held() + beside)?;
                return Ok(frame);
            }
            self.held.set(self.frames.held() + beside)?;
            let since = match self.frames.is_in_message() {
                true => Some(*self.since.get_or_insert_with(Instant::now)),
                false => None,
            };
            let deadline = since.and_then(|since| since.checked_add(time));
            let reading = self.stream.read_buf(self.frames.buffer());
            let read = match deadline {
                Some(deadline) => {
                    let timed = tokio::time::timeout_at(deadline, reading).await;
                    timed.map_err(|_| ChannelError::HalfMessage(time.as_secs()))??
                }
                None => reading.await?,
            };
            if read == 0 {
                return Err(ChannelError::Closed);
            }
        }
    }

    /// Gives up what was read and is not whole.
    pub(super) fn forget(&mut self) {
        self.frames = Frames::default();
        // There is nothing to give back when it gave way.
        let _ = self.held.set(0);
    }

    /// Reads on without keeping anything, so that the other side hears why it is refused before the connection breaks.
    pub(super) async fn discard(mut self) {
        let mut nothing = [0; 16 << 10];
        while self.stream.read(&mut nothing).await.is_ok_and(|read| read > 0) {}
    }
}

pub(super) struct Reader<'a> {
    pub(super) session: SessionId,
    pub(super) catalogue: &'a CatalogueHandle,
    pub(super) backlog: Backlog,
    pub(super) drained: &'a Notify,
    pub(super) asked: Asked,
    /// Pings to be answered; those that come faster than they can be are not.
    pub(super) pings: mpsc::Sender<Vec<u8>>,
}

impl Reader<'_> {
    pub(super) async fn run(self, incoming: &mut Incoming) -> Result<(), ChannelError> {
        let session = self.session;
        let mut assembly: Option<ChunkAssembly> = None;
        loop {
            while self.backlog.messages() > MAX_BACKLOG || self.backlog.bytes() > MAX_BACKLOG_BYTES {
                self.drained.notified().await;
            }
            let allowed = || match self.asked.is_empty() {
                true => (MAX_ORDINARY, MESSAGE_TIME),
                false => (MAX_METAINFO_MESSAGE, LONG_MESSAGE_TIME),
            };
            let beside = assembly.as_ref().map_or(0, ChunkAssembly::received);
            let input = match incoming.next(allowed, beside).await? {
                Frame::Message(message) => match ToTracker::decode(&message)? {
                    ToTracker::Metainfo(chunk) => {
                        drop(message);
                        self.assemble(&mut assembly, chunk, &mut incoming.held).await?
                    }
                    message => {
                        if let ToTracker::NoMetainfo { info_hashes } = &message {
                            self.asked.remove(info_hashes);
                        }
                        Input::Message { session, message }
                    }
                },
                Frame::Ping(content) => {
                    let _ = self.pings.try_send(content);
                    Input::Heard { session }
                }
                Frame::Pong => Input::Heard { session },
                Frame::Close => return Err(ChannelError::Closed),
            };
            self.catalogue.input(input).await?;
        }
    }

    /// Adds a chunk; the last one completes the item. A chunk of another item begins anew, and one that nobody asked for is
    /// passed over.
    async fn assemble(
        &self,
        assembly: &mut Option<ChunkAssembly>,
        chunk: MetainfoChunk,
        held: &mut Held,
    ) -> Result<Input, ChannelError> {
        let (session, info_hash) = (self.session, chunk.info_hash);
        if !self.asked.has(info_hash) {
            return Ok(Input::Heard { session });
        }
        let mut current = match assembly.take() {
            Some(current) if chunk.offset != 0 => current,
            _ => ChunkAssembly::new(info_hash),
        };
        let Some(torrent) = current.handle_chunk(chunk)? else {
            *assembly = Some(current);
            return Ok(Input::Heard { session });
        };
        self.asked.remove(&[info_hash]);
        let parsed = if torrent.len() <= SMALL {
            parse(&torrent)
        } else {
            // The file, what is read from it, and what is kept of it.
            held.set(3 * torrent.len())?;
            let _turn = PARSERS.acquire().await;
            let parsing = tokio::task::spawn_blocking(move || parse(&torrent)).await;
            parsing.unwrap_or_else(|_| Err("the metainfo could not be read".to_owned()))
        };
        Ok(Input::Metainfo { session, info_hash, parsed })
    }
}

/// Reads a .torrent file. Only what identifies and verifies the item is kept: whose trackers it names is no matter.
fn parse(torrent: &[u8]) -> Result<NewItem, String> {
    let metainfo = Metainfo::from_torrent(torrent).map_err(|error| error.to_string())?;
    let facts = ItemFacts::from_metainfo(&metainfo).map_err(|error| error.to_string())?;
    Ok(NewItem { facts, torrent: Arc::from(metainfo.to_torrent(&[])), added: 0 })
}
