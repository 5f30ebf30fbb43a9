//! A fast path for plain announces and scrapes: most of what a busy tracker is asked, each so small that a general
//! HTTP server costs more than the answer.
//!
//! Reads requests as long as they are plain announces; whatever else comes is left to the HTTP server, with all
//! bytes read so far. An open pool alone answers so, where everybody sees everything.

use std::{io, net::TcpStream as Socket, time::Duration};

use memchr::memmem;
use peerpool_catalogue::{Endpoints, Viewer};
use rustix::{io::Errno, net::SendFlags};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, timeout_at},
};

use crate::{
    announce::{answer_announce, answer_scrape},
    catalogue_task::CatalogueHandle,
    slots::Slot,
};

/// Longest head of an announce; a longer one goes to the HTTP server, which has limits of its own.
const MAX_HEAD: usize = 8 << 10;

/// How a connection goes on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is over.
    Closed,
    /// These bytes were read and are no announce.
    Other(Vec<u8>),
}

/// What became of the request that came with a new connection.
#[derive(Debug, Default)]
pub(crate) struct First {
    /// What is left of its answer, should the socket not have taken all of it.
    pub(crate) unsent: Vec<u8>,
    /// Whether the connection is over with it.
    pub(crate) over: bool,
    /// What was read and not answered.
    pub(crate) unread: Vec<u8>,
}

/// Answers the announce that came with a new connection, if it is whole; `unread` is all that came. Most connections are for one announce: the event
/// loop, which would have to be told of them and told again to forget them, never hears of those.
pub(crate) async fn answer_at_once(
    socket: &Socket,
    mut unread: Vec<u8>,
    catalogue: &CatalogueHandle,
    endpoints: Endpoints,
) -> io::Result<First> {
    let Some((mut unsent, keep_alive)) = answer_next(&mut unread, catalogue, endpoints).await? else {
        return Ok(First { unread, ..First::default() });
    };
    match rustix::net::send(socket, &unsent, SendFlags::DONTWAIT) {
        Ok(sent) => drop(unsent.drain(..sent)),
        Err(Errno::AGAIN) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(First { unsent, over: !keep_alive, unread })
}

/// Goes on after the first request: answers announces until the client closes, takes longer than `patience` for a request,
/// or asks for something else.
pub(crate) async fn serve_announces(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    first: First,
    catalogue: &CatalogueHandle,
    endpoints: Endpoints,
    slot: &Slot,
    patience: Duration,
) -> io::Result<Next> {
    // For a whole request, however many pieces it comes in, and for its answer.
    let mut deadline = Instant::now() + patience;
    let Ok(written) = timeout_at(deadline, stream.write_all(&first.unsent)).await else {
        return Ok(Next::Closed);
    };
    written?;
    if first.over {
        return Ok(Next::Closed);
    }
    let mut buffer = first.unread;
    loop {
        if let Some((response, keep_alive)) = answer_next(&mut buffer, catalogue, endpoints).await? {
            deadline = Instant::now() + patience;
            slot.note_idle();
            match timeout_at(deadline, stream.write_all(&response)).await {
                Ok(written) => written?,
                Err(_) => return Ok(Next::Closed),
            }
            if !keep_alive {
                return Ok(Next::Closed);
            }
            continue;
        }
        if head_length(&buffer).is_some() || buffer.len() >= MAX_HEAD || !may_be_ours(&buffer) {
            return Ok(Next::Other(buffer));
        }
        let Ok(read) = timeout_at(deadline, stream.read_buf(&mut buffer)).await else {
            return Ok(Next::Closed);
        };
        if read? == 0 {
            return Ok(Next::Closed);
        }
    }
}

/// Takes the request that `buffer` begins with, if it is whole and an announce or scrape: the response, and whether the
/// connection is kept. A tracker that ends answers none.
async fn answer_next(
    buffer: &mut Vec<u8>,
    catalogue: &CatalogueHandle,
    endpoints: Endpoints,
) -> io::Result<Option<(Vec<u8>, bool)>> {
    let Some(length) = head_length(buffer) else { return Ok(None) };
    let Some(Request { path, query, keep_alive }) = Request::parse(&buffer[..length]) else {
        return Ok(None);
    };
    let body = match path {
        Path::Announce => answer_announce(catalogue, endpoints, Viewer::All, query).await,
        Path::Scrape => answer_scrape(catalogue, Viewer::All, query).await,
    };
    let body = body.map_err(io::Error::other)?;
    buffer.drain(..length);
    Ok(Some((response(&body, keep_alive), keep_alive)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Path {
    Announce,
    Scrape,
}

/// The beginnings of what is answered here.
const OURS: [(&[u8], Path); 2] = [(b"GET /announce?", Path::Announce), (b"GET /scrape?", Path::Scrape)];

#[derive(Debug, PartialEq, Eq)]
struct Request<'a> {
    path: Path,
    query: &'a [u8],
    keep_alive: bool,
}

impl<'a> Request<'a> {
    /// Reads a whole head; None unless it is an announce or scrape without peculiarities.
    fn parse(head: &'a [u8]) -> Option<Self> {
        let line_end = memchr::memchr(b'\r', head)?;
        let (line, headers) = head.split_at(line_end);
        let (path, rest) = OURS
            .iter()
            .find_map(|&(beginning, path)| line.strip_prefix(beginning).map(|rest| (path, rest)))?;
        let query = rest.strip_suffix(b" HTTP/1.1")?;
        if memchr::memchr(b' ', query).is_some() {
            return None;
        }
        let mut keep_alive = true;
        for (name, value) in self::headers(headers) {
            if PECULIAR.iter().any(|peculiar| name.eq_ignore_ascii_case(peculiar)) {
                return None;
            }
            if name.eq_ignore_ascii_case(b"accept") && is_of_a_page(value) {
                return None;
            }
            if name.eq_ignore_ascii_case(b"connection") && value.eq_ignore_ascii_case(b"close") {
                keep_alive = false;
            }
        }
        Some(Self { path, query, keep_alive })
    }
}

/// Headers of requests that go to the HTTP server: those with a body, and those that a web page may have made (`host.rs`).
const PECULIAR: [&[u8]; 8] = [
    b"content-length",
    b"transfer-encoding",
    b"expect",
    b"origin",
    b"referer",
    b"accept-language",
    b"cookie",
    b"sec-fetch-site",
];

/// Whether a browser wants a page, or a picture for one.
fn is_of_a_page(accept: &[u8]) -> bool {
    memmem::find(accept, b"text/html").is_some() || memmem::find(accept, b"image/").is_some()
}

/// The headers' names and values.
fn headers(head: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    head.split(|&byte| byte == b'\n').filter_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        Some((line[..colon].trim_ascii(), line[colon + 1..].trim_ascii()))
    })
}

/// Length of the first head in the buffer, once it is whole.
fn head_length(buffer: &[u8]) -> Option<usize> {
    memmem::find(buffer, b"\r\n\r\n").map(|end| end + 4)
}

/// Whether what was read so far can be the beginning of an announce.
fn may_be_ours(buffer: &[u8]) -> bool {
    OURS.iter().any(|(beginning, _)| buffer.iter().zip(*beginning).all(|(a, b)| a == b))
}

fn response(body: &[u8], keep_alive: bool) -> Vec<u8> {
    let mut response = Vec::with_capacity(256 + body.len());
    response.extend_from_slice(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\n\
          Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n",
    );
    if !keep_alive {
        response.extend_from_slice(b"Connection: close\r\n");
    }
    // Writing to a Vec cannot fail.
    let _ = io::Write::write_fmt(&mut response, format_args!("Content-Length: {}\r\n\r\n", body.len()));
    response.extend_from_slice(body);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(head: &str) -> Option<Request<'_>> {
        assert_eq!(head_length(head.as_bytes()), Some(head.len()));
        Request::parse(head.as_bytes())
    }

    #[test]
    fn a_plain_announce_is_taken() {
        let request = parse("GET /announce?a=1&b=%20 HTTP/1.1\r\nHost: x\r\nUser-Agent: y\r\n\r\n").unwrap();
        assert_eq!(request, Request { path: Path::Announce, query: b"a=1&b=%20", keep_alive: true });
        let request = parse("GET /scrape? HTTP/1.1\r\nconnection:  CLOSE\r\n\r\n").unwrap();
        assert_eq!(request, Request { path: Path::Scrape, query: b"", keep_alive: false });
    }

    #[test]
    fn peculiar_requests_go_to_the_http_server() {
        for head in [
            "GET /announce HTTP/1.1\r\n\r\n",
            "GET /announce?a HTTP/1.0\r\n\r\n",
            "GET /announce?a b HTTP/1.1\r\n\r\n",
            "POST /announce?a HTTP/1.1\r\n\r\n",
            "GET /announce?a HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
            "GET /announce?a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET /announce?a HTTP/1.1\r\nOrigin: http://evil.example\r\n\r\n",
            "GET /announce?a HTTP/1.1\r\naccept-LANGUAGE: vi\r\n\r\n",
            "GET /announced?a HTTP/1.1\r\n\r\n",
            "GET /api/v1/health HTTP/1.1\r\n\r\n",
            "\r\n\r\n",
        ] {
            assert_eq!(parse(head), None, "{head:?}");
        }
    }

    #[test]
    fn other_requests_are_known_from_their_first_bytes() {
        for ours in ["", "G", "GET /", "GET /announce?info", "GET /scr"] {
            assert!(may_be_ours(ours.as_bytes()), "{ours}");
        }
        for other in ["P", "GET /c", "GET /items", "\u{16}\u{3}"] {
            assert!(!may_be_ours(other.as_bytes()), "{other}");
        }
    }
}
