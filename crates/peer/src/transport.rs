//! The byte streams that connections run on: plain TCP. Whatever wraps it later (TLS) is made here, and nothing else
//! needs to know.

mod send_file;
mod unacknowledged;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{
        TcpSocket, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{OwnedSemaphorePermit, Semaphore},
};

pub(crate) use self::send_file::{send_file, send_more};
pub(crate) use self::unacknowledged::unacknowledged;

/// What a connection is read from.
pub(crate) type ReadHalf = OwnedReadHalf;
/// What a connection is written to.
pub(crate) type WriteHalf = OwnedWriteHalf;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A place among the connections that this peer keeps at a time; free again when it is dropped.
pub(crate) type Place = OwnedSemaphorePermit;

/// How many connections there may be, and which address they have on this side.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    from: IpAddr,
}

impl Places {
    /// So many places, for a peer that listens at this address.
    pub(crate) fn new(connections: usize, listen: IpAddr) -> Self {
        Self { free: Arc::new(Semaphore::new(connections)), from: listen }
    }

    fn take(&self) -> Option<Place> {
        self.free.clone().try_acquire_owned().ok()
    }
}

/// A connection before anything is known about it.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) tcp: TcpStream,
    pub(crate) place: Place,
}

impl Stream {
    /// Takes an accepted connection. `None` when there are as many connections as may be.
    pub(crate) fn accepted(tcp: TcpStream, places: &Places) -> Option<Self> {
        let place = places.take()?;
        tune(&tcp);
        Some(Self { tcp, place })
    }

    /// Opens a connection.
    pub(crate) async fn connect(addr: SocketAddr, places: &Places) -> io::Result<Self> {
        let full = || io::Error::other("there are as many connections as may be");
        let place = places.take().ok_or_else(full)?;
        let tcp = tokio::time::timeout(CONNECT_TIMEOUT, dial(addr, places.from)).await??;
        tune(&tcp);
        Ok(Self { tcp, place })
    }

    /// Where the other end is.
    pub(crate) fn remote_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }
}

/// Connects from the address that this peer listens at, when it listens at one in particular: others know it by the
/// address that its connections come from, and connect back there.
pub(crate) async fn dial(addr: SocketAddr, from: IpAddr) -> io::Result<TcpStream> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    let leads_there = from.is_ipv4() == addr.is_ipv4() && from.is_loopback() == addr.ip().is_loopback();
    if leads_there && !from.is_unspecified() {
        socket.bind((from, 0).into())?;
    }
    socket.connect(addr).await
}

/// A system that knows no such option is slower and right all the same.
fn tune(tcp: &TcpStream) {
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
}

/// Most bytes that leave together, 0 where the system does not tell.
pub(crate) fn segment(half: &WriteHalf) -> usize {
    socket2::SockRef::from(half.as_ref()).tcp_mss().map_or(0, |bytes| bytes as usize)
}
