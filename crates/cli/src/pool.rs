//! Whom a command that only lists asks: the running peer, or else the tracker.

mod rest;

use peerpool_api::{Client, Error, ItemPage, ItemQuery, PoolPeer};

pub use self::rest::{Rest, TrackerStatus};
use crate::{
    args::Place,
    exit::{Exit, Failure},
    session::{self, Session},
};

/// Something that knows what the pool has.
#[derive(Debug, Clone)]
pub enum Pool {
    /// The peer of a repository.
    Peer(Client),
    /// The tracker.
    Tracker(Rest),
}

impl Pool {
    /// The peer that runs in the repository; the tracker when none runs there or no repository is meant.
    pub async fn reach(place: &Place) -> Result<Self, Failure> {
        let named = place.repository.is_some() || place.tracker.is_none();
        if named || session::repository(place).is_ok() {
            match Session::running(place).await {
                Err(Failure::Control(Error::NoPeer { .. })) if place.tracker.is_some() => {}
                other => return Ok(Self::Peer(other?.client)),
            }
        }
        match &place.tracker {
            Some(address) => Ok(Self::Tracker(Rest::new(address)?)),
            None => {
                Err(Failure::told(Exit::Usage, "say which pool: --repository DIR or --tracker HOST:PORT"))
            }
        }
    }

    /// A page of the catalogue.
    pub async fn items(&self, query: &ItemQuery) -> Result<ItemPage, Failure> {
        match self {
            Self::Peer(client) => Ok(client.items(query).await?),
            Self::Tracker(tracker) => tracker.items(query).await,
        }
    }

    /// Who is in the pool.
    pub async fn peers(&self) -> Result<Vec<PoolPeer>, Failure> {
        match self {
            Self::Peer(client) => Ok(client.peers().await?),
            Self::Tracker(tracker) => tracker.peers().await,
        }
    }
}
