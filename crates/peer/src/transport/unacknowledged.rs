//! How many of the bytes written the other side has not acknowledged. The only `unsafe` of this crate: no library
//! offers this call.
//!
//! What it is for (docs/swarm.md, "Sending"): a socket takes more than the link sends, and whatever waits there delays
//! the requests behind it. On ten peers with unlike uplinks, the last finished at 1.8 times the bound without knowing
//! this.

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
