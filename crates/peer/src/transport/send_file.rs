//! Bytes of a file to a socket without a way through this process: half of the work of sending (docs/performance.md).

use std::{fs::File, io};

use tokio::io::Interest;

use super::WriteHalf;

/// Sends bytes that others follow at once; how many the socket took.
#[cfg(target_os = "linux")]
pub(crate) async fn send_more(half: &WriteHalf, bytes: &[u8]) -> io::Result<usize> {
    when_writable(half, || Ok(rustix::net::send(half.as_ref(), bytes, rustix::net::SendFlags::MORE)?)).await
}

/// Sends up to `length` bytes of a file from `offset` on; how many the socket took, 0 where the file ends.
#[cfg(target_os = "linux")]
pub(crate) async fn send_file(
    half: &WriteHalf,
    file: &File,
    offset: u64,
    length: usize,
) -> io::Result<usize> {
    when_writable(half, || {
        let mut at = offset;
        Ok(rustix::fs::sendfile(half.as_ref(), file, Some(&mut at), length)?)
    })
    .await
}

#[cfg(target_os = "linux")]
async fn when_writable(half: &WriteHalf, send: impl Fn() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        half.writable().await?;
        match half.as_ref().try_io(Interest::WRITABLE, &send) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            sent => return sent,
        }
    }
}

/// Only Linux sends so; elsewhere nothing is found to be sent so either.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn send_more(_: &WriteHalf, _: &[u8]) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Only Linux sends so; elsewhere nothing is found to be sent so either.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn send_file(_: &WriteHalf, _: &File, _: u64, _: usize) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}
