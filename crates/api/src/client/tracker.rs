//! What only a tracker answers.

use peerpool_wire::id::InfoHash;
use reqwest::Method;

use super::{Client, Error, connection::Connection, server::Tracker};
use crate::{Health, ItemDetail, TrackerUrl, paths};

impl Client<Tracker> {
    /// A client of the tracker there. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::Unreachable`] when this system cannot speak HTTP.
    pub fn new(url: TrackerUrl) -> Result<Self, Error> {
        Connection::to_tracker(url).map(Self::over)
    }

    /// An item, some of its holders, and what is like it.
    ///
    /// # Errors
    ///
    /// [`Error`]; code `not_found` when the tracker does not know the item.
    pub async fn item(&self, hash: &InfoHash) -> Result<ItemDetail, Error> {
        self.connection.ask(Method::GET, &paths::with_hash(paths::ITEM, hash), |request| request).await
    }

    /// How the tracker is.
    ///
    /// # Errors
    ///
    /// [`Error`], as of every request.
    pub async fn health(&self) -> Result<Health, Error> {
        self.connection.ask(Method::GET, paths::HEALTH, |request| request).await
    }
}
