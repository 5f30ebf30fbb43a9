//! What somebody sees of the items.

use peerpool_wire::id::InfoHash;

use super::Catalogue;
use crate::{
    id_set::IdSet,
    ids::ItemId,
    index::Held,
    input::SessionId,
    items::Item,
    row::ItemRow,
    swarm::Swarm,
    viewer::{Audience, Sight, Viewer},
};

impl Catalogue {
    /// Other people may see these items, or these sessions may see other items.
    pub(super) fn set_sight(&mut self, items: Vec<(InfoHash, Audience)>, viewers: Vec<(SessionId, Viewer)>) {
        for (info_hash, audience) in items {
            if let Some((id, _)) = self.known(info_hash) {
                self.set_audience(id, audience);
            }
        }
        for (session, viewer) in viewers {
            self.sessions.set_viewer(session, viewer);
        }
    }

    /// Sets who may see an item.
    pub(super) fn set_audience(&mut self, id: ItemId, audience: Audience) {
        let Some(before) = self.items.set_audience(id, audience) else { return };
        self.note_audience(id, before);
        let Some(swarm) = self.items.get(id).map(|item| item.swarm) else { return };
        let connected = self.swarms.get(swarm).into_iter().flat_map(Swarm::connected);
        for session in connected.filter_map(|peer| peer.session) {
            // What a peer had at another node counts once it says that it still has it.
            let own = self.sessions.get_mut(session);
            if let Some(own) = own.filter(|own| own.registered.swarms.contains(&swarm)) {
                own.registered.seen.remove(before, 1);
                own.registered.seen.add(audience, 1);
                self.changes.peers.mark(session);
            }
        }
    }

    /// What a session sees.
    pub(super) fn sight(&self, session: SessionId) -> Sight {
        let viewer = self.sessions.get(session).map_or_else(Viewer::nobody, |own| own.viewer.clone());
        Sight { viewer, session: Some(session) }
    }

    pub(super) fn sees(&self, sight: &Sight, id: ItemId) -> bool {
        sight.viewer.is_all()
            || self.items.get(id).is_some_and(|item| {
                sight.viewer.sees(item.audience)
                    || sight.session.is_some_and(|session| self.has(session, item))
            })
    }

    pub(super) fn session_sees(&self, session: SessionId, id: ItemId) -> bool {
        let Some(viewer) = self.sessions.get(session).map(|own| &own.viewer) else { return false };
        viewer.is_all()
            || self.items.get(id).is_some_and(|item| viewer.sees(item.audience) || self.has(session, item))
    }

    /// Whether a session sees who is in a swarm of this item, or in one whose item is not known.
    pub(super) fn session_sees_swarm(&self, session: SessionId, item: Option<ItemId>) -> bool {
        match item {
            Some(id) => self.session_sees(session, id),
            None => self.sessions.get(session).is_some_and(|own| own.viewer.is_all()),
        }
    }

    fn has(&self, session: SessionId, item: &Item) -> bool {
        self.sessions.get(session).is_some_and(|own| own.registered.swarms.contains(&item.swarm))
    }

    /// The item that these hashes name, if it may be seen.
    pub(super) fn known_to(&self, sight: &Sight, info_hash: InfoHash) -> Option<(ItemId, &Item)> {
        self.known(info_hash).filter(|&(id, _)| self.sees(sight, id))
    }

    /// What a session has registered and does not see otherwise; mostly there is nothing.
    pub fn own(&self, session: SessionId) -> Option<Held> {
        let own = self.sessions.get(session).filter(|own| !own.viewer.is_all())?;
        if own.registered.seen.seen_by(&own.viewer) == own.registered.swarms.len() {
            return None;
        }
        let mut held = IdSet::default();
        for id in own.registered.swarms.iter().filter_map(|&swarm| self.swarms.get(swarm)?.item) {
            held.insert(id);
        }
        Some(Held(held))
    }

    /// The items of these rows as they stand now for somebody who does not see all items: how many variants an item has, and
    /// how many hold its content, counts what they see. Items that are gone are left out.
    pub fn rows_seen(&self, rows: &[ItemRow], viewer: &Viewer, session: Option<SessionId>) -> Vec<ItemRow> {
        let sight = Sight { viewer: viewer.clone(), session };
        let seen = rows.iter().filter_map(|row| self.known_to(&sight, row.facts.info_hash));
        seen.filter_map(|(id, _)| self.row(&sight, id)).collect()
    }
}
