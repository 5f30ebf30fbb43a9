//! Beside a real tracker: a film that somebody fetches.

use peerpool_api::{Allow, Changed, LimitRates, Limits, Right, TrackerUrl, What, paths};
use peerpool_tracker::Tracker;
use peerpool_wire::{id::InfoHash, magnet::Magnet};
use tempfile::TempDir;

use crate::{
    pool::{Fetching, Folder, Joined, bytes},
    real_pool::{Member, RealPool},
};

/// A pool of Ann, who shares a film, and Bob, who fetches it slowly.
pub(crate) struct Film {
    pub(crate) url: TrackerUrl,
    pub(crate) ann: Member,
    pub(crate) bob: Member,
    pub(crate) item: InfoHash,
    pub(crate) fetching: Fetching,
    pub(crate) tracker: Tracker,
    /// The tracker's data folder.
    pub(crate) data: TempDir,
    /// Ann's, and Bob's.
    pub(crate) peers: [Joined; 2],
}

impl Film {
    pub(crate) async fn on_its_way() -> Self {
        let pool = RealPool::new().await;
        let sharing = pool.ann.start(&pool.url, Folder::with("film", &bytes(32 << 20, 40))).await;
        let bob = pool.member("bob").await;
        let RealPool { url, ann, tracker, data } = pool;
        let peer = bob.start(&url, Folder::new()).await;
        let rates = LimitRates { down: Some(1 << 20), ..LimitRates::default() };
        peer.client.set_limits(&Limits { rates, schedules: Vec::new() }).await.unwrap();
        let item = sharing.shares("film").await;
        let mut fetching = peer.get(What::Magnet(Magnet::new(item).to_string())).await;
        fetching.has(1).await;
        Self { url, ann, bob, item, fetching, tracker, data, peers: [sharing, peer] }
    }

    /// Ann lets somebody have the film. From then on nobody else may, but herself.
    pub(crate) async fn allow(&self, subject: &str, until: Option<u64>) -> Changed {
        let allow = Allow {
            item: Some(self.item),
            pattern: None,
            right: Right::Get,
            subject: subject.to_owned(),
            until,
        };
        self.ann.asks(&self.url).await.post(paths::ACCESS, &allow).await.unwrap()
    }
}
