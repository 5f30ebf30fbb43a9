//! The socket that the tracker listens on. The only `unsafe` of this crate: no safe interface offers what it needs.
//!
//! What it is for (docs/performance.md): whoever connects to a tracker speaks first, and most connections are for
//! one announce. When they are accepted with their request, that takes a read where it took three, and half of the turns
//! of the event loop; a processor answers 17 % more of them. And when the event loop hears only of those that need it, it
//! need not be told of the others, and told again to forget them.

use std::{
    io,
    net::{SocketAddr, TcpStream},
};

use rustix::net::RecvFlags;
use tokio::{
    io::{Interest, unix::AsyncFd},
    net::TcpListener,
};

use crate::error::StartError;

/// Room for the usual first request.
const USUAL_REQUEST: usize = 1 << 10;

/// A connection that was accepted. Its socket is as the system makes it: it blocks.
pub(crate) struct Accepted {
    pub(crate) socket: TcpStream,
    pub(crate) remote: SocketAddr,
    /// Our own end.
    pub(crate) local: SocketAddr,
}

impl Accepted {
    /// What has come already. Most requests come with their connection, and need not wait until the event loop hears of them;
    /// an end or an error shows again at the next read.
    pub(crate) fn received(&self) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(USUAL_REQUEST);
        let spare = rustix::buffer::spare_capacity(&mut buffer);
        let _ = rustix::net::recv(&self.socket, spare, RecvFlags::DONTWAIT);
        buffer
    }
}

/// A listening socket whose connections the event loop hears of only when they need it.
pub(crate) struct Listener {
    socket: AsyncFd<std::net::TcpListener>,
    addr: SocketAddr,
}

impl Listener {
    /// Listens there.
    pub(crate) async fn bind(address: SocketAddr) -> Result<Self, StartError> {
        let listening = async { Self::prepare(TcpListener::bind(address).await?) };
        listening.await.map_err(|source| StartError::Listen { address, source })
    }

    /// Listens on a socket that does already.
    pub(crate) fn take_over(socket: std::net::TcpListener) -> Result<Self, StartError> {
        let taking = || {
            socket.set_nonblocking(true)?;
            Self::prepare(TcpListener::from_std(socket)?)
        };
        taking().map_err(StartError::Socket)
    }

    fn prepare(listener: TcpListener) -> io::Result<Self> {
        if let Err(error) = accept_with_request(&listener) {
            tracing::debug!(%error, "connections are accepted without their request");
        }
        Self::new(listener)
    }

    #[allow(unsafe_code, reason = "the safe way is deprecated in tokio 1.54")]
    fn new(listener: TcpListener) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        // SAFETY: a TcpListener owns one open file descriptor until it is dropped, and tells the same one each time. Nobody
        // can take it out of the AsyncFd, or put another one there: the field is private and never borrowed mutably.
        let socket = unsafe { AsyncFd::register(listener.into_std()?)? };
        Ok(Self { socket, addr })
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The next connection.
    pub(crate) async fn accept(&self) -> io::Result<Accepted> {
        let (socket, remote) =
            self.socket.async_io(Interest::READABLE, std::net::TcpListener::accept).await?;
        // Where it listens at one address in particular, nobody need be asked.
        let local = if self.addr.ip().is_unspecified() { socket.local_addr()? } else { self.addr };
        Ok(Accepted { socket, remote, local })
    }
}

/// Connections come to the listener when something was received on them, or after some seconds (tcp(7),
/// `TCP_DEFER_ACCEPT`).
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "one option that no safe wrapper exists for")]
fn accept_with_request(listener: &TcpListener) -> io::Result<()> {
    use std::{
        ffi::{c_int, c_void},
        mem::size_of_val,
        os::fd::AsRawFd,
    };

    // A connection without a request comes after so long, and is closed like any other that says nothing.
    let seconds: c_int = 3;
    // SAFETY: the option is a c_int, which is where the pointer points and as long as is said; setsockopt only reads it. The
    // socket is open as long as the listener is borrowed.
    let done = unsafe {
        libc::setsockopt(
            listener.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_DEFER_ACCEPT,
            (&raw const seconds).cast::<c_void>(),
            size_of_val(&seconds) as libc::socklen_t,
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Only Linux has it.
#[cfg(not(target_os = "linux"))]
fn accept_with_request(_: &TcpListener) -> io::Result<()> {
    Ok(())
}
