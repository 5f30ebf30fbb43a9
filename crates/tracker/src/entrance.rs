//! Connections to a pool for members: TLS for whoever has a key and for other nodes, HTTPS for browsers, and for plain HTTP no
//! more than the way to all of them.

use std::io::Cursor;

use axum::Router;
use peerpool_tls::{Endpoint, HANDSHAKE_TIMEOUT, Protocol as Tls};
use tokio::{
    io::{AsyncReadExt as _, join},
    net::TcpStream,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    connection::{Connection, REQUEST_TIME, ServeError, link, serve_http, within_lifetime},
    https::{Https, is_validation, offered},
    links::Links,
    listener::Accepted,
    members::Caller,
    protocol::Protocol,
};

/// The way into a pool for members.
#[derive(Clone)]
pub(crate) struct Entrance {
    /// Shows the tracker's key, and learns those of others.
    pub(crate) tls: Endpoint,
    /// Shows browsers a certificate.
    pub(crate) https: Https,
    /// What is told over plain HTTP.
    pub(crate) plain: Router,
    /// The way in of other nodes, where there may be some.
    pub(crate) links: Option<Links>,
}

impl Entrance {
    /// Serves a connection by what it speaks: over TLS what `inside` has, with a device's key as [`Caller`] in each of its
    /// requests, and to browsers as far as the secrets in their requests reach.
    pub(crate) async fn serve(
        self,
        accepted: Accepted,
        connection: Connection,
        inside: Router,
        shutdown: CancellationToken,
    ) -> Result<(), ServeError> {
        let received = accepted.received();
        connection.slot.note_idle();
        let revoked = connection.slot.revoked().clone();
        let lasting = connection.lasting.clone();
        let serving = self.serve_whom_it_is(accepted, received, connection, inside, shutdown.clone());
        tokio::select! {
            served = within_lifetime(serving, lasting) => served,
            () = revoked.cancelled() => Ok(()),
            () = shutdown.cancelled() => Ok(()),
        }
    }

    async fn serve_whom_it_is(
        self,
        accepted: Accepted,
        mut received: Vec<u8>,
        connection: Connection,
        inside: Router,
        shutdown: CancellationToken,
    ) -> Result<(), ServeError> {
        accepted.socket.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(accepted.socket)?;
        stream.set_nodelay(true)?;
        if received.is_empty() {
            let Ok(read) = timeout(REQUEST_TIME, stream.read_buf(&mut received)).await else { return Ok(()) };
            read?;
        }
        let protocol = Protocol::of(&received);
        let offered = match protocol {
            Some(Protocol::Tls) => {
                let offering = offered(&[Tls::Tracker, Tls::Link], &mut stream, &mut received);
                let Ok(offered) = timeout(HANDSHAKE_TIMEOUT, offering).await else { return Ok(()) };
                offered?
            }
            _ => None,
        };
        if offered == Some(Tls::Link) {
            return link(stream, received, &connection, self.links);
        }
        let (rest, sink) = stream.into_split();
        let source = Cursor::new(received).chain(rest);
        match protocol {
            Some(Protocol::Tls) if offered == Some(Tls::Tracker) => {
                let shaken = self.tls.accept(source, sink).await?;
                let (stream, caller) = (join(shaken.reader, shaken.writer), Caller::Device(shaken.peer));
                serve_http(stream, inside, connection, Some(caller), shutdown).await
            }
            Some(Protocol::Tls) => {
                let shaking = self.https.acceptor.accept(join(source, sink));
                let Ok(shaken) = timeout(HANDSHAKE_TIMEOUT, shaking).await else { return Ok(()) };
                let shaken = shaken?;
                match is_validation(shaken.get_ref().1) {
                    true => Ok(()),
                    false => serve_http(shaken, inside, connection, None, shutdown).await,
                }
            }
            Some(Protocol::Http) => {
                serve_http(join(source, sink), self.plain, connection, None, shutdown).await
            }
            None => Ok(()),
        }
    }
}
