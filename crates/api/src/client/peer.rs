//! What only a peer does.

use std::{path::Path, time::Duration};

use peerpool_wire::id::InfoHash;
use reqwest::Method;

use super::{Client, Content, Error, Events, Server, connection::Connection, server::Peer};
use crate::{
    Door, Download, End, EventQuery, Get, HistoryPage, HistoryQuery, Limits, OpenDoor, PoolList, Priority,
    Reloaded, Remove, Repository, RepositoryQuery, SetPriority, Share, SharedDetail, SharedItem, Start,
    Status, Stopped, Unshare, Window, paths, socket,
};

/// How long a file may take to be copied into the repository.
const COPY_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// Every command fails with [`Error`]; [`Error::Refused`] has the peer's [`Code`](crate::Code) and words.
impl Client<Peer> {
    /// Reaches the peer of this repository.
    ///
    /// # Errors
    ///
    /// [`Error::NoPeer`] when none runs there, [`Error::Unreachable`] when its socket cannot be opened.
    pub async fn connect(repository: &Path) -> Result<Self, Error> {
        let unreachable = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => {
                Error::NoPeer { repository: repository.to_owned() }
            }
            _ => {
                Error::Unreachable { server: Server::Peer(repository.to_owned()), reason: error.to_string() }
            }
        };
        let socket = socket::connect_path(repository).map_err(unreachable)?;
        tokio::net::UnixStream::connect(socket.path()).await.map_err(unreachable)?;
        Connection::to_local(Server::Peer(repository.to_owned()), socket).map(Self::over)
    }

    /// The repository whose peer this is.
    pub fn repository(&self) -> &Path {
        match &self.connection.server {
            Server::Peer(repository) => repository,
            // `connect` alone makes a client of a peer.
            Server::Tracker(_) | Server::LocalTracker(_) => Path::new(""),
        }
    }

    /// Connects the peer to a tracker and lists what the pool has.
    pub async fn start(&self, start: &Start) -> Result<PoolList, Error> {
        self.connection.ask(Method::POST, paths::START, |request| request.json(start)).await
    }

    /// Has every peer of the pool asked for its newest state, and lists what the pool has.
    pub async fn update(&self) -> Result<PoolList, Error> {
        self.connection.ask(Method::POST, paths::UPDATE, |request| request).await
    }

    /// Stops all downloads; what they fetched is kept.
    pub async fn stop(&self) -> Result<Stopped, Error> {
        self.connection.ask(Method::POST, paths::STOP, |request| request).await
    }

    /// Has browsers let in, and a link made that lets in one.
    pub async fn open_door(&self, wanted: &OpenDoor) -> Result<Door, Error> {
        self.connection.ask(Method::POST, paths::WEB, |request| request.json(wanted)).await
    }

    /// Lets no browser in any more, and ends their sessions.
    pub async fn close_door(&self) -> Result<(), Error> {
        let closed: serde_json::Value =
            self.connection.ask(Method::DELETE, paths::WEB, |request| request).await?;
        let _ = closed;
        Ok(())
    }

    /// Ends the peer. It may still be leaving when this returns; its event stream closes when it has left.
    pub async fn end(&self) -> Result<(), Error> {
        self.end_as(End::default()).await
    }

    /// Ends the peer of a command, whose place another peer takes; one that stays refuses.
    pub async fn hand_over(&self) -> Result<(), Error> {
        self.end_as(End { hand_over: true }).await
    }

    async fn end_as(&self, end: End) -> Result<(), Error> {
        let asked: Result<serde_json::Value, Error> =
            self.connection.ask(Method::POST, paths::END, |request| request.query(&end)).await;
        match asked {
            // It may be gone before it could answer.
            Ok(_) | Err(Error::Lost { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Has the process read its configuration again.
    pub async fn reload(&self) -> Result<Reloaded, Error> {
        self.connection.ask(Method::POST, paths::RELOAD, |request| request).await
    }

    /// What the peer is and does.
    pub async fn status(&self) -> Result<Status, Error> {
        self.connection.ask(Method::GET, paths::STATUS, |request| request).await
    }

    /// All that this peer shares.
    pub async fn shared(&self) -> Result<Repository, Error> {
        self.search_shared(&RepositoryQuery::default(), Window::default()).await
    }

    /// A part of what this peer shares.
    pub async fn search_shared(&self, query: &RepositoryQuery, part: Window) -> Result<Repository, Error> {
        let fill = |request: reqwest::RequestBuilder| request.query(query).query(&part);
        self.connection.ask(Method::GET, paths::REPOSITORY, fill).await
    }

    /// An item of the repository, with the peers that are connected for it.
    pub async fn shared_item(&self, item: &InfoHash) -> Result<SharedDetail, Error> {
        let path = paths::with_hash(paths::SHARED, item);
        self.connection.ask(Method::GET, &path, |request| request).await
    }

    /// Shares a file or folder. Returns when it stands in the repository; hashing may still go on.
    pub async fn share(&self, share: &Share) -> Result<SharedItem, Error> {
        let fill = |request: reqwest::RequestBuilder| request.json(share).timeout(COPY_TIMEOUT);
        self.connection.ask(Method::POST, paths::SHARE, fill).await
    }

    /// Shares an item no longer; its file stays.
    pub async fn unshare(&self, unshare: &Unshare) -> Result<SharedItem, Error> {
        self.connection.ask(Method::POST, paths::UNSHARE, |request| request.json(unshare)).await
    }

    /// Begins a download.
    pub async fn get(&self, get: &Get) -> Result<Download, Error> {
        self.connection.ask(Method::POST, paths::DOWNLOADS, |request| request.json(get)).await
    }

    /// All downloads, oldest first.
    pub async fn downloads(&self) -> Result<Vec<Download>, Error> {
        self.connection.ask(Method::GET, paths::DOWNLOADS, |request| request).await
    }

    /// One download.
    pub async fn download(&self, hash: &InfoHash) -> Result<Download, Error> {
        self.on_download(Method::GET, paths::DOWNLOAD, hash).await
    }

    /// Holds a download.
    pub async fn pause(&self, hash: &InfoHash) -> Result<Download, Error> {
        self.on_download(Method::POST, paths::PAUSE, hash).await
    }

    /// Resumes a paused, stopped or failed download.
    pub async fn resume(&self, hash: &InfoHash) -> Result<Download, Error> {
        self.on_download(Method::POST, paths::RESUME, hash).await
    }

    /// Stops one download and closes its connections.
    pub async fn stop_one(&self, hash: &InfoHash) -> Result<Download, Error> {
        self.on_download(Method::POST, paths::STOP_ONE, hash).await
    }

    /// Sets how a download counts beside others.
    pub async fn set_priority(&self, hash: &InfoHash, priority: Priority) -> Result<Download, Error> {
        let path = paths::with_hash(paths::PRIORITY, hash);
        self.connection.ask(Method::POST, &path, |request| request.json(&SetPriority { priority })).await
    }

    /// Forgets a download, and deletes its data only when told to.
    pub async fn remove(&self, hash: &InfoHash, remove: Remove) -> Result<Download, Error> {
        let path = paths::with_hash(paths::DOWNLOAD, hash);
        self.connection.ask(Method::DELETE, &path, |request| request.query(&remove)).await
    }

    /// The bytes of a file of an item, from `offset` on, in order and as they arrive. `path` is that of the file in a
    /// folder, and empty where the item is one file.
    pub async fn content(&self, hash: &InfoHash, path: &str, offset: u64) -> Result<Content, Error> {
        let path = paths::with_hash(paths::CONTENT, hash).replace("{path}", &encoded(path));
        let range = format!("bytes={offset}-");
        self.connection
            .content(&path, |request| if offset > 0 { request.header("range", &range) } else { request })
            .await
    }

    /// The limits of rates.
    pub async fn limits(&self) -> Result<Limits, Error> {
        self.connection.ask(Method::GET, paths::LIMITS, |request| request).await
    }

    /// Sets the limits of rates, for this run and later ones.
    pub async fn set_limits(&self, limits: &Limits) -> Result<Limits, Error> {
        self.connection.ask(Method::PUT, paths::LIMITS, |request| request.json(limits)).await
    }

    /// Transfers that are over.
    pub async fn history(&self, query: &HistoryQuery) -> Result<HistoryPage, Error> {
        self.connection.ask(Method::GET, paths::HISTORY, |request| request.query(query)).await
    }

    /// The stream of events from now on.
    pub async fn events(&self, query: EventQuery) -> Result<Events, Error> {
        self.connection.events(|request| request.query(&query)).await
    }

    async fn on_download(&self, method: Method, pattern: &str, hash: &InfoHash) -> Result<Download, Error> {
        self.connection.ask(method, &paths::with_hash(pattern, hash), |request| request).await
    }
}

/// A path of a file as it stands in a URL (RFC 3986, "Percent-Encoding").
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/');
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
