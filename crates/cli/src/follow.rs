//! Watching a download until it is complete.

use peerpool_control::{Client, Download, DownloadState, Error, Event, EventQuery, Events, Get};
use peerpool_wire::id::InfoHash;

use crate::{
    exit::Failure,
    output::{announcement, progress::Progress},
};

/// A download and the events that tell of it.
#[derive(Debug)]
pub struct Follow<'a> {
    client: &'a Client,
    hash: InfoHash,
    latest: Download,
}

impl<'a> Follow<'a> {
    /// Follows a download that was begun after `events` were subscribed to.
    pub fn new(client: &'a Client, download: Download) -> Self {
        Self { client, hash: download.hash, latest: download }
    }

    /// Shows how it goes until it is complete. Fails when it fails, is stopped or is forgotten.
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
            let Some(event) = events.next().await? else {
                let repository = self.client.repository().to_owned();
                return Err(Error::Lost { repository, reason: "it left the pool".to_owned() }.into());
            };
            self.handle(event, progress).await?;
        }
    }

    async fn handle(&mut self, event: Event, progress: &Progress) -> Result<(), Failure> {
        match event {
            Event::Download { download } if download.hash == self.hash => self.latest = download,
            Event::Missed { .. } | Event::Removed { .. } => {
                // An item that a link named by one of its hashes is known by all of them once it is learned.
                self.latest = self.client.download(&self.hash).await?;
                self.hash = self.latest.hash;
            }
            Event::Requested { .. } | Event::Arrived { .. } | Event::Banned { .. } => {
                if let Some(line) = announcement(&event) {
                    progress.line(&line);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Begins a download and follows it to its end. When `interrupt` comes first, the download goes on without us.
pub async fn fetch(
    client: &Client,
    get: &Get,
    progress: &mut Progress,
    interrupt: impl Future<Output = ()>,
) -> Result<Download, Failure> {
    let mut events = client.events(EventQuery::default()).await?;
    let download = client.get(get).await?;
    let result = tokio::select! {
        result = Follow::new(client, download).to_the_end(&mut events, progress) => result,
        () = interrupt => Err(Failure::Interrupted),
    };
    progress.finish();
    result
}
