//! Links that other nodes dial.

use std::{net::IpAddr, sync::Arc, time::Duration};

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use peerpool_wire::link::MAX_OPENING;
use tokio::time::timeout;
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};

use super::{Links, error::LinkError, frames_of, opening, talk::talk};
use crate::slots::Slot;

/// How long the opening of a link may take, the connection included.
pub(super) const OPENING: Duration = Duration::from_secs(5);

/// A connection on which a node has asked for a link.
pub(crate) async fn link_task(upgrading: OnUpgrade, remote: IpAddr, slot: Arc<Slot>, links: Links) {
    if let Err(error) = serve(upgrading, remote, &slot, &links).await {
        tracing::warn!(%remote, %error, "no link to a node that dialled");
    }
}

async fn serve(upgrading: OnUpgrade, remote: IpAddr, slot: &Slot, links: &Links) -> Result<(), LinkError> {
    let opening = async {
        let stream = TokioIo::new(upgrading.await?);
        let short = Some(frames_of(MAX_OPENING));
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
