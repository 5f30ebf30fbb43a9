//! The gateway of a tracker: a peer in its process that fetches what browsers read, so that they need no peer.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use peerpool_api::reached_here;
use peerpool_peer::{Config, Peer};
use peerpool_tracker::{Tracker, default_data_folder};

use crate::{
    args,
    exit::{Exit, Failure},
    own::ANYWHERE,
};

/// Its repository, in the tracker's data folder.
const FOLDER: &str = "gateway";

/// A running gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    peer: Peer,
}

impl Gateway {
    /// Opens the gateway that a tracker was told to have, if it was.
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`] in a pool for members; and as a peer's start.
    pub(crate) async fn open(tracker: &Tracker, said: &args::Tracker) -> Result<Option<Self>, Failure> {
        let Some(room) = said.gateway else { return Ok(None) };
        if said.members {
            let reason =
                "a pool for members has no gateway: it would give everybody what is for members alone";
            return Err(Failure::told(Exit::Usage, reason));
        }
        let repository = emptied(said)?;
        let config = Config {
            repository,
            tracker: Some(reached_here(tracker.addr()).into()),
            listen: ANYWHERE,
            name: Some(said.name.as_ref().map_or("gateway".to_owned(), |name| format!("gateway of {name}"))),
            start: true,
            membership: None,
            web: None,
            temporary: false,
            limits: None,
        };
        let (peer, content) = Peer::start_gateway(config, room).await?;
        tracker.open_gateway(content);
        Ok(Some(Self { peer }))
    }

    /// Ends it. Its tracker ends after it.
    pub(crate) async fn close(self) {
        self.peer.shutdown().await;
    }
}

/// The folder, with nothing in it: all that an earlier run left are copies of what peers have, and a part of them is of no
/// use to anybody.
fn emptied(said: &args::Tracker) -> Result<PathBuf, Failure> {
    let data = said.data.clone().or_else(default_data_folder);
    let data = data.ok_or_else(|| Failure::from(peerpool_tracker::StartError::NoDataFolder))?;
    let folder = data.join(FOLDER);
    empty(&folder).map_err(Failure::file("empty", &folder))?;
    Ok(folder)
}

fn empty(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
