//! Requests and answers, over a Unix socket or TCP.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use reqwest::{Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;

use super::{Content, Error, Events, Server};
use crate::{ApiError, TrackerUrl, paths, socket::SocketPath};

/// How long one address of a tracker's name may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a tracker may take to answer.
const TRACKER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a peer may take to answer. `start` and `update` have deadlines of their own below this.
const PEER_TIMEOUT: Duration = Duration::from_secs(60);

/// How long an idle connection is kept: less than the 30 s for which a server keeps it, so that no request goes into one
/// that has been closed.
const IDLE: Duration = Duration::from_secs(20);

/// Completes a request. Not a type parameter, so that sending is compiled once and not for each operation.
type Fill<'a> = &'a (dyn Fn(RequestBuilder) -> RequestBuilder + Sync);

/// The way to a server.
#[derive(Debug)]
pub(super) struct Connection {
    http: reqwest::Client,
    pub(super) server: Server,
    timeout: Duration,
    /// The socket's address is valid as long as this lasts.
    _socket: Option<SocketPath>,
}

impl Connection {
    /// Over a Unix socket.
    pub(super) fn to_local(server: Server, socket: SocketPath) -> Result<Self, Error> {
        let http = build(reqwest::Client::builder().unix_socket(socket.path()), &server)?;
        Ok(Self { http, server, timeout: PEER_TIMEOUT, _socket: Some(socket) })
    }

    pub(super) fn to_tracker(url: TrackerUrl) -> Result<Self, Error> {
        let server = Server::Tracker(url);
        let http = build(reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT), &server)?;
        Ok(Self { http, server, timeout: TRACKER_TIMEOUT, _socket: None })
    }

    /// Sends a request that `fill` completes, and reads the answer.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        fill: impl Fn(RequestBuilder) -> RequestBuilder + Sync,
    ) -> Result<T, Error> {
        let body = self.answer(method, path, &|request| fill(request.timeout(self.timeout))).await?;
        parse(&self.server, path, &body)
    }

    async fn answer(&self, method: Method, path: &str, fill: Fill<'_>) -> Result<Bytes, Error> {
        let response = self.send(method, path, fill).await?;
        response.bytes().await.map_err(|error| self.lost(&error))
    }

    /// The stream of events; it has no end in time.
    pub(super) async fn events<E: DeserializeOwned>(
        &self,
        fill: impl Fn(RequestBuilder) -> RequestBuilder + Sync,
    ) -> Result<Events<E>, Error> {
        let response = self.send(Method::GET, paths::EVENTS, &fill).await?;
        Ok(Events::new(response, self.server.clone()))
    }

    /// The bytes of a file; they may take any time.
    pub(super) async fn content(
        &self,
        path: &str,
        fill: impl Fn(RequestBuilder) -> RequestBuilder + Sync,
    ) -> Result<Content, Error> {
        let response = self.send(Method::GET, path, &fill).await?;
        Ok(Content::new(response, self.server.clone()))
    }

    /// The response, if it is 2xx.
    async fn send(&self, method: Method, path: &str, fill: Fill<'_>) -> Result<Response, Error> {
        let mut unreachable = None;
        for base in self.bases().await? {
            match fill(self.http.request(method.clone(), base + path)).send().await {
                Ok(response) => return self.checked(path, response).await,
                Err(error) if error.is_connect() => unreachable = Some(self.unreachable(&error)),
                Err(error) => return Err(self.lost(&error)),
            }
        }
        let nowhere =
            || Error::Unreachable { server: self.server.clone(), reason: "it has no address".to_owned() };
        Err(unreachable.unwrap_or_else(nowhere))
    }

    /// Where to send requests, in order. A tracker is asked under the addresses that its name has: it answers under any name
    /// only to programs that it can tell from a web page.
    async fn bases(&self) -> Result<Vec<String>, Error> {
        match &self.server {
            Server::Peer(_) | Server::LocalTracker(_) => Ok(vec!["http://localhost".to_owned()]),
            Server::Tracker(url) => {
                let found = tokio::net::lookup_host(url.authority()).await;
                let found = found.map_err(|error| self.unreachable(&error))?;
                Ok(found.map(|address: SocketAddr| TrackerUrl::from(address).to_string()).collect())
            }
        }
    }

    async fn checked(&self, path: &str, response: Response) -> Result<Response, Error> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.bytes().await.map_err(|error| self.lost(&error))?;
        Err(match serde_json::from_slice::<ApiError>(&body) {
            Ok(error) => Error::Refused(error),
            Err(_) => not_understood(&self.server, path, format!("HTTP status {status}")),
        })
    }

    pub(super) fn unreachable(&self, error: &dyn std::error::Error) -> Error {
        match &self.server {
            Server::Peer(repository) => Error::NoPeer { repository: repository.clone() },
            Server::LocalTracker(data) => Error::NoTracker { data: data.clone() },
            server => Error::Unreachable {
                server: server.clone(),
                reason: format!("{}; is the address right?", innermost(error)),
            },
        }
    }

    fn lost(&self, error: &reqwest::Error) -> Error {
        let reason = if error.is_timeout() { "it took too long".to_owned() } else { innermost(error) };
        Error::Lost { server: self.server.clone(), reason }
    }
}

fn build(http: reqwest::ClientBuilder, server: &Server) -> Result<reqwest::Client, Error> {
    let built = http.no_proxy().pool_idle_timeout(IDLE).build();
    built.map_err(|error| Error::Unreachable { server: server.clone(), reason: innermost(&error) })
}

pub(super) fn parse<T: DeserializeOwned>(server: &Server, route: &str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| not_understood(server, route, error.to_string()))
}

pub(super) fn not_understood(server: &Server, route: &str, reason: String) -> Error {
    Error::NotUnderstood { server: server.clone(), route: route.to_owned(), reason }
}

/// The cause at the bottom, which is the one a person understands.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
