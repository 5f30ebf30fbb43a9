//! Remembers over a restart what the repository does not: under which name a download is saved, and whether it rests.

use std::{collections::BTreeMap, io, sync::Arc};

use peerpool_repository::{DiskError, Repository, StateFile};
use peerpool_wire::id::InfoHash;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

const NAME: &str = "downloads";

/// What is remembered of one download.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The name it is saved under.
    pub(crate) name: String,
    /// Whether it goes on by itself.
    pub(crate) rests: Rest,
    /// The item's name, when it was asked for by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked: Option<String>,
}

/// Whether a download goes on by itself after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rest {
    No,
    Paused,
    Stopped,
    /// It is no download any more; what it fetched is kept for when it is asked for again.
    Forgotten,
}

pub(crate) type Entries = BTreeMap<InfoHash, Entry>;

/// Has what changed written; what is overtaken by newer news is left out.
#[derive(Debug)]
pub(crate) struct Journal {
    latest: watch::Sender<Entries>,
}

impl Journal {
    /// Begins with what was read before. The future writes; it ends with the last news, once the journal is dropped.
    pub(crate) fn start(
        repository: Arc<Repository>,
        entries: Entries,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (latest, news) = watch::channel(entries);
        (Self { latest }, keep(repository, news))
    }

    /// Records these, if they differ from what is recorded.
    pub(crate) fn save(&self, entries: Entries) {
        self.latest.send_if_modified(|latest| {
            let differs = *latest != entries;
            *latest = entries;
            differs
        });
    }
}

async fn keep(repository: Arc<Repository>, mut news: watch::Receiver<Entries>) {
    // News that came in just before the journal was dropped are still told. A disk that stays full is told of once.
    let mut told = false;
    while news.changed().await.is_ok() {
        let entries = news.borrow_and_update().clone();
        let repository = repository.clone();
        let written = tokio::task::spawn_blocking(move || write(&repository, &entries)).await;
        match written {
            Ok(Err(error)) if !told => {
                tracing::warn!(%error, "cannot record the list of downloads");
                told = true;
            }
            Ok(Ok(())) => told = false,
            _ => {}
        }
    }
}

/// What was recorded. When it is damaged it is put aside, and downloads go on under their items' names.
pub(crate) fn read(repository: &Repository) -> Result<Entries, DiskError> {
    let Some(body) = repository.read_state(NAME, StateFile::Downloads)? else {
        return Ok(Entries::new());
    };
    let failed =
        |error| DiskError::new("understand", repository.state_folder().join(NAME), io::Error::from(error));
    serde_json::from_slice(&body).map_err(failed)
}

fn write(repository: &Repository, entries: &Entries) -> Result<(), DiskError> {
    let failed =
        |error| DiskError::new("write", repository.state_folder().join(NAME), io::Error::from(error));
    let body = serde_json::to_vec(entries).map_err(failed)?;
    repository.write_state(NAME, StateFile::Downloads, &body)
}
