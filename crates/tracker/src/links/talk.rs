//! A link once it is open: what waits is written, and what comes goes to the catalogue.

use std::{net::IpAddr, time::Duration};

use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use peerpool_catalogue::{LinkEvent, SnapshotCursor};
use peerpool_wire::link::{Hello, Message, NodeId, Writer, read};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::broadcast::{self, error::RecvError},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::{WebSocketStream, tungstenite};

use super::{
    Links,
    error::LinkError,
    ways::{Linked, OpenLink, Outgoing, Way},
};
use crate::{closed::Closed, members::MembersHandle};

/// How often a node says that it lives.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Silence after which a link is lost.
pub(super) const SILENCE: Duration = Duration::from_secs(3);
/// While fewer bytes wait, the next part of the snapshot is told.
const LITTLE: usize = 1 << 20;

/// Talks until the link is lost, and says why it is.
pub(super) async fn talk<S>(
    socket: WebSocketStream<S>,
    theirs: Hello,
    address: IpAddr,
    links: &Links,
) -> LinkError
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let catalogue = &links.0.catalogue;
    let (way, mut outgoing) = Way::new();
    let node = theirs.node;
    let on = match catalogue.link_up(theirs, address, way).await {
        Ok(on) => on,
        Err(error) => return error.into(),
    };
    tracing::info!(%node, %address, "linked to a node");
    if !links.0.standing.knows(node) {
        links.0.stranger.notify_one();
    }
    let ended = outgoing.ended.clone();
    let (mut sink, mut stream) = socket.split();
    let outcome = tokio::select! {
        heard = hear(&mut stream, (node, on), links) => heard,
        told = tell(&mut sink, &mut outgoing, on, links) => told,
        () = ended.cancelled() => Err(LinkError::LetGo),
        () = links.0.shutdown.cancelled() => Err(Closed.into()),
    };
    if let Some(members) = &links.0.members {
        // So with members.
        let _ = members.link_lost(on).await;
    }
    // A task that is gone has no link to lose.
    let _ = catalogue.linked(Linked::Happened { on, event: LinkEvent::Lost }).await;
    let error = match outcome {
        Ok(never) => match never {},
        Err(error) => error,
    };
    tracing::warn!(%node, %error, "the link to a node is lost");
    error
}

/// What never comes.
enum Never {}

async fn hear(
    stream: &mut (impl Stream<Item = Result<tungstenite::Message, tungstenite::Error>> + Unpin),
    (node, on): (NodeId, OpenLink),
    links: &Links,
) -> Result<Never, LinkError> {
    let happened = async |event| links.0.catalogue.linked(Linked::Happened { on, event }).await;
    loop {
        let frame = timeout(SILENCE, stream.next()).await.map_err(|_| LinkError::Silent(SILENCE))?;
        let frame = match frame.ok_or(LinkError::HungUp)?? {
            tungstenite::Message::Binary(frame) => frame,
            tungstenite::Message::Close(_) => return Err(LinkError::HungUp),
            tungstenite::Message::Text(_) => return Err(LinkError::Unexpected),
            _ => continue,
        };
        let mut news = Vec::new();
        for message in read(&frame)? {
            match message {
                Message::News(told) => news.push(told),
                Message::Complete => {
                    happened(LinkEvent::News(std::mem::take(&mut news))).await?;
                    happened(LinkEvent::Complete).await?;
                }
                Message::Alive => {}
                message @ (Message::MembersChanged
                | Message::MembersDone { .. }
                | Message::StockClient(_)
                | Message::StockTakers { .. }) => {
                    if let Some(members) = &links.0.members {
                        members.hear(node, on, message).await?;
                    }
                }
                Message::Hello(_) | Message::Proof(_) | Message::Refused { .. } => {
                    return Err(LinkError::Unexpected);
                }
            }
        }
        if !news.is_empty() {
            happened(LinkEvent::News(news)).await?;
        }
    }
}

async fn tell(
    sink: &mut (impl Sink<tungstenite::Message, Error = tungstenite::Error> + Unpin),
    outgoing: &mut Outgoing,
    on: OpenLink,
    links: &Links,
) -> Result<Never, LinkError> {
    let alive = Message::Alive.alone()?;
    let mut beat = interval(HEARTBEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut cursor = Some(SnapshotCursor::default());
    let mut told = links.0.members.as_ref().map(|members| members.told.subscribe());
    if let Some(members) = &links.0.members {
        // What was told before this link was up.
        tell_members(sink, members).await?;
    }
    loop {
        if let Some(from) = cursor
            && outgoing.waiting() < LITTLE
        {
            cursor = links.0.catalogue.snapshot(on, from).await?;
        }
        let frame = tokio::select! {
            biased;
            _ = beat.tick() => alive.clone(),
            message = of_members(&mut told) => match (message, &links.0.members) {
                (Some(message), _) => message.alone()?,
                (None, Some(members)) => {
                    tell_members(sink, members).await?;
                    continue;
                }
                (None, None) => continue,
            },
            frame = outgoing.next_together() => frame.ok_or(LinkError::LetGo)?,
        };
        sink.send(tungstenite::Message::Binary(frame.into())).await?;
    }
}

/// Tells a node how members stand here.
async fn tell_members(
    sink: &mut (impl Sink<tungstenite::Message, Error = tungstenite::Error> + Unpin),
    members: &MembersHandle,
) -> Result<(), LinkError> {
    let mut writer = Writer::default();
    for message in members.as_it_stands().await? {
        if let Some(full) = writer.write(&message)? {
            sink.send(tungstenite::Message::Binary(full.into())).await?;
        }
    }
    if let Some(rest) = writer.take() {
        sink.send(tungstenite::Message::Binary(rest.into())).await?;
    }
    Ok(())
}

/// What is told of members next, or that something was missed; never anything in an open pool.
async fn of_members(told: &mut Option<broadcast::Receiver<Message>>) -> Option<Message> {
    let message = match told {
        Some(told) => told.recv().await,
        None => std::future::pending().await,
    };
    match message {
        Ok(message) => Some(message),
        Err(RecvError::Lagged(_)) => None,
        // The tracker ends.
        Err(RecvError::Closed) => std::future::pending().await,
    }
}
