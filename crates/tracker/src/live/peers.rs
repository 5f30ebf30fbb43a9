//! The view of who is in the pool.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use peerpool_api::PoolPeer;
use peerpool_web::live::{Answer, Ask, Fresh, Key, Recount, Rows};
use peerpool_wire::{channel::PeerSearch, id::PeerId};

use super::views::{Shown, is_due, row, show};
use crate::{
    app::App,
    feed::{Circle, ShownPeers},
    onlooker::Onlooker,
    request_error::RequestError,
};

/// Peers that a search finds. Their order is taken as a whole; how its rows stand afterwards comes from what changes.
pub(super) struct PeersView {
    app: App,
    onlooker: Onlooker,
    circle: Circle,
    search: PeerSearch,
    shown: Mutex<Option<Shown<ShownPeers>>>,
}

impl PeersView {
    pub(super) fn new(app: App, onlooker: Onlooker, circle: Circle, search: PeerSearch) -> Self {
        Self { app, onlooker, circle, search, shown: Mutex::default() }
    }

    pub(super) async fn answer(&self, ask: Ask) -> Result<Answer, RequestError> {
        let changed = self.circle.changed().peers;
        match ask {
            Ask::Page { order, from, count } => {
                let known = order.as_ref().map(|order| order.keys.clone()).filter(|keys| !keys.is_empty());
                let search = known.is_none().then(|| self.search.clone());
                let pick = move |found: Option<&[PeerId]>| match found {
                    Some(found) => part(found, from, count).copied().collect(),
                    None => part(known.as_deref().unwrap_or_default(), from, count)
                        .filter_map(|key| key.parse().ok())
                        .collect(),
                };
                let viewer = self.onlooker.viewer().await?;
                let (found, peers) = self.app.catalogue.peers_of(search, viewer, pick).await?;
                let mut infos: BTreeMap<PeerId, _> =
                    peers.into_iter().map(|peer| (peer.peer_id, peer)).collect();
                let list = || found.iter().flatten().map(key).collect();
                let answer = Answer::out_of_list(Ask::Page { order, from, count }, list, |key| {
                    let info = infos.get(&key.parse().ok()?)?;
                    row(&PoolPeer::from(info.clone())).ok()
                });
                if let Answer::Page(page) = &answer {
                    let ids = page.rows.iter().filter_map(|(key, _)| key.parse().ok());
                    let rows = self.circle.show_peers(ids.map(|id| (id, infos.remove(&id))));
                    show(&self.shown, Shown { _rows: rows, compared: changed });
                }
                Ok(answer)
            }
            Ask::Rows { keys, recount } => {
                let rows = self.circle.peers(keys.iter().map(|key| key.parse().ok()));
                let fresh = match recount.filter(|_| is_due(&self.shown, changed)) {
                    Some(Recount { from, count }) => {
                        let (search, viewer) = (Some(self.search.clone()), self.onlooker.viewer().await?);
                        let (found, _) = self.app.catalogue.peers_of(search, viewer, |_| Vec::new()).await?;
                        let found = found.unwrap_or_default();
                        let keys = part(&found, from, count).map(key).collect();
                        Some(Fresh { total: found.len() as u64, keys })
                    }
                    None => None,
                };
                Ok(Answer::Rows(Rows { rows, fresh }))
            }
        }
    }
}

fn key(id: &PeerId) -> Key {
    Arc::from(id.to_string())
}

fn part<T>(list: &[T], from: u64, count: u32) -> impl Iterator<Item = &T> {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    list.iter().skip(from).take(count as usize)
}
