//! Whom a command that only lists asks: the running peer, or else the tracker.

use peerpool_api::{
    Client, Error, ItemPage, ItemQuery, LogPage, LogQuery, PeerPage, PeerQuery, TrackerClient,
};

use crate::{
    args::PeerOptions,
    exit::{Exit, Failure},
    session::{self, Session},
};

/// Something that knows what the pool has.
#[derive(Debug, Clone)]
pub enum Pool {
    /// The peer of a repository.
    Peer(Client),
    /// The tracker.
    Tracker(TrackerClient),
}

impl Pool {
    /// The peer that runs in the repository; the tracker when none runs there or no repository is meant.
    ///
    /// # Errors
    ///
    /// When neither is named, or the peer that is meant does not run.
    pub async fn reach(options: &PeerOptions) -> Result<Self, Failure> {
        let named = options.repository.is_some() || options.tracker.is_none();
        if named || session::repository(options).is_ok() {
            match Session::running(options).await {
                Err(Failure::Control(Error::NoPeer { .. })) if options.tracker.is_some() => {}
                other => return Ok(Self::Peer(other?.client)),
            }
        }
        match &options.tracker {
            Some(url) => Ok(Self::Tracker(TrackerClient::new(url.clone())?)),
            None => {
                Err(Failure::told(Exit::Usage, "say which pool: --repository DIR or --tracker HOST:PORT"))
            }
        }
    }

    /// A page of the catalogue.
    ///
    /// # Errors
    ///
    /// As the client has them.
    pub async fn items(&self, query: &ItemQuery) -> Result<ItemPage, Failure> {
        Ok(match self {
            Self::Peer(client) => client.items(query).await?,
            Self::Tracker(client) => client.items(query).await?,
        })
    }

    /// What it logged of late.
    ///
    /// # Errors
    ///
    /// As the client has them.
    pub async fn log(&self, query: &LogQuery) -> Result<LogPage, Failure> {
        Ok(match self {
            Self::Peer(client) => client.log(query).await?,
            Self::Tracker(client) => client.log(query).await?,
        })
    }

    /// Who is in the pool.
    ///
    /// # Errors
    ///
    /// As the client has them.
    pub async fn peers(&self) -> Result<PeerPage, Failure> {
        Ok(match self {
            Self::Peer(client) => client.peers(&PeerQuery::default()).await?,
            Self::Tracker(client) => client.peers(&PeerQuery::default()).await?,
        })
    }
}
