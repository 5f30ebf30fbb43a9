//! A tracker and peers on loopback, each peer in a folder of its own.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use peerpool_api::{
    Client, Download, DownloadState, Event, EventQuery, Events, Get, SharedItem, Start, What,
};
use peerpool_peer::{Config, Peer};
use peerpool_tracker::Tracker;
use peerpool_wire::id::InfoHash;
use tempfile::TempDir;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Longer than anything takes; only a failing test waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A tracker that keeps nothing.
pub(crate) async fn tracker() -> Tracker {
    tracker_at(LOOPBACK).await
}

pub(crate) async fn tracker_at(listen: SocketAddr) -> Tracker {
    Tracker::start_in_memory(peerpool_tracker::Config {
        listen,
        data: None,
        database: None,
        advertise: None,
        name: Some("tracker".to_owned()),
        announce_on_lan: false,
        sites: Default::default(),
        hosts: Vec::new(),
        members: false,
        certificate: None,
        acme: None,
        oidc: None,
        convert: false,
    })
    .await
    .unwrap()
}

/// A folder that a peer is to share.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let filter: Targets = std::env::var("RUST_LOG").unwrap_or_default().parse().unwrap();
        let writer = tracing_subscriber::fmt::layer().with_test_writer();
        let _ = tracing_subscriber::registry().with(writer).with(filter).try_init();
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).unwrap()
    }

    /// Writes a file, and whatever folders it needs.
    pub(crate) fn with(self, name: &str, bytes: &[u8]) -> Self {
        let path = self.file(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// Starts a peer in it that has joined the pool.
    pub(crate) async fn join(&self, name: &str, tracker: &Tracker) -> Member {
        let member = self.start(name, Some(tracker.addr())).await;
        member.client.start(&Default::default()).await.unwrap();
        member
    }

    /// Starts a peer in it.
    pub(crate) async fn start(&self, name: &str, tracker: Option<SocketAddr>) -> Member {
        let peer = Peer::start(self.config(name, tracker)).await.unwrap();
        let client = Client::connect(self.path()).await.unwrap();
        Member { peer, client }
    }

    pub(crate) fn config(&self, name: &str, tracker: Option<SocketAddr>) -> Config {
        Config {
            repository: self.path().to_owned(),
            tracker: tracker.map(Into::into),
            listen: LOOPBACK,
            name: Some(name.to_owned()),
            start: false,
            web: None,
            temporary: false,
            limits: None,
            membership: None,
        }
    }
}

/// A running peer.
pub(crate) struct Member {
    pub(crate) peer: Peer,
    pub(crate) client: Client,
}

impl Member {
    /// Lets it run until the test ends.
    pub(crate) fn leak(self) -> &'static Self {
        Box::leak(Box::new(self))
    }

    /// Has it join the pool, and waits for nothing.
    pub(crate) fn begin_to_join(&self) {
        let client = self.client.clone();
        tokio::spawn(async move { client.start(&Start::default()).await });
    }

    /// Fetches an item and waits until it is complete.
    pub(crate) async fn fetch(&self, get: &Get) -> Download {
        let mut events = self.events(EventQuery::default()).await;
        let begun = self.client.get(get).await.unwrap();
        match begun.state {
            DownloadState::Complete => begun,
            _ => events.until_complete(&begun.hash).await,
        }
    }

    /// Resumes a download and waits until it is complete.
    pub(crate) async fn resume(&self, hash: &InfoHash) -> Download {
        let mut events = self.events(EventQuery::default()).await;
        let resumed = self.client.resume(hash).await.unwrap();
        match resumed.state {
            DownloadState::Complete => resumed,
            _ => events.until_complete(hash).await,
        }
    }

    /// Waits until an item of its folder is shared.
    pub(crate) async fn shared(&self, name: &str) -> SharedItem {
        let mut events = self.events(EventQuery::default()).await;
        let items = self.client.shared().await.unwrap().items;
        if let Some(item) = items.into_iter().find(|item| item.name == name) {
            return item;
        }
        events
            .until(|event| match event {
                Event::Shared { item } if item.name == name => Some(item),
                _ => None,
            })
            .await
    }

    pub(crate) async fn events(&self, query: EventQuery) -> Watch {
        Watch(self.client.events(query).await.unwrap())
    }
}

/// One pool with a peer that shares a file and another that has nothing.
pub(crate) struct Pair {
    pub(crate) here: Folder,
    pub(crate) there: Folder,
    pub(crate) tracker: Tracker,
    /// Shares what lies `here`.
    pub(crate) holder: Member,
    /// Fetches to `there`.
    pub(crate) fetcher: Member,
}

impl Pair {
    pub(crate) async fn sharing(name: &str, content: &[u8]) -> Self {
        let (here, there) = (Folder::new().with(name, content), Folder::new());
        let tracker = tracker().await;
        let holder = here.join("holder", &tracker).await;
        // Joining waits only so long for a big file to be hashed.
        holder.shared(name.split('/').next().unwrap_or(name)).await;
        holder.client.update().await.unwrap();
        let fetcher = there.join("fetcher", &tracker).await;
        Self { here, there, tracker, holder, fetcher }
    }
}

/// What happens in a peer.
pub(crate) struct Watch(Events);

impl Watch {
    /// Waits for the event that is meant.
    pub(crate) async fn until<T>(&mut self, meant: impl Fn(Event) -> Option<T>) -> T {
        let mut last = None;
        let watching = async {
            loop {
                let event = self.0.next().await.unwrap().expect("the peer ended");
                last = Some(format!("{event:#?}"));
                if let Some(found) = meant(event) {
                    return found;
                }
            }
        };
        match tokio::time::timeout(PATIENCE, watching).await {
            Ok(found) => found,
            Err(_) => panic!("it did not happen in time; last: {}", last.unwrap_or_default()),
        }
    }

    pub(crate) async fn until_complete(&mut self, hash: &InfoHash) -> Download {
        self.until(|event| match event {
            Event::Download { download } if download.hash == *hash => match download.state {
                DownloadState::Complete => Some(download),
                DownloadState::Failed { cause, .. } => panic!("{cause}"),
                _ => None,
            },
            _ => None,
        })
        .await
    }
}

/// A download of that name.
pub(crate) fn get(name: &str) -> Get {
    Get { what: What::Item(name.to_owned()), files: Vec::new(), save_as: None }
}

/// Bytes that do not repeat, the same for the same seed.
pub(crate) fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    });
    words.flat_map(u64::to_le_bytes).take(length).collect()
}
