//! Whom a command that only lists asks: the running peer, or else the tracker.

use peerpool_api::{
    Client, Error, Health, ItemPage, ItemQuery, LogPage, LogQuery, PeerPage, PeerQuery, Status,
    TrackerClient, TrackerUrl, Trackers, paths,
};
use peerpool_peer::membership::TrackerConnection;

use crate::{
    args::PeerOptions,
    device,
    exit::{Exit, Failure},
    session::{self, Session},
};

/// Something that knows what the pool has.
#[derive(Debug)]
pub enum Pool {
    /// The peer of a repository.
    Peer(Client),
    /// The tracker of an open pool.
    Tracker(TrackerClient),
    /// The tracker of a pool for members, asked as this device.
    Members(Box<TrackerConnection>),
}

/// How whoever is asked for it is.
#[derive(Debug)]
pub enum State {
    /// A peer.
    Peer(Box<Status>),
    /// A tracker.
    Tracker(Health),
}

impl Pool {
    /// The peer that runs in the repository; the tracker when none runs there or no repository is meant. When neither is
    /// named, the only pool for members that this device has joined.
    ///
    /// # Errors
    ///
    /// When there is none of these, or the peer that is meant does not run.
    pub async fn reach(options: &PeerOptions) -> Result<Self, Failure> {
        if options.repository.is_none() && options.tracker.is_none() && session::repository(options).is_err()
        {
            let joined = device::only_joined()?.ok_or_else(nowhere)?;
            return Ok(Self::Members(Box::new(device::memberships()?.reach(&joined).await?)));
        }
        let named = options.repository.is_some() || options.tracker.is_none();
        if named || session::repository(options).is_ok() {
            match Session::running(options).await {
                Err(Failure::Control(Error::NoPeer { .. })) if options.tracker.is_some() => {}
                other => return Ok(Self::Peer(other?.client)),
            }
        }
        match &options.tracker {
            Some(trackers) => Self::first_that_answers(trackers).await,
            None => Err(nowhere()),
        }
    }

    /// The first of these trackers that answers; else the last one.
    async fn first_that_answers(trackers: &Trackers) -> Result<Self, Failure> {
        let mut found = Self::at(trackers.first()).await;
        for next in trackers.iter().skip(1) {
            if let Ok(pool) = &mut found
                && pool.state().await.is_ok()
            {
                break;
            }
            found = Self::at(next).await;
        }
        found
    }

    /// Whoever answers for a tracker. That of an open pool is not asked yet.
    async fn at(url: &TrackerUrl) -> Result<Self, Failure> {
        Ok(match device::joined_at(url).await? {
            Some(tracker) => Self::Members(Box::new(tracker)),
            None => Self::Tracker(TrackerClient::new(url.clone())?),
        })
    }

    /// A page of the catalogue.
    ///
    /// # Errors
    ///
    /// As the client has them.
    pub async fn items(&mut self, query: &ItemQuery) -> Result<ItemPage, Failure> {
        Ok(match self {
            Self::Peer(client) => client.items(query).await?,
            Self::Tracker(client) => client.items(query).await?,
            Self::Members(tracker) => tracker.find(paths::ITEMS, query).await?,
        })
    }

    /// What it logged of late.
    ///
    /// # Errors
    ///
    /// As the client has them.
    pub async fn log(&mut self, query: &LogQuery) -> Result<LogPage, Failure> {
        Ok(match self {
            Self::Peer(client) => client.log(query).await?,
            Self::Tracker(client) => client.log(query).await?,
            Self::Members(tracker) => tracker.find(paths::LOG, query).await?,
        })
    }

    /// Who is in the pool.
    ///
    /// # Errors
    ///
    /// As the client has them.
    pub async fn peers(&mut self) -> Result<PeerPage, Failure> {
        Ok(match self {
            Self::Peer(client) => client.peers(&PeerQuery::default()).await?,
            Self::Tracker(client) => client.peers(&PeerQuery::default()).await?,
            Self::Members(tracker) => tracker.get(paths::PEERS).await?,
        })
    }

    /// How the peer, or the tracker, is.
    ///
    /// # Errors
    ///
    /// As the client has them.
    pub async fn state(&mut self) -> Result<State, Failure> {
        Ok(match self {
            Self::Peer(client) => State::Peer(Box::new(client.status().await?)),
            Self::Tracker(client) => State::Tracker(client.health().await?),
            Self::Members(tracker) => State::Tracker(tracker.get(paths::HEALTH).await?),
        })
    }
}

fn nowhere() -> Failure {
    Failure::told(Exit::Usage, "say which pool: --repository DIR or --tracker HOST:PORT")
}
