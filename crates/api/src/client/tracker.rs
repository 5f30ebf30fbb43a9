//! What only a tracker answers.

use std::{path::Path, time::Duration};

use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::UnixStream;

use super::{Client, Error, Events, Server, connection::Connection, server::Tracker};
use crate::{DrainQuery, Draining, Health, KeysRead, PoolEvent, Reloaded, TrackerUrl, paths, socket};

/// How often it is looked whether a tracker has ended.
const GLANCE: Duration = Duration::from_millis(200);

/// Has the tracker whose data is in this folder read its configuration again, over the socket there.
///
/// # Errors
///
/// [`Error::NoTracker`] when none runs there; [`Error::Refused`] when the configuration is wrong, or it is no
/// daemon.
pub async fn reload_tracker(data: &Path) -> Result<Reloaded, Error> {
    ask_local(data, paths::RELOAD, &()).await
}

/// Has the tracker whose data is in this folder read its pool's keys again, over the socket there.
///
/// # Errors
///
/// [`Error::NoTracker`] when none runs there; [`Error::Refused`] when the keys cannot be read.
pub async fn read_keys_again(data: &Path) -> Result<KeysRead, Error> {
    ask_local(data, socket::READ_KEYS, &()).await
}

/// Has the tracker whose data is in this folder send its peers to the other nodes of its pool, and end.
///
/// # Errors
///
/// [`Error::NoTracker`] when none runs there; [`Error::Refused`] when there is no other node that its peers could go to.
pub async fn drain_tracker(data: &Path, query: DrainQuery) -> Result<Draining, Error> {
    ask_local(data, socket::DRAIN, &query).await
}

/// Returns when no tracker answers any more whose data is in this folder.
pub async fn has_ended(data: &Path) {
    while let Ok(at) = socket::connect_path_in(data)
        && UnixStream::connect(at.path()).await.is_ok()
    {
        tokio::time::sleep(GLANCE).await;
    }
}

async fn ask_local<T: DeserializeOwned>(
    data: &Path,
    path: &str,
    query: &(impl Serialize + Sync),
) -> Result<T, Error> {
    let nobody = |_| Error::NoTracker { data: data.to_owned() };
    let socket = socket::connect_path_in(data).map_err(nobody)?;
    let connection = Connection::to_local(Server::LocalTracker(data.to_owned()), socket)?;
    connection.ask(Method::POST, path, |request| request.query(query)).await
}

impl Client<Tracker> {
    /// A client of the tracker there. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::Unreachable`] when this system cannot speak HTTP.
    pub fn new(url: TrackerUrl) -> Result<Self, Error> {
        Connection::to_tracker(url).map(Self::over)
    }

    /// How the tracker is.
    ///
    /// # Errors
    ///
    /// [`Error`], as of every request.
    pub async fn health(&self) -> Result<Health, Error> {
        self.connection.ask(Method::GET, paths::HEALTH, |request| request).await
    }

    /// The stream of what happens in the pool from now on.
    ///
    /// # Errors
    ///
    /// [`Error`], as of every request.
    pub async fn events(&self) -> Result<Events<PoolEvent>, Error> {
        self.connection.events(|request| request).await
    }
}
