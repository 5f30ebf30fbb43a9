//! Lists: of items, and of peers.

use peerpool_wire::{
    channel::{MAX_PEERS, Page, PeerInfo, PeerSearch, PeerSort, PeersFound, RequestId, ToPeer},
    id::PeerId,
    time::Time,
};

use super::Catalogue;
use crate::{
    fold::fold,
    index::cursor_of,
    input::{Output, SessionId},
    session::Session,
    viewer::{Sight, Viewer},
};

/// Items of the page that answers an update.
const PAGE: usize = 100;

/// Totals of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Connected peers.
    pub peers: usize,
    /// Known items, including those that nobody online has.
    pub items: usize,
    /// Hashes of swarms: three for a hybrid item.
    pub swarms: usize,
}

impl Catalogue {
    /// The first listed items by name, as an update ends with.
    pub(super) fn first_page(&self, sight: &Sight) -> Page {
        let (found, is_all) = self.items.first_listed(PAGE, |id| self.sees(sight, id));
        let last = found.last().filter(|_| !is_all).and_then(|&last| self.items.get(last));
        let next = last.map(|item| cursor_of(&item.facts));
        Page { items: found.into_iter().filter_map(|id| self.describe(sight, id)).collect(), next }
    }

    /// Who is connected, at most [`MAX_PEERS`], and how many there are in all.
    pub fn peers(&self, now: Time, viewer: &Viewer) -> (Vec<PeerInfo>, u32) {
        self.peers_seen(now, &Sight::of(viewer))
    }

    fn peers_seen(&self, now: Time, sight: &Sight) -> (Vec<PeerInfo>, u32) {
        let some = self.sessions.iter().take(MAX_PEERS);
        let peers = some.map(|(id, session)| info(now, id, session, sight)).collect();
        (peers, self.sessions.len() as u32)
    }

    /// Those of these peers that are connected.
    pub fn peers_of(&self, now: Time, ids: &[PeerId], viewer: &Viewer) -> Vec<PeerInfo> {
        let sight = Sight::of(viewer);
        let ids = ids.iter().filter_map(|id| self.sessions.of_peer(*id));
        let connected = ids.filter_map(|id| Some((id, self.sessions.get(id)?)));
        connected.map(|(id, session)| info(now, id, session, &sight)).collect()
    }

    /// Totals of the catalogue. Who does not see everything is told of no swarms but those of items.
    pub fn counts(&self, viewer: &Viewer) -> Counts {
        let (items, swarms) = match viewer {
            Viewer::All => (self.items.len(), self.swarms.len()),
            Viewer::Of(_) => self.items.seen_by(viewer),
        };
        Counts { peers: self.sessions.len(), items, swarms }
    }

    /// A part of the connected peers in whose name or address every word stands, or whose program begins with it.
    pub fn find_peers(&self, now: Time, search: &PeerSearch, viewer: &Viewer) -> PeersFound {
        self.find_peers_seen(now, search, &Sight::of(viewer))
    }

    pub(super) fn find_peers_seen(&self, now: Time, search: &PeerSearch, sight: &Sight) -> PeersFound {
        let found = self.sessions_found(search, sight);
        let limit = if search.limit == 0 { MAX_PEERS } else { (search.limit as usize).min(MAX_PEERS) };
        let page = found.iter().skip(search.offset as usize).take(limit);
        let peers = page.map(|&(id, session)| info(now, id, session, sight));
        PeersFound { total: found.len() as u32, peers: peers.collect() }
    }

    /// All of the peers that [`Catalogue::find_peers`] finds parts of, in its order.
    pub fn find_peer_ids(&self, search: &PeerSearch, viewer: &Viewer) -> Vec<PeerId> {
        let found = self.sessions_found(search, &Sight::of(viewer));
        found.iter().map(|(_, session)| session.peer_id).collect()
    }

    fn sessions_found(&self, search: &PeerSearch, sight: &Sight) -> Vec<(SessionId, &Session)> {
        let text = fold(&search.text);
        let words: Vec<&str> = text.split_whitespace().collect();
        let fits = |session: &Session| {
            let introduction = &session.introduction;
            // A number alone means a name: there is one in every address.
            let is_in_address =
                |word: &str| word.contains(['.', ':']) && session.endpoints.remote.to_string().contains(word);
            words.iter().all(|word| {
                introduction.folded.contains(word)
                    || is_in_address(word)
                    || fold(&introduction.agent).starts_with(word)
            })
        };
        let all = self.sessions.iter();
        let mut found: Vec<_> = all.filter(|(_, session)| words.is_empty() || fits(session)).collect();
        found.sort_by(|&(a_id, a), &(b_id, b)| {
            let by_sort = match search.sort {
                PeerSort::Name => a.introduction.folded.cmp(&b.introduction.folded),
                PeerSort::Items => items_seen(a_id, a, sight).cmp(&items_seen(b_id, b, sight)),
                PeerSort::Connected => b.connected.cmp(&a.connected),
                PeerSort::Address => a.endpoints.remote.cmp(&b.endpoints.remote),
            };
            let by_sort = if search.desc { by_sort.reverse() } else { by_sort };
            by_sort.then(a.peer_id.cmp(&b.peer_id))
        });
        found
    }

    pub(super) fn answer_peers(&self, now: Time, session: SessionId, request: RequestId) -> Output {
        let (peers, total) = self.peers_seen(now, &self.sight(session));
        Output::Send { session, message: ToPeer::PeerList { request, peers, total } }
    }
}

fn info(now: Time, id: SessionId, session: &Session, sight: &Sight) -> PeerInfo {
    session.info(now, items_seen(id, session, sight))
}

/// How many of a peer's items somebody sees: of its own, all.
fn items_seen(id: SessionId, session: &Session, sight: &Sight) -> usize {
    if sight.session == Some(id) { session.item_count() } else { session.items_seen_by(&sight.viewer) }
}
