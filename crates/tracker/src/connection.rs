//! Accepts connections and serves HTTP on them.

use std::{
    io::{self, Cursor},
    net::{IpAddr, SocketAddr, TcpStream as Socket},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use peerpool_catalogue::Endpoints;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::TcpStream,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service;

use crate::{
    desk::Desk,
    express::{Next, answer_at_once, serve_announces},
    listener::Listener,
    places::{Place, Places},
};

/// How long a client may take to send a request whole, or to send the next one.
const REQUEST_TIME: Duration = Duration::from_secs(30);
/// How long a connection lasts on which no channel is opened, its slow reading included.
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
    /// Its place among all connections; a channel has it for as long as it lasts.
    pub(crate) place: Arc<Place>,
}

/// Accepts until `shutdown` is cancelled; connections end by themselves soon after.
pub(crate) async fn accept_task(
    listener: Listener,
    router: Router,
    desk: Desk,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    let places = Places::as_many_as_files();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let placed = accepted.and_then(|(socket, remote)| place(&listener, &places, socket, remote));
        match placed {
            Ok(Some((socket, connection))) => {
                let (router, desk, shutdown) = (router.clone(), desk.clone(), shutdown.clone());
                tasks.spawn(async move {
                    if let Err(error) = serve(socket, connection, router, &desk, shutdown).await {
                        tracing::trace!(%error, "a connection ended");
                    }
                });
            }
            Ok(None) => tracing::trace!("no place for a connection"),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// A place for a connection; `None` when its host has as many as it may, and none of them is idle.
fn place(
    listener: &Listener,
    places: &Places,
    socket: Socket,
    remote: SocketAddr,
) -> io::Result<Option<(Socket, Connection)>> {
    let Some(place) = places.take(remote.ip()) else { return Ok(None) };
    let local = listener.local(&socket)?;
    let endpoints = Endpoints { remote: plain(remote.ip()), local: plain(local.ip()) };
    let local = SocketAddr::new(endpoints.local, local.port());
    Ok(Some((socket, Connection { endpoints, local, place: Arc::new(place) })))
}

/// A failed connection, whatever layer failed.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Http(#[from] hyper::Error),
}

async fn serve(
    socket: Socket,
    connection: Connection,
    router: Router,
    desk: &Desk,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let first = answer_at_once(&socket, desk, connection.endpoints).await?;
    if first.over && first.unsent.is_empty() {
        return Ok(());
    }
    connection.place.waits();
    let notice = connection.place.notice().clone();
    let going_on = async {
        socket.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(socket)?;
        let patience = REQUEST_TIME;
        let read = tokio::select! {
            next = serve_announces(&mut stream, first, desk, connection.endpoints, &connection.place, patience) => {
                match next? {
                    Next::Closed => return Ok(()),
                    Next::Other(read) => read,
                }
            }
            () = shutdown.cancelled() => return Ok(()),
        };
        // Not before: an announce needs one write, and most connections are for one announce.
        stream.set_nodelay(true)?;
        let (rest, sink) = stream.into_split();
        let stream = tokio::io::join(Cursor::new(read).chain(rest), sink);
        let serving = serve_http(stream, router, connection, shutdown);
        tokio::time::timeout(LIFETIME, serving).await.unwrap_or(Ok(()))
    };
    tokio::select! {
        served = going_on => served,
        () = notice.cancelled() => Ok(()),
    }
}

/// Everything that is no announce.
async fn serve_http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    connection: Connection,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        connection.place.waits();
        request.extensions_mut().insert(connection.clone());
        router.clone().call(request.map(Body::new))
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
