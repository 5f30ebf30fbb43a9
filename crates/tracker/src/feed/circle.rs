//! What those follow who see the same: everybody in an open pool, and a member in one for members.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use peerpool_api::{Item, PoolPeer};
use peerpool_catalogue::{ItemChange, ItemRow, PeerChange};
use peerpool_web::live::{EventLog, Row};
use peerpool_wire::{
    channel::{CatalogueItem, PeerInfo},
    id::{InfoHash, PeerId},
};

use super::watched::Watched;

/// What those follow who see the same. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Circle {
    rows: Arc<Mutex<Rows>>,
    /// What happens that they see.
    pub(crate) events: EventLog,
}

/// Rows that windows show.
#[derive(Debug, Default)]
struct Rows {
    items: Watched<InfoHash, Row>,
    peers: Watched<PeerId, Peer>,
    /// How often something has changed, in all items and all peers that they see.
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

    /// Whether it stands otherwise at this moment, but for the time that has passed.
    fn is_other(&self, info: &PeerInfo, at: Instant) -> bool {
        let connected_seconds = self.info.connected_seconds;
        let by_now = connected_seconds + (at - self.at).as_secs();
        // Both are whole seconds of moments that are rounded apart.
        by_now.abs_diff(info.connected_seconds) > 1
            || self.info != PeerInfo { connected_seconds, ..info.clone() }
    }
}

/// What is to be looked up for those of a circle.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) items: BTreeSet<InfoHash>,
    pub(super) peers: BTreeSet<PeerId>,
}

/// What was found of it, as they see it.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) items: BTreeMap<InfoHash, CatalogueItem>,
    pub(super) peers: BTreeMap<PeerId, PeerInfo>,
}

impl Circle {
    pub(super) fn new(epoch: u64) -> Self {
        Self { rows: Arc::default(), events: EventLog::new(epoch) }
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
        ShownItems { circle: self.clone(), keys }
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
        ShownPeers { circle: self.clone(), keys }
    }

    /// The peers as they stand, each at its place.
    pub(crate) fn peers(&self, ids: impl Iterator<Item = Option<PeerId>>) -> Vec<Option<Row>> {
        let found: Vec<Option<Peer>> = {
            let rows = self.rows();
            ids.map(|id| rows.peers.get(&id?)).collect()
        };
        found.into_iter().map(|peer| peer?.row()).collect()
    }

    /// Takes over what has changed that they see, and returns what of it is to be looked up: what is new to windows, all of
    /// what they show if `anew`, and what stands otherwise for those who do not see everything.
    pub(super) fn apply(
        &self,
        items: &[ItemChange],
        peers: &[PeerChange],
        sees_all: bool,
        anew: bool,
    ) -> Wanted {
        let mut rows = self.rows();
        if anew {
            rows.items.renew();
            rows.peers.renew();
        }
        rows.changed.items += u64::from(anew || !items.is_empty());
        rows.changed.peers += u64::from(anew || !peers.is_empty());
        let mut wanted = Wanted {
            items: rows.items.take_new().into_iter().collect(),
            peers: rows.peers.take_new().into_iter().collect(),
        };
        for change in items {
            let hash = key(change.info_hash());
            match change {
                ItemChange::Added(item) | ItemChange::Changed(item, _) => match shown(item, sees_all) {
                    Some(item) => rows.items.set(&hash, || row(&item)),
                    None if rows.items.shows(&hash) => drop(wanted.items.insert(hash)),
                    None => {}
                },
                ItemChange::Gone(..) => rows.items.set(&hash, || None),
            }
        }
        let at = Instant::now();
        for change in peers {
            match change {
                PeerChange::Here(info) if sees_all => rows.set_peer(info, at),
                PeerChange::Here(info) if rows.peers.shows(&info.peer_id) => {
                    wanted.peers.insert(info.peer_id);
                }
                PeerChange::Here(_) => {}
                PeerChange::Gone(id) => rows.peers.set(id, || None),
            }
        }
        wanted
    }

    /// Takes over what was looked up. What was not found is not there for them.
    pub(super) fn apply_found(&self, wanted: &Wanted, found: &Found) {
        let mut rows = self.rows();
        for hash in &wanted.items {
            rows.items.set(hash, || row(&Item::from(found.items.get(hash)?.clone())));
        }
        let at = Instant::now();
        for id in &wanted.peers {
            match found.peers.get(id) {
                Some(info) => rows.set_peer(info, at),
                None => rows.peers.set(id, || None),
            }
        }
    }

    /// A panic while the lock is held leaves rows behind that are shown for one look more.
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    /// A peer stands like this. Where only time has passed, its seconds go on as they did: they would tell when something of it
    /// was looked up, and so when it got what is not seen.
    fn set_peer(&mut self, info: &PeerInfo, at: Instant) {
        let known = self.peers.get(&info.peer_id);
        if known.is_none_or(|known| known.is_other(info, at)) {
            self.peers.set(&info.peer_id, || Some(Peer { info: info.clone(), at }));
        }
    }
}

/// Items that a window shows, until it is dropped.
pub(crate) struct ShownItems {
    circle: Circle,
    keys: Vec<InfoHash>,
}

impl Drop for ShownItems {
    fn drop(&mut self) {
        let mut rows = self.circle.rows();
        self.keys.iter().for_each(|key| rows.items.unwatch(*key));
    }
}

/// Peers that a window shows, until it is dropped.
pub(crate) struct ShownPeers {
    circle: Circle,
    keys: Vec<PeerId>,
}

impl Drop for ShownPeers {
    fn drop(&mut self) {
        let mut rows = self.circle.rows();
        self.keys.iter().for_each(|key| rows.peers.unwatch(*key));
    }
}

/// An item as somebody sees it, if that need not be looked up.
pub(super) fn shown(item: &ItemRow, sees_all: bool) -> Option<Item> {
    (sees_all || item.is_alike_for_all()).then(|| item.to_item().into())
}

/// What names an item among the rows: a page names a hybrid by its v2 hash alone.
pub(super) fn key(hash: InfoHash) -> InfoHash {
    hash.v2().map_or(hash, InfoHash::v2_only)
}

fn row(shape: &impl serde::Serialize) -> Option<Row> {
    Row::new(shape).inspect_err(|error| tracing::error!(%error, "a row that cannot be written")).ok()
}
