//! Links that other nodes dial.

use std::{io::Cursor, net::IpAddr, sync::Arc, time::Duration};

use peerpool_wire::link::MAX_OPENING;
use tokio::{
    io::{AsyncReadExt as _, join},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};

use super::{Links, error::LinkError, frames_of, opening, talk::talk};
use crate::slots::Slot;

/// How long the opening of a link may take, the connection included.
pub(super) const OPENING: Duration = Duration::from_secs(5);

/// A connection on which somebody has begun TLS with these bytes, as nodes do.
pub(crate) async fn link_task(
    stream: TcpStream,
    received: Vec<u8>,
    remote: IpAddr,
    slot: Arc<Slot>,
    links: Links,
) {
    match serve(stream, received, remote, &slot, &links).await {
        // Anybody may try.
        Err(error @ (LinkError::Tls(_) | LinkError::Stranger)) => {
            tracing::debug!(%remote, %error, "no link to a stranger");
        }
        Err(error) => tracing::warn!(%remote, %error, "no link to a node that dialled"),
        Ok(()) => {}
    }
}

async fn serve(
    stream: TcpStream,
    received: Vec<u8>,
    remote: IpAddr,
    slot: &Slot,
    links: &Links,
) -> Result<(), LinkError> {
    let opening = async {
        stream.set_nodelay(true)?;
        let (rest, write) = stream.into_split();
        let shaken = links.0.tls.accept(Cursor::new(received).chain(rest), write).await?;
        if shaken.peer != links.0.tls.key() {
            return Err(LinkError::Stranger);
        }
        let (stream, short) = (join(shaken.reader, shaken.writer), Some(frames_of(MAX_OPENING)));
        let socket = WebSocketStream::from_raw_socket(stream, Role::Server, short).await;
        opening::listen(socket, links).await
    };
    let opened = tokio::select! {
        opened = timeout(OPENING, opening) => opened.map_err(|_| LinkError::Slow(OPENING))?,
        () = slot.revoked().cancelled() => return Err(LinkError::LetGo),
    };
    let (socket, theirs) = opened?;
    slot.note_session();
    // It says itself why it ends.
    talk(socket, theirs, remote, links).await;
    Ok(())
}
