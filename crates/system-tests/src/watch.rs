//! Downloads that are looked at all the time.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use peerpool_api::{Client, Download, DownloadState};
use tokio::runtime::Builder;

use crate::Peer;

/// How often each download is looked at.
const GLANCE: Duration = Duration::from_millis(50);

/// A thread that looks at downloads until it is [ended](Watch::end).
#[derive(Debug)]
pub struct Watch {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Watched>,
}

/// What became of downloads meanwhile.
#[derive(Debug, Default)]
pub struct Watched {
    /// For how long, at most, one of them moved nothing while it ought to have.
    pub longest_pause: Duration,
    /// What ought not to have happened to them.
    pub interruptions: Vec<String>,
}

struct Watching {
    name: String,
    client: Client,
    download: Download,
    moved: Instant,
}

impl Watch {
    /// Begins with downloads that have moved something.
    pub fn over<'a>(downloads: impl IntoIterator<Item = (&'a Peer<'a>, &'a Download)>) -> Self {
        let downloads = downloads.into_iter();
        let whose: Vec<_> = downloads
            .map(|(peer, download)| (peer.name().to_owned(), peer.repository().to_owned(), download.clone()))
            .collect();
        let over = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&over);
        Self { over, thread: thread::spawn(move || watch(whose, &flag)) }
    }

    /// Ends it, and tells what it saw.
    pub fn end(self) -> Watched {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn watch(whose: Vec<(String, PathBuf, Download)>, over: &AtomicBool) -> Watched {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut watched = Watched::default();
    let mut all = Vec::new();
    for (name, repository, download) in whose {
        let client = runtime.block_on(Client::connect(&repository)).unwrap();
        all.push(Watching { name, client, download, moved: Instant::now() });
    }
    while !over.load(Ordering::Relaxed) {
        all.retain_mut(|one| {
            let goes_on = runtime.block_on(one.look(&mut watched));
            goes_on.inspect_err(|cause| watched.interruptions.push(cause.clone())) == Ok(true)
        });
        thread::sleep(GLANCE);
    }
    watched
}

impl Watching {
    /// Whether it is to be looked at further.
    async fn look(&mut self, watched: &mut Watched) -> Result<bool, String> {
        let now = self.client.download(&self.download.hash).await;
        let now = now.map_err(|error| format!("{}: {error}", self.name))?;
        watched.longest_pause = watched.longest_pause.max(self.moved.elapsed());
        if now.bytes_done > self.download.bytes_done {
            self.moved = Instant::now();
        }
        let goes_on = match now.state {
            DownloadState::Waiting | DownloadState::Fetching => now.bytes_done < now.bytes_total,
            DownloadState::Completing | DownloadState::Complete => false,
            state => return Err(format!("{}: the download is {state:?}", self.name)),
        };
        self.download = now;
        Ok(goes_on)
    }
}
