//! Reads a peer's frames and hands them to the desk.

use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use futures_util::{StreamExt, stream::SplitStream};
use peerpool_catalogue::{Input, ItemFacts, NewItem, SessionId};
use peerpool_wire::{
    channel::{ChunkAssembly, MetainfoChunk, ToTracker},
    metainfo::Metainfo,
};
use tokio::sync::{Notify, mpsc};

use super::{ChannelError, backlog};
use crate::{desk::Desk, sessions::Outgoing};

/// A peer is not read while this many messages wait for it, so that its questions cannot fill our memory.
const MAX_BACKLOG: usize = 16;

/// A .torrent file up to this many bytes is parsed sooner than it is handed to another thread.
const SMALL: usize = 64 << 10;

pub(super) struct Reader<'a> {
    pub(super) session: SessionId,
    pub(super) desk: &'a Desk,
    pub(super) backlog: mpsc::WeakSender<Outgoing>,
    pub(super) drained: &'a Notify,
}

impl Reader<'_> {
    pub(super) async fn run(self, mut stream: SplitStream<WebSocket>) -> Result<(), ChannelError> {
        let session = self.session;
        let mut assembly = None;
        loop {
            while backlog(&self.backlog) > MAX_BACKLOG {
                self.drained.notified().await;
            }
            let input = match stream.next().await.ok_or(ChannelError::Closed)?? {
                Message::Binary(frame) => match ToTracker::decode(&frame)? {
                    ToTracker::Metainfo(chunk) => assemble(session, &mut assembly, chunk).await?,
                    message => Input::Message { session, message },
                },
                Message::Ping(_) | Message::Pong(_) => Input::Heard { session },
                Message::Text(_) | Message::Close(_) => return Err(ChannelError::Closed),
            };
            self.desk.input(input).await?;
        }
    }
}

/// Adds a chunk; the last one completes the item. A chunk of another item begins anew.
async fn assemble(
    session: SessionId,
    assembly: &mut Option<ChunkAssembly>,
    chunk: MetainfoChunk,
) -> Result<Input, ChannelError> {
    let info_hash = chunk.info_hash;
    let mut current = match assembly.take() {
        Some(current) if chunk.offset != 0 => current,
        _ => ChunkAssembly::new(info_hash),
    };
    let Some(torrent) = current.handle_chunk(chunk)? else {
        *assembly = Some(current);
        return Ok(Input::Heard { session });
    };
    let parsed = if torrent.len() <= SMALL {
        parse(&torrent)
    } else {
        let parsing = tokio::task::spawn_blocking(move || parse(&torrent)).await;
        parsing.unwrap_or_else(|_| Err("the metainfo could not be read".to_owned()))
    };
    Ok(Input::Metainfo { session, info_hash, parsed })
}

/// Reads a .torrent file. Only what identifies and verifies the item is kept: whose trackers it names is no matter.
fn parse(torrent: &[u8]) -> Result<NewItem, String> {
    let metainfo = Metainfo::from_torrent(torrent).map_err(|error| error.to_string())?;
    let facts = ItemFacts::from_metainfo(&metainfo).map_err(|error| error.to_string())?;
    Ok(NewItem { facts, torrent: Arc::from(metainfo.to_torrent(&[])) })
}
