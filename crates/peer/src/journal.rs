//! Remembers over a restart what the repository does not: under which name a download is saved, and whether it rests.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use peerpool_wire::id::InfoHash;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

const NAME: &str = "downloads.json";

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
    pub(crate) fn start(folder: PathBuf, entries: Entries) -> (Self, impl Future<Output = ()> + Send) {
        let (latest, news) = watch::channel(entries);
        (Self { latest }, keep(folder, news))
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

async fn keep(folder: PathBuf, mut news: watch::Receiver<Entries>) {
    // News that came in just before the journal was dropped are still told. A disk that stays full is told of once.
    let mut told = false;
    while news.changed().await.is_ok() {
        let entries = news.borrow_and_update().clone();
        let folder = folder.clone();
        let written = tokio::task::spawn_blocking(move || write(&folder, &entries)).await;
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

/// What was recorded; nothing when it cannot be read, for then downloads simply go on under their items' names.
pub(crate) fn read(folder: &Path) -> Entries {
    let Ok(bytes) = fs::read(folder.join(NAME)) else {
        return Entries::new();
    };
    serde_json::from_slice(&bytes).unwrap_or_else(|error| {
        tracing::warn!(%error, "the list of downloads cannot be read");
        Entries::new()
    })
}

fn write(folder: &Path, entries: &Entries) -> std::io::Result<()> {
    let fresh = folder.join(format!("{NAME}.new"));
    let mut file = fs::File::create(&fresh)?;
    file.write_all(&serde_json::to_vec(entries)?)?;
    file.sync_all()?;
    fs::rename(fresh, folder.join(NAME))
}
