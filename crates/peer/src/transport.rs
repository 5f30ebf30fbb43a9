//! The byte streams that connections run on: plain TCP. Whatever wraps it later (TLS) is made here, and nothing else
//! needs to know.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{OwnedSemaphorePermit, Semaphore},
};

/// What a connection is read from.
pub(crate) type ReadHalf = OwnedReadHalf;
/// What a connection is written to.
pub(crate) type WriteHalf = OwnedWriteHalf;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Unsent bytes that the system keeps of a connection: enough to keep the link busy, little enough that a request or
/// a `have` does not wait behind them.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 256 * 1024;

/// A place among the connections that this peer keeps at a time; free again when it is dropped.
pub(crate) type Place = OwnedSemaphorePermit;

/// A connection before anything is known about it.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) tcp: TcpStream,
    pub(crate) place: Place,
}

impl Stream {
    /// Takes an accepted connection. `None` when there are as many connections as may be.
    pub(crate) fn accepted(tcp: TcpStream, places: &Arc<Semaphore>) -> Option<Self> {
        let place = places.clone().try_acquire_owned().ok()?;
        tune(&tcp);
        Some(Self { tcp, place })
    }

    /// Opens a connection.
    pub(crate) async fn connect(addr: SocketAddr, places: &Arc<Semaphore>) -> io::Result<Self> {
        let place = places
            .clone()
            .try_acquire_owned()
            .map_err(|_| io::Error::other("there are as many connections as may be"))?;
        let tcp = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(addr)).await??;
        tune(&tcp);
        Ok(Self { tcp, place })
    }

    /// Where the other end is.
    pub(crate) fn remote_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }
}

/// A system that knows no such option is slower and right all the same.
fn tune(tcp: &TcpStream) {
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(tcp).set_tcp_notsent_lowat(UNSENT) {
        tracing::debug!(%error, "cannot set TCP_NOTSENT_LOWAT");
    }
}
