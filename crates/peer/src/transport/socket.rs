//! Two calls on sockets that no library offers: the only `unsafe` of this crate.
//!
//! What they are for. A socket takes more than the link sends, and whatever waits there delays the requests behind it
//! (docs/swarm.md, "Sending"): on ten peers with unlike uplinks, the last finished at 1.8 times the bound without knowing
//! what is unacknowledged. And a block arrives in many packets, each of which would wake whoever waits for all of them
//! (docs/performance.md, "Work").

use tokio::net::TcpStream;

/// Bytes written to a connection that are not acknowledged. `None` where the system does not tell.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "one ioctl that no safe wrapper exists for")]
pub(super) fn unacknowledged(tcp: &TcpStream) -> Option<usize> {
    use std::ffi::c_int;

    use rustix::ioctl::{Getter, ioctl};

    /// `SIOCOUTQ` (tcp(7)): the same number as `TIOCOUTQ` of <asm-generic/ioctls.h>.
    const SIOCOUTQ: rustix::ioctl::Opcode = 0x5411;

    // SAFETY: on a TCP socket SIOCOUTQ reads no argument and writes one c_int, which is what `Getter` gives it room
    // for; a `TcpStream` is a TCP socket, open as long as it is borrowed.
    let queued = unsafe { ioctl(tcp, Getter::<SIOCOUTQ, c_int>::new()) };
    queued.ok().and_then(|queued| usize::try_from(queued).ok())
}

/// Bytes written to a connection that are not acknowledged. `None` where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub(super) fn unacknowledged(_: &TcpStream) -> Option<usize> {
    None
}

/// Most bytes that are waited for at once. The kernel makes room for what is waited for, and where it had less room before,
/// it would keep to that from then on: every connection begins with more than twice as much.
const MOST_AWAITED: usize = 32 << 10;

/// A connection becomes readable once it has so many bytes, or has ended (socket(7), `SO_RCVLOWAT`). Where the system does
/// not know that, it becomes readable with each byte.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "one option that no safe wrapper exists for")]
pub(super) fn wake_at(tcp: &TcpStream, bytes: usize) {
    use std::{ffi::c_int, os::fd::AsRawFd};

    let bytes = bytes.clamp(1, MOST_AWAITED) as c_int;
    // SAFETY: SO_RCVLOWAT takes one c_int, which `bytes` is and outlives the call; a `TcpStream` is a TCP socket, open as
    // long as it is borrowed.
    let set = unsafe {
        libc::setsockopt(
            tcp.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVLOWAT,
            (&raw const bytes).cast(),
            size_of::<c_int>() as libc::socklen_t,
        )
    };
    if set != 0 {
        tracing::debug!(error = %std::io::Error::last_os_error(), "cannot set SO_RCVLOWAT");
    }
}

/// A connection becomes readable with each byte.
#[cfg(not(target_os = "linux"))]
pub(super) fn wake_at(_: &TcpStream, _: usize) {}
