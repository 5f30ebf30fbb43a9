//! Reads a peer's messages and hands them to the catalogue's task.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use peerpool_catalogue::{Audience, Input, ItemFacts, NewItem, SessionId};
use peerpool_wire::{
    channel::{ChunkAssembly, ItemState, MAX_CHUNK, MAX_ORDINARY, MetainfoChunk, ToTracker, WholeMetainfo},
    id::InfoHash,
    metainfo::Metainfo,
};
use tokio::sync::{Notify, Semaphore, mpsc};

use super::{ChannelError, frames::Frame, incoming::Incoming, questions::Questions};
use crate::{
    catalogue_task::{CatalogueHandle, Closed},
    members::{Concern, MembersHandle},
    memory::Held,
    sessions::Backlog,
};

/// A peer is not read while so many messages, or bytes of them, wait for it, so that its questions cannot fill our memory.
const MAX_BACKLOG: usize = 16;
const MAX_BACKLOG_BYTES: usize = 2 << 20;
/// Longest message while metainfo is asked for: a chunk, or several items, and its names.
const MAX_METAINFO_MESSAGE: usize = MAX_CHUNK + (64 << 10);
/// How long a whole message may take that may have so many bytes.
const MESSAGE_TIME: Duration = Duration::from_secs(30);
const LONG_MESSAGE_TIME: Duration = Duration::from_secs(150);
/// A .torrent file up to this many bytes is parsed sooner than it is handed to another thread.
const SMALL: usize = 64 << 10;
/// How much a file takes while it is parsed: itself, what is read from it, and what is kept of it.
const WHILE_PARSED: usize = 3;
/// Longer ones that are parsed at a time, of all peers.
static PARSERS: Semaphore = Semaphore::const_new(2);

/// What a .torrent file is, or why it is refused.
type Parsed = Result<NewItem, String>;

/// The items whose metainfo a peer was asked for and has not given, and how often. What nobody asked for takes no memory.
#[derive(Debug, Default, Clone)]
pub(super) struct Asked(Arc<Mutex<BTreeMap<InfoHash, u32>>>);

impl Asked {
    pub(super) fn add(&self, info_hashes: &[InfoHash]) {
        let mut asked = self.asked();
        for &info_hash in info_hashes {
            let times = asked.entry(info_hash).or_default();
            *times = times.saturating_add(1);
        }
    }

    /// An answer has come: false when there was no question. Who was asked twice may answer twice.
    fn close(&self, info_hash: InfoHash) -> bool {
        let mut asked = self.asked();
        match asked.get_mut(&info_hash) {
            Some(times) if *times > 1 => *times -= 1,
            Some(_) => {
                asked.remove(&info_hash);
            }
            None => return false,
        }
        true
    }

    fn has(&self, info_hash: InfoHash) -> bool {
        self.asked().contains_key(&info_hash)
    }

    fn is_empty(&self) -> bool {
        self.asked().is_empty()
    }

    fn asked(&self) -> MutexGuard<'_, BTreeMap<InfoHash, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Reader<'a> {
    pub(super) session: SessionId,
    pub(super) catalogue: &'a CatalogueHandle,
    /// None in an open pool.
    pub(super) members: Option<&'a MembersHandle>,
    /// The number of the member who owns what this peer brings in.
    pub(super) owner: Option<u32>,
    pub(super) backlog: Backlog,
    pub(super) drained: &'a Notify,
    pub(super) asked: Asked,
    /// Pings to be answered; those that come faster than they can be are not.
    pub(super) pings: mpsc::Sender<Vec<u8>>,
    pub(super) questions: Questions,
}

impl Reader<'_> {
    pub(super) async fn run(mut self, incoming: &mut Incoming) -> Result<(), ChannelError> {
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
                        self.assemble(&mut assembly, chunk, incoming.held()).await?
                    }
                    ToTracker::MetainfoBatch { items } => {
                        drop(message);
                        self.take_batch(items, beside, incoming.held()).await?;
                        Input::Heard { session }
                    }
                    message => {
                        if let ToTracker::NoMetainfo { info_hashes } = &message {
                            for &info_hash in info_hashes {
                                self.asked.close(info_hash);
                            }
                        }
                        if let Some(members) = self.members {
                            tell(members, session, &message).await?;
                        }
                        match self.questions.take(message).await {
                            Some(message) => Input::Message { session, message },
                            None => Input::Heard { session },
                        }
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
        self.asked.close(info_hash);
        if torrent.len() > SMALL {
            held.set(WHILE_PARSED * torrent.len())?;
        }
        let parsed = read(torrent, self.owner).await;
        let audience = self.audiences([&parsed]).await?.pop().unwrap_or_default();
        Ok(Input::Metainfo { session, info_hash, parsed, audience })
    }

    /// Who is to see these items.
    async fn audiences(
        &self,
        parsed: impl IntoIterator<Item = &Parsed>,
    ) -> Result<Vec<Audience>, ChannelError> {
        let items: Vec<_> = parsed.into_iter().map(|parsed| parsed.as_ref().ok()).collect();
        let mut audiences = match self.members {
            Some(members) => {
                members.audiences(items.iter().flatten().map(|&item| item.into()).collect()).await?
            }
            None => Vec::new(),
        }
        .into_iter();
        let audience = |item: Option<&NewItem>| item.and_then(|_| audiences.next()).unwrap_or_default();
        Ok(items.into_iter().map(audience).collect())
    }

    /// Takes several items, each whole, as far as they were asked for.
    async fn take_batch(
        &self,
        items: Vec<WholeMetainfo>,
        beside: usize,
        held: &mut Held,
    ) -> Result<(), ChannelError> {
        let session = self.session;
        let bytes: usize = items.iter().map(|item| item.torrent.len()).sum();
        held.set(beside + WHILE_PARSED * bytes)?;
        let mut all: Vec<(InfoHash, Parsed)> = Vec::new();
        for WholeMetainfo { info_hash, torrent } in items {
            if self.asked.close(info_hash) {
                all.push((info_hash, read(torrent, self.owner).await));
            }
        }
        let audiences = self.audiences(all.iter().map(|(_, parsed)| parsed)).await?;
        for ((info_hash, parsed), audience) in all.into_iter().zip(audiences) {
            self.catalogue.input(Input::Metainfo { session, info_hash, parsed, audience }).await?;
        }
        Ok(())
    }
}

/// Tells the members' task what a message means to it.
async fn tell(members: &MembersHandle, session: SessionId, message: &ToTracker) -> Result<(), Closed> {
    let hashes = |items: &[ItemState]| items.iter().map(|item| item.info_hash).collect();
    match message {
        ToTracker::Register { items } => members.concern(session, hashes(items), Concern::Registered).await,
        ToTracker::Report { items, withdrawn, .. } => {
            members.concern(session, hashes(items), Concern::Registered).await?;
            members.concern(session, withdrawn.clone(), Concern::Withdrawn).await
        }
        ToTracker::Withdraw { info_hashes } => {
            members.concern(session, info_hashes.clone(), Concern::Withdrawn).await
        }
        ToTracker::GetPass => members.want_pass(session).await,
        ToTracker::AccessSeen { epoch } => members.seen(session, *epoch).await,
        ToTracker::Hear { .. } => members.want_change(session).await,
        ToTracker::Transfers { transfers, stock } => {
            members.transferred(session, transfers.clone(), stock.clone()).await
        }
        ToTracker::TakesStock { info_hashes } => members.takes_stock(session, info_hashes.clone()).await,
        _ => Ok(()),
    }
}

/// Reads a .torrent file, a long one on another thread.
async fn read(torrent: Vec<u8>, owner: Option<u32>) -> Parsed {
    if torrent.len() <= SMALL {
        return parse(&torrent, owner);
    }
    let _turn = PARSERS.acquire().await;
    let parsing = tokio::task::spawn_blocking(move || parse(&torrent, owner)).await;
    parsing.unwrap_or_else(|_| Err("the metainfo could not be read".to_owned()))
}

/// What is kept of a .torrent file is what identifies and verifies the item: whose trackers it names is no matter.
fn parse(torrent: &[u8], owner: Option<u32>) -> Parsed {
    let metainfo = Metainfo::from_torrent(torrent).map_err(|error| error.to_string())?;
    let facts = ItemFacts::from_metainfo(&metainfo).map_err(|error| error.to_string())?;
    Ok(NewItem { facts, torrent: Arc::from(metainfo.to_torrent(&[])), added: 0, owner })
}
