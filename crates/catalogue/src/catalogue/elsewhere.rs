//! Peers that are connected to other nodes of the pool.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use peerpool_wire::{
    channel::{Refusal, SessionSecret, VERSIONS},
    id::{PeerId, WireHash},
    link::Session as ToldSession,
    time::Time,
};

use super::{Catalogue, links::seen_from_here};
use crate::{
    fold::fold,
    homes::Home,
    input::{Endpoints, Output, SessionId},
    reach::Reach,
    session::{Introduction, MetainfoAsks, Residence, Session},
    swarm_peer::{Part, SwarmPeer, Via},
    viewer::Viewer,
};

impl Catalogue {
    /// A peer is connected to another node. Of its connections the newest counts.
    pub(super) fn hear_session(&mut self, now: Time, home: Home, told: ToldSession, out: &mut Vec<Output>) {
        let peer_id = told.peer_id;
        let known = self.sessions.of_peer(peer_id).and_then(|id| Some((id, self.sessions.get(id)?)));
        if let Some((id, known)) = known.map(|(id, known)| (id, &known.residence)) {
            let is_lost = |home| self.homes.as_ref().is_some_and(|homes| homes.is_lost(home));
            let is_newer = told.connection > known.connection;
            let is_begun_anew = told.connection == known.connection && known.home.is_some_and(is_lost);
            if !(known.home == Some(home) || is_newer || is_begun_anew) {
                return;
            }
            if id.is_here() {
                out.push(Output::Close { session: id, reason: Some(Refusal::Replaced) });
                self.leave(now, id, out);
            }
        }
        if let Some(homes) = &mut self.homes {
            homes.move_session(Some(home), peer_id);
        }
        let session = self.session_elsewhere(now, home, told);
        let reachable = session.reach.is_reachable();
        let id = match self.sessions.of_peer(peer_id) {
            Some(id) => {
                let before = self.sessions.get_mut(id).map(|known| known.update(session));
                if before.is_some_and(|before| before != reachable) {
                    self.reachability_changed(id, reachable != Some(false), out);
                }
                id
            }
            None => {
                let id = self.sessions.next_elsewhere();
                self.sessions.insert(id, session);
                id
            }
        };
        self.changes.peers.mark(id);
    }

    fn session_elsewhere(&self, now: Time, home: Home, told: ToldSession) -> Session {
        let node = self.homes.as_ref().and_then(|homes| homes.address(home));
        let remote = seen_from_here(told.ip, node);
        // Our end of a connection that there is not: no address is taken for this machine's because of it.
        let local: IpAddr =
            if remote.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let endpoints = Endpoints { remote, local };
        let mut reach = Reach::new(endpoints, told.port, &told.listens);
        told.found.iter().for_each(|&(at, reachable)| reach.set_found(at, reachable));
        Session {
            peer_id: told.peer_id,
            identity: self.identify.session(told.peer_id),
            introduction: Introduction {
                folded: fold(&told.name),
                name: told.name,
                agent: told.agent,
                // Its own node knows what it may be sent.
                version: VERSIONS.last().copied().unwrap_or_default(),
                secret: None,
                key: told.key,
            },
            endpoints,
            viewer: Viewer::nobody(),
            reach,
            connected: now,
            heard: now,
            told: now,
            registered: Default::default(),
            follows: Default::default(),
            metainfo: MetainfoAsks::default(),
            complaints: Default::default(),
            residence: Residence {
                home: Some(home),
                connection: told.connection,
                secret: told.secret,
                inherited: Default::default(),
            },
        }
    }

    /// A peer of another node has an item.
    pub(super) fn hear_holder(
        &mut self,
        home: Home,
        peer_id: PeerId,
        (name, is_all): (WireHash, bool),
        out: &mut Vec<Output>,
    ) {
        let id = self.sessions.of_peer(peer_id);
        let is_at_home = |own: &Session| own.residence.home == Some(home);
        let Some(id) = id.filter(|&id| self.sessions.get(id).is_some_and(is_at_home)) else { return };
        let Some(swarm) = self.swarm_of_told(name) else { return };
        let audience = self.audience_of(swarm);
        let Some(own) = self.sessions.get_mut(id) else { return };
        if own.registered.swarms.insert(swarm) {
            own.registered.seen.add(audience, 1);
            self.changes.peers.mark(id);
        }
        let part = if is_all { Part::All } else { Part::Some(None) };
        let mut peer =
            SwarmPeer::new(own.identity, peer_id, own.endpoints.remote, own.reach.port(), Via::ALL, part);
        peer.session = Some(id);
        if let Some(homes) = &mut self.homes {
            homes.vouch(Some(home), (swarm, own.identity), is_all, true);
        }
        self.add_to_swarm(swarm, peer, out);
    }

    /// A peer's connection to another node has ended. It may have a newer one, to that node or another.
    pub(super) fn hear_session_gone(
        &mut self,
        home: Home,
        peer_id: PeerId,
        connection: u64,
        out: &mut Vec<Output>,
    ) {
        let Some(id) = self.sessions.of_peer(peer_id) else { return };
        let Some(own) = self.sessions.get(id) else { return };
        if own.residence.home == Some(home) {
            if own.residence.connection <= connection {
                self.leave_elsewhere(id, out);
            }
            return;
        }
        let identity = own.identity;
        let mut swarms: Vec<_> = match id.is_here() {
            true => own.residence.inherited.iter().copied().collect(),
            false => own.registered.swarms.iter().copied().collect(),
        };
        swarms.sort_unstable();
        swarms.into_iter().for_each(|swarm| self.unvouch(home, (swarm, identity), out));
    }

    /// A peer is no longer connected to its node.
    pub(super) fn leave_elsewhere(&mut self, id: SessionId, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.remove(id) else { return };
        self.changes.peers.forget(id);
        if let Some(homes) = &mut self.homes {
            homes.move_session(None, session.peer_id);
        }
        let mut swarms: Vec<_> = session.registered.swarms.into_iter().collect();
        swarms.sort_unstable();
        for swarm in swarms {
            self.forget_place((swarm, session.identity));
            self.remove_from_swarm(swarm, session.identity, out);
        }
    }

    /// Whether a newcomer is the peer of another node that has its peer id.
    pub(super) fn is_same_peer(&self, known: &Session, secret: Option<SessionSecret>) -> bool {
        let secret = secret.map(|secret| self.identify.secret(secret));
        let is_lost = |home| self.homes.as_ref().is_none_or(|homes| homes.is_lost(home));
        match known.residence.secret {
            Some(known) => secret == Some(known),
            // Nobody can ask it whether it is alive; its node would know.
            None => known.residence.home.is_none_or(is_lost),
        }
    }

    /// A peer that was connected to another node is connected here. What it had there stands until it says what it has.
    pub(super) fn take_over(&mut self, id: SessionId, own: &mut Session) {
        if self.homes.is_none() {
            return;
        }
        let Some(known) = self.sessions.of_peer(own.peer_id) else { return };
        let Some(before) = self.sessions.remove(known) else { return };
        self.changes.peers.forget(known);
        if let Some(homes) = &mut self.homes {
            homes.move_session(None, own.peer_id);
        }
        own.residence.connection = own.residence.connection.max(before.residence.connection + 1);
        own.residence.inherited = before.registered.swarms.into_iter().collect();
        for &swarm in &own.residence.inherited {
            if let Some(swarm) = self.swarms.get_mut(swarm) {
                swarm.set_session(own.identity, id);
            }
        }
    }
}

impl Session {
    /// Takes up what the same peer's node says of it now. Returns whether it could be dialled before.
    fn update(&mut self, newer: Session) -> Option<bool> {
        let before = self.reach.is_reachable();
        self.introduction = newer.introduction;
        self.endpoints = newer.endpoints;
        self.reach = newer.reach;
        self.residence = newer.residence;
        before
    }
}
