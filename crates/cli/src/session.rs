//! How a command reaches a peer: the one that runs in the repository, or one of its own for as long as it lasts.

use std::{env, path::PathBuf};

use peerpool_control::{Client, Error, PoolList, Start, TrackerState, socket};

use crate::{
    args::Place,
    exit::{Exit, Failure},
    own::Own,
    signals,
};

/// A peer that can be commanded.
#[derive(Debug)]
pub struct Session {
    /// Commands it.
    pub client: Client,
    own: Option<Own>,
}

impl Session {
    /// The peer that runs in the repository.
    pub async fn running(place: &Place) -> Result<Self, Failure> {
        let client = Client::connect(&repository(place)?).await?;
        Ok(Self { client, own: None })
    }

    /// The peer that runs in the repository, or else one that starts now. Neither is told to join the pool.
    pub async fn running_or_own(place: &Place) -> Result<Self, Failure> {
        match Self::running(place).await {
            Err(Failure::Control(Error::NoPeer { .. })) => {
                let (own, client) = Own::start(repository(place)?, place).await?;
                Ok(Self { client, own: Some(own) })
            }
            other => other,
        }
    }

    /// Whether the peer runs in this process.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Has the peer join the pool, if it has not and a tracker is known. A tracker named on the command line counts
    /// only for a peer that has none yet.
    pub async fn join(&self, place: &Place) -> Result<Option<PoolList>, Failure> {
        let status = self.client.status().await?;
        let known = status.tracker.address.is_some() || place.tracker.is_some();
        if status.tracker.state == TrackerState::Connected || !known {
            return Ok(None);
        }
        let tracker = place.tracker.clone().filter(|_| self.is_own() || status.tracker.address.is_none());
        Ok(Some(self.client.start(&Start { tracker }).await?))
    }

    /// Lets our own peer serve until it ends or the command is interrupted; returns at once for another's.
    pub async fn serve_on(&self) {
        if let Some(own) = &self.own {
            tokio::select! {
                () = own.ended() => {}
                () = signals::interrupted() => {}
            }
        }
    }

    /// Leaves the pool, if the peer is our own.
    pub async fn close(self) {
        if let Some(own) = self.own {
            own.shutdown().await;
        }
    }
}

/// The repository that is meant: the one that was named, or the current folder if it is one.
pub fn repository(place: &Place) -> Result<PathBuf, Failure> {
    let found = match &place.repository {
        Some(named) => std::path::absolute(named).map_err(Failure::file("find", named))?,
        None => {
            let here = env::current_dir().map_err(Failure::file("find", "."))?;
            if !here.join(socket::FOLDER).is_dir() {
                let message = "this folder is no repository: say which one by --repository DIR";
                return Err(Failure::told(Exit::Usage, message));
            }
            here
        }
    };
    Ok(found)
}
