//! The byte streams that connections run on: plain TCP. Whatever wraps it later (TLS) is made here, and nothing else
//! needs to know.

mod send_file;
mod staggered;
mod unacknowledged;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::net::{
    TcpSocket, TcpStream,
    tcp::{OwnedReadHalf, OwnedWriteHalf},
};

use crate::budget::{Notice, Place, Places};

pub(crate) use self::send_file::{send_file, send_more};
pub(crate) use self::staggered::dial_any;
pub(crate) use self::unacknowledged::unacknowledged;

/// What a connection is read from.
pub(crate) type ReadHalf = OwnedReadHalf;
/// What a connection is written to.
pub(crate) type WriteHalf = OwnedWriteHalf;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How many connections to peers there may be, and which address they have on this side.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    places: Places,
    from: IpAddr,
}

/// A connection before anything is known about it.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) tcp: TcpStream,
    pub(crate) place: Place,
    /// Comes when the connection must be closed for the sake of another.
    pub(crate) notice: Notice,
}

impl Network {
    /// So many connections, for a peer that listens at this address.
    pub(crate) fn new(connections: usize, listen: IpAddr) -> Self {
        Self { places: Places::new(connections), from: listen }
    }

    /// The places of its connections.
    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// Takes an accepted connection. `None` when there are as many connections as may be, and all of use.
    pub(crate) fn accepted(&self, tcp: TcpStream) -> Option<Stream> {
        let (place, notice) = self.places.take(tcp.peer_addr().ok()?.ip())?;
        tune(&tcp);
        Some(Stream { tcp, place, notice })
    }

    /// Opens a connection to a peer at the first of its addresses that answers.
    pub(crate) async fn connect(&self, addrs: &[SocketAddr]) -> io::Result<Stream> {
        let addr = addrs.first().ok_or(io::ErrorKind::NotFound)?;
        let full = || io::Error::other("there are as many connections as may be");
        let (place, mut notice) = self.places.take(addr.ip()).ok_or_else(full)?;
        let dialing = tokio::time::timeout(CONNECT_TIMEOUT, dial_any(addrs, self.from));
        let tcp = tokio::select! {
            dialed = dialing => dialed??,
            _ = &mut notice => return Err(full()),
        };
        tune(&tcp);
        Ok(Stream { tcp, place, notice })
    }
}

impl Stream {
    /// Where the other end is. An IPv4 address that came through an IPv6 socket is an IPv4 address.
    pub(crate) fn remote_addr(&self) -> io::Result<SocketAddr> {
        let addr = self.tcp.peer_addr()?;
        Ok(SocketAddr::new(addr.ip().to_canonical(), addr.port()))
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
