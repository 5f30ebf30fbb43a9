//! Watching downloads until they are complete.

use std::time::Duration;

use peerpool_api::{Client, Download, DownloadState, Event, Events};
use peerpool_wire::id::InfoHash;
use tokio::time::{Instant, timeout_at};

use crate::{
    exit::{Exit, Failure},
    output::{announcement, text::safe},
    progress::Progress,
};

/// Downloads and the events that tell of them.
#[derive(Debug)]
pub struct Follow<'a> {
    client: &'a Client,
    downloads: Vec<Followed>,
    /// How long nothing may come of one.
    patience: Option<Duration>,
}

/// One of the downloads.
#[derive(Debug)]
struct Followed {
    /// The number that the caller knows it by.
    number: usize,
    hash: InfoHash,
    latest: Download,
    /// Since when nothing has come.
    still: Instant,
    /// Whether the latest was shown.
    shown: bool,
    /// Why it cannot be looked at any more.
    lost: Option<Failure>,
}

impl<'a> Follow<'a> {
    /// Follows a download that was begun after `events` were subscribed to.
    pub fn new(client: &'a Client, download: Download) -> Self {
        Self::several(client, [(0, download)])
    }

    /// Follows several, each under a number of its own.
    pub fn several(client: &'a Client, downloads: impl IntoIterator<Item = (usize, Download)>) -> Self {
        Self { client, downloads: downloads.into_iter().map(Followed::new).collect(), patience: None }
    }

    /// Gives up a download of which nothing comes for so long.
    pub fn patience(self, patience: Option<Duration>) -> Self {
        Self { patience, ..self }
    }

    /// Shows how it goes until it is complete, where there is one alone.
    ///
    /// # Errors
    ///
    /// As [`Follow::next`] has them.
    pub async fn to_the_end(
        mut self,
        events: &mut Events,
        progress: &mut Progress,
    ) -> Result<Download, Failure> {
        self.next(events, progress).await?.map_or(Err(Failure::Interrupted), |(_, outcome)| outcome)
    }

    /// Shows how it goes until one of the downloads ends, and follows that no longer; `None` when none is left. It is
    /// complete, or has failed: it was stopped or forgotten, too, or its name means another version by now.
    ///
    /// # Errors
    ///
    /// When the peer leaves or cannot be asked.
    pub async fn next(
        &mut self,
        events: &mut Events,
        progress: &mut Progress,
    ) -> Result<Option<(usize, Result<Download, Failure>)>, Failure> {
        loop {
            for followed in self.downloads.iter_mut().filter(|followed| !followed.shown) {
                followed.shown = true;
                progress.show(&followed.latest);
            }
            if let Some(at) = self.downloads.iter().position(Followed::has_ended) {
                return Ok(Some(self.downloads.remove(at).outcome()));
            }
            let stillest = self.downloads.iter().enumerate().min_by_key(|(_, followed)| followed.still);
            let Some((at, since)) = stillest.map(|(at, followed)| (at, followed.still)) else {
                return Ok(None);
            };
            let next = match self.patience {
                None => events.next().await,
                Some(patience) => match timeout_at(since + patience, events.next()).await {
                    Ok(next) => next,
                    Err(_) => {
                        let given_up = self.downloads.remove(at);
                        return Ok(Some((given_up.number, Err(given_up.impatient(patience)))));
                    }
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
            Event::Download { download } => {
                if let Some(followed) = self.find(&download.hash) {
                    followed.look_at(download);
                }
            }
            Event::Replaced { hash, by, name } => {
                let client = self.client;
                if let Some(followed) = self.find(&hash) {
                    progress.line(&format!(
                        "{} means another version by now: fetching {} in place of {}",
                        safe(&name),
                        by.short(),
                        hash.short()
                    ));
                    followed.hash = by;
                    let download = client.download(&by).await?;
                    followed.look_at(download);
                }
            }
            Event::Missed { .. } | Event::Removed { .. } => {
                // An item that a link named by one of its hashes is known by all of them once it is learned.
                for followed in &mut self.downloads {
                    match self.client.download(&followed.hash).await.map_err(Failure::from) {
                        Ok(download) => {
                            followed.hash = download.hash;
                            followed.look_at(download);
                        }
                        Err(failure) if failure.is_about_one() => followed.lost = Some(failure),
                        Err(failure) => return Err(failure),
                    }
                }
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

    fn find(&mut self, hash: &InfoHash) -> Option<&mut Followed> {
        self.downloads.iter_mut().find(|followed| followed.hash == *hash)
    }
}

impl Followed {
    fn new((number, download): (usize, Download)) -> Self {
        let still = Instant::now();
        Self { number, hash: download.hash, latest: download, still, shown: false, lost: None }
    }

    fn has_ended(&self) -> bool {
        let complete = self.latest.state == DownloadState::Complete;
        complete || self.lost.is_some() || Failure::of_download(&self.latest).is_some()
    }

    fn outcome(self) -> (usize, Result<Download, Failure>) {
        match self.lost.or_else(|| Failure::of_download(&self.latest)) {
            Some(failure) => (self.number, Err(failure)),
            None => (self.number, Ok(self.latest)),
        }
    }

    fn look_at(&mut self, download: Download) {
        let fetched = |download: &Download| -> u64 {
            download.bytes_done + download.sources.iter().map(|source| source.bytes).sum::<u64>()
        };
        let moves = matches!(download.state, DownloadState::Completing);
        if moves || fetched(&download) != fetched(&self.latest) {
            self.still = Instant::now();
        }
        self.shown = false;
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
