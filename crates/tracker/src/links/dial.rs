//! Dials one node, for as long as it is on the roster.

use std::time::Duration;

use peerpool_wire::link::MAX_LINK_FRAME;
use tokio::{
    io::join,
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};
use tokio_util::sync::CancellationToken;

use super::{Links, error::LinkError, frames_of, opening, serve::OPENING, talk::talk};
use crate::store::Node;

/// Pauses between two tries, in milliseconds: random, so that nodes which lost each other do not meet all at once.
const PAUSE: std::ops::Range<u64> = 100..800;

/// Keeps a link to a node until `stop` is cancelled; one that is open then goes on.
pub(super) async fn dial_task(node: Node, links: Links, stop: CancellationToken) {
    let mut is_out_of_reach = false;
    while !stop.is_cancelled() {
        match dial(&node, &links).await {
            Ok(()) => is_out_of_reach = false,
            Err(error) if !std::mem::replace(&mut is_out_of_reach, true) => {
                tracing::warn!(node = %node.id, address = node.address, %error, "no link to a node: trying again");
            }
            Err(error) => tracing::trace!(node = %node.id, %error, "no link to a node"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = links.0.shutdown.cancelled() => return,
            () = sleep(Duration::from_millis(rand::random_range(PAUSE))) => {}
        }
    }
}

/// Makes a link, and returns when it is lost.
async fn dial(node: &Node, links: &Links) -> Result<(), LinkError> {
    let opening = async {
        let stream = TcpStream::connect(&node.address).await?;
        stream.set_nodelay(true)?;
        let address = stream.peer_addr()?.ip().to_canonical();
        let (read, write) = stream.into_split();
        let shaken = links.0.tls.connect(read, write, links.0.tls.key()).await?;
        let (stream, long) = (join(shaken.reader, shaken.writer), Some(frames_of(MAX_LINK_FRAME)));
        let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, long).await;
        let theirs = opening::dial(&mut socket, links).await?;
        Ok::<_, LinkError>((socket, theirs, address))
    };
    let (socket, theirs, address) =
        timeout(OPENING, opening).await.map_err(|_| LinkError::Slow(OPENING))??;
    // It says itself why it ends.
    talk(socket, theirs, address, links).await;
    Ok(())
}
