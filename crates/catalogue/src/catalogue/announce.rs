//! Stock clients: announces and scrapes.

use std::collections::BTreeSet;

use peerpool_wire::{
    announce::{Announce, AnnounceAnswer, AnnouncePeer, Event, ScrapeCounts},
    channel::Key,
    id::{InfoHash, WireHash},
    time::Time,
};
use rand::seq::SliceRandom as _;

use super::{Catalogue, holders::for_each_address, is_vouched_elsewhere, seconds};
use crate::{
    ids::SwarmId,
    input::{Endpoints, Output, SessionId},
    swarm::{Asker, Wanted},
    swarm_peer::{Part, SwarmPeer},
    viewer::Viewer,
};

/// Why an announce is not served now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnnounceRefusal {
    /// There is no room for another swarm.
    #[error("the tracker has no room for another torrent")]
    TooManySwarms,
}

/// Who takes stock clients for an item, in a pool for members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Takers {
    /// Sessions here.
    pub here: BTreeSet<SessionId>,
    /// Devices that are connected to other nodes.
    pub elsewhere: BTreeSet<Key>,
}

impl Catalogue {
    /// Answers an announce that came over a connection with these ends. Who does not see everything meets nobody under a hash
    /// that is not that of an item that it sees, and is not kept there.
    ///
    /// # Errors
    ///
    /// The swarm is new, and the tracker keeps as many as it may.
    pub fn handle_announce(
        &mut self,
        now: Time,
        announce: &Announce,
        endpoints: Endpoints,
        viewer: &Viewer,
        out: &mut Vec<Output>,
    ) -> Result<AnnounceAnswer, AnnounceRefusal> {
        let swarm = match self.swarms.find(announce.info_hash) {
            found if !viewer.is_all() && !self.sees_swarm(viewer, found) => {
                return Ok(self.no_peers(endpoints));
            }
            Some(swarm) => swarm,
            None if self.swarms.len() >= self.policy.limits.max_swarms => {
                return Err(AnnounceRefusal::TooManySwarms);
            }
            None => self.swarms.find_or_add(announce.info_hash),
        };
        self.purge(now, swarm, out);
        let identity = self.identify.stock(announce.peer_id, announce.key, endpoints.remote);
        let via = self.via(swarm, announce.info_hash);
        if announce.event == Event::Stopped {
            self.client_stopped(swarm, identity, out);
            return Ok(self.announce_answer(swarm, None, endpoints));
        }
        let is_all = announce.left == Some(0);
        // Another node may have heard later that it is done.
        let place = (swarm, identity);
        let is_done = is_all || self.homes.as_ref().is_some_and(|homes| homes.says(place) == Some(true));
        let part = if is_done { Part::All } else { Part::Some(None) };
        let mut peer = SwarmPeer::new(identity, announce.peer_id, endpoints.remote, announce.port, via, part);
        peer.expires = seconds(now + self.policy.announces.lease);
        if self.has_room(swarm) {
            let says_the_same = self.says_the_same(swarm, &peer);
            self.add_to_swarm(swarm, peer, out);
            self.vouch_for_client(swarm, identity, announce.info_hash, is_all, says_the_same, out);
        }
        let networks = &self.policy.networks.clone();
        let wanted = Wanted {
            count: announce
                .numwant
                .map_or(self.policy.announces.default_numwant, |wanted| wanted as usize)
                .min(self.policy.announces.max_numwant),
            asker: Some(Asker { identity, is_ours: announce.peer_id.is_peerpool(), follows: false }),
            complete: is_all,
            via,
            near: networks.of(endpoints.remote),
            networks,
        };
        Ok(self.announce_answer(swarm, Some(wanted), endpoints))
    }

    /// Answers a stock client of a pool for members that was let in to an item: it is named those of these that have
    /// the item, at addresses of its own family, and is kept nowhere, so that nobody is named it.
    pub fn name_to_stock(
        &mut self,
        item: InfoHash,
        takers: &Takers,
        numwant: Option<u32>,
        endpoints: Endpoints,
    ) -> AnnounceAnswer {
        let mut answer = self.no_peers(endpoints);
        let Some(swarm) = self.swarms.find_item(item).and_then(|id| self.swarms.get(id)) else {
            return answer;
        };
        let wanted = numwant.map_or(self.policy.announces.default_numwant, |wanted| wanted as usize);
        let key = |session| self.sessions.get(session).and_then(|own| own.introduction.key);
        let takes = |peer: &&SwarmPeer| {
            peer.session.is_some_and(|session| match session.is_here() {
                true => takers.here.contains(&session),
                false => key(session).is_some_and(|key| takers.elsewhere.contains(&key)),
            })
        };
        let mut peers: Vec<&SwarmPeer> = swarm.connected().filter(takes).collect();
        peers.shuffle(&mut self.rng);
        answer.complete = peers.iter().filter(|peer| peer.part.is_all()).count() as u32;
        answer.incomplete = peers.len() as u32 - answer.complete;
        for peer in peers.into_iter().take(wanted.min(self.policy.announces.max_numwant)) {
            for_each_address(&self.sessions, peer, endpoints, |address| {
                // It is let in from the address that it announced from alone.
                if address.is_ipv4() == endpoints.remote.is_ipv4() {
                    answer.peers.push(AnnouncePeer { peer_id: peer.peer_id, address });
                }
            });
        }
        answer
    }

    /// The counts of some swarms, in the order asked for.
    pub fn scrape(
        &mut self,
        now: Time,
        hashes: &[WireHash],
        viewer: &Viewer,
        out: &mut Vec<Output>,
    ) -> Vec<(WireHash, ScrapeCounts)> {
        let counts = hashes.iter().map(|&hash| {
            let found = self.swarms.find(hash);
            let seen = found.filter(|_| viewer.is_all() || self.sees_swarm(viewer, found));
            let swarm = seen.and_then(|id| {
                self.purge(now, id, out);
                self.swarms.get(id)
            });
            let counts = swarm.map_or(ScrapeCounts::default(), |swarm| ScrapeCounts {
                complete: swarm.seeds(),
                downloaded: swarm.downloaded,
                incomplete: swarm.partial(),
            });
            (hash, counts)
        });
        counts.collect()
    }

    /// Whether the swarm is that of an item that the viewer sees.
    fn sees_swarm(&self, viewer: &Viewer, swarm: Option<SwarmId>) -> bool {
        let item = swarm.and_then(|swarm| self.items.get(self.swarms.get(swarm)?.item?));
        item.is_some_and(|item| viewer.sees(item.audience))
    }

    fn no_peers(&self, endpoints: Endpoints) -> AnnounceAnswer {
        AnnounceAnswer {
            interval: self.policy.announces.interval,
            min_interval: self.policy.announces.min_interval,
            complete: 0,
            incomplete: 0,
            external_ip: endpoints.remote,
            peers: Vec::new(),
        }
    }

    fn announce_answer(
        &mut self,
        swarm: SwarmId,
        wanted: Option<Wanted<'_>>,
        endpoints: Endpoints,
    ) -> AnnounceAnswer {
        let mut answer = self.no_peers(endpoints);
        let Some(swarm) = self.swarms.get_mut(swarm) else {
            return answer;
        };
        answer.complete = swarm.seeds();
        answer.incomplete = swarm.partial();
        if let Some(wanted) = wanted.filter(|wanted| wanted.count > 0) {
            let peers = swarm.select(wanted, &mut self.rng);
            answer.peers.reserve(peers.len());
            for peer in peers {
                let name = |address| answer.peers.push(AnnouncePeer { peer_id: peer.peer_id, address });
                for_each_address(&self.sessions, peer, endpoints, name);
            }
        }
        answer
    }

    /// Removes the stock clients whose lease has ended.
    pub(super) fn purge(&mut self, now: Time, id: SwarmId, out: &mut Vec<Output>) {
        let Some(swarm) = self.swarms.get_mut(id) else {
            return;
        };
        let homes = self.homes.as_deref();
        let expired = swarm.purge(seconds(now), |identity| is_vouched_elsewhere(homes, (id, identity)));
        if !expired.is_empty() {
            self.expired(id, &expired, out);
        }
    }

    fn has_room(&self, swarm: SwarmId) -> bool {
        self.swarms.get(swarm).is_some_and(|swarm| swarm.len() < self.policy.limits.max_swarm_peers)
    }
}
