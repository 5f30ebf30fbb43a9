//! What changes in the catalogue, for those who follow it: rows of windows, and events.
//!
//! One task asks the catalogue's task four times a second what has changed, as long as somebody follows and for a while
//! after. So what following costs goes by what is shown and by what changes, not by how many follow, nor by how much there
//! is. While nobody follows, nothing is looked at and nothing remembered.

mod happened;
mod watched;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use peerpool_api::{Item, PoolPeer};
use peerpool_catalogue::{Changes, ItemChange, PeerChange, Viewer};
use peerpool_web::live::{EventLog, Row};
use peerpool_wire::{
    channel::{CatalogueItem, PeerInfo, Target},
    id::{InfoHash, PeerId},
};
use tokio::{sync::watch, time::MissedTickBehavior};

use self::{happened::Happened, watched::Watched};
use crate::catalogue_task::{CatalogueHandle, Closed};

/// Between two looks at what has changed.
const PACE: Duration = Duration::from_millis(250);
/// How long events are remembered that nobody follows, for whoever comes back.
const LINGER: Duration = Duration::from_secs(300);

/// Reaches what is followed. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Feed {
    rows: Arc<Mutex<Rows>>,
    /// How many follow.
    followers: watch::Sender<usize>,
    /// Whether what changes is looked at.
    awake: watch::Receiver<bool>,
}

/// Rows that windows show.
#[derive(Debug, Default)]
struct Rows {
    items: Watched<InfoHash, Row>,
    peers: Watched<PeerId, Peer>,
    /// How often something has changed, in all items and all peers.
    changed: Changed,
}

/// How often something has changed in the lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) items: u64,
    pub(crate) peers: u64,
}

/// A peer, as it was at a moment.
#[derive(Debug, Clone)]
struct Peer {
    info: PeerInfo,
    at: Instant,
}

impl Peer {
    fn row(self) -> Option<Row> {
        let mut peer = PoolPeer::from(self.info);
        peer.connected_seconds += self.at.elapsed().as_secs();
        row(&peer)
    }
}

impl Feed {
    /// Starts the task. It ends with the catalogue's task.
    pub(crate) fn start(catalogue: CatalogueHandle, events: EventLog) -> Self {
        Self::start_lingering(catalogue, events, LINGER)
    }

    fn start_lingering(catalogue: CatalogueHandle, events: EventLog, linger: Duration) -> Self {
        let (followers, followed) = watch::channel(0);
        let (waking, awake) = watch::channel(false);
        let feed = Self { rows: Arc::default(), followers, awake };
        let task = FeedTask { catalogue, events, rows: feed.rows.clone(), followed, waking, linger };
        tokio::spawn(async move {
            // The catalogue's task has ended; so does this one.
            let Err(Closed) = task.run().await;
        });
        feed
    }

    /// Follows from now on: when this returns, nothing is missed that happens afterwards.
    pub(crate) async fn follow(&self) -> Result<Following, Closed> {
        self.followers.send_modify(|followers| *followers += 1);
        let following = Following(self.followers.clone());
        self.awake.clone().wait_for(|awake| *awake).await.map_err(|_| Closed)?;
        Ok(following)
    }

    /// How often something has changed.
    pub(crate) fn changed(&self) -> Changed {
        self.rows().changed
    }

    /// A window shows these items from now on, of which it knows this much.
    pub(crate) fn show_items(&self, items: impl Iterator<Item = (InfoHash, Row)>) -> ShownItems {
        let mut rows = self.rows();
        let watch = |(hash, row)| {
            let hash = key(hash);
            rows.items.watch(hash, Some(row));
            hash
        };
        let keys = items.map(watch).collect();
        ShownItems { feed: self.clone(), keys }
    }

    /// The items as they stand, each at its place.
    pub(crate) fn items(&self, hashes: impl Iterator<Item = Option<InfoHash>>) -> Vec<Option<Row>> {
        let rows = self.rows();
        hashes.map(|hash| rows.items.get(&key(hash?))).collect()
    }

    /// A window shows these peers from now on, of which it knows this much.
    pub(crate) fn show_peers(&self, peers: impl Iterator<Item = (PeerId, Option<PeerInfo>)>) -> ShownPeers {
        let mut rows = self.rows();
        let at = Instant::now();
        let watch = |(id, info): (PeerId, Option<PeerInfo>)| {
            rows.peers.watch(id, info.map(|info| Peer { info, at }));
            id
        };
        let keys = peers.map(watch).collect();
        ShownPeers { feed: self.clone(), keys }
    }

    /// The peers as they stand, each at its place.
    pub(crate) fn peers(&self, ids: impl Iterator<Item = Option<PeerId>>) -> Vec<Option<Row>> {
        let found: Vec<Option<Peer>> = {
            let rows = self.rows();
            ids.map(|id| rows.peers.get(&id?)).collect()
        };
        found.into_iter().map(|peer| peer?.row()).collect()
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        lock(&self.rows)
    }
}

/// Somebody who follows, until it is dropped.
#[derive(Debug)]
pub(crate) struct Following(watch::Sender<usize>);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.send_modify(|followers| *followers = followers.saturating_sub(1));
    }
}

/// Items that a window shows, until it is dropped.
pub(crate) struct ShownItems {
    feed: Feed,
    keys: Vec<InfoHash>,
}

impl Drop for ShownItems {
    fn drop(&mut self) {
        let mut rows = self.feed.rows();
        self.keys.iter().for_each(|key| rows.items.unwatch(*key));
    }
}

/// Peers that a window shows, until it is dropped.
pub(crate) struct ShownPeers {
    feed: Feed,
    keys: Vec<PeerId>,
}

impl Drop for ShownPeers {
    fn drop(&mut self) {
        let mut rows = self.feed.rows();
        self.keys.iter().for_each(|key| rows.peers.unwatch(*key));
    }
}

impl Rows {
    /// Takes over what the catalogue says: what is new to windows, then what has changed.
    fn apply(&mut self, look: &Look) {
        for (hash, item) in &look.items {
            self.items.set(hash, || row(&Item::from(item.clone()?)));
        }
        for change in &look.changes.items {
            match change {
                ItemChange::Added(item) | ItemChange::Changed(item, _) => {
                    self.items.set(&key(item.facts.info_hash), || row(&Item::from(item.to_item())));
                }
                ItemChange::Gone(facts, _) => self.items.set(&key(facts.info_hash), || None),
            }
        }
        let at = Instant::now();
        for (id, info) in &look.peers {
            self.peers.set(id, || Some(Peer { info: info.clone()?, at }));
        }
        for change in &look.changes.peers {
            match change {
                PeerChange::Here(info) => {
                    self.peers.set(&info.peer_id, || Some(Peer { info: info.clone(), at }));
                }
                PeerChange::Gone(id) => self.peers.set(id, || None),
            }
        }
        self.changed.items += u64::from(!look.changes.items.is_empty());
        self.changed.peers += u64::from(!look.changes.peers.is_empty());
    }
}

/// What the catalogue says at one moment.
struct Look {
    changes: Changes,
    items: Vec<(InfoHash, Option<CatalogueItem>)>,
    peers: Vec<(PeerId, Option<PeerInfo>)>,
}

impl CatalogueHandle {
    /// What has changed since this was last called, and how these items and peers stand.
    async fn look(&self, items: Vec<InfoHash>, peers: Vec<PeerId>) -> Result<Look, Closed> {
        self.ask(move |asked| {
            let now = asked.clock.now();
            let changes = asked.catalogue.take_changes(now);
            let item = |hash| (hash, asked.catalogue.find(&Target::InfoHash(hash), &Viewer::All).ok());
            let items = items.into_iter().map(item).collect();
            let peer = |id| (id, asked.catalogue.peers_of(now, &[id], &Viewer::All).pop());
            let peers = peers.into_iter().map(peer).collect();
            Look { changes, items, peers }
        })
        .await
    }

    async fn forget_changes(&self) -> Result<(), Closed> {
        self.ask(|asked| asked.catalogue.forget_changes()).await
    }
}

/// Looks at what has changed.
struct FeedTask {
    catalogue: CatalogueHandle,
    events: EventLog,
    rows: Arc<Mutex<Rows>>,
    followed: watch::Receiver<usize>,
    waking: watch::Sender<bool>,
    /// How long events are remembered that nobody follows.
    linger: Duration,
}

impl FeedTask {
    async fn run(mut self) -> Result<std::convert::Infallible, Closed> {
        loop {
            tokio::select! {
                followed = self.followed.wait_for(|followers| *followers > 0) => drop(followed.map_err(|_| Closed)?),
                () = self.catalogue.closed() => return Err(Closed),
            }
            self.feed().await?;
        }
    }

    /// Looks until nobody has followed for a while.
    async fn feed(&mut self) -> Result<(), Closed> {
        let mut happened = Happened::default();
        // What there is was there before.
        let look = self.look().await?;
        happened.tell(&look.changes);
        self.waking.send_replace(true);
        let mut pace = tokio::time::interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut left = None;
        loop {
            pace.tick().await;
            let look = self.look().await?;
            let told = happened.tell(&look.changes);
            self.events.tell_all(told.left_out, &told.events);
            if *self.followed.borrow() > 0 {
                left = None;
            } else if left.get_or_insert_with(tokio::time::Instant::now).elapsed() >= self.linger {
                break;
            }
        }
        self.waking.send_replace(false);
        // Whoever comes later cannot know what happened meanwhile.
        self.events.begin_anew(rand::random());
        self.catalogue.forget_changes().await
    }

    async fn look(&self) -> Result<Look, Closed> {
        let (items, peers) = {
            let mut rows = lock(&self.rows);
            (rows.items.take_new(), rows.peers.take_new())
        };
        let look = self.catalogue.look(items, peers).await?;
        lock(&self.rows).apply(&look);
        Ok(look)
    }
}

/// What names an item among the rows: a page names a hybrid by its v2 hash alone.
fn key(hash: InfoHash) -> InfoHash {
    hash.v2().map_or(hash, InfoHash::v2_only)
}

/// A panic while the lock is held leaves rows behind that are shown for one look more.
fn lock(rows: &Mutex<Rows>) -> MutexGuard<'_, Rows> {
    rows.lock().unwrap_or_else(PoisonError::into_inner)
}

fn row(shape: &impl serde::Serialize) -> Option<Row> {
    Row::new(shape).inspect_err(|error| tracing::error!(%error, "a row that cannot be written")).ok()
}

#[cfg(test)]
mod tests;
