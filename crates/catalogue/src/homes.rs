//! Which nodes vouch for which peers.
//!
//! Every node of a pool holds what all of them say. A peer is in a swarm while somebody vouches for it: this node, for the
//! peers that talk to it, or another one, over its link. It counts once, whoever vouches.
//!
//! A link that breaks is begun anew as another *home*. What its old home vouched for stands until the new one is complete,
//! until another home vouches for the same peer, or until its grace is over. So nothing has to be repaired or voted on.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Duration,
};

use peerpool_wire::{
    channel::SilentPeer,
    id::{InfoHash, PeerId, WireHash},
    time::Time,
};

use crate::{
    identity::Identity,
    ids::{ItemId, SwarmId},
    input::LinkId,
    session::{Session, Sessions},
};

/// Most homes at a time; the oldest that is out of reach gives way.
const MAX_HOMES: usize = 64;

/// A link from its beginning to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Home(u32);

/// A peer in a swarm.
pub(crate) type Place = (SwarmId, Identity);

/// What somebody vouches for: peers in swarms, and whether each has all of the item.
#[derive(Debug, Default)]
pub(crate) struct Claims(BTreeMap<Place, bool>);

impl Claims {
    pub(crate) fn get(&self, place: Place) -> Option<bool> {
        self.0.get(&place).copied()
    }

    /// Returns what it said before.
    pub(crate) fn insert(&mut self, place: Place, is_all: bool) -> Option<bool> {
        self.0.insert(place, is_all)
    }

    pub(crate) fn remove(&mut self, place: Place) -> bool {
        self.0.remove(&place).is_some()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Place, bool)> {
        self.0.iter().map(|(&place, &is_all)| (place, is_all))
    }

    /// Those from this one on.
    pub(crate) fn from(&self, first: Place) -> impl Iterator<Item = (Place, bool)> {
        self.0.range(first..).map(|(&place, &is_all)| (place, is_all))
    }

    /// Those of one swarm.
    pub(crate) fn of_swarm(&self, swarm: SwarmId) -> impl Iterator<Item = (Place, bool)> {
        let all = (swarm, Identity(0))..=(swarm, Identity(u64::MAX));
        self.0.range(all).map(|(&place, &is_all)| (place, is_all))
    }

    /// Two names turned out to be one swarm.
    fn rename(&mut self, old: SwarmId, new: SwarmId) {
        for ((_, identity), is_all) in self.of_swarm(old).collect::<Vec<_>>() {
            self.0.remove(&(old, identity));
            *self.0.entry((new, identity)).or_default() |= is_all;
        }
    }
}

/// What a home vouches for.
#[derive(Debug)]
struct Vouched {
    link: LinkId,
    /// The node's address as seen from here.
    address: IpAddr,
    /// Whether its snapshot has come; items in it may be missing still.
    is_told: bool,
    /// When the link broke, if it did.
    lost: Option<Time>,
    sessions: BTreeSet<PeerId>,
    claims: Claims,
    /// Names of items that it knows and was asked for.
    wanted: BTreeSet<WireHash>,
}

impl Vouched {
    /// Whether all that it had when the link began is known.
    fn is_complete(&self) -> bool {
        self.is_told && self.wanted.is_empty()
    }

    /// No longer wants an item of these names. Returns whether it did.
    fn forgo(&mut self, names: &[WireHash]) -> bool {
        names.iter().filter(|name| self.wanted.remove(name)).count() > 0
    }
}

/// All homes, and what this node itself vouches for.
#[derive(Debug, Default)]
pub(crate) struct Homes {
    /// What this node vouches for.
    pub(crate) own: Claims,
    homes: BTreeMap<Home, Vouched>,
    live: BTreeMap<LinkId, Home>,
    begun: u32,
}

/// Where a snapshot goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SnapshotCursor(pub(crate) Section);

/// The parts of a snapshot, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// Items from this one on.
    Items(ItemId),
    /// Connected peers behind this one.
    Sessions(Option<PeerId>),
    /// Peers in swarms, from this one on.
    Places(Place),
    /// Downloads of the items from this one on.
    Completed(ItemId),
}

impl Default for Section {
    fn default() -> Self {
        Self::Items(ItemId(0))
    }
}

impl Homes {
    /// A link is up: a new home. Returns the homes that give way.
    pub(crate) fn begin(&mut self, link: LinkId, address: IpAddr) -> Vec<Home> {
        self.begun += 1;
        let home = Home(self.begun);
        let vouched = Vouched {
            link,
            address,
            is_told: false,
            lost: None,
            sessions: BTreeSet::new(),
            claims: Claims::default(),
            wanted: BTreeSet::new(),
        };
        self.homes.insert(home, vouched);
        self.live.insert(link, home);
        let too_many = self.homes.len().saturating_sub(MAX_HOMES);
        let lost = self.homes.iter().filter(|(_, home)| home.lost.is_some());
        lost.take(too_many).map(|(&home, _)| home).collect()
    }

    /// A link broke. Returns whether it was up.
    pub(crate) fn lose(&mut self, now: Time, link: LinkId) -> bool {
        let home = self.live.remove(&link).and_then(|home| self.homes.get_mut(&home));
        home.is_some_and(|home| home.lost.replace(now).is_none())
    }

    /// A link's snapshot has come. Returns its older homes, of which it knows better.
    pub(crate) fn complete(&mut self, link: LinkId) -> Vec<Home> {
        let Some(vouched) = self.live.get(&link).and_then(|home| self.homes.get_mut(home)) else {
            return Vec::new();
        };
        vouched.is_told = true;
        let older = self.homes.iter().filter(|(_, home)| home.link == link && home.lost.is_some());
        older.map(|(&home, _)| home).collect()
    }

    /// Homes that have been lost for at least so long.
    pub(crate) fn lost_for(&self, now: Time, grace: Duration) -> Vec<Home> {
        let lost = self.homes.iter().filter(|(_, home)| home.lost.is_some_and(|lost| lost + grace <= now));
        lost.map(|(&home, _)| home).collect()
    }

    /// The home that a link is now.
    pub(crate) fn of_link(&self, link: LinkId) -> Option<Home> {
        self.live.get(&link).copied()
    }

    pub(crate) fn has_links(&self) -> bool {
        !self.live.is_empty()
    }

    /// The links that are up.
    pub(crate) fn links(&self) -> impl Iterator<Item = LinkId> {
        self.live.keys().copied()
    }

    /// A home is asked for an item that it knows.
    pub(crate) fn want(&mut self, home: Home, item: InfoHash) {
        if let Some(vouched) = self.homes.get_mut(&home) {
            vouched.wanted.insert(item.primary());
        }
    }

    /// An item of these names has come. Returns whether it was asked for.
    pub(crate) fn got(&mut self, names: impl Iterator<Item = WireHash>) -> bool {
        let names: Vec<WireHash> = names.collect();
        let mut was_wanted = false;
        self.homes.values_mut().for_each(|home| was_wanted |= home.forgo(&names));
        was_wanted
    }

    /// A home no longer knows an item, and is not going to tell it.
    pub(crate) fn forgo(&mut self, home: Home, item: InfoHash) {
        if let Some(vouched) = self.homes.get_mut(&home) {
            vouched.forgo(&item.wire_hashes().collect::<Vec<_>>());
        }
    }

    /// Whether all of a link's snapshot has come, and the items in it.
    pub(crate) fn is_complete(&self, link: LinkId) -> bool {
        self.live.get(&link).and_then(|home| self.homes.get(home)).is_some_and(Vouched::is_complete)
    }

    /// The link over which a home can be reached.
    pub(crate) fn link_of(&self, home: Home) -> Option<LinkId> {
        self.homes.get(&home).filter(|home| home.lost.is_none()).map(|home| home.link)
    }

    /// The connected peers of nodes that are out of reach.
    pub(crate) fn out_of_reach<'a>(
        &'a self,
        sessions: &'a Sessions,
    ) -> impl Iterator<Item = SilentPeer> + 'a {
        let lost = self.homes.values().filter(|home| home.lost.is_some());
        let peers = lost.flat_map(|home| &home.sessions).filter_map(|&peer| sessions.of_peer(peer));
        peers.filter_map(|id| sessions.get(id)).map(Session::silent)
    }

    pub(crate) fn address(&self, home: Home) -> Option<IpAddr> {
        self.homes.get(&home).map(|home| home.address)
    }

    pub(crate) fn is_lost(&self, home: Home) -> bool {
        self.homes.get(&home).is_none_or(|home| home.lost.is_some())
    }

    /// A home vouches for a connected peer, and no other one does from now on.
    pub(crate) fn move_session(&mut self, home: Option<Home>, peer: PeerId) {
        for (&other, vouched) in &mut self.homes {
            if Some(other) == home {
                vouched.sessions.insert(peer);
            } else {
                vouched.sessions.remove(&peer);
            }
        }
    }

    /// The connected peers of a home.
    pub(crate) fn sessions(&self, home: Home) -> Vec<PeerId> {
        self.homes.get(&home).map(|home| home.sessions.iter().copied().collect()).unwrap_or_default()
    }

    /// Whether a home vouches for anybody in a swarm.
    pub(crate) fn vouches_in(&self, home: Home, swarm: SwarmId) -> bool {
        self.homes.get(&home).is_some_and(|home| home.claims.of_swarm(swarm).next().is_some())
    }

    /// The peers in swarms for whom a home vouches.
    pub(crate) fn places(&self, home: Home) -> Vec<Place> {
        let claims = self.homes.get(&home).map(|home| home.claims.iter().map(|(place, _)| place));
        claims.map(Iterator::collect).unwrap_or_default()
    }

    /// A home vouches for a peer in a swarm, or this node does, where there is no home. Those that are out of reach do no
    /// longer, and nobody else does for one that is connected. Returns what this node said before.
    pub(crate) fn vouch(
        &mut self,
        home: Option<Home>,
        place: Place,
        is_all: bool,
        is_connected: bool,
    ) -> Option<bool> {
        for (&other, vouched) in &mut self.homes {
            if Some(other) == home {
                vouched.claims.insert(place, is_all);
            } else if is_connected || vouched.lost.is_some() {
                vouched.claims.remove(place);
            }
        }
        match home {
            None => self.own.insert(place, is_all),
            Some(_) => self.own.get(place),
        }
    }

    /// A home no longer vouches for a peer in a swarm.
    pub(crate) fn unvouch(&mut self, home: Home, place: Place) {
        if let Some(vouched) = self.homes.get_mut(&home) {
            vouched.claims.remove(place);
        }
    }

    /// Nobody vouches for it any more, this node included. Returns whether this node did, and whether another one that can
    /// be reached did.
    pub(crate) fn forget(&mut self, place: Place) -> (bool, bool) {
        let mut elsewhere = false;
        for vouched in self.homes.values_mut() {
            elsewhere |= vouched.claims.remove(place) && vouched.lost.is_none();
        }
        (self.own.remove(place), elsewhere)
    }

    /// Whether a peer has all of the item, as other nodes say; `None` when none vouches for it.
    pub(crate) fn says(&self, place: Place) -> Option<bool> {
        self.homes.values().filter_map(|home| home.claims.get(place)).reduce(|a, b| a || b)
    }

    /// The same, of this node, too.
    pub(crate) fn all_say(&self, place: Place) -> Option<bool> {
        [self.own.get(place), self.says(place)].into_iter().flatten().reduce(|a, b| a || b)
    }

    /// Forgets a home that vouches for nobody any more.
    pub(crate) fn end(&mut self, home: Home) {
        self.homes.remove(&home);
    }

    /// Two names turned out to be one swarm.
    pub(crate) fn rename(&mut self, old: SwarmId, new: SwarmId) {
        self.homes.values_mut().for_each(|home| home.claims.rename(old, new));
        self.own.rename(old, new);
    }

    /// How many claims there are in all, this node's included.
    pub(crate) fn claims(&self) -> usize {
        self.own.0.len() + self.homes.values().map(|home| home.claims.0.len()).sum::<usize>()
    }
}
