//! Who begins TLS: a device with a key, or a browser.

use std::io;

use peerpool_tls::{MAX_HANDSHAKE, Protocol};
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Whether the other end offers this protocol in the first message of its handshake (RFC 7301). Reads that message to the
/// end and leaves all that came in `received`. An end that says something else offers nothing: whoever shakes hands with
/// it finds out why.
pub(crate) async fn offers(
    protocol: Protocol,
    stream: &mut (impl AsyncRead + Unpin),
    received: &mut Vec<u8>,
) -> io::Result<bool> {
    let (mut acceptor, mut shown) = (Acceptor::default(), 0);
    loop {
        while shown < received.len() {
            let mut rest = &received[shown..];
            match acceptor.read_tls(&mut rest)? {
                0 => return Ok(false),
                taken => shown += taken,
            }
            match acceptor.accept() {
                Ok(Some(hello)) => {
                    let mut offered = hello.client_hello().alpn().into_iter().flatten();
                    return Ok(offered.any(|name| name == protocol.name().as_bytes()));
                }
                Ok(None) => {}
                Err(_) => return Ok(false),
            }
        }
        if received.len() >= MAX_HANDSHAKE || stream.read_buf(received).await? == 0 {
            return Ok(false);
        }
    }
}
