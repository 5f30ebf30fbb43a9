//! Sends the tracker the metainfo that it asks for, some items at a time, beside everything else.

use std::sync::Arc;

use peerpool_wire::{
    channel::{MetainfoChunk, ToTracker, WholeMetainfo},
    id::InfoHash,
    metainfo::Metainfo,
};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite;

use super::{Event, outgoing::Outgoing};
use crate::event_sender::EventSender;

/// Lists of items that wait. A tracker that asks for more is asking again.
pub(super) const LISTS: usize = 64;
/// Items that the node is asked for at once.
const ITEMS: usize = 64;
/// Bytes of .torrent files in one message. A file that is longer goes alone, in chunks.
const MAX_BYTES: usize = 64 << 10;

/// Gives the tracker what it asks for.
pub(super) struct Giver {
    pub(super) events: EventSender<Event>,
    pub(super) outgoing: Outgoing,
    /// Whether the tracker takes several items in one message.
    pub(super) batches: bool,
}

impl Giver {
    /// Answers one list after the other, for as long as the session lasts.
    pub(super) async fn run(self, mut lists: mpsc::Receiver<Vec<InfoHash>>) {
        while let Some(items) = lists.recv().await {
            for some in items.chunks(ITEMS) {
                self.give(some).await;
            }
        }
    }

    async fn give(&self, items: &[InfoHash]) {
        let found = self.find(items).await;
        let (mut batch, mut bytes) = (Vec::new(), 0);
        let mut missing = Vec::new();
        for (&info_hash, metainfo) in items.iter().zip(found) {
            let Some(metainfo) = metainfo else {
                missing.push(info_hash);
                continue;
            };
            let torrent = metainfo.to_torrent(&[]);
            if !self.batches || torrent.len() > MAX_BYTES {
                self.give_alone(info_hash, &torrent).await;
                continue;
            }
            if bytes + torrent.len() > MAX_BYTES {
                self.give_batch(std::mem::take(&mut batch)).await;
                bytes = 0;
            }
            bytes += torrent.len();
            batch.push(WholeMetainfo { info_hash, torrent });
        }
        self.give_batch(batch).await;
        if !missing.is_empty() {
            self.tell(&ToTracker::NoMetainfo { info_hashes: missing }).await;
        }
    }

    /// What these items are, in the same order.
    async fn find(&self, items: &[InfoHash]) -> Vec<Option<Arc<Metainfo>>> {
        let (answer, answered) = oneshot::channel();
        let _ = self.events.send(Event::MetainfoWanted { items: items.to_vec(), answer }).await;
        // A node that has ended has nothing any more.
        answered.await.unwrap_or_else(|_| vec![None; items.len()])
    }

    async fn give_batch(&self, items: Vec<WholeMetainfo>) {
        if !items.is_empty() {
            self.tell(&ToTracker::MetainfoBatch { items }).await;
        }
    }

    async fn give_alone(&self, info_hash: InfoHash, torrent: &[u8]) {
        match MetainfoChunk::split(info_hash, torrent) {
            Ok(chunks) => {
                for chunk in chunks {
                    self.tell(&ToTracker::Metainfo(chunk)).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "metainfo for the tracker");
                self.tell(&ToTracker::NoMetainfo { info_hashes: vec![info_hash] }).await;
            }
        }
    }

    async fn tell(&self, message: &ToTracker) {
        self.outgoing.room().await;
        match message.encode() {
            Ok(frame) => self.outgoing.put(tungstenite::Message::Binary(frame.into())),
            Err(error) => tracing::error!(%error, "a message for the tracker"),
        }
    }
}
