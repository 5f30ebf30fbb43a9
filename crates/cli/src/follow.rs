//! Watching a download until it is complete.

use std::time::Duration;

use peerpool_api::{Client, Download, DownloadState, Event, EventQuery, Events, Get};
use peerpool_wire::id::InfoHash;
use tokio::time::{Instant, timeout_at};

use crate::{
    exit::{Exit, Failure},
    output::{announcement, text::safe},
    progress::Progress,
};

/// A download and the events that tell of it.
#[derive(Debug)]
pub struct Follow<'a> {
    client: &'a Client,
    hash: InfoHash,
    latest: Download,
    /// How long nothing may come.
    patience: Option<Duration>,
    /// Since when nothing has come.
    still: Instant,
}

impl<'a> Follow<'a> {
    /// Follows a download that was begun after `events` were subscribed to.
    pub fn new(client: &'a Client, download: Download) -> Self {
        Self { client, hash: download.hash, latest: download, patience: None, still: Instant::now() }
    }

    /// Gives up when nothing comes for so long.
    pub fn patience(self, patience: Option<Duration>) -> Self {
        Self { patience, ..self }
    }

    /// Shows how it goes until it is complete. Fails when it fails, is stopped or is forgotten, or when its name means
    /// another version by now.
    pub async fn to_the_end(
        mut self,
        events: &mut Events,
        progress: &mut Progress,
    ) -> Result<Download, Failure> {
        loop {
            progress.show(&self.latest);
            if self.latest.state == DownloadState::Complete {
                return Ok(self.latest);
            }
            if let Some(failure) = Failure::of_download(&self.latest) {
                return Err(failure);
            }
            let next = match self.patience {
                None => events.next().await,
                Some(patience) => match timeout_at(self.still + patience, events.next()).await {
                    Ok(next) => next,
                    Err(_) => return Err(self.impatient(patience)),
                },
            };
            match next? {
                Some(event) => self.handle(event, progress).await?,
                None => return Err(Failure::Left { asked: false }),
            }
        }
    }

    async fn handle(&mut self, event: Event, progress: &Progress) -> Result<(), Failure> {
        match event {
            Event::Download { download } if download.hash == self.hash => self.look_at(download),
            Event::Replaced { hash, by, name } if hash == self.hash => {
                progress.line(&format!(
                    "{} means another version by now: fetching {} in place of {}",
                    safe(&name),
                    by.short(),
                    hash.short()
                ));
                self.hash = by;
                let download = self.client.download(&by).await?;
                self.look_at(download);
            }
            Event::Missed { .. } | Event::Removed { .. } => {
                // An item that a link named by one of its hashes is known by all of them once it is learned.
                let download = self.client.download(&self.hash).await?;
                self.hash = download.hash;
                self.look_at(download);
            }
            Event::Ending { asked } => return Err(Failure::Left { asked }),
            Event::Requested { .. } | Event::Arrived { .. } | Event::Banned { .. } => {
                if let Some(line) = announcement(&event) {
                    progress.line(&line);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn look_at(&mut self, download: Download) {
        let fetched = |download: &Download| -> u64 {
            download.bytes_done + download.sources.iter().map(|source| source.bytes).sum::<u64>()
        };
        let moves = matches!(download.state, DownloadState::Completing);
        if moves || fetched(&download) != fetched(&self.latest) {
            self.still = Instant::now();
        }
        self.latest = download;
    }

    fn impatient(&self, patience: Duration) -> Failure {
        let seconds = patience.as_secs();
        let reason =
            self.latest.stalled.as_ref().map_or("nobody sends any of it", |stalled| &stalled.message);
        let name = &self.latest.name;
        let message = format!("{name}: nothing came for {seconds} s: {reason}; what was fetched is kept");
        Failure::told(Exit::Unreachable, message)
    }
}

/// Begins a download; the events tell how it goes.
pub async fn begin(client: &Client, get: &Get) -> Result<(Events, Download), Failure> {
    let events = client.events(EventQuery::default()).await?;
    let download = client.get(get).await?;
    Ok((events, download))
}
