//! Transfers that are over: the latest of them, in memory and on disk.

use std::{collections::VecDeque, sync::Arc};

use peerpool_api::Transfer;
use peerpool_repository::{DiskError, Records, Repository};
use tokio::sync::mpsc;

/// The file, in the folder of the repository's state.
const NAME: &str = "transfers";
/// Transfers that are kept.
const MOST: usize = 5_000;
/// Transfers that wait to be written.
const WAITING: usize = 256;

/// What an earlier run left.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    records: Option<Records>,
    transfers: VecDeque<Arc<Transfer>>,
}

/// Reads what an earlier run left. A history that cannot be kept on disk is kept in memory.
pub(crate) fn read(repository: &Repository) -> Kept {
    let read = repository.records(NAME);
    match read {
        Ok((records, bodies)) => {
            // What a later version wrote is passed over.
            let known = bodies.iter().filter_map(|body| serde_json::from_slice(body).ok().map(Arc::new));
            let mut transfers: VecDeque<Arc<Transfer>> = known.collect();
            transfers.drain(..transfers.len().saturating_sub(MOST));
            Kept { records: Some(records), transfers }
        }
        Err(error) => {
            tracing::warn!(%error, "transfers that end are not recorded on disk");
            Kept { records: None, transfers: VecDeque::new() }
        }
    }
}

/// The transfers that are over, oldest first.
#[derive(Debug)]
pub(crate) struct History {
    transfers: VecDeque<Arc<Transfer>>,
    next: u64,
    writer: mpsc::Sender<Arc<Transfer>>,
}

impl History {
    /// Goes on from what was kept. The future writes; it ends with the last record, once the history is dropped.
    pub(crate) fn start(kept: Kept) -> (Self, impl Future<Output = ()> + Send) {
        let Kept { records, transfers } = kept;
        let (writer, ended) = mpsc::channel(WAITING);
        let next = transfers.back().map_or(0, |last| last.number + 1);
        let writing = write(records, transfers.clone(), ended);
        (Self { transfers, next, writer }, writing)
    }

    /// Adds a transfer, whose number it gives.
    pub(crate) fn add(&mut self, transfer: Transfer) {
        let transfer = Arc::new(Transfer { number: self.next, ..transfer });
        self.next += 1;
        if self.transfers.len() == MOST {
            self.transfers.pop_front();
        }
        self.transfers.push_back(transfer.clone());
        if self.writer.try_send(transfer).is_err() {
            tracing::warn!("a transfer that ended is not recorded: the disk is too slow");
        }
    }

    /// One of them.
    pub(crate) fn transfer(&self, number: u64) -> Option<&Arc<Transfer>> {
        let at = self.transfers.binary_search_by_key(&number, |transfer| transfer.number).ok()?;
        self.transfers.get(at)
    }

    /// All of them.
    pub(crate) fn transfers(&self) -> Vec<Arc<Transfer>> {
        self.transfers.iter().cloned().collect()
    }
}

/// Writes each transfer as it ends. A disk that stays full is told of once.
async fn write(
    mut records: Option<Records>,
    mut kept: VecDeque<Arc<Transfer>>,
    mut ended: mpsc::Receiver<Arc<Transfer>>,
) {
    let mut told = false;
    while let Some(transfer) = ended.recv().await {
        kept.push_back(transfer.clone());
        kept.drain(..kept.len().saturating_sub(MOST));
        let Some(mut writing) = records.take() else { continue };
        let all: Vec<Arc<Transfer>> = match writing.count() >= 2 * MOST {
            true => kept.iter().cloned().collect(),
            false => Vec::new(),
        };
        let written = tokio::task::spawn_blocking(move || {
            let written = match all.is_empty() {
                true => writing.append(&body(&transfer)),
                false => writing.replace(all.iter().map(|transfer| body(transfer))),
            };
            (writing, written)
        });
        let Ok((writing, written)) = written.await else { continue };
        records = Some(writing);
        told = tell(written, told);
    }
}

fn body(transfer: &Transfer) -> Vec<u8> {
    // Its parts are numbers and texts, which always can be written.
    serde_json::to_vec(transfer).unwrap_or_default()
}

/// Whether a failure was told of.
fn tell(written: Result<(), DiskError>, told: bool) -> bool {
    match written {
        Ok(()) => false,
        Err(error) => {
            if !told {
                tracing::warn!(%error, "cannot record a transfer that ended");
            }
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use peerpool_api::{Direction, TransferResult};
    use peerpool_wire::id::{InfoHash, Sha256Hash};

    use super::*;

    fn transfer(name: &str) -> Transfer {
        Transfer {
            number: 0,
            direction: Direction::Down,
            hash: InfoHash::v2_only(Sha256Hash([1; 32])),
            name: name.to_owned(),
            size: 1,
            bytes: 1,
            peers: 1,
            begun: 1,
            ended: 2,
            seconds: 1.0,
            rate: 1,
            result: TransferResult::Complete,
        }
    }

    fn names(history: &History) -> Vec<String> {
        history.transfers().iter().map(|transfer| transfer.name.clone()).collect()
    }

    #[tokio::test]
    async fn transfers_outlive_the_peer_and_keep_counting() {
        let folder = tempfile::tempdir().unwrap();
        for (run, name) in ["one", "two"].into_iter().enumerate() {
            let repository = Repository::open(folder.path()).unwrap();
            let (mut history, writing) = History::start(read(&repository));
            assert_eq!(history.transfers().len(), run);
            history.add(transfer(name));
            assert_eq!(history.transfers()[run].number, run as u64);
            drop(history);
            writing.await;
        }
        let repository = Repository::open(folder.path()).unwrap();
        let (history, _writing) = History::start(read(&repository));
        assert_eq!(names(&history), ["one", "two"]);
    }

    #[tokio::test]
    async fn the_oldest_are_forgotten_and_the_file_stays_short() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open(folder.path()).unwrap();
        let (mut records, _) = repository.records(NAME).unwrap();
        let many: Vec<Vec<u8>> = (0..2 * MOST as u64)
            .map(|number| body(&Transfer { number, ..transfer(&number.to_string()) }))
            .collect();
        records.replace(many.into_iter()).unwrap();
        drop(records);
        let (mut history, writing) = History::start(read(&repository));
        assert_eq!(history.transfers().len(), MOST);
        history.add(transfer("last"));
        drop(history);
        writing.await;
        let (records, bodies) = repository.records(NAME).unwrap();
        assert_eq!((records.count(), bodies.len()), (MOST, MOST));
        let last: Transfer = serde_json::from_slice(bodies.last().unwrap()).unwrap();
        assert_eq!((last.number, last.name.as_str()), (2 * MOST as u64, "last"));
    }
}
