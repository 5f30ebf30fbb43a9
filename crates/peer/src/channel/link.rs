//! Opens a session with the tracker.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use peerpool_access::key::PublicKey;
use peerpool_api::{ApiError, Code, TrackerUrl};
use peerpool_tls::{ConnectError, Expected};
use peerpool_wire::{
    channel::{Hello, MAX_FRAME, Refusal, ToPeer, ToTracker, VERSIONS, Welcome},
    digest::ShareDigest,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message, http::Response, protocol::WebSocketConfig},
};

use super::{
    Identity, Secure,
    heard::{Heard, Listening},
};
use crate::{error::TrackerError, transport};

/// How long the other side's system may leave unanswered what was sent, which it does once the way there is gone.
#[cfg(target_os = "linux")]
const UNANSWERED: Duration = Duration::from_secs(20);

/// What a WebSocket runs on: TCP, or TLS over it.
pub(super) trait ByteStream: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin> ByteStream for S {}

pub(super) type Socket = WebSocketStream<Listening<Box<dyn ByteStream>>>;

/// A session that stands.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) socket: Socket,
    /// When something last came over it.
    pub(super) heard: Heard,
    /// Our own end.
    pub(super) from: Option<IpAddr>,
    pub(super) welcome: Welcome,
    /// The key that the tracker has proved to have, in a pool for members.
    pub(super) key: Option<PublicKey>,
}

/// Why there is no session.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) error: TrackerError,
    /// Where the node says that this peer is to go on.
    pub(super) nodes: Vec<String>,
}

impl From<TrackerError> for Refused {
    fn from(error: TrackerError) -> Self {
        Self { error, nodes: Vec::new() }
    }
}

/// What a hello says of a connection beside who this peer is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connection {
    pub(super) number: u64,
    /// Of what this peer shares, if the tracker may know that already.
    pub(super) digest: Option<ShareDigest>,
}

/// Connects, says hello, and is welcomed, all within `patience`.
pub(super) async fn open(
    url: &TrackerUrl,
    identity: &Identity,
    connection: Connection,
    patience: Duration,
) -> Result<Opened, Refused> {
    let opening = async {
        let tcp = dial(url, identity.listen.ip()).await;
        let tcp = tcp.map_err(|error| unreachable(url, error.to_string()))?;
        let from = tcp.local_addr().ok().map(|addr| addr.ip());
        let (stream, key): (Box<dyn ByteStream>, _) = match &identity.secure {
            None => (Box::new(tcp), None),
            Some(secure) => {
                let (stream, key) = secured(secure, tcp).await.map_err(|error| insecure(url, &error))?;
                (stream, Some(key))
            }
        };
        let (stream, heard) = Listening::to(stream);
        let mut socket = upgrade(url, stream).await?;
        let welcome = greet(url, identity, connection, &mut socket).await?;
        Ok(Opened { socket, heard, from, welcome, key })
    };
    match tokio::time::timeout(patience, opening).await {
        Ok(opened) => opened,
        Err(_) => Err(unreachable(url, format!("no answer within {} s", patience.as_secs())).into()),
    }
}

/// Connects to the first of the name's addresses that answers.
async fn dial(url: &TrackerUrl, from: IpAddr) -> io::Result<TcpStream> {
    let addrs: Vec<SocketAddr> = tokio::net::lookup_host(url.authority()).await?.collect();
    let tcp = transport::dial_any(&addrs, from).await?;
    if let Err(error) = tune(&tcp) {
        tracing::debug!(%error, "the channel's socket");
    }
    Ok(tcp)
}

fn tune(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(tcp).set_tcp_user_timeout(Some(UNANSWERED))?;
    Ok(())
}

/// Shakes hands with a tracker that speaks for the pool.
async fn secured(secure: &Secure, tcp: TcpStream) -> Result<(Box<dyn ByteStream>, PublicKey), ConnectError> {
    let expected = Expected::OneOf(secure.trackers.borrow().clone());
    let (read, write) = tcp.into_split();
    let connection = secure.endpoint.connect(read, write, expected).await?;
    Ok((Box::new(tokio::io::join(connection.reader, connection.writer)), connection.peer))
}

async fn upgrade(url: &TrackerUrl, stream: Listening<Box<dyn ByteStream>>) -> Result<Socket, TrackerError> {
    let config = WebSocketConfig::default().max_message_size(Some(MAX_FRAME)).max_frame_size(Some(MAX_FRAME));
    match tokio_tungstenite::client_async_with_config(url.channel(), stream, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(answer)) => Err(turned_away(url, &answer)),
        Err(error) => Err(not_a_tracker(url, error.to_string())),
    }
}

async fn greet(
    url: &TrackerUrl,
    identity: &Identity,
    connection: Connection,
    socket: &mut Socket,
) -> Result<Welcome, Refused> {
    let hello = ToTracker::Hello(Hello {
        versions: VERSIONS.to_vec(),
        peer_id: identity.peer_id,
        name: identity.name.clone(),
        agent: concat!("Peerpool ", env!("CARGO_PKG_VERSION")).to_owned(),
        port: identity.listen.port(),
        secret: Some(identity.secret),
        listens: identity.listens(),
        connection: connection.number,
        digest: connection.digest,
    });
    let frame = hello.encode().map_err(|error| not_a_tracker(url, error.to_string()))?;
    let sent = socket.send(Message::Binary(frame.into())).await;
    sent.map_err(|error| not_a_tracker(url, error.to_string()))?;
    loop {
        let frame = match socket.next().await {
            Some(Ok(Message::Binary(frame))) => frame,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(other)) => return Err(not_a_tracker(url, format!("it said {other:?}")).into()),
            Some(Err(error)) => return Err(not_a_tracker(url, error.to_string()).into()),
            None => return Err(not_a_tracker(url, "it hung up".to_owned()).into()),
        };
        return match ToPeer::decode(&frame) {
            Ok(ToPeer::Welcome(welcome)) if VERSIONS.contains(&welcome.version) => Ok(welcome),
            Ok(ToPeer::Welcome(welcome)) => {
                Err(refused(url, Refusal::UnsupportedVersion { supported: vec![welcome.version] }).into())
            }
            Ok(ToPeer::Refused { reason, nodes }) => Err(Refused { error: refused(url, reason), nodes }),
            Ok(_) => Err(not_a_tracker(url, "no welcome".to_owned()).into()),
            Err(error) => Err(not_a_tracker(url, error.to_string()).into()),
        };
    }
}

/// A tracker that opens no channel says why in the `code` of a problem (RFC 9457).
fn turned_away(url: &TrackerUrl, answer: &Response<Option<Vec<u8>>>) -> TrackerError {
    let problem = answer.body().as_deref().and_then(|body| serde_json::from_slice::<ApiError>(body).ok());
    match problem.map(|problem| problem.code) {
        Some(Code::MembersOnly) => TrackerError::ForMembers { url: url.clone() },
        Some(Code::NotAMember) => TrackerError::NotAMember { url: url.clone() },
        _ => not_a_tracker(url, format!("HTTP status {}", answer.status())),
    }
}

fn unreachable(url: &TrackerUrl, cause: String) -> TrackerError {
    TrackerError::Unreachable { url: url.clone(), cause }
}

fn insecure(url: &TrackerUrl, error: &ConnectError) -> TrackerError {
    match error {
        ConnectError::Io(error) => unreachable(url, error.to_string()),
        error => not_a_tracker(url, format!("it is no tracker of this pool: {error}")),
    }
}

fn not_a_tracker(url: &TrackerUrl, cause: String) -> TrackerError {
    TrackerError::NotATracker { url: url.clone(), cause }
}

fn refused(url: &TrackerUrl, reason: Refusal) -> TrackerError {
    TrackerError::Refused { url: url.clone(), reason }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::{channel::SessionSecret, id::PeerId};
    use tokio::net::TcpListener;

    use super::{super::nodes::PATIENCE, *};

    fn identity() -> Identity {
        Identity {
            peer_id: PeerId([1; 20]),
            name: "peer".to_owned(),
            listen: "127.0.0.1:1".parse().unwrap(),
            secret: SessionSecret([2; 16]),
            secure: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_tracker_is_given_up_within_its_time() {
        let tracker = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = TrackerUrl::from(tracker.local_addr().unwrap());
        let identity = identity();
        let connection = Connection { number: 1, digest: None };
        let opened = tokio::time::timeout(PATIENCE * 2, open(&url, &identity, connection, PATIENCE)).await;
        let error = opened.unwrap().unwrap_err().error;
        assert!(matches!(error, TrackerError::Unreachable { .. }), "{error}");
    }
}
