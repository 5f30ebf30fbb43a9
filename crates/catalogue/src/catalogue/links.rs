//! What other nodes of the pool tell, and what becomes of it when they are out of reach.

use std::{collections::BTreeSet, net::IpAddr};

use peerpool_wire::{
    channel::{MAX_PEERS, SilentPeer, ToPeer},
    id::{InfoHash, Sha1Hash, WireHash},
    link::{Client, ClientId, GatherId, Item as ToldItem, News},
    time::Time,
};

use super::{Catalogue, changes::Touched, metainfo::names as names_of};
use crate::{
    homes::{Home, Place},
    identity::Identity,
    ids::{ItemId, SwarmId},
    input::{Change, LinkEvent, LinkId, Output, SessionId},
    news,
    session::Session,
    swarm::Swarm,
    swarm_peer::{NEVER, Part, SwarmPeer},
    timers::Timer,
    update::Answer,
    viewer::Audience,
};

impl Catalogue {
    pub(super) fn link(&mut self, now: Time, link: LinkId, event: LinkEvent, out: &mut Vec<Output>) {
        match event {
            LinkEvent::Up { address } => {
                self.link_lost(now, link, out);
                let give_way = self.homes.as_mut().map(|homes| homes.begin(link, address));
                give_way.into_iter().flatten().for_each(|home| self.end_home(home, out));
            }
            LinkEvent::News(all) => {
                for news in all {
                    if let Some(home) = self.homes.as_ref().and_then(|homes| homes.of_link(link)) {
                        self.hear(now, (link, home), news, out);
                    }
                }
            }
            LinkEvent::Complete => {
                let older = self.homes.as_mut().map(|homes| homes.complete(link));
                older.into_iter().flatten().for_each(|home| self.end_home(home, out));
                self.hear_answers(now, out);
            }
            LinkEvent::Lost => self.link_lost(now, link, out),
        }
    }

    fn link_lost(&mut self, now: Time, link: LinkId, out: &mut Vec<Output>) {
        let Some(pool) = &self.policy.pool else { return };
        let silent = self.peers_of_link(link);
        if self.homes.as_mut().is_some_and(|homes| homes.lose(now, link)) {
            self.timers.set(now + pool.session_grace, Timer::Homes);
            self.timers.set(now + pool.client_grace, Timer::Homes);
            self.gather.lost(link);
            self.update.lost(link, || silent);
            self.go_on_with_update(now, out);
        }
    }

    /// The connected peers of another node.
    pub(super) fn peers_of_link(&self, link: LinkId) -> Vec<SilentPeer> {
        let home = self.homes.as_ref().and_then(|homes| Some(homes.sessions(homes.of_link(link)?)));
        let sessions = home.unwrap_or_default().into_iter().filter_map(|peer| self.sessions.of_peer(peer));
        sessions.filter_map(|id| self.sessions.get(id)).map(Session::silent).collect()
    }

    /// Lets go of what nodes vouched for that have been out of reach for too long.
    pub(super) fn end_graces(&mut self, now: Time, out: &mut Vec<Output>) {
        let (Some(pool), Some(homes)) = (&self.policy.pool, &self.homes) else { return };
        let sessions = homes.lost_for(now, pool.session_grace);
        let clients = homes.lost_for(now, pool.client_grace);
        sessions.into_iter().for_each(|home| self.end_sessions(home, out));
        clients.into_iter().for_each(|home| self.end_home(home, out));
    }

    /// A home no longer vouches for anybody who is connected.
    fn end_sessions(&mut self, home: Home, out: &mut Vec<Output>) {
        let Some(homes) = &self.homes else { return };
        let places = homes.places(home);
        for peer in homes.sessions(home) {
            if let Some(id) = self.sessions.of_peer(peer).filter(|id| !id.is_here()) {
                self.leave_elsewhere(id, out);
            }
        }
        // Of those that have moved since, it may still have told what they have.
        let is_connected = |place: &Place| {
            let swarm = self.swarms.get(place.0);
            swarm.and_then(|swarm| swarm.get(place.1)).is_some_and(|peer| peer.session.is_some())
        };
        let connected: Vec<Place> = places.into_iter().filter(is_connected).collect();
        connected.into_iter().for_each(|place| self.unvouch(home, place, out));
    }

    /// A home vouches for nobody any more.
    fn end_home(&mut self, home: Home, out: &mut Vec<Output>) {
        self.end_sessions(home, out);
        let places = self.homes.as_ref().map(|homes| homes.places(home)).unwrap_or_default();
        places.into_iter().for_each(|place| self.unvouch(home, place, out));
        if let Some(homes) = &mut self.homes {
            homes.end(home);
        }
    }

    /// A home no longer vouches for a peer in a swarm.
    pub(super) fn unvouch(&mut self, home: Home, place: Place, out: &mut Vec<Output>) {
        if let Some(homes) = &mut self.homes {
            homes.unvouch(home, place);
            self.settle(place, out);
        }
    }

    /// Fewer vouch for a peer in a swarm than before.
    pub(super) fn settle(&mut self, place: Place, out: &mut Vec<Output>) {
        let Some(homes) = &self.homes else { return };
        let peer = self.swarms.get(place.0).and_then(|swarm| swarm.get(place.1));
        let Some((session, is_all)) = peer.map(|peer| (peer.session, peer.part.is_all())) else { return };
        match (homes.all_say(place), session) {
            (None, _) => self.take_out(place, session, out),
            (Some(said), None) if said != is_all => self.client_has(place, said),
            (Some(_), _) => {}
        }
    }

    /// Nobody vouches for a peer in a swarm any more.
    fn take_out(&mut self, (swarm, identity): Place, session: Option<SessionId>, out: &mut Vec<Output>) {
        if let Some(id) = session {
            let audience = self.audience_of(swarm);
            if let Some(own) = self.sessions.get_mut(id) {
                own.residence.inherited.remove(&swarm);
                if !id.is_here() && own.registered.swarms.remove(&swarm) {
                    own.registered.seen.remove(audience, 1);
                }
                self.changes.peers.mark(id);
            }
        }
        self.remove_from_swarm(swarm, identity, out);
    }

    /// A stock client has all of the item, or not, as those say who still vouch for it.
    fn client_has(&mut self, (id, identity): Place, is_all: bool) {
        if let Some(swarm) = self.swarms.get_mut(id) {
            swarm.set_all(identity, is_all);
            self.refresh_listed(id, Touched::Seeds);
        }
    }

    pub(super) fn audience_of(&self, swarm: SwarmId) -> Audience {
        let item = self.swarms.get(swarm).and_then(|swarm| self.items.get(swarm.item?));
        item.map(|item| item.audience).unwrap_or_default()
    }

    /// Another node told something.
    fn hear(&mut self, now: Time, (link, home): (LinkId, Home), news: News, out: &mut Vec<Output>) {
        match news {
            News::Known { items } => {
                let mut wanted = Vec::new();
                for (info_hash, added) in items {
                    match self.known(info_hash) {
                        Some((id, _)) => self.stands(id, added, 0, out),
                        None => wanted.push(info_hash),
                    }
                }
                if let Some(homes) = &mut self.homes {
                    wanted.iter().for_each(|&info_hash| homes.want(home, info_hash));
                }
                if !wanted.is_empty() {
                    self.tell(Some(link), || News::Wanted { items: wanted }, out);
                }
            }
            News::Wanted { items } => {
                for (_, item) in items.into_iter().filter_map(|info_hash| self.known(info_hash)) {
                    self.tell(Some(link), || News::Item(news::told(item)), out);
                }
            }
            News::Item(item) => {
                self.hear_item(now, link, item, out);
                self.hear_answers(now, out);
            }
            News::Forgotten { info_hash } => {
                if let Some(homes) = &mut self.homes {
                    homes.forgo(home, info_hash);
                }
                self.hear_answers(now, out);
                self.hear_forgotten(now, info_hash, out);
            }
            News::Completed { swarm, count } => {
                if let Some(swarm) = self.swarms.find(swarm).and_then(|id| self.swarms.get_mut(id)) {
                    swarm.downloaded = swarm.downloaded.max(count);
                }
            }
            News::Session(session) => self.hear_session(now, home, session, out),
            News::SessionGone { peer_id, connection } => {
                self.hear_session_gone(home, peer_id, connection, out);
            }
            News::Holder { peer_id, swarm, is_all } => {
                self.hear_holder(home, peer_id, (swarm, is_all), out);
                if let Some(info_hash) = self.want_item(link, swarm, out)
                    && let Some(homes) = &mut self.homes
                {
                    homes.want(home, info_hash);
                }
            }
            News::HolderGone { peer_id, swarm } => {
                if let Some(swarm) = self.swarms.find(swarm) {
                    self.unvouch(home, (swarm, self.identify.session(peer_id)), out);
                }
            }
            News::Client(client) => {
                let swarm = client.swarm;
                let has_others = self
                    .swarms
                    .find(swarm)
                    .is_some_and(|id| self.homes.as_ref().is_some_and(|homes| homes.vouches_in(home, id)));
                self.hear_client(now, home, client, out);
                // Once for each swarm: of most items that are announced nobody ever knows more.
                if !has_others {
                    self.want_item(link, swarm, out);
                }
            }
            News::ClientGone { swarm, client } => {
                if let Some(swarm) = self.swarms.find(swarm) {
                    self.unvouch(home, (swarm, Identity(client.0)), out);
                }
            }
            News::ClientStopped { swarm, client: ClientId(client) } => {
                let place = self.swarms.find(swarm).map(|swarm| (swarm, Identity(client)));
                let own = self.homes.as_ref().map(|homes| &homes.own);
                let is_own = |place: &Place| own.is_some_and(|own| own.get(*place).is_some());
                if let Some((swarm, client)) = place.filter(is_own) {
                    self.client_stopped(swarm, client, out);
                }
            }
            News::Dial { holder, info_hash, addresses, key } => {
                let holder = self.sessions.of_peer(holder).filter(|id| id.is_here());
                if let Some(holder) = holder.filter(|&id| self.is_holder(id, info_hash)) {
                    self.have_holder_dial(now, holder, (info_hash, addresses, key), out);
                }
            }
            News::Gather { ask } => self.gather(now, link, ask, out),
            News::Gathered { ask, answered, silent } => {
                self.update.gathered(ask, link, Answer { answered, silent });
                self.hear_answers(now, out);
            }
        }
    }

    /// Counts what nodes have answered to an update, where all that they told before is known.
    fn hear_answers(&mut self, now: Time, out: &mut Vec<Output>) {
        if let Some(homes) = &self.homes {
            self.update.count_answers(|link| homes.is_complete(link));
        }
        self.go_on_with_update(now, out);
    }

    /// Asks a node for the item of a swarm of which it told, where it is not known: who told of it may not have been heard.
    fn want_item(&self, link: LinkId, name: WireHash, out: &mut Vec<Output>) -> Option<InfoHash> {
        let swarm = self.swarms.find(name).and_then(|id| self.swarms.get(id));
        swarm.filter(|swarm| swarm.item.is_none())?;
        let wanted = InfoHash::v1_only(Sha1Hash(name.0));
        self.tell(Some(link), || News::Wanted { items: vec![wanted] }, out);
        Some(wanted)
    }

    fn is_holder(&self, id: SessionId, info_hash: InfoHash) -> bool {
        let swarm = self.known(info_hash).map(|(_, item)| item.swarm);
        swarm.is_some_and(|swarm| {
            self.sessions.get(id).is_some_and(|own| own.registered.swarms.contains(&swarm))
        })
    }

    /// Takes up an item, or how it stands. Its node has stored it.
    fn hear_item(&mut self, now: Time, link: LinkId, told: ToldItem, out: &mut Vec<Output>) {
        let turns = told.turns;
        let new = news::new_item(told);
        let (info_hash, added) = (new.facts.info_hash, new.added);
        let was_wanted = self.homes.as_mut().is_some_and(|homes| homes.got(new.facts.wire_hashes()));
        if self.known(info_hash).is_none() {
            if self.has_room_for(&new.facts).is_err() {
                return;
            }
            let names = names_of(&new.facts, info_hash);
            let mut done = Vec::new();
            self.add_item(new.clone(), Audience::UNSAID, None, &mut done);
            out.extend(done.into_iter().map(|output| match output {
                Output::Store(change) => Output::Heard(change),
                output => output,
            }));
            out.push(Output::Heard(Change::Added(new)));
            if let Some((id, swarm)) = self.known(info_hash).map(|(id, item)| (id, item.swarm)) {
                if was_wanted {
                    // Nobody else may tell of it, as whoever did was not heard, or somewhere it is forgotten.
                    self.tell_item(id, out);
                }
                self.tell_places(swarm, out);
            }
            for name in names {
                self.settle_unknown(now, name, None, out);
            }
        }
        let Some((id, item)) = self.known(info_hash) else { return };
        if item.turns > turns || item.is_older_than(added) {
            // Whoever told it knows less.
            let item = news::told(item);
            self.tell(Some(link), || News::Item(item), out);
        }
        self.stands(id, added, turns, out);
    }

    /// Takes up how an item stands: when it became known anywhere, and whether it is superseded. Others are told what is
    /// new, so that in the end all say the same.
    fn stands(&mut self, id: ItemId, added: u64, turns: u32, out: &mut Vec<Output>) {
        let Some(item) = self.items.get_mut(id) else { return };
        let is_older = added > 0 && (item.added == 0 || added < item.added);
        if is_older || turns > item.turns {
            item.added = if is_older { added } else { item.added };
            item.turns = item.turns.max(turns);
            let swarm = item.swarm;
            self.refresh_listed(swarm, Touched::Parts);
            self.tell_item(id, out);
        }
    }

    /// Another node has forgotten an item that nobody had there. Where somebody has it, the others are told of it anew.
    fn hear_forgotten(&mut self, now: Time, info_hash: InfoHash, out: &mut Vec<Output>) {
        let Some((id, item)) = self.known(info_hash) else { return };
        let (swarm_id, names) = (item.swarm, item.facts.wire_hashes());
        let Some(swarm) = self.swarms.get(swarm_id) else { return };
        if swarm.len() == 0 && swarm.followers.is_empty() {
            self.take_item(id);
            out.push(Output::Heard(Change::Removed(info_hash)));
            return self.swarms.remove_item(swarm_id, names);
        }
        self.tell_item(id, out);
        let own = self.homes.as_ref().map(|homes| homes.own.of_swarm(swarm_id));
        if own.is_some_and(|mut own| own.next().is_some()) {
            self.tell_places(swarm_id, out);
            self.restore(now, info_hash, out);
        }
    }

    fn hear_client(&mut self, now: Time, home: Home, client: Client, out: &mut Vec<Output>) {
        let Some(id) = self.swarm_of_told(client.swarm) else { return };
        self.purge(now, id, out);
        let address = self.homes.as_ref().and_then(|homes| homes.address(home));
        let identity = Identity(client.client.0);
        let (via, place) = (self.via(id, client.swarm), (id, identity));
        let known = self.swarms.get(id).and_then(|swarm| swarm.get(identity));
        let expires = known.map_or(NEVER, |known| known.expires);
        let Some(homes) = &mut self.homes else { return };
        homes.vouch(Some(home), place, client.is_all, false);
        let part = if homes.all_say(place) == Some(true) { Part::All } else { Part::Some(None) };
        let ips = [client.v4.map(IpAddr::V4), client.v6.map(IpAddr::V6)];
        for ip in ips.into_iter().flatten() {
            let ip = seen_from_here(ip, address);
            let mut peer = SwarmPeer::new(identity, client.peer_id, ip, client.port, via, part.clone());
            peer.expires = expires;
            self.add_to_swarm(id, peer, out);
        }
    }

    /// The swarm of a name that another node told, while there is room for one.
    pub(super) fn swarm_of_told(&mut self, name: WireHash) -> Option<SwarmId> {
        let limits = &self.policy.limits;
        match self.swarms.find(name) {
            Some(id) => Some(id).filter(|&id| {
                self.swarms.get(id).is_some_and(|swarm: &Swarm| swarm.len() < limits.max_swarm_peers)
            }),
            None if self.swarms.len() >= limits.max_swarms => None,
            None => Some(self.swarms.find_or_add(name)),
        }
    }

    /// Asks the peers of this node for another one.
    fn gather(&mut self, now: Time, link: LinkId, number: GatherId, out: &mut Vec<Output>) {
        // The other one waits for no longer than a whole deadline.
        let time = self.policy.sessions.update_deadline * 4 / 5;
        let waiting: BTreeSet<SessionId> = self.sessions.here().map(|(id, _)| id).collect();
        let ask = self.gather.begin(link, number, now + time, waiting.clone());
        let message = ToPeer::AskState { ask, deadline_ms: time.as_millis() as u64 };
        out.extend(waiting.into_iter().map(|session| Output::Send { session, message: message.clone() }));
        self.timers.set(now + time, Timer::Gather);
        self.go_on_with_gather(now, out);
    }

    /// Answers the questions of other nodes that are over.
    pub(super) fn go_on_with_gather(&mut self, now: Time, out: &mut Vec<Output>) {
        while let Some((link, ask, census)) = self.gather.finish(now) {
            let still = census.waiting.iter().filter_map(|&id| self.sessions.get(id)).map(Session::silent);
            let silent = census.gone.into_iter().chain(still).take(MAX_PEERS).collect();
            let answered = census.answered;
            self.tell(Some(link), || News::Gathered { ask, answered, silent }, out);
        }
    }
}

/// A peer on a node's own machine is where the node is.
pub(super) fn seen_from_here(ip: IpAddr, node: Option<IpAddr>) -> IpAddr {
    if ip.is_loopback() { node.unwrap_or(ip) } else { ip }
}
