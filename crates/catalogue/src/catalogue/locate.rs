//! Who has an item: its holders, the same content under other names, other items of its name.

use peerpool_wire::{
    channel::{
        CatalogueItem, Failure, Have, Holder, HoldersFound, MAX_HOLDERS, MAX_TWINS, MAX_VARIANTS, RequestId,
        Target, ToPeer, Twin,
    },
    id::InfoHash,
    time::Time,
};

use super::{Catalogue, holders::holder};
use crate::{
    fold::{Closeness, fold},
    ids::{ItemId, SwarmId},
    input::{Endpoints, Output, SessionId},
    items::Item,
    swarm::{Asker, Follower, Wanted},
    swarm_peer::Via,
    viewer::{Sight, Viewer},
};

/// Bytes of bitfields in one answer; holders beyond it are named without theirs.
const BITFIELD_BUDGET: usize = 4 << 20;

/// Items of one name, content or hash that are looked at.
const MAX_LOOKED_AT: usize = 1000;
/// Digits of a hash that few items have in common.
const TELLING_DIGITS: usize = 4;

/// The answer to a question for an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The item; `None` when only peers that announce its hash are known.
    pub item: Option<CatalogueItem>,
    /// The holders to name, best first.
    pub holders: Vec<Holder>,
    /// The same content under other names.
    pub twins: Vec<Twin>,
    /// Other items of the same name.
    pub variants: Vec<CatalogueItem>,
}

/// Who asks, and how many holders it wants.
#[derive(Debug, Clone)]
pub struct Asking {
    /// Its session, if it has one; it is not named to itself.
    pub session: Option<SessionId>,
    /// What it may see.
    pub viewer: Viewer,
    /// The ends of its connection.
    pub endpoints: Endpoints,
    /// Holders wanted; 0 for as many as a peer usually has neighbours.
    pub wanted: u32,
}

impl Asking {
    fn sight(&self) -> Sight {
        Sight { viewer: self.viewer.clone(), session: self.session }
    }
}

/// What a target names.
#[derive(Debug, Clone, Copy)]
struct Place {
    info_hash: InfoHash,
    item: Option<ItemId>,
    swarm: Option<SwarmId>,
}

impl Place {
    fn of(id: ItemId, item: &Item) -> Self {
        Self { info_hash: item.facts.info_hash, item: Some(id), swarm: Some(item.swarm) }
    }
}

impl Catalogue {
    /// Finds an item and some of its holders.
    ///
    /// # Errors
    ///
    /// The pool has no such item, several are meant, or its metainfo has not come yet.
    pub fn locate(
        &mut self,
        now: Time,
        target: &Target,
        asking: Asking,
        out: &mut Vec<Output>,
    ) -> Result<Located, Failure> {
        let place = self.resolve(target, &asking.sight())?;
        self.locate_place(now, place, &asking, false, out)
    }

    /// The identity of the item that a target names.
    ///
    /// # Errors
    ///
    /// The pool has no such item, or several are meant.
    pub fn find(&self, target: &Target, viewer: &Viewer) -> Result<CatalogueItem, Failure> {
        let sight = Sight::of(viewer);
        let place = self.resolve(target, &sight)?;
        place.item.and_then(|id| self.describe(&sight, id)).ok_or_else(|| not_found(target))
    }

    /// A part of an item's holders, as many as are wanted, in an order that lasts while nobody comes or leaves. Nobody is
    /// counted as handed out.
    ///
    /// # Errors
    ///
    /// The pool has no such item.
    pub fn holders(
        &self,
        info_hash: InfoHash,
        asking: &Asking,
        offset: u32,
    ) -> Result<HoldersFound, Failure> {
        let target = Target::InfoHash(info_hash);
        let known = self.known_to(&asking.sight(), info_hash);
        let (_, item) = known.ok_or_else(|| not_found(&target))?;
        let peers = self.swarms.get(item.swarm).map_or(&[][..], |swarm| swarm.peers());
        let page = peers.iter().skip(offset as usize).take((asking.wanted as usize).min(MAX_HOLDERS));
        let mut budget = BITFIELD_BUDGET;
        let holders = page.map(|peer| {
            let mut holder = holder(&self.sessions, peer, item.facts.pieces, asking.endpoints);
            match budget.checked_sub(peer.part.bytes()) {
                Some(rest) => budget = rest,
                None => holder.have = Have::Some { pieces: item.facts.pieces, bitfield: Vec::new() },
            }
            holder
        });
        Ok(HoldersFound { total: peers.len() as u32, holders: holders.collect() })
    }

    pub(super) fn answer_holders(
        &self,
        session: SessionId,
        request: RequestId,
        info_hash: InfoHash,
        offset: u32,
        limit: u32,
    ) -> Option<Output> {
        let asking = self.asking(session, limit)?;
        let message = match self.holders(info_hash, &asking, offset) {
            Ok(page) => ToPeer::HolderList { request, page },
            Err(error) => ToPeer::Failed { request, error },
        };
        Some(Output::Send { session, message })
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of one message")]
    pub(super) fn answer_locate(
        &mut self,
        now: Time,
        session: SessionId,
        request: RequestId,
        target: &Target,
        wanted: u32,
        follow: bool,
        out: &mut Vec<Output>,
    ) {
        let Some(asking) = self.asking(session, wanted) else { return };
        let located = self.resolve(target, &asking.sight()).and_then(|place| {
            let located = self.locate_place(now, place, &asking, follow, out)?;
            if follow {
                self.follow(session, place, located.holders.len());
            }
            if let Some(swarm) = place.swarm {
                self.have_dialled(swarm, session, out);
            }
            Ok(located)
        });
        let message = match located {
            Ok(Located { item, holders, twins, variants }) => {
                ToPeer::Located { request, item, holders, twins, variants }
            }
            Err(error) => ToPeer::Failed { request, error },
        };
        out.push(Output::Send { session, message });
    }

    fn asking(&self, session: SessionId, wanted: u32) -> Option<Asking> {
        let own = self.sessions.get(session)?;
        Some(Asking { session: Some(session), viewer: own.viewer.clone(), endpoints: own.endpoints, wanted })
    }

    fn locate_place(
        &mut self,
        now: Time,
        place: Place,
        asking: &Asking,
        follows: bool,
        out: &mut Vec<Output>,
    ) -> Result<Located, Failure> {
        if let Some(swarm) = place.swarm {
            self.purge(now, swarm, out);
        }
        let mut budget = BITFIELD_BUDGET;
        let holders =
            place.swarm.map_or(Vec::new(), |swarm| self.choose(swarm, asking, follows, &mut budget));
        let Some(id) = place.item else {
            return Ok(Located { item: None, holders, twins: Vec::new(), variants: Vec::new() });
        };
        let sight = asking.sight();
        let twins: Vec<ItemId> = self
            .items
            .twins(id)
            .filter(|&twin| self.sees(&sight, twin))
            .take(MAX_LOOKED_AT)
            .filter(|&twin| self.is_online(twin))
            .take(MAX_TWINS)
            .collect();
        let twins = twins.into_iter().filter_map(|twin| {
            let item = self.describe(&sight, twin)?;
            let swarm = self.items.get(twin)?.swarm;
            Some(Twin { item, holders: self.choose(swarm, asking, false, &mut budget) })
        });
        let twins = twins.collect();
        let variants = self.variants(&sight, id).into_iter().take(MAX_VARIANTS);
        let variants = variants.filter_map(|id| self.describe(&sight, id)).collect();
        Ok(Located { item: self.describe(&sight, id), holders, twins, variants })
    }

    /// The item that a target names, or the swarm of an item whose metainfo is not known.
    fn resolve(&self, target: &Target, sight: &Sight) -> Result<Place, Failure> {
        let (name, hash_prefix) = match target {
            Target::InfoHash(info_hash) => return self.resolve_hash(*info_hash, sight),
            Target::Name { name, hash_prefix } => (name, hash_prefix.to_ascii_lowercase()),
        };
        let is_whole_name = hash_prefix.len() < TELLING_DIGITS;
        let mut found = match is_whole_name {
            true => self.items.listed(name).filter(|&id| self.sees(sight, id)).take(MAX_LOOKED_AT).collect(),
            false => self.with_hash(name, &hash_prefix),
        };
        found.retain(|&id| self.sees(sight, id) && self.has_prefix(id, &hash_prefix));
        if found.is_empty() && is_whole_name {
            found = self.closest(name, &hash_prefix, sight);
        }
        if !found.is_empty() {
            return self.only_content(target, found, sight);
        }
        let mut begun = if name.is_empty() { Vec::new() } else { self.items.beginning(name, false) };
        begun.retain(|&id| self.sees(sight, id) && self.has_prefix(id, &hash_prefix));
        let begun = self.prefer_listed(begun);
        match begun[..] {
            [] => Err(not_found(target)),
            [id] => self.place(id, target),
            _ => Err(self.ambiguous(name, begun, sight)),
        }
    }

    /// Items of this name, in its closest spelling only: exact before differently composed, before another case, before
    /// without accents.
    fn closest(&self, name: &str, hash_prefix: &str, sight: &Sight) -> Vec<ItemId> {
        let mut same = self.items.beginning(name, true);
        same.retain(|&id| self.sees(sight, id) && self.has_prefix(id, hash_prefix));
        let closeness = |id| self.items.get(id).map(|item| Closeness::of(&item.facts.name, name));
        let exact: Vec<ItemId> =
            same.iter().copied().filter(|&id| closeness(id) == Some(Closeness::Exact)).collect();
        if !exact.is_empty() {
            return exact;
        }
        let same = self.prefer_listed(same);
        let best = same.iter().filter_map(|&id| closeness(id)).min();
        same.into_iter().filter(|&id| closeness(id) == best).collect()
    }

    /// Items of this name, in any spelling, whose hash begins with these digits.
    fn with_hash(&self, name: &str, hash_prefix: &str) -> Vec<ItemId> {
        let folded = fold(name);
        let swarms = self.swarms.beginning(hash_prefix).take(MAX_LOOKED_AT);
        let items = swarms.filter_map(|swarm| self.swarms.get(swarm)?.item);
        let mut found: Vec<ItemId> = items
            .filter(|&id| self.items.get(id).is_some_and(|item| fold(&item.facts.name) == folded))
            .collect();
        found.dedup();
        found
    }

    /// Versions that nobody has any more do not make a name ambiguous.
    fn prefer_listed(&self, mut found: Vec<ItemId>) -> Vec<ItemId> {
        if found.iter().any(|&id| self.is_online(id)) {
            found.retain(|&id| self.is_online(id));
        }
        found
    }

    /// The item that these, which share a name, stand for, if they share their content.
    fn only_content(&self, target: &Target, found: Vec<ItemId>, sight: &Sight) -> Result<Place, Failure> {
        let candidates = self.prefer_listed(found);
        let best = candidates.iter().copied().max_by_key(|&id| self.seeds(id));
        let best = best.ok_or_else(|| not_found(target))?;
        let root = |id| self.items.get(id).and_then(|item| item.facts.root);
        let same_content = |id| id == best || (root(id).is_some() && root(id) == root(best));
        if candidates.iter().all(|&id| same_content(id)) {
            return self.place(best, target);
        }
        let name = match target {
            Target::Name { name, .. } => name.as_str(),
            Target::InfoHash(_) => "",
        };
        Err(self.ambiguous(name, candidates, sight))
    }

    fn place(&self, id: ItemId, target: &Target) -> Result<Place, Failure> {
        self.items.get(id).map(|item| Place::of(id, item)).ok_or_else(|| not_found(target))
    }

    /// Items that most peers have come first.
    fn ambiguous(&self, name: &str, mut candidates: Vec<ItemId>, sight: &Sight) -> Failure {
        candidates.sort_by_key(|&id| std::cmp::Reverse(self.seeds(id)));
        let variants = candidates.into_iter().take(MAX_VARIANTS);
        let variants = variants.filter_map(|id| self.describe(sight, id)).collect();
        Failure::Ambiguous { name: name.to_owned(), variants }
    }

    fn resolve_hash(&self, info_hash: InfoHash, sight: &Sight) -> Result<Place, Failure> {
        if let Some((id, item)) = self.known_to(sight, info_hash) {
            return Ok(Place::of(id, item));
        }
        // An unknown item may be followed before anybody announces it. Nobody says who may see those who do.
        let swarm = self.swarms.find_item(info_hash);
        let is_unknown = |&id: &SwarmId| self.swarms.get(id).is_some_and(|swarm| swarm.item.is_none());
        let swarm = swarm.filter(|id| sight.viewer.is_all() && is_unknown(id));
        Ok(Place { info_hash, item: None, swarm })
    }

    fn has_prefix(&self, id: ItemId, prefix: &str) -> bool {
        let Some(names) = self.items.get(id).map(|item| item.facts.info_hash) else {
            return false;
        };
        prefix.is_empty()
            || names.v2().is_some_and(|hash| hash.to_string().starts_with(prefix))
            || names.v1().is_some_and(|hash| hash.to_string().starts_with(prefix))
    }

    fn seeds(&self, id: ItemId) -> u32 {
        self.items.get(id).and_then(|item| self.swarms.get(item.swarm)).map_or(0, |swarm| swarm.seeds())
    }

    /// Some peers of a swarm, never the asker.
    fn choose(&mut self, id: SwarmId, asking: &Asking, follows: bool, budget: &mut usize) -> Vec<Holder> {
        let session = asking.session.and_then(|id| self.sessions.get(id));
        let asker = session.map(|own| Asker { identity: own.identity, is_ours: true, follows });
        let Some(swarm) = self.swarms.get_mut(id) else {
            return Vec::new();
        };
        let pieces = swarm.item.and_then(|id| self.items.get(id)).map_or(0, |item| item.facts.pieces);
        let count = match asking.wanted {
            0 => self.policy.neighbours,
            wanted => (wanted as usize).min(MAX_HOLDERS),
        };
        let networks = &self.policy.networks;
        let near = networks.of(asking.endpoints.remote);
        let wanted = Wanted { count, asker, complete: false, via: Via::ALL, near, networks };
        let chosen = swarm.select(wanted, &mut self.rng);
        let holders = chosen.into_iter().map(|peer| {
            let mut holder = holder(&self.sessions, peer, pieces, asking.endpoints);
            match budget.checked_sub(peer.part.bytes()) {
                Some(rest) => *budget = rest,
                None => holder.have = Have::Some { pieces, bitfield: Vec::new() },
            }
            holder
        });
        holders.filter(|holder| !holder.addresses.is_empty()).collect()
    }

    /// Tells a session of holders that come later, until it knows enough.
    fn follow(&mut self, session: SessionId, place: Place, told: usize) {
        let (max_follows, enough) = (self.policy.limits.max_follows, self.policy.neighbours);
        let Some(own) = self.sessions.get_mut(session).filter(|own| own.follows.len() < max_follows) else {
            return;
        };
        let swarm = match place.swarm {
            Some(swarm) => swarm,
            None if self.swarms.len() >= self.policy.limits.max_swarms => return,
            None => self.swarms.find_or_add(place.info_hash.primary()),
        };
        own.follows.insert(swarm);
        if let Some(swarm) = self.swarms.get_mut(swarm) {
            swarm.followers.retain(|follower| follower.session != session);
            if told < enough {
                let told = u16::try_from(told).unwrap_or(u16::MAX);
                swarm.followers.push(Follower { session, info_hash: place.info_hash, told });
            }
        }
    }

    pub(super) fn unfollow(&mut self, session: SessionId, info_hash: InfoHash) {
        let Some(id) = self.swarms.find_item(info_hash) else {
            return;
        };
        if let Some(own) = self.sessions.get_mut(session)
            && own.follows.remove(&id)
            && let Some(swarm) = self.swarms.get_mut(id)
        {
            swarm.followers.retain(|follower| follower.session != session);
            if swarm.get(own.identity).is_none() {
                swarm.needs_nobody(own.identity);
            }
        }
    }
}

fn not_found(target: &Target) -> Failure {
    let target = match target {
        Target::InfoHash(info_hash) => info_hash.to_string(),
        Target::Name { name, hash_prefix } if hash_prefix.is_empty() => name.clone(),
        Target::Name { name, hash_prefix } => format!("{name}@{hash_prefix}"),
    };
    Failure::NotFound { target }
}
