//! A client of a running peer.

mod events;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use peerpool_wire::id::InfoHash;
use reqwest::{Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;

pub use self::events::Events;
use crate::{
    ApiError, Download, EventQuery, Get, Holder, ItemPage, ItemQuery, PoolList, PoolPeer, Remove, Repository,
    Share, SharedItem, Start, Status, Stopped, Unshare, paths,
    socket::{self, SocketPath},
};

/// How long an ordinary request may take. `start` and `update` have deadlines of their own below this.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Why a peer could not be commanded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody listens at the repository's control socket.
    #[error("no peer runs in {}: start one with `peerpool peer --repository DIR`", repository.display())]
    NoPeer {
        /// The repository.
        repository: PathBuf,
    },
    /// The socket is there and cannot be opened.
    #[error("cannot reach the peer of {}: {reason}", repository.display())]
    Unreachable {
        /// The repository.
        repository: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The peer said no.
    #[error(transparent)]
    Refused(#[from] ApiError),
    /// The peer went away, or did not answer in time.
    #[error("the peer of {} did not answer: {reason}", repository.display())]
    Lost {
        /// The repository.
        repository: PathBuf,
        /// What happened.
        reason: String,
    },
    /// The peer answered something that this version does not understand.
    #[error("the peer's answer to {route} is not understood ({reason}): are both of the same version?")]
    NotUnderstood {
        /// What was asked.
        route: String,
        /// What is wrong with the answer.
        reason: String,
    },
}

/// A connection to the peer that runs in a repository. Cheap calls over one kept-alive Unix socket; cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    repository: PathBuf,
    _socket: Arc<SocketPath>,
}

impl Client {
    /// Reaches the peer of this repository. [`Error::NoPeer`] when none runs.
    pub async fn connect(repository: &Path) -> Result<Self, Error> {
        let unreachable = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => {
                Error::NoPeer { repository: repository.to_owned() }
            }
            _ => Error::Unreachable { repository: repository.to_owned(), reason: error.to_string() },
        };
        let socket = socket::connect_path(repository).map_err(unreachable)?;
        tokio::net::UnixStream::connect(socket.path()).await.map_err(unreachable)?;
        let http =
            reqwest::Client::builder().unix_socket(socket.path()).no_proxy().build().map_err(|error| {
                Error::Unreachable { repository: repository.to_owned(), reason: error.to_string() }
            })?;
        Ok(Self { http, repository: repository.to_owned(), _socket: Arc::new(socket) })
    }

    /// The repository whose peer this is.
    pub fn repository(&self) -> &Path {
        &self.repository
    }

    /// Connects the peer to a tracker and lists what the pool has.
    pub async fn start(&self, start: &Start) -> Result<PoolList, Error> {
        self.ask(Method::POST, paths::START, |request| request.json(start)).await
    }

    /// Has every peer of the pool asked for its newest state, and lists what the pool has.
    pub async fn update(&self) -> Result<PoolList, Error> {
        self.ask(Method::POST, paths::UPDATE, |request| request).await
    }

    /// Stops all downloads; what they fetched is kept.
    pub async fn stop(&self) -> Result<Stopped, Error> {
        self.ask(Method::POST, paths::STOP, |request| request).await
    }

    /// Ends the peer. It may still be leaving when this returns; its event stream closes when it has left.
    pub async fn end(&self) -> Result<(), Error> {
        let asked: Result<serde_json::Value, Error> =
            self.ask(Method::POST, paths::END, |request| request).await;
        match asked {
            // It may be gone before it could answer.
            Ok(_) | Err(Error::Lost { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What the peer is and does.
    pub async fn status(&self) -> Result<Status, Error> {
        self.ask(Method::GET, paths::STATUS, |request| request).await
    }

    /// A page of the pool's catalogue.
    pub async fn items(&self, query: &ItemQuery) -> Result<ItemPage, Error> {
        self.ask(Method::GET, paths::ITEMS, |request| request.query(query)).await
    }

    /// Who has an item, and how much of it.
    pub async fn holders(&self, hash: &InfoHash) -> Result<Vec<Holder>, Error> {
        self.ask(Method::GET, &paths::with_hash(paths::HOLDERS, hash), |request| request).await
    }

    /// The peers of the pool.
    pub async fn peers(&self) -> Result<Vec<PoolPeer>, Error> {
        self.ask(Method::GET, paths::PEERS, |request| request).await
    }

    /// What this peer shares.
    pub async fn shared(&self) -> Result<Repository, Error> {
        self.ask(Method::GET, paths::REPOSITORY, |request| request).await
    }

    /// Shares a file or folder. Returns when it stands in the repository; hashing may still go on.
    pub async fn share(&self, share: &Share) -> Result<SharedItem, Error> {
        let whole_copy = Duration::from_secs(24 * 3600);
        self.ask(Method::POST, paths::SHARE, |request| request.json(share).timeout(whole_copy)).await
    }

    /// Shares an item no longer; its file stays.
    pub async fn unshare(&self, unshare: &Unshare) -> Result<SharedItem, Error> {
        self.ask(Method::POST, paths::UNSHARE, |request| request.json(unshare)).await
    }

    /// Begins a download.
    pub async fn get(&self, get: &Get) -> Result<Download, Error> {
        self.ask(Method::POST, paths::DOWNLOADS, |request| request.json(get)).await
    }

    /// All downloads, oldest first.
    pub async fn downloads(&self) -> Result<Vec<Download>, Error> {
        self.ask(Method::GET, paths::DOWNLOADS, |request| request).await
    }

    /// One download.
    pub async fn download(&self, hash: &InfoHash) -> Result<Download, Error> {
        self.ask(Method::GET, &paths::with_hash(paths::DOWNLOAD, hash), |request| request).await
    }

    /// Holds a download.
    pub async fn pause(&self, hash: &InfoHash) -> Result<Download, Error> {
        self.ask(Method::POST, &paths::with_hash(paths::PAUSE, hash), |request| request).await
    }

    /// Goes on with a paused, stopped or failed download.
    pub async fn resume(&self, hash: &InfoHash) -> Result<Download, Error> {
        self.ask(Method::POST, &paths::with_hash(paths::RESUME, hash), |request| request).await
    }

    /// Stops one download and closes its connections.
    pub async fn stop_one(&self, hash: &InfoHash) -> Result<Download, Error> {
        self.ask(Method::POST, &paths::with_hash(paths::STOP_ONE, hash), |request| request).await
    }

    /// Forgets a download, and deletes its data only when told to.
    pub async fn remove(&self, hash: &InfoHash, remove: Remove) -> Result<Download, Error> {
        self.ask(Method::DELETE, &paths::with_hash(paths::DOWNLOAD, hash), |request| request.query(&remove))
            .await
    }

    /// The stream of events from now on.
    pub async fn events(&self, query: EventQuery) -> Result<Events, Error> {
        let request = self.http.get(url(paths::EVENTS)).query(&query);
        let response = self.checked(paths::EVENTS, request.send().await).await?;
        Ok(Events::new(response, self.repository.clone()))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<T, Error> {
        let request = fill(self.http.request(method, url(path)).timeout(TIMEOUT));
        let response = self.checked(path, request.send().await).await?;
        let body = response.bytes().await.map_err(|error| self.lost(&error))?;
        parse(path, &body)
    }

    /// The response if it is 2xx, else the error that it carries.
    async fn checked(&self, path: &str, sent: reqwest::Result<Response>) -> Result<Response, Error> {
        let response = sent.map_err(|error| match error.is_connect() {
            true => Error::NoPeer { repository: self.repository.clone() },
            false => self.lost(&error),
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = response.bytes().await.map_err(|error| self.lost(&error))?;
        match serde_json::from_slice::<ApiError>(&body) {
            Ok(error) => Err(Error::Refused(error)),
            Err(_) => {
                Err(Error::NotUnderstood { route: path.to_owned(), reason: format!("HTTP status {status}") })
            }
        }
    }

    fn lost(&self, error: &reqwest::Error) -> Error {
        let reason = if error.is_timeout() { "it took too long".to_owned() } else { innermost(error) };
        Error::Lost { repository: self.repository.clone(), reason }
    }
}

fn url(path: &str) -> String {
    format!("http://peer{path}")
}

fn parse<T: DeserializeOwned>(route: &str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body)
        .map_err(|error| Error::NotUnderstood { route: route.to_owned(), reason: error.to_string() })
}

/// The cause at the bottom, which is the one a person understands.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
