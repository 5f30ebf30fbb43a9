//! Who begins TLS: a device with a key, or a browser.

use std::io;

use peerpool_tls::{MAX_HANDSHAKE, Protocol};
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Which of these protocols the other end offers in the first message of its handshake (RFC 7301). Reads that message to the
/// end and leaves all that came in `received`. An end that says something else offers nothing: whoever shakes hands with
/// it finds out why.
pub(crate) async fn offered(
    protocols: &[Protocol],
    stream: &mut (impl AsyncRead + Unpin),
    received: &mut Vec<u8>,
) -> io::Result<Option<Protocol>> {
    let (mut acceptor, mut shown) = (Acceptor::default(), 0);
    loop {
        while shown < received.len() {
            let mut rest = &received[shown..];
            match acceptor.read_tls(&mut rest)? {
                0 => return Ok(None),
                taken => shown += taken,
            }
            match acceptor.accept() {
                Ok(Some(hello)) => {
                    let hello = hello.client_hello();
                    let offers = |protocol: &&Protocol| {
                        hello.alpn().into_iter().flatten().any(|name| name == protocol.name().as_bytes())
                    };
                    return Ok(protocols.iter().find(offers).copied());
                }
                Ok(None) => {}
                Err(_) => return Ok(None),
            }
        }
        if received.len() >= MAX_HANDSHAKE || stream.read_buf(received).await? == 0 {
            return Ok(None);
        }
    }
}
