//! What this node tells the others of the pool: how the peers that talk to it stand. A node without others tells nothing.

use peerpool_wire::{
    channel::{MAX_BATCH, MAX_LISTENS},
    id::WireHash,
    link::{Client, ClientId, News, Session as ToldSession},
};

use super::Catalogue;
use crate::{
    homes::{Place, Section, SnapshotCursor},
    identity::Identity,
    ids::{ItemId, SwarmId},
    input::{LinkId, Output, SessionId},
    news,
    session::Session,
    swarm::Expired,
    swarm_peer::{SwarmPeer, Via},
};

impl Catalogue {
    /// Tells one node, or all, while their links are up.
    pub(super) fn tell(&self, to: Option<LinkId>, news: impl FnOnce() -> News, out: &mut Vec<Output>) {
        let Some(homes) = &self.homes else { return };
        let is_up = match to {
            Some(link) => homes.of_link(link).is_some(),
            None => homes.has_links(),
        };
        if is_up {
            out.push(Output::Tell { to, news: news() });
        }
    }

    /// All that this node has to say, a part at a time: at least one piece of news and about `limit`, and where the next
    /// part begins. What changes meanwhile is told as it changes, and everything so far is told by the time there is no
    /// next part.
    pub fn snapshot(&self, from: SnapshotCursor, limit: usize) -> (Vec<News>, Option<SnapshotCursor>) {
        let Some(homes) = &self.homes else { return (Vec::new(), None) };
        let mut all = Vec::new();
        let mut section = from.0;
        loop {
            let left = limit.saturating_sub(all.len()).max(1);
            section = match section {
                Section::Items(first) => {
                    let some: Vec<_> = self.items.from(first).take(left.min(MAX_BATCH)).collect();
                    let Some(&(last, _)) = some.last() else {
                        section = Section::Sessions(None);
                        continue;
                    };
                    let turned = some.iter().filter(|(_, item)| item.turns > 0);
                    all.extend(turned.map(|(_, item)| News::Item(news::told(item))));
                    let items =
                        some.into_iter().map(|(_, item)| (item.facts.info_hash, item.added)).collect();
                    all.push(News::Known { items });
                    return (all, Some(SnapshotCursor(Section::Items(ItemId(last.0 + 1)))));
                }
                Section::Sessions(behind) => {
                    let mut last = None;
                    for (peer, session) in self.sessions.here_after(behind).take(left) {
                        all.push(News::Session(told(session)));
                        last = Some(peer);
                    }
                    match last {
                        Some(last) => Section::Sessions(Some(last)),
                        None => Section::Places((SwarmId(0), Identity(0))),
                    }
                }
                Section::Places(first) => {
                    let mut next = homes.own.from(first);
                    for (place, is_all) in next.by_ref().take(left) {
                        all.extend(self.place_told(place, is_all));
                    }
                    next.next().map_or(Section::Completed(ItemId(0)), |(place, _)| Section::Places(place))
                }
                Section::Completed(first) => {
                    let mut items = self.items.from(first);
                    for (_, item) in items.by_ref().take(left) {
                        let swarm = self.swarms.get(item.swarm).filter(|swarm| swarm.downloaded > 0);
                        all.extend(
                            swarm.map(|swarm| News::Completed { swarm: swarm.name, count: swarm.downloaded }),
                        );
                    }
                    match items.next() {
                        Some((next, _)) => Section::Completed(next),
                        None => return (all, None),
                    }
                }
            };
            if all.len() >= limit {
                return (all, Some(SnapshotCursor(section)));
            }
        }
    }

    /// For how many peers in swarms nodes vouch, this one included, each counted once for each node.
    pub fn vouched(&self) -> usize {
        self.homes.as_ref().map_or(0, |homes| homes.claims())
    }

    /// A peer of this node in a swarm.
    pub(super) fn place_told(&self, (swarm, identity): Place, is_all: bool) -> Vec<News> {
        let Some((name, peer)) = self.swarms.get(swarm).and_then(|of| Some((of.name, of.get(identity)?)))
        else {
            return Vec::new();
        };
        if peer.session.is_some() {
            return vec![News::Holder { peer_id: peer.peer_id, swarm: name, is_all }];
        }
        let names = self.names_under(swarm, peer.via).into_iter();
        names.map(|name| News::Client(client(peer, name, is_all))).collect()
    }

    /// Tells anew how the peers of this node stand in a swarm whose item has become known, or was forgotten elsewhere. What was
    /// told of them under one name may have ended under another since.
    pub(super) fn tell_places(&self, swarm: SwarmId, out: &mut Vec<Output>) {
        let own = self.homes.iter().flat_map(|homes| homes.own.of_swarm(swarm));
        for news in own.flat_map(|(place, is_all)| self.place_told(place, is_all)) {
            self.tell(None, || news, out);
        }
    }

    /// The names of a swarm under which a stock client announced itself.
    fn names_under(&self, swarm: SwarmId, via: Via) -> Vec<WireHash> {
        let Some(of) = self.swarms.get(swarm) else { return Vec::new() };
        let Some(facts) = of.item.and_then(|item| self.items.get(item)).map(|item| &item.facts) else {
            return vec![of.name];
        };
        let v1 = facts.info_hash.v1_wire().filter(|_| via.is_under(Via::V1));
        let v2 = facts.info_hash.v2_wire().filter(|_| via.is_under(Via::V2));
        let form = facts.v1_form.map(|hash| WireHash(hash.0)).filter(|_| via.is_under(Via::V1_FORM));
        [v1, v2, form].into_iter().flatten().collect()
    }

    /// Whether a stock client said the same when it announced itself last.
    pub(super) fn says_the_same(&self, swarm: SwarmId, peer: &SwarmPeer) -> bool {
        self.homes.is_some()
            && self
                .swarms
                .get(swarm)
                .and_then(|swarm| swarm.get(peer.identity))
                .is_some_and(|known| known.says(peer))
    }

    /// A stock client has announced itself here under this name.
    pub(super) fn vouch_for_client(
        &mut self,
        swarm: SwarmId,
        identity: Identity,
        name: WireHash,
        is_all: bool,
        says_the_same: bool,
        out: &mut Vec<Output>,
    ) {
        let Some(homes) = &mut self.homes else { return };
        let peer = self.swarms.get(swarm).and_then(|swarm| swarm.get(identity));
        let Some(peer) = peer.filter(|peer| peer.is_own()) else { return };
        let before = homes.vouch(None, (swarm, identity), is_all, false);
        if before != Some(is_all) || !says_the_same {
            let news = client(peer, name, is_all);
            self.tell(None, || News::Client(news), out);
        }
    }

    /// A peer that is connected here has an item.
    pub(super) fn vouch_for_holder(
        &mut self,
        swarm: SwarmId,
        identity: Identity,
        is_all: bool,
        out: &mut Vec<Output>,
    ) {
        let Some(homes) = &mut self.homes else { return };
        if homes.vouch(None, (swarm, identity), is_all, true) != Some(is_all) {
            let news = self.place_told((swarm, identity), is_all);
            news.into_iter().for_each(|news| self.tell(None, || news, out));
        }
    }

    /// A peer that is connected here no longer has an item.
    pub(super) fn holder_left(&mut self, id: SwarmId, identity: Identity, out: &mut Vec<Output>) {
        let (was_own, _) = self.forget_place((id, identity));
        if let Some(swarm) = self.swarms.get(id).filter(|_| was_own)
            && let Some(peer_id) = swarm.get(identity).map(|peer| peer.peer_id)
        {
            let name = swarm.name;
            self.tell(None, || News::HolderGone { peer_id, swarm: name }, out);
        }
        self.remove_from_swarm(id, identity, out);
    }

    /// A stock client has stopped, whichever node it announced itself to.
    pub(super) fn client_stopped(&mut self, id: SwarmId, identity: Identity, out: &mut Vec<Output>) {
        let (was_own, elsewhere) = self.forget_place((id, identity));
        let peer = self.swarms.get(id).and_then(|swarm| swarm.get(identity));
        let peer = peer.filter(|_| was_own || elsewhere);
        let client = ClientId(identity.0);
        for swarm in peer.map(|peer| self.names_under(id, peer.via)).unwrap_or_default() {
            if was_own {
                self.tell(None, || News::ClientGone { swarm, client }, out);
            }
            if elsewhere {
                self.tell(None, || News::ClientStopped { swarm, client }, out);
            }
        }
        self.remove_from_swarm(id, identity, out);
    }

    /// A stock client has come back under another identity, and its former one is nobody's.
    pub(super) fn forget_client(&mut self, place: Place, now: Identity, out: &mut Vec<Output>) {
        let via = self.swarms.get(place.0).and_then(|swarm| swarm.get(now)).map(|peer| peer.via);
        if self.forget_place(place).0
            && let Some(via) = via
        {
            self.tell_client_gone(place, via, out);
        }
    }

    /// Stock clients whose lease has ended here.
    pub(super) fn expired(&mut self, id: SwarmId, expired: &Expired, out: &mut Vec<Output>) {
        if let Some(homes) = &mut self.homes
            && let Some(swarm) = self.swarms.get(id)
        {
            let kept: Vec<&SwarmPeer> =
                expired.kept.iter().filter_map(|&identity| swarm.get(identity)).collect();
            kept.iter().for_each(|peer| self.shares.announced.give_back(peer.host(), 1));
            let over: Vec<(Identity, Via)> =
                kept.into_iter().chain(&expired.gone).map(|peer| (peer.identity, peer.via)).collect();
            over.iter().for_each(|&(identity, _)| {
                homes.own.remove((id, identity));
            });
            for (identity, via) in over {
                self.tell_client_gone((id, identity), via, out);
            }
            for &identity in &expired.kept {
                self.settle((id, identity), out);
            }
        }
        if !expired.gone.is_empty() {
            self.lost(id, &expired.gone, out);
        }
    }

    /// Tells that a stock client has no lease here any more, under whichever of the swarm's names it may be known.
    fn tell_client_gone(&self, (id, identity): Place, via: Via, out: &mut Vec<Output>) {
        for swarm in self.names_under(id, via) {
            self.tell(None, || News::ClientGone { swarm, client: ClientId(identity.0) }, out);
        }
    }

    /// Tells how a peer stands that is connected here.
    pub(super) fn tell_session(&self, id: SessionId, out: &mut Vec<Output>) {
        if let Some(session) = self.sessions.get(id) {
            self.tell(None, || News::Session(told(session)), out);
        }
    }

    /// Tells that a peer is no longer connected here.
    pub(super) fn tell_session_gone(&self, session: &Session, out: &mut Vec<Output>) {
        let (peer_id, connection) = (session.peer_id, session.residence.connection);
        self.tell(None, || News::SessionGone { peer_id, connection }, out);
    }

    /// Tells of an item, and how it stands.
    pub(super) fn tell_item(&self, id: ItemId, out: &mut Vec<Output>) {
        if let Some(item) = self.items.get(id) {
            self.tell(None, || News::Item(news::told(item)), out);
        }
    }

    /// Nobody vouches for a peer in a swarm any more. Returns whether this node did, and whether another one did.
    pub(super) fn forget_place(&mut self, place: Place) -> (bool, bool) {
        self.homes.as_mut().map_or((false, false), |homes| homes.forget(place))
    }
}

/// A connected peer, as others are told of it.
fn told(session: &Session) -> ToldSession {
    let reach = &session.reach;
    let (reached, missed) = reach.found();
    let found = reached.into_iter().map(|at| (at, true)).chain(missed.into_iter().map(|at| (at, false)));
    ToldSession {
        peer_id: session.peer_id,
        connection: session.residence.connection,
        secret: session.residence.secret,
        name: session.introduction.name.clone(),
        agent: session.introduction.agent.clone(),
        ip: session.endpoints.remote,
        port: reach.port(),
        listens: reach.listens().to_vec(),
        found: found.take(MAX_LISTENS).collect(),
        key: session.introduction.key,
    }
}

fn client(peer: &SwarmPeer, swarm: WireHash, is_all: bool) -> Client {
    Client {
        swarm,
        client: ClientId(peer.identity.0),
        peer_id: peer.peer_id,
        v4: peer.v4,
        v6: peer.v6,
        port: peer.port,
        is_all,
    }
}
