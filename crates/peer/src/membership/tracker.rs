//! What a device asks of a pool's tracker: HTTP over one encrypted connection.
//!
//! One connection and not a pool of them: who joins judges the key of a connection first, and then trusts this very one.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Method, Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use peerpool_access::key::PublicKey;
use peerpool_api::{ApiError, Error, PoolKeyset, Server, TrackerUrl, paths};
use peerpool_tls::{ConnectError, Endpoint, Expected, Identity, IdentityError, Protocol, SetupError};
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::TcpStream;

use super::MembershipError;
use crate::transport;

/// How long connecting may take, over all addresses of the tracker's name.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may take: whatever takes something away is answered once every peer has confirmed it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest answer that is read, in bytes.
const LONGEST: usize = 16 << 20;

/// Why a tracker did not answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It cannot be reached, or refused, or is not understood.
    #[error(transparent)]
    Tracker(#[from] Error),
    /// It is there, and does not shake hands as the tracker of this pool.
    #[error(
        "no encrypted connection to the tracker at {url}: {source}; is it the tracker of a pool for members?"
    )]
    Secure {
        /// Where it is.
        url: TrackerUrl,
        /// What went wrong.
        source: ConnectError,
    },
    /// A pool has no tracker that is known.
    #[error("no tracker of {pool} is known: join it again with an invite")]
    Nowhere {
        /// What people call the pool.
        pool: String,
    },
    /// TLS cannot be set up.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// There is no key to connect with.
    #[error(transparent)]
    Key(#[from] IdentityError),
}

/// Why no tracker of a pool was reached.
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// What this device keeps cannot be read or written.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// None answers.
    #[error(transparent)]
    Ask(#[from] AskError),
}

/// An encrypted connection to a tracker. One request after the other goes over it. When the tracker has closed it in between,
/// another takes its place, to the same key.
#[derive(Debug)]
pub struct TrackerConnection {
    url: TrackerUrl,
    endpoint: Endpoint,
    key: PublicKey,
    http: Http,
}

type Http = http1::SendRequest<Full<Bytes>>;

impl TrackerConnection {
    /// Connects as this device, to whom it expects alone.
    ///
    /// # Errors
    ///
    /// Nobody is there, or somebody else.
    pub async fn open(
        url: &TrackerUrl,
        identity: &Identity,
        expected: impl Into<Expected>,
    ) -> Result<Self, AskError> {
        let endpoint = Endpoint::new(identity, Protocol::Tracker)?;
        let (key, http) = connect(url, &endpoint, expected.into()).await?;
        Ok(Self { url: url.clone(), endpoint, key, http })
    }

    /// Where the tracker is.
    pub fn url(&self) -> &TrackerUrl {
        &self.url
    }

    /// The key that the tracker has proved to have.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// Asks for something.
    ///
    /// # Errors
    ///
    /// The tracker refuses, went away, or is not understood.
    pub async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, AskError> {
        self.ask(Method::GET, path, Bytes::new()).await
    }

    /// The keyset that it shows, whoever it is.
    ///
    /// # Errors
    ///
    /// The tracker refuses, went away, or is not understood.
    pub async fn keyset(&mut self) -> Result<Vec<u8>, AskError> {
        let keys: PoolKeyset = self.get(paths::KEYSET).await?;
        let statement = BASE64URL_NOPAD.decode(keys.keyset.as_bytes());
        statement.map_err(|error| self.not_understood(paths::KEYSET, &error).into())
    }

    /// Asks for what a query says.
    ///
    /// # Errors
    ///
    /// The tracker refuses, went away, or is not understood.
    pub async fn find<T: DeserializeOwned>(
        &mut self,
        path: &str,
        query: &impl Serialize,
    ) -> Result<T, AskError> {
        let path = self.with_query(path, query)?;
        self.get(&path).await
    }

    /// Takes away what a query says.
    ///
    /// # Errors
    ///
    /// The tracker refuses, went away, or is not understood.
    pub async fn remove<T: DeserializeOwned>(
        &mut self,
        path: &str,
        query: &impl Serialize,
    ) -> Result<T, AskError> {
        let path = self.with_query(path, query)?;
        self.delete(&path).await
    }

    fn with_query(&self, path: &str, query: &impl Serialize) -> Result<String, AskError> {
        let query = serde_urlencoded::to_string(query).map_err(|error| self.not_understood(path, &error))?;
        Ok(if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") })
    }

    /// Sends something.
    ///
    /// # Errors
    ///
    /// The tracker refuses, went away, or is not understood.
    pub async fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, AskError> {
        self.send(Method::POST, path, body).await
    }

    /// Changes something.
    ///
    /// # Errors
    ///
    /// The tracker refuses, went away, or is not understood.
    pub async fn patch<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, AskError> {
        self.send(Method::PATCH, path, body).await
    }

    /// Puts something where nothing, or something else, is.
    ///
    /// # Errors
    ///
    /// The tracker refuses, went away, or is not understood.
    pub async fn put<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, AskError> {
        self.send(Method::PUT, path, body).await
    }

    /// Takes something away.
    ///
    /// # Errors
    ///
    /// The tracker refuses, went away, or is not understood.
    pub async fn delete<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, AskError> {
        self.ask(Method::DELETE, path, Bytes::new()).await
    }

    async fn send<T: DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, AskError> {
        let body = serde_json::to_vec(body).map_err(|error| self.not_understood(path, &error))?;
        self.ask(method, path, body.into()).await
    }

    async fn ask<T: DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<T, AskError> {
        let body = self.answer(method, path, body).await?;
        serde_json::from_slice(&body).map_err(|error| self.not_understood(path, &error).into())
    }

    /// What the tracker answers, if that is 2xx. Boxed, so that it is compiled once and not for each type of an answer.
    fn answer<'a>(
        &'a mut self,
        method: Method,
        path: &'a str,
        body: Bytes,
    ) -> BoxFuture<'a, Result<Bytes, AskError>> {
        Box::pin(self.exchange(method, path, body))
    }

    async fn exchange(&mut self, method: Method, path: &str, body: Bytes) -> Result<Bytes, AskError> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(header::HOST, self.url.authority());
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::new(body)).map_err(|error| self.not_understood(path, &error))?;
        if self.http.is_closed() {
            (_, self.http) = connect(&self.url, &self.endpoint, self.key.into()).await?;
        }
        let answering = async {
            // An answer may be read before the connection has taken note that it is over.
            self.http.ready().await.map_err(|error| lost(&self.url, &error))?;
            let answer = self.http.send_request(request).await.map_err(|error| lost(&self.url, &error))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), LONGEST).collect().await;
            Ok::<_, Error>((status, body.map_err(|error| lost(&self.url, error.as_ref()))?.to_bytes()))
        };
        let (status, body) = match tokio::time::timeout(ANSWER_TIMEOUT, answering).await {
            Ok(answered) => answered?,
            Err(late) => return Err(lost(&self.url, &late).into()),
        };
        if status.is_success() {
            return Ok(body);
        }
        Err(match serde_json::from_slice::<ApiError>(&body) {
            Ok(refusal) => Error::Refused(refusal).into(),
            Err(_) => self.not_understood(path, &format!("HTTP status {status}")).into(),
        })
    }

    fn not_understood(&self, path: &str, reason: &impl ToString) -> Error {
        let (server, route) = (Server::Tracker(self.url.clone()), path.to_owned());
        Error::NotUnderstood { server, route, reason: reason.to_string() }
    }
}

/// The keyset that whoever answers there shows, who is not told who asks.
pub(crate) async fn shown_keyset(url: &TrackerUrl) -> Result<Vec<u8>, AskError> {
    let nobody = Identity::generate()?;
    TrackerConnection::open(url, &nobody, Expected::Anybody).await?.keyset().await
}

async fn connect(
    url: &TrackerUrl,
    endpoint: &Endpoint,
    expected: Expected,
) -> Result<(PublicKey, Http), AskError> {
    let (read, write) = dial(url).await?.into_split();
    let secured = endpoint.connect(read, write, expected).await;
    let secured = secured.map_err(|source| AskError::Secure { url: url.clone(), source })?;
    let stream = TokioIo::new(tokio::io::join(secured.reader, secured.writer));
    let (http, connection) = http1::handshake(stream).await.map_err(|error| lost(url, &error))?;
    // It ends when nobody sends requests any more.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection to a tracker");
        }
    });
    Ok((secured.peer, http))
}

/// Connects to the first of the name's addresses that answers.
async fn dial(url: &TrackerUrl) -> Result<TcpStream, Error> {
    let dialing = async {
        let addrs: Vec<SocketAddr> = tokio::net::lookup_host(url.authority()).await?.collect();
        transport::dial_any(&addrs, IpAddr::V6(Ipv6Addr::UNSPECIFIED)).await
    };
    let reason = match tokio::time::timeout(CONNECT_TIMEOUT, dialing).await {
        Ok(Ok(tcp)) => return Ok(tcp),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", CONNECT_TIMEOUT.as_secs()),
    };
    let server = Server::Tracker(url.clone());
    Err(Error::Unreachable { server, reason: format!("{reason}; is the address right?") })
}

fn lost(url: &TrackerUrl, error: &(dyn std::error::Error + 'static)) -> Error {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    Error::Lost { server: Server::Tracker(url.clone()), reason: cause.to_string() }
}
