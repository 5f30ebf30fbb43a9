//! Writes what the catalogue's task has for a peer, and keeps the connection alive.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use peerpool_catalogue::{Input, Policy, SessionId};
use peerpool_wire::{
    channel::{CHUNK, Failure, MetainfoChunk, NODES, RequestId, ToPeer},
    id::InfoHash,
};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::{Notify, Semaphore, mpsc},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{ChannelError, Channels, WriteHalf, frames, reader::Asked};
use crate::{
    clock::Clock,
    members::Concern,
    memory::Held,
    onlooker::Onlooker,
    sessions::{Outgoing, Queued},
};

/// How long a peer may take to read one message.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// Messages up to so many bytes are written with their header at once.
const TOGETHER: usize = 64 << 10;
/// How long an answer waits for memory.
const MEMORY_WAIT: Duration = Duration::from_secs(15);
/// How long it waits for metainfo that the store has lost, and that somebody who has the item is asked for.
const RESTORE_WAIT: Duration = Duration::from_secs(5);
/// The same where nobody can be asked, but another node may be writing it.
const WRITE_WAIT: Duration = Duration::from_secs(1);
/// Between two tries of either.
const AGAIN: Duration = Duration::from_millis(100);

/// Pings leave at multiples of this, so that the machine wakes up once for those of many peers.
const BEAT: Duration = Duration::from_secs(5);

/// Torrents that are read from the store at a time.
static LOADERS: Semaphore = Semaphore::const_new(2);

pub(super) struct Writer<'a> {
    pub(super) session: SessionId,
    pub(super) onlooker: Onlooker,
    /// The members' task has something to tell.
    pub(super) news: Arc<Notify>,
    pub(super) channels: &'a Channels,
    pub(super) drained: &'a Notify,
    pub(super) asked: Asked,
    /// What stands for this peer's memory.
    pub(super) held: Held,
    pub(super) clock: Clock,
}

impl Writer<'_> {
    pub(super) async fn run(
        self,
        sink: &mut WriteHalf,
        mut outgoing: mpsc::Receiver<Queued>,
        mut pings: mpsc::Receiver<Vec<u8>>,
    ) -> Result<(), ChannelError> {
        let first = self.clock.instant(self.clock.now().next_multiple(BEAT));
        let mut keep_alive = tokio::time::interval_at(first, Policy::default().sessions.keep_alive);
        let mut welcomed = false;
        let mut nodes = self.channels.nodes.clone();
        let mut follows_nodes = false;
        loop {
            let next = tokio::select! {
                () = self.news.notified(), if welcomed => {
                    self.tell_news(sink).await?;
                    continue;
                }
                Ok(()) = nodes.changed(), if follows_nodes => {
                    send(sink, &ToPeer::Nodes { nodes: self.channels.named_nodes() }).await?;
                    continue;
                }
                next = outgoing.recv() => next,
                Some(content) = pings.recv() => {
                    write(sink, &frames::pong(&content)).await?;
                    continue;
                }
                _ = keep_alive.tick() => {
                    write(sink, &frames::ping()).await?;
                    continue;
                }
            };
            let Some(queued) = next else { return Ok(()) };
            match queued.outgoing {
                Outgoing::Message(mut message) => {
                    if let ToPeer::Welcome(welcome) = &mut *message {
                        nodes.mark_unchanged();
                        welcome.nodes = self.channels.named_nodes();
                        follows_nodes = welcome.version >= NODES;
                    }
                    if let ToPeer::NeedMetainfo { info_hashes } = &*message {
                        self.asked.add(info_hashes);
                    }
                    if let (true, Some(members)) = (welcomed, &self.channels.members) {
                        let located = located(&message);
                        if !located.is_empty() {
                            members.concern(self.session, located, Concern::Located).await?;
                        }
                        // Ahead of what waits, and of what cannot be understood without it.
                        self.tell_news(sink).await?;
                    }
                    send(sink, &message).await?;
                    welcomed |= matches!(*message, ToPeer::Welcome(_));
                }
                Outgoing::Metainfo { request, info_hash } => {
                    let mut loading = pin!(self.load(info_hash));
                    let loaded = loop {
                        tokio::select! {
                            loaded = &mut loading => break loaded?,
                            // A peer that hears nothing meanwhile takes the tracker for dead.
                            Some(content) = pings.recv() => write(sink, &frames::pong(&content)).await?,
                            _ = keep_alive.tick() => write(sink, &frames::ping()).await?,
                        }
                    };
                    match loaded {
                        Ok(loaded) => self.send_metainfo(sink, request, info_hash, loaded).await?,
                        Err(error) => send(sink, &ToPeer::Failed { request, error }).await?,
                    }
                }
                Outgoing::Ping => write(sink, &frames::ping()).await?,
                Outgoing::Close(reason) => {
                    if let Some(reason) = reason {
                        send(sink, &self.channels.refused(reason)).await?;
                    }
                    return write(sink, &frames::close()).await;
                }
            }
            drop(queued.held);
            self.drained.notify_one();
        }
    }

    /// Tells all that the members' task has for this peer.
    async fn tell_news(&self, sink: &mut WriteHalf) -> Result<(), ChannelError> {
        let Some(members) = &self.channels.members else { return Ok(()) };
        while let Some(message) = members.news(self.session).await? {
            send(sink, &message).await?;
        }
        Ok(())
    }

    /// An item's .torrent file, once there is memory for it, or why it cannot be had.
    async fn load(&self, info_hash: InfoHash) -> Result<Result<Loaded, Failure>, ChannelError> {
        if let Err(error) = self.onlooker.check_get(info_hash).await? {
            return Ok(Err(error));
        }
        let begun = Instant::now();
        let mut asked = false;
        loop {
            // Those that wait for memory hold none.
            let turn = LOADERS.acquire().await;
            let Some(torrent) = self.channels.store.torrent(info_hash).await else {
                drop(turn);
                if !std::mem::replace(&mut asked, true) {
                    self.channels.catalogue.input(Input::Unstored { info_hash }).await?;
                }
                let seed = self.channels.catalogue.ask(move |asked| asked.catalogue.has_seed_here(info_hash));
                let wait = if seed.await? { RESTORE_WAIT } else { WRITE_WAIT };
                if begun.elapsed() >= wait {
                    return Ok(Err(Failure::NoMetainfo { info_hash }));
                }
                tokio::time::sleep(AGAIN).await;
                continue;
            };
            // Beside the file a chunk of it, twice.
            if let Ok(held) = self.held.another(torrent.len() + 2 * torrent.len().min(CHUNK)) {
                return Ok(Ok(Loaded { torrent, held }));
            }
            drop((torrent, turn));
            if begun.elapsed() >= MEMORY_WAIT {
                return Ok(Err(Failure::Busy));
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn send_metainfo(
        &self,
        sink: &mut WriteHalf,
        request: RequestId,
        info_hash: InfoHash,
        Loaded { torrent, held }: Loaded,
    ) -> Result<(), ChannelError> {
        let gave_way = CancellationToken::new();
        let held = held.gives_way(gave_way.clone());
        let sending = async {
            for chunk in MetainfoChunk::split(info_hash, &torrent)? {
                // Ahead of what is left of a long one.
                while self.news.notified().now_or_never().is_some() {
                    self.tell_news(sink).await?;
                }
                send(sink, &ToPeer::Metainfo { request, chunk }).await?;
                held.moved();
            }
            Ok(())
        };
        tokio::select! {
            sent = sending => sent,
            () = gave_way.cancelled() => Err(ChannelError::NotReading),
        }
    }
}

/// A .torrent file, and the memory that it takes.
struct Loaded {
    torrent: Arc<[u8]>,
    held: Held,
}

/// Sends one message.
pub(super) async fn send(sink: &mut WriteHalf, message: &ToPeer) -> Result<(), ChannelError> {
    let message = message.encode()?;
    let mut head = frames::message_head(message.len());
    if message.len() <= TOGETHER {
        head.extend_from_slice(&message);
        return write(sink, &head).await;
    }
    write(sink, &head).await?;
    write(sink, &message).await
}

/// Writes all of it, or gives up a peer that does not read.
pub(super) async fn write(sink: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Result<(), ChannelError> {
    let writing = async {
        sink.write_all(bytes).await?;
        sink.flush().await
    };
    let written = tokio::time::timeout(WRITE_TIMEOUT, writing).await;
    Ok(written.map_err(|_| ChannelError::NotReading)??)
}

/// The items that a message names holders of: whoever is told of them has to know who may have what.
fn located(message: &ToPeer) -> Vec<InfoHash> {
    match message {
        ToPeer::Located { item: Some(item), twins, .. } => {
            twins.iter().map(|twin| twin.item.info_hash).chain([item.info_hash]).collect()
        }
        // Nobody may have known the item when it was asked for.
        ToPeer::NewHolders { info_hash, .. } => vec![*info_hash],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_read_a_message_is_given_up() {
        let (mut sink, mut peer) = tokio::io::duplex(64);
        write(&mut sink, &[0; 64]).await.unwrap();
        let begun = Instant::now();
        let refused = write(&mut sink, &[0; 1]).await.unwrap_err();
        assert!(matches!(refused, ChannelError::NotReading), "{refused:?}");
        assert_eq!(begun.elapsed().as_secs(), WRITE_TIMEOUT.as_secs());
        peer.read_exact(&mut [0; 64]).await.unwrap();
        write(&mut sink, &[0; 1]).await.unwrap();
    }
}
