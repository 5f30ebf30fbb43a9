//! Writes what the desk has for a peer, and keeps the connection alive.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::ws::{Message, WebSocket},
};
use futures_util::{SinkExt, stream::SplitSink};
use peerpool_catalogue::Policy;
use peerpool_wire::{
    channel::{Failure, MetainfoChunk, RequestId, ToPeer},
    id::InfoHash,
};
use tokio::sync::{Notify, mpsc};

use super::ChannelError;
use crate::{sessions::Outgoing, store::StoreHandle};

/// How long a peer may take to read one frame.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(20);

pub(super) struct Writer<'a> {
    pub(super) store: StoreHandle,
    pub(super) drained: &'a Notify,
}

impl Writer<'_> {
    pub(super) async fn run(
        self,
        mut sink: SplitSink<WebSocket, Message>,
        mut outgoing: mpsc::Receiver<Outgoing>,
    ) -> Result<(), ChannelError> {
        let mut keep_alive = tokio::time::interval(Policy::default().keep_alive);
        loop {
            let next = tokio::select! {
                next = outgoing.recv() => next,
                _ = keep_alive.tick() => {
                    write(&mut sink, Message::Ping(Bytes::new())).await?;
                    continue;
                }
            };
            match next {
                Some(Outgoing::Message(message)) => self.send(&mut sink, &message).await?,
                Some(Outgoing::Metainfo { request, info_hash }) => {
                    self.send_metainfo(&mut sink, request, info_hash).await?;
                }
                Some(Outgoing::Close(reason)) => {
                    if let Some(reason) = reason {
                        self.send(&mut sink, &ToPeer::Refused { reason }).await?;
                    }
                    return write(&mut sink, Message::Close(None)).await;
                }
                None => return Ok(()),
            }
            self.drained.notify_one();
        }
    }

    async fn send(
        &self,
        sink: &mut SplitSink<WebSocket, Message>,
        message: &ToPeer,
    ) -> Result<(), ChannelError> {
        write(sink, Message::Binary(message.encode()?.into())).await
    }

    async fn send_metainfo(
        &self,
        sink: &mut SplitSink<WebSocket, Message>,
        request: RequestId,
        info_hash: InfoHash,
    ) -> Result<(), ChannelError> {
        let Some(torrent) = self.store.torrent(info_hash).await else {
            let error = Failure::NoMetainfo { info_hash };
            return self.send(sink, &ToPeer::Failed { request, error }).await;
        };
        for chunk in MetainfoChunk::split(info_hash, &torrent)? {
            self.send(sink, &ToPeer::Metainfo { request, chunk }).await?;
        }
        Ok(())
    }
}

async fn write(sink: &mut SplitSink<WebSocket, Message>, message: Message) -> Result<(), ChannelError> {
    Ok(tokio::time::timeout(WRITE_TIMEOUT, sink.send(message))
        .await
        .map_err(|_| ChannelError::NotReading)??)
}
