//! Who can be dialled. Peers that cannot are named last, and dial whoever wants what they have.

use std::{net::SocketAddr, time::Duration};

use peerpool_wire::{
    channel::{Key, MAX_LISTENS, ToPeer},
    id::{InfoHash, PeerId},
    link::News,
    time::Time,
};

use super::{Catalogue, holders::addresses};
use crate::{
    ids::SwarmId,
    input::{Output, Probe, Probed, Proof, SessionId},
    session::Session,
};

/// Time between two tries of one peer.
const RETRY: Duration = Duration::from_secs(60);
/// Time between two reports of one peer that others cannot be dialled.
const REPORTS: Duration = Duration::from_secs(1);
/// Addresses of one report that are tried.
const MAX_PROBES: usize = 16;
/// How often a peer is told to connect out within one interval.
const MAX_TOLD: u32 = 64;
const SPAN: Duration = Duration::from_secs(10);
/// Time between two pieces that a peer is asked to verify.
const VERIFY_EVERY: Duration = Duration::from_secs(1);
/// Reports of one peer that are remembered.
const MAX_COMPLAINTS: usize = 1000;
/// Swarms of a peer that are searched for somebody who waits for it.
const MAX_SWARMS: usize = 1000;

impl Catalogue {
    /// Probes the address that is certainly the peer's own.
    pub(super) fn try_to_reach(&mut self, now: Time, id: SessionId, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.reach.tried = now;
        if let Some(address) = session.reach.own() {
            out.push(Output::Probe(Probe { address, of: Probed::Session(id), proof: None }));
        }
    }

    /// Probes the addresses that the peer only stated, now that it is in a swarm whose handshake it can answer.
    pub(super) fn try_stated(&mut self, id: SessionId, swarm: SwarmId, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get_mut(id).filter(|session| !session.reach.stated_tried) else {
            return;
        };
        session.reach.stated_tried = true;
        let Some(swarm) = self.swarms.get(swarm) else { return };
        let proof = Some(Proof { swarm: swarm.name, peer_id: session.peer_id });
        let stated = session.reach.stated().into_iter();
        out.extend(stated.map(|address| Output::Probe(Probe { address, of: Probed::Session(id), proof })));
    }

    pub(super) fn probed(&mut self, probe: &Probe, reachable: bool, out: &mut Vec<Output>) {
        match probe.of {
            Probed::Session(id) => self.session_probed(id, probe, reachable, out),
            Probed::Announced(name) if !reachable => {
                if let Some(swarm) = self.swarms.find(name).and_then(|id| self.swarms.get_mut(id)) {
                    swarm.set_dead(probe.address);
                }
            }
            Probed::Announced(_) => {}
        }
    }

    fn session_probed(&mut self, id: SessionId, probe: &Probe, reachable: bool, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if probe.proof.is_some() && !reachable {
            // An address without a proof tells nothing: it may be a stranger's.
            return;
        }
        if !id.is_here() {
            // Its own node tries it, and tells.
            return;
        }
        let before = session.reach.is_reachable();
        session.reach.set_found(probe.address, reachable);
        let (mut reachable, mut unreachable) = session.reach.found();
        reachable.truncate(MAX_LISTENS);
        unreachable.truncate(MAX_LISTENS);
        if session.introduction.version >= 2 {
            let message = ToPeer::Reachability { reachable, unreachable };
            out.push(Output::Send { session: id, message });
        }
        let now = session.reach.is_reachable();
        self.tell_session(id, out);
        if before != now {
            self.changes.peers.mark(id);
            self.reachability_changed(id, now != Some(false), out);
        }
    }

    pub(super) fn reachability_changed(&mut self, id: SessionId, reachable: bool, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get(id) else { return };
        let identity = session.identity;
        let mut swarms: Vec<SwarmId> = session.registered.swarms.iter().copied().collect();
        swarms.sort_unstable();
        let follows: Vec<SwarmId> = session.follows.iter().copied().take(MAX_SWARMS).collect();
        for &swarm in &swarms {
            if let Some(swarm) = self.swarms.get_mut(swarm) {
                swarm.set_reachable(identity, reachable);
            }
        }
        if !reachable {
            for swarm in swarms.into_iter().take(MAX_SWARMS) {
                let followers: Vec<SessionId> = self.swarms.get(swarm).map_or(Vec::new(), |swarm| {
                    swarm.followers.iter().map(|follower| follower.session).collect()
                });
                for follower in followers {
                    self.connect_out(swarm, id, follower, out);
                }
            }
            return;
        }
        for swarm in follows {
            self.have_dialled(swarm, id, out);
        }
    }

    /// Tells holders that nobody can dial to connect to somebody who wants what they have.
    pub(super) fn have_dialled(&mut self, swarm: SwarmId, asker: SessionId, out: &mut Vec<Output>) {
        let Some(of) = self.swarms.get(swarm) else { return };
        let some = of.unreachable().iter().filter_map(|peer| peer.session).take(self.policy.neighbours);
        for holder in some.collect::<Vec<_>>() {
            self.connect_out(swarm, holder, asker, out);
        }
    }

    /// Tells a holder that nobody can dial to connect to the asker, where the asker can be dialled.
    pub(super) fn connect_out(
        &mut self,
        swarm: SwarmId,
        holder: SessionId,
        asker: SessionId,
        out: &mut Vec<Output>,
    ) {
        if self.sessions.get(holder).is_some_and(|holder| holder.reach.is_reachable() == Some(false)) {
            self.tell_to_dial(swarm, holder, asker, out);
        }
    }

    fn tell_to_dial(&mut self, swarm: SwarmId, holder: SessionId, asker: SessionId, out: &mut Vec<Output>) {
        let known =
            self.swarms.get(swarm).and_then(|swarm| Some((swarm.item?, self.items.get(swarm.item?)?)));
        let Some((_, item)) = known.filter(|&(id, _)| self.session_sees(asker, id)) else { return };
        let info_hash = item.facts.info_hash;
        let can_be_dialled = |asker: &&Session| asker.reach.is_reachable() == Some(true);
        let Some((now, asker)) =
            self.sessions.get(asker).filter(can_be_dialled).map(|asker| (asker.heard, asker))
        else {
            return;
        };
        let Some(endpoints) =
            self.sessions.get(holder).filter(|own| own.introduction.version >= 2).map(|own| own.endpoints)
        else {
            return;
        };
        let (peers, key) = (asker.reach.for_asker(endpoints), asker.introduction.key);
        self.have_holder_dial(now, holder, (info_hash, peers, key), out);
    }

    /// Has a holder connect to somebody, here or over its own node.
    pub(super) fn have_holder_dial(
        &mut self,
        now: Time,
        holder: SessionId,
        (info_hash, peers, key): (InfoHash, Vec<SocketAddr>, Option<Key>),
        out: &mut Vec<Output>,
    ) {
        let Some(own) = self.sessions.get_mut(holder).filter(|_| !peers.is_empty()) else {
            return;
        };
        let (since, times) = &mut own.reach.told;
        if now.since(*since) >= SPAN {
            (*since, *times) = (now, 0);
        }
        if *times < MAX_TOLD {
            *times += 1;
            let (holder_id, home) = (own.peer_id, own.residence.home);
            let Some(home) = home else {
                let message = ToPeer::ConnectOut { info_hash, peers, key };
                return out.push(Output::Send { session: holder, message });
            };
            let to = self.homes.as_ref().and_then(|homes| homes.link_of(home));
            let dial = || News::Dial { holder: holder_id, info_hash, addresses: peers, key };
            if to.is_some() {
                self.tell(to, dial, out);
            }
        }
    }

    /// A peer could not dial these holders. Its word alone counts for nothing: the tracker tries them itself.
    pub(super) fn unreachable_holders(
        &mut self,
        now: Time,
        id: SessionId,
        info_hash: InfoHash,
        reported: &[SocketAddr],
        out: &mut Vec<Output>,
    ) {
        let sees = self.known_to(&self.sight(id), info_hash).is_some() || self.known(info_hash).is_none();
        let Some(own) = self.sessions.get_mut(id) else { return };
        if own.complaints.last > Time::ZERO && now.since(own.complaints.last) < REPORTS {
            return;
        }
        own.complaints.last = now;
        let endpoints = own.endpoints;
        let Some(swarm_id) = self.swarms.find_item(info_hash).filter(|_| sees) else { return };
        let Some(swarm) = self.swarms.get(swarm_id) else { return };
        let announced = reported.iter().filter(|&&address| swarm.is_announced(address)).take(MAX_PROBES);
        let of = Probed::Announced(swarm.name);
        out.extend(announced.map(|&address| Output::Probe(Probe { address, of, proof: None })));
        let connected = swarm.connected().filter(|peer| {
            addresses(&self.sessions, peer, endpoints).iter().any(|address| reported.contains(address))
        });
        let holders: Vec<SessionId> = connected
            .filter_map(|peer| peer.session)
            .filter(|&holder| holder != id)
            .take(MAX_PROBES)
            .collect();
        for holder in holders {
            self.tell_to_dial(swarm_id, holder, id, out);
            let due = holder.is_here()
                && self.sessions.get(holder).is_some_and(|own| now.since(own.reach.tried) >= RETRY);
            if due {
                self.try_to_reach(now, holder, out);
            }
        }
    }

    /// A holder sent wrong data, so it must read the piece again. One report of a peer about a holder and item counts.
    pub(super) fn wrong_data(
        &mut self,
        now: Time,
        id: SessionId,
        info_hash: InfoHash,
        piece: u32,
        holder: PeerId,
        out: &mut Vec<Output>,
    ) {
        let Some(swarm) = self
            .known_to(&self.sight(id), info_hash)
            .filter(|(_, item)| piece < item.facts.pieces)
            .map(|(_, item)| item.swarm)
        else {
            return;
        };
        let Some(own) = self.sessions.get_mut(id) else { return };
        let is_party = own.registered.swarms.contains(&swarm) || own.follows.contains(&swarm);
        let complaint = (holder, info_hash);
        if !is_party
            || own.complaints.made.len() >= MAX_COMPLAINTS
            || own.complaints.made.contains(&complaint)
        {
            return;
        }
        let Some(of) = self.sessions.of_peer(holder).filter(|&of| of != id && of.is_here()) else { return };
        let may_ask = |other: &&mut Session| {
            other.introduction.version >= 2
                && other.registered.swarms.contains(&swarm)
                && other.complaints.verify_after <= now
        };
        let Some(other) = self.sessions.get_mut(of).filter(may_ask) else { return };
        other.complaints.verify_after = now + VERIFY_EVERY;
        out.push(Output::Send { session: of, message: ToPeer::Verify { info_hash, piece } });
        if let Some(own) = self.sessions.get_mut(id) {
            own.complaints.made.insert(complaint);
        }
    }
}
