//! Remembers over a restart what the repository does not: under which name a download is saved, and whether it goes on.

use std::{collections::BTreeMap, io, sync::Arc};

use peerpool_api::Priority;
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
    #[serde(rename = "rests")]
    pub(crate) on_restart: OnRestart,
    /// The item's name, when it was asked for by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked: Option<String>,
    #[serde(default, skip_serializing_if = "is_normal")]
    pub(crate) priority: Priority,
}

fn is_normal(priority: &Priority) -> bool {
    *priority == Priority::Normal
}

impl Entry {
    /// A download that goes on after a restart.
    pub(super) fn new(name: String, asked: Option<String>) -> Self {
        Self { name, on_restart: OnRestart::Resume, asked, priority: Priority::Normal }
    }
}

/// What a download does after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OnRestart {
    #[serde(rename = "no")]
    Resume,
    #[serde(rename = "paused")]
    Pause,
    #[serde(rename = "stopped")]
    Stay,
    /// It is no download any more; what it fetched is kept for when it is asked for again.
    #[serde(rename = "forgotten")]
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
    pub(super) fn save(&self, entries: Entries) {
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

/// What was recorded.
///
/// # Errors
///
/// When it cannot be read. When it is damaged it is put aside, and downloads go on under their items' names.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_their_form_on_disk() {
        let entry = |on_restart| Entry { on_restart, ..Entry::new("film".to_owned(), None) };
        let written = [OnRestart::Resume, OnRestart::Pause, OnRestart::Stay, OnRestart::Forgotten]
            .map(|on_restart| serde_json::to_string(&entry(on_restart)).unwrap());
        let rests = ["no", "paused", "stopped", "forgotten"];
        assert_eq!(written, rests.map(|rests| format!(r#"{{"name":"film","rests":"{rests}"}}"#)));
        let asked = r#"{"name":"film (2)","rests":"no","asked":"film"}"#;
        let read: Entry = serde_json::from_str(asked).unwrap();
        assert_eq!((read.asked.as_deref(), read.priority), (Some("film"), Priority::Normal));
        let first = Entry { priority: Priority::First, ..read };
        let written = serde_json::to_string(&first).unwrap();
        assert!(written.ends_with(r#""priority":"first"}"#), "{written}");
    }
}
