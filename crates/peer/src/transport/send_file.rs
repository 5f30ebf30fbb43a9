//! Sends bytes of a file without copying them through this process, which halves the work of sending
//! (docs/performance.md).

use std::{
    fs::File,
    io,
    task::{Context, Poll},
};

use tokio::net::TcpStream;

/// Whether this system sends so.
pub(super) const SUPPORTED: bool = cfg!(target_os = "linux");

/// Sends bytes that others follow at once; how many the socket took.
#[cfg(target_os = "linux")]
pub(super) fn poll_send_more(tcp: &TcpStream, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    poll_writing(tcp, cx, || Ok(rustix::net::send(tcp, bytes, rustix::net::SendFlags::MORE)?))
}

/// Sends up to `length` bytes of a file from `offset` on; how many the socket took, 0 where the file ends.
#[cfg(target_os = "linux")]
pub(super) fn poll_send_file(
    tcp: &TcpStream,
    cx: &mut Context<'_>,
    file: &File,
    offset: u64,
    length: usize,
) -> Poll<io::Result<usize>> {
    poll_writing(tcp, cx, || {
        let mut at = offset;
        Ok(rustix::fs::sendfile(tcp, file, Some(&mut at), length)?)
    })
}

#[cfg(target_os = "linux")]
fn poll_writing(
    tcp: &TcpStream,
    cx: &mut Context<'_>,
    send: impl Fn() -> io::Result<usize>,
) -> Poll<io::Result<usize>> {
    loop {
        std::task::ready!(tcp.poll_write_ready(cx))?;
        match tcp.try_io(tokio::io::Interest::WRITABLE, &send) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            sent => return Poll::Ready(sent),
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn poll_send_more(_: &TcpStream, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
    Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn poll_send_file(
    _: &TcpStream,
    _: &mut Context<'_>,
    _: &File,
    _: u64,
    _: usize,
) -> Poll<io::Result<usize>> {
    Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
}
