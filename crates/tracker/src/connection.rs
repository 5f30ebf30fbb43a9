//! Accepts connections and serves HTTP on them.

use std::{
    io::{self, Cursor},
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use peerpool_catalogue::Endpoints;
use peerpool_web::guard::LocalAddress;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::TcpStream,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service;
use tracing::Instrument as _;

use crate::{
    catalogue_task::CatalogueHandle,
    entrance::Entrance,
    fast_path::{Next, answer_at_once, serve_announces},
    links::{Links, link_task},
    listener::{Accepted, Listener},
    members::Caller,
    protocol::Protocol,
    slots::{Slot, Slots},
    stock,
};

/// How long a client may take to send a request whole, or to send the next one.
pub(crate) const REQUEST_TIME: Duration = Duration::from_secs(30);
/// How long a connection lasts on which no channel is opened and nothing long is sent, its slow reading included.
const LIFETIME: Duration = Duration::from_secs(600);
/// Most bytes of a request's headers.
const MAX_HEADERS: usize = 32 << 10;
/// How long to wait after an accept failed for lack of something (file descriptors).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The connection that a request came over.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) endpoints: Endpoints,
    /// Our own end, with its port.
    pub(crate) local: SocketAddr,
    /// Its slot among all connections; a channel has it for as long as it lasts.
    pub(crate) slot: Arc<Slot>,
    pub(crate) lasting: Lasting,
}

/// Whether something long is on its way over a connection. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lasting(Arc<Hold>);

/// Is counted while it is held.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hold(Arc<()>);

impl Lasting {
    /// Has the connection last until this is dropped.
    pub(crate) fn hold(&self) -> Hold {
        Hold::clone(&self.0)
    }

    fn is_held(&self) -> bool {
        Arc::strong_count(&self.0.0) > 1
    }
}

/// What connections lead to.
#[derive(Clone)]
pub(crate) struct Doors {
    /// Everything, for whoever may have it.
    pub(crate) router: Router,
    /// What answers announces without a router.
    pub(crate) catalogue: CatalogueHandle,
    /// The way in of a pool for members; without one the pool is open.
    pub(crate) entrance: Option<Entrance>,
    /// The way in of other nodes to an open pool, where there may be some.
    pub(crate) links: Option<Links>,
}

/// Accepts until `shutdown` is cancelled; connections end by themselves soon after.
pub(crate) async fn accept_task(
    listener: Listener,
    doors: Doors,
    slots: Slots,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(accepted) => {
                let Some(connection) = admit(&accepted, &slots) else {
                    tracing::trace!(remote = %accepted.remote, "no slot for a connection");
                    continue;
                };
                let (doors, shutdown) = (doors.clone(), shutdown.clone());
                tasks.spawn(async move {
                    let served = match doors.entrance {
                        Some(entrance) => entrance.serve(accepted, connection, doors.router, shutdown).await,
                        None => serve(accepted, connection, doors, shutdown).await,
                    };
                    if let Err(error) = served {
                        tracing::trace!(%error, "a connection ended");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Gives a connection its slot; `None` when its host has as many as it may, and none of them is idle.
fn admit(accepted: &Accepted, slots: &Slots) -> Option<Connection> {
    let slot = slots.take(accepted.remote.ip())?;
    let endpoints = Endpoints { remote: plain(accepted.remote.ip()), local: plain(accepted.local.ip()) };
    let local = SocketAddr::new(endpoints.local, accepted.local.port());
    Some(Connection { endpoints, local, slot: Arc::new(slot), lasting: Lasting::default() })
}

/// A failed connection, whatever layer failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Http(#[from] hyper::Error),
    #[error("it asks for TLS as a node does, and there are none")]
    Tls,
    #[error(transparent)]
    Handshake(#[from] peerpool_tls::ConnectError),
}

/// Serves a connection to an open pool by what it speaks.
async fn serve(
    accepted: Accepted,
    connection: Connection,
    doors: Doors,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let Doors { router, catalogue, links, .. } = doors;
    let received = accepted.received();
    let protocol = Protocol::of(&received);
    let socket = accepted.socket;
    if protocol == Some(Protocol::Tls) {
        socket.set_nonblocking(true)?;
        return link(TcpStream::from_std(socket)?, received, &connection, links);
    }
    let catalogue = &catalogue;
    let mut first = answer_at_once(&socket, received, catalogue, connection.endpoints).await?;
    if first.over && first.unsent.is_empty() {
        return Ok(());
    }
    connection.slot.note_idle();
    let revoked = connection.slot.revoked().clone();
    let going_on = async {
        socket.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(socket)?;
        if protocol.is_none() {
            let spoken = tokio::select! {
                spoken = spoken(&mut stream, &mut first.unread) => spoken,
                () = shutdown.cancelled() => return Ok(()),
            };
            match spoken? {
                Some(Protocol::Http) => {}
                Some(Protocol::Tls) => return link(stream, first.unread, &connection, links),
                None => return Ok(()),
            }
        }
        let announces = async {
            let (endpoints, slot) = (connection.endpoints, &connection.slot);
            Ok(serve_announces(&mut stream, first, catalogue, endpoints, slot, REQUEST_TIME).await?)
        };
        let next: Result<Next, ServeError> = tokio::select! {
            next = announces => next,
            () = shutdown.cancelled() => return Ok(()),
        };
        let Next::Other(read) = next? else { return Ok(()) };
        // Not before: an announce needs one write, and most connections are for one announce.
        stream.set_nodelay(true)?;
        let (rest, sink) = stream.into_split();
        let stream = tokio::io::join(Cursor::new(read).chain(rest), sink);
        let lasting = connection.lasting.clone();
        within_lifetime(serve_http(stream, router, connection, None, shutdown), lasting).await
    };
    tokio::select! {
        served = going_on => served,
        () = revoked.cancelled() => Ok(()),
    }
}

/// Reads until the client has shown what it speaks; nothing when it closes, or says nothing for long.
async fn spoken(stream: &mut TcpStream, received: &mut Vec<u8>) -> io::Result<Option<Protocol>> {
    let Ok(read) = tokio::time::timeout(REQUEST_TIME, stream.read_buf(received)).await else {
        return Ok(None);
    };
    read?;
    Ok(Protocol::of(received))
}

/// Leaves a connection on which TLS has begun to the links, where there may be some.
pub(crate) fn link(
    stream: TcpStream,
    received: Vec<u8>,
    connection: &Connection,
    links: Option<Links>,
) -> Result<(), ServeError> {
    let links = links.ok_or(ServeError::Tls)?;
    connection.slot.note_idle();
    tokio::spawn(link_task(stream, received, connection.endpoints.remote, connection.slot.clone(), links));
    Ok(())
}

/// Ends what has served a connection for long enough, unless something long is being sent.
pub(crate) async fn within_lifetime(
    serving: impl Future<Output = Result<(), ServeError>>,
    lasting: Lasting,
) -> Result<(), ServeError> {
    let mut serving = pin!(serving);
    loop {
        match tokio::time::timeout(LIFETIME, serving.as_mut()).await {
            Ok(served) => return served,
            Err(_) if lasting.is_held() => {}
            Err(_) => return Ok(()),
        }
    }
}

/// Everything that is no announce.
pub(crate) async fn serve_http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    connection: Connection,
    caller: Option<Caller>,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        connection.slot.note_idle();
        request.extensions_mut().insert(LocalAddress(connection.local));
        request.extensions_mut().insert(connection.clone());
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
        let peer = connection.endpoints.remote;
        // What follows there is a secret.
        let path = match request.uri().path() {
            path if path.starts_with(stock::PATH) => stock::PATH,
            path => path,
        };
        let span = tracing::info_span!("request", %peer, method = %request.method(), path);
        router.clone().call(request.map(Body::new)).instrument(span)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIME)
        .max_buf_size(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut serving = pin!(serving);
    tokio::select! {
        served = serving.as_mut() => return Ok(served?),
        () = shutdown.cancelled() => serving.as_mut().graceful_shutdown(),
    }
    Ok(serving.await?)
}

/// An IPv4 address that came through an IPv6 socket is an IPv4 address.
fn plain(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}
