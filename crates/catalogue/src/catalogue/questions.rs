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
    pub(super) fn first_page(&self) -> Page {
        let (found, is_all) = self.items.first_listed(PAGE);
        let last = found.last().filter(|_| !is_all).and_then(|&last| self.items.get(last));
        let next = last.map(|item| cursor_of(&item.facts));
        Page { items: found.into_iter().filter_map(|id| self.describe(id)).collect(), next }
    }

    /// Who is connected, at most [`MAX_PEERS`], and how many there are in all.
    pub fn peers(&self, now: Time) -> (Vec<PeerInfo>, u32) {
        let peers = self.sessions.iter().take(MAX_PEERS).map(|(_, session)| session.info(now)).collect();
        (peers, self.sessions.len() as u32)
    }

    /// Those of these peers that are connected.
    pub fn peers_of(&self, now: Time, ids: &[PeerId]) -> Vec<PeerInfo> {
        let connected = ids.iter().filter_map(|id| self.sessions.get(self.sessions.of_peer(*id)?));
        connected.map(|session| session.info(now)).collect()
    }

    /// Totals of the catalogue.
    pub fn counts(&self) -> Counts {
        Counts { peers: self.sessions.len(), items: self.items.len(), swarms: self.swarms.len() }
    }

    /// A part of the connected peers in whose name or address every word stands, or whose program begins with it.
    pub fn find_peers(&self, now: Time, search: &PeerSearch) -> PeersFound {
        let found = self.sessions_found(search);
        let limit = if search.limit == 0 { MAX_PEERS } else { (search.limit as usize).min(MAX_PEERS) };
        let page = found.iter().skip(search.offset as usize).take(limit);
        PeersFound { total: found.len() as u32, peers: page.map(|session| session.info(now)).collect() }
    }

    /// All of the peers that [`Catalogue::find_peers`] finds parts of, in its order.
    pub fn find_peer_ids(&self, search: &PeerSearch) -> Vec<PeerId> {
        self.sessions_found(search).iter().map(|session| session.peer_id).collect()
    }

    fn sessions_found(&self, search: &PeerSearch) -> Vec<&Session> {
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
        let mut found: Vec<&Session> = self
            .sessions
            .iter()
            .map(|(_, session)| session)
            .filter(|session| words.is_empty() || fits(session))
            .collect();
        found.sort_by(|a, b| {
            let by_sort = match search.sort {
                PeerSort::Name => a.introduction.folded.cmp(&b.introduction.folded),
                PeerSort::Items => a.item_count().cmp(&b.item_count()),
                PeerSort::Connected => b.connected.cmp(&a.connected),
                PeerSort::Address => a.endpoints.remote.cmp(&b.endpoints.remote),
            };
            let by_sort = if search.desc { by_sort.reverse() } else { by_sort };
            by_sort.then(a.peer_id.cmp(&b.peer_id))
        });
        found
    }

    pub(super) fn answer_peers(&self, now: Time, session: SessionId, request: RequestId) -> Output {
        let (peers, total) = self.peers(now);
        Output::Send { session, message: ToPeer::PeerList { request, peers, total } }
    }
}
