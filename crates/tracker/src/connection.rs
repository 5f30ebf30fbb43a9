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
use peerpool_catalogue::Ends;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service;

use crate::{
    desk::Desk,
    express::{Next, answer_at_once, serve_announces},
    listener::Listener,
};

/// Most connections at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 50_000;
/// How long a client may take to send a request's headers, or to send the next request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// Most bytes of a request's headers.
const MAX_HEADERS: usize = 32 << 10;
/// How long to wait after an accept failed for lack of something (file descriptors).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The connection that a request came over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection {
    pub(crate) ends: Ends,
    /// Our own end, with its port.
    pub(crate) local: SocketAddr,
}

/// Accepts until `shutdown` is cancelled; connections end by themselves soon after.
pub(crate) async fn accept_task(
    listener: Listener,
    router: Router,
    desk: Desk,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = accept(&listener, &permits) => accepted,
        };
        match accepted {
            Ok((socket, connection, permit)) => {
                let (router, desk, shutdown) = (router.clone(), desk.clone(), shutdown.clone());
                tasks.spawn(async move {
                    if let Err(error) = serve(socket, connection, router, &desk, shutdown).await {
                        tracing::trace!(%error, "a connection ended");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn accept(
    listener: &Listener,
    permits: &Arc<Semaphore>,
) -> io::Result<(Socket, Connection, OwnedSemaphorePermit)> {
    let permit = permits.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (socket, remote) = listener.accept().await?;
    let local = listener.local(&socket)?;
    let ends = Ends { remote: plain(remote.ip()), local: plain(local.ip()) };
    Ok((socket, Connection { ends, local: SocketAddr::new(ends.local, local.port()) }, permit))
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
    let first = answer_at_once(&socket, desk, connection.ends).await?;
    if first.over && first.unsent.is_empty() {
        return Ok(());
    }
    socket.set_nonblocking(true)?;
    let mut stream = TcpStream::from_std(socket)?;
    let read = tokio::select! {
        next = serve_announces(&mut stream, first, desk, connection.ends, HEADER_TIMEOUT) => match next? {
            Next::Closed => return Ok(()),
            Next::Other(read) => read,
        },
        () = shutdown.cancelled() => return Ok(()),
    };
    // Not before: an announce needs one write, and most connections are for one announce.
    stream.set_nodelay(true)?;
    let (rest, sink) = stream.into_split();
    serve_http(tokio::io::join(Cursor::new(read).chain(rest), sink), router, connection, shutdown).await
}

/// Everything that is no announce.
async fn serve_http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    connection: Connection,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(connection);
        router.clone().call(request.map(Body::new))
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
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
