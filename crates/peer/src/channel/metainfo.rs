//! Sends the tracker the metainfo that it asks for: one item after the other, a part at a time, beside everything else.

use peerpool_wire::{
    channel::{MetainfoChunk, ToTracker},
    id::InfoHash,
};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite;

use super::{Event, outgoing::Outgoing};
use crate::event_sender::EventSender;

/// Lists of items that wait. A tracker that asks for more is asking again.
pub(super) const LISTS: usize = 64;

/// Answers one list after the other, for as long as the session lasts.
pub(super) async fn give(
    events: EventSender<Event>,
    outgoing: Outgoing,
    mut lists: mpsc::Receiver<Vec<InfoHash>>,
) {
    while let Some(items) = lists.recv().await {
        for item in items {
            give_one(&events, &outgoing, item).await;
        }
    }
}

async fn give_one(events: &EventSender<Event>, outgoing: &Outgoing, info_hash: InfoHash) {
    let (answer, answered) = oneshot::channel();
    let _ = events.send(Event::MetainfoWanted { item: info_hash, answer }).await;
    let found = answered.await.ok().flatten();
    let torrent = found.map(|metainfo| metainfo.to_torrent(&[]));
    let split = torrent.as_ref().map(|torrent| MetainfoChunk::split(info_hash, torrent));
    match split {
        Some(Ok(chunks)) => {
            for chunk in chunks {
                tell(outgoing, &ToTracker::Metainfo(chunk)).await;
            }
        }
        Some(Err(error)) => {
            tracing::warn!(%error, "metainfo for the tracker");
            tell(outgoing, &ToTracker::NoMetainfo { info_hashes: vec![info_hash] }).await;
        }
        None => tell(outgoing, &ToTracker::NoMetainfo { info_hashes: vec![info_hash] }).await,
    }
}

async fn tell(outgoing: &Outgoing, message: &ToTracker) {
    outgoing.room().await;
    match message.encode() {
        Ok(frame) => outgoing.put(tungstenite::Message::Binary(frame.into())),
        Err(error) => tracing::error!(%error, "a message for the tracker"),
    }
}
