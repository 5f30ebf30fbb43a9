//! A client of a running peer, or of a tracker.

mod connection;
mod content;
mod error;
mod events;
mod peer;
mod tracker;

use std::{marker::PhantomData, sync::Arc};

use peerpool_wire::id::InfoHash;
use reqwest::Method;

use self::connection::Connection;
pub use self::{
    content::Content,
    error::{Error, Server},
    events::Events,
    tracker::{drain_tracker, has_ended, read_keys_again, reload_tracker},
};
use crate::{
    FilePage, FileQuery, HolderPage, HolderQuery, ItemDetail, ItemPage, ItemQuery, LogPage, LogQuery,
    PeerPage, PeerQuery, paths,
};

/// Whom a [`Client`] speaks to.
pub mod server {
    /// The peer that runs in a repository.
    #[derive(Debug, Clone, Copy)]
    pub enum Peer {}

    /// A tracker.
    #[derive(Debug, Clone, Copy)]
    pub enum Tracker {}
}

/// A client of the peer that runs in a repository, or of a tracker ([`TrackerClient`]). Its connections are kept alive; it is
/// cheap to clone.
///
/// ```no_run
/// # async fn example() -> Result<(), peerpool_api::Error> {
/// use peerpool_api::{Client, Get, What};
///
/// let peer = Client::connect("/srv/share".as_ref()).await?;
/// let film = Get { what: What::Item("film.mkv".to_owned()), files: Vec::new(), save_as: None };
/// println!("{:?}", peer.get(&film).await?.state);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Client<S = server::Peer> {
    connection: Arc<Connection>,
    server: PhantomData<fn() -> S>,
}

/// A client of a tracker.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use peerpool_api::{ItemQuery, TrackerClient};
///
/// let tracker = TrackerClient::new("tracker.example".parse()?)?;
/// for item in tracker.items(&ItemQuery::default()).await?.items {
///     println!("{} {}", item.name, item.size);
/// }
/// # Ok(())
/// # }
/// ```
pub type TrackerClient = Client<server::Tracker>;

impl<S> Client<S> {
    fn over(connection: Connection) -> Self {
        Self { connection: Arc::new(connection), server: PhantomData }
    }

    /// A page of the pool's catalogue.
    ///
    /// # Errors
    ///
    /// [`Error`], as of every request.
    pub async fn items(&self, query: &ItemQuery) -> Result<ItemPage, Error> {
        self.connection.ask(Method::GET, paths::ITEMS, |request| request.query(query)).await
    }

    /// An item, some of its holders, and what is like it.
    ///
    /// # Errors
    ///
    /// [`Error`]; code `not_found` when the pool does not know the item.
    pub async fn item(&self, hash: &InfoHash) -> Result<ItemDetail, Error> {
        self.connection.ask(Method::GET, &paths::with_hash(paths::ITEM, hash), |request| request).await
    }

    /// What a folder within an item contains.
    ///
    /// # Errors
    ///
    /// [`Error`]; code `not_found` when the pool does not know the item, or it has no such folder.
    pub async fn files(&self, hash: &InfoHash, query: &FileQuery) -> Result<FilePage, Error> {
        let path = paths::with_hash(paths::FILES, hash);
        self.connection.ask(Method::GET, &path, |request| request.query(query)).await
    }

    /// Who has an item, and how much of it.
    ///
    /// # Errors
    ///
    /// [`Error`]; code `not_found` when the pool does not know the item.
    pub async fn holders(&self, hash: &InfoHash, query: &HolderQuery) -> Result<HolderPage, Error> {
        let path = paths::with_hash(paths::HOLDERS, hash);
        self.connection.ask(Method::GET, &path, |request| request.query(query)).await
    }

    /// The peers of the pool.
    ///
    /// # Errors
    ///
    /// [`Error`], as of every request.
    pub async fn peers(&self, query: &PeerQuery) -> Result<PeerPage, Error> {
        self.connection.ask(Method::GET, paths::PEERS, |request| request.query(query)).await
    }

    /// A part of what the server logged of late.
    ///
    /// # Errors
    ///
    /// [`Error`]; code `forbidden` when a tracker is asked from another machine.
    pub async fn log(&self, query: &LogQuery) -> Result<LogPage, Error> {
        self.connection.ask(Method::GET, paths::LOG, |request| request.query(query)).await
    }
}

// Not derived: a derived one would ask that S can be cloned.
impl<S> Clone for Client<S> {
    fn clone(&self) -> Self {
        Self { connection: self.connection.clone(), server: PhantomData }
    }
}
