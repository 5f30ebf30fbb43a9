//! The socket that the tracker listens on. The only `unsafe` of this crate: no library offers this option.
//!
//! What it is for (docs/performance.md): whoever connects to a tracker speaks first, and most connections are for
//! one announce. When they are accepted with their request, that takes a read where it took three, and half of the turns
//! of the event loop; a processor answers 17 % more of them.

use std::{io, net::SocketAddr};

use tokio::net::TcpListener;

use crate::error::StartError;

/// Listens there.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listener =
        TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
    if let Err(error) = accept_with_request(&listener) {
        tracing::debug!(%error, "connections are accepted without their request");
    }
    Ok(listener)
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
