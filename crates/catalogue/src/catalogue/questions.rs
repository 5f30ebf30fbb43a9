//! Lists: of items, and of peers.

use std::ops::ControlFlow;

use peerpool_wire::{
    channel::{Cursor, MAX_BATCH, MAX_PEERS, Page, PeerInfo, RequestId, ToPeer},
    id::PeerId,
    time::Time,
};

use super::Catalogue;
use crate::input::{Output, SessionId};

/// Items on a page when the question does not say how many.
const PAGE: u32 = 100;

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
    /// A page of up to `limit` items (0 for the default) behind `cursor` whose name contains every word of `query`, in
    /// any case; `offline` includes those that nobody online has. A page is short where there was too much to look at.
    pub fn list(&self, query: &str, cursor: Option<&Cursor>, limit: u32, offline: bool) -> Page {
        let limit = if limit == 0 { PAGE as usize } else { (limit as usize).min(MAX_BATCH) };
        let mut found = Vec::new();
        let mut more = false;
        let stopped = self.items.search(query, cursor.map(|cursor| cursor.0.as_str()), |id| {
            if !offline && !self.is_online(id) {
                return ControlFlow::Continue(());
            }
            if found.len() == limit {
                more = true;
                return ControlFlow::Break(());
            }
            found.push(id);
            ControlFlow::Continue(())
        });
        let last = stopped.or_else(|| found.last().copied().filter(|_| more));
        let next = last.and_then(|last| self.items.cursor(last)).map(Cursor);
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

    pub(super) fn answer_peers(&self, now: Time, session: SessionId, request: RequestId) -> Output {
        let (peers, total) = self.peers(now);
        Output::Send { session, message: ToPeer::PeerList { request, peers, total } }
    }
}
