//! The opening of a link: both ends prove that they are of one pool.

use futures_util::{SinkExt as _, StreamExt as _};
use peerpool_wire::link::{
    self, Hello, MAX_LINK_FRAME, Message, Opening, Refusal, Role, VERSIONS, negotiate,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, protocol},
};

use super::{Links, error::LinkError, frames_of};

/// Opens a link that this node has dialled. Returns who the other one is.
pub(super) async fn dial<S>(socket: &mut WebSocketStream<S>, links: &Links) -> Result<Hello, LinkError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let own = links.hello();
    send(socket, &Message::Hello(own.clone())).await?;
    let Message::Hello(theirs) = receive(socket).await? else { return Err(LinkError::Unexpected) };
    check(socket, &own, &theirs).await?;
    let (opening, secret) = (Opening { dials: &own, listens: &theirs }, &links.0.joined.secret);
    send(socket, &Message::Proof(opening.proof(secret, Role::Dials))).await?;
    match receive(socket).await? {
        Message::Proof(proof) if proof == opening.proof(secret, Role::Listens) => Ok(theirs),
        Message::Proof(_) => refuse(socket, Refusal::Secret).await,
        _ => Err(LinkError::Unexpected),
    }
}

/// Opens a link that another node has dialled. From then on it takes longer frames, which only a node may send.
pub(super) async fn listen<S>(
    mut socket: WebSocketStream<S>,
    links: &Links,
) -> Result<(WebSocketStream<S>, Hello), LinkError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Message::Hello(theirs) = receive(&mut socket).await? else { return Err(LinkError::Unexpected) };
    let own = links.hello();
    check(&mut socket, &own, &theirs).await?;
    send(&mut socket, &Message::Hello(own.clone())).await?;
    let (opening, secret) = (Opening { dials: &theirs, listens: &own }, &links.0.joined.secret);
    match receive(&mut socket).await? {
        Message::Proof(proof) if proof == opening.proof(secret, Role::Dials) => {}
        Message::Proof(_) => return refuse(&mut socket, Refusal::Secret).await,
        _ => return Err(LinkError::Unexpected),
    }
    // Nothing of what follows has been read: the other one waits for the proof.
    let longer = Some(frames_of(MAX_LINK_FRAME));
    let mut socket =
        WebSocketStream::from_raw_socket(socket.into_inner(), protocol::Role::Server, longer).await;
    send(&mut socket, &Message::Proof(opening.proof(secret, Role::Listens))).await?;
    Ok((socket, theirs))
}

async fn check<S>(socket: &mut WebSocketStream<S>, own: &Hello, theirs: &Hello) -> Result<(), LinkError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if negotiate(&theirs.versions).is_none() {
        return refuse(socket, Refusal::Version { supported: VERSIONS.to_vec() }).await;
    }
    if theirs.node == own.node {
        return refuse(socket, Refusal::Itself).await;
    }
    Ok(())
}

async fn refuse<S, T>(socket: &mut WebSocketStream<S>, reason: Refusal) -> Result<T, LinkError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    send(socket, &Message::Refused { reason: reason.clone() }).await?;
    socket.close(None).await?;
    Err(LinkError::Refuses(reason))
}

async fn send<S>(socket: &mut WebSocketStream<S>, message: &Message) -> Result<(), LinkError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    Ok(socket.send(tungstenite::Message::Binary(message.alone()?.into())).await?)
}

/// The next message, alone in its frame.
async fn receive<S>(socket: &mut WebSocketStream<S>) -> Result<Message, LinkError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(frame) = socket.next().await else { return Err(LinkError::HungUp) };
    let tungstenite::Message::Binary(frame) = frame? else { return Err(LinkError::HungUp) };
    let [message] = <[Message; 1]>::try_from(link::read(&frame)?).map_err(|_| LinkError::Unexpected)?;
    match message {
        Message::Refused { reason } => Err(LinkError::Refused(reason)),
        message => Ok(message),
    }
}
