//! All swarms, by the hashes under which peers announce them.

use peerpool_wire::id::{InfoHash, Sha1Hash, WireHash};

use crate::{
    budget::Budget,
    identity::Identity,
    ids::{ItemId, SwarmId},
    shards::Shards,
    swarm::{Expired, Swarm},
    swarm_peer::Via,
};

/// Swarms visited in one sweep.
const SWEEP: usize = 4096;

/// A slab of swarms and their hashes. The map is ordered, so no choice of hashes makes it slow.
#[derive(Debug, Default)]
pub(crate) struct Swarms {
    slots: Vec<Option<Swarm>>,
    free: Vec<u32>,
    by_hash: Shards<WireHash, SwarmId>,
    swept: usize,
}

impl Swarms {
    /// How many names of swarms there are.
    pub(crate) fn len(&self) -> usize {
        self.by_hash.len()
    }

    pub(crate) fn find(&self, hash: WireHash) -> Option<SwarmId> {
        self.by_hash.get(hash)
    }

    /// The swarm that one of the item's hashes names.
    pub(crate) fn find_item(&self, info_hash: InfoHash) -> Option<SwarmId> {
        info_hash.wire_hashes().find_map(|hash| self.find(hash))
    }

    pub(crate) fn get(&self, id: SwarmId) -> Option<&Swarm> {
        self.slots.get(id.0 as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: SwarmId) -> Option<&mut Swarm> {
        self.slots.get_mut(id.0 as usize)?.as_mut()
    }

    /// The swarm of this name; an empty one when there is none yet.
    pub(crate) fn find_or_add(&mut self, hash: WireHash) -> SwarmId {
        if let Some(id) = self.find(hash) {
            return id;
        }
        let id = match self.free.pop() {
            Some(slot) => SwarmId(slot),
            None => {
                self.slots.push(None);
                SwarmId((self.slots.len() - 1) as u32)
            }
        };
        self.slots[id.0 as usize] = Some(Swarm::new(hash));
        self.by_hash.insert(hash, id);
        id
    }

    /// Adds the swarm of an item, which is found under no name before [`Swarms::set_names`].
    pub(crate) fn push(&mut self, name: WireHash, item: ItemId) -> SwarmId {
        let mut swarm = Swarm::new(name);
        swarm.item = Some(item);
        self.slots.push(Some(swarm));
        SwarmId((self.slots.len() - 1) as u32)
    }

    /// Sets all names at once, each one's swarm.
    pub(crate) fn set_names(&mut self, names: Vec<(WireHash, SwarmId)>) {
        self.by_hash = Shards::of(names);
    }

    /// Merges the swarms of all hashes of an item into one. Returns it, and the merged ones, whose ids sessions still
    /// hold. Clients that were in several count once among those `announced`.
    pub(crate) fn join_names(
        &mut self,
        info_hash: InfoHash,
        v1_form: Option<Sha1Hash>,
        announced: &mut Budget,
    ) -> (SwarmId, Vec<SwarmId>) {
        let id = self.find_or_add(info_hash.primary());
        let hybrid = info_hash.v1().is_some() && info_hash.v2().is_some();
        if let Some(swarm) = self.get_mut(id).filter(|_| hybrid) {
            swarm.set_via(Via::V1);
        }
        let v1_form = v1_form.map(|hash| (WireHash(hash.0), Via::V1_FORM));
        let names = info_hash.v2_wire().map(|hash| (hash, Via::V2)).into_iter().chain(v1_form);
        let mut joined = Vec::new();
        for (hash, via) in names {
            let other = self.find(hash).filter(|&other| other != id);
            if let Some((other, mut absorbed)) =
                other.and_then(|other| Some((other, self.slots[other.0 as usize].take()?)))
            {
                joined.push(other);
                absorbed.set_via(via);
                if let Some(swarm) = self.get_mut(id) {
                    swarm.absorb(absorbed, announced);
                }
            }
            self.by_hash.insert(hash, id);
        }
        (id, joined)
    }

    /// Frees the id of a swarm that was merged into another, once nobody holds it.
    pub(crate) fn free(&mut self, id: SwarmId) {
        if self.get(id).is_none() {
            self.free.push(id.0);
        }
    }

    /// Forgets the swarm of an item that is forgotten, when nobody is in it.
    pub(crate) fn remove_item(&mut self, id: SwarmId, names: impl Iterator<Item = WireHash>) {
        for name in names.filter(|name| self.find(*name) == Some(id)).collect::<Vec<_>>() {
            self.by_hash.remove(name);
        }
        if self.slots[id.0 as usize].take().is_some() {
            self.free.push(id.0);
        }
    }

    /// Swarms one of whose names begins with these hexadecimal digits.
    pub(crate) fn beginning<'a>(&'a self, digits: &'a str) -> impl Iterator<Item = SwarmId> + 'a {
        let padded = |digit: char| -> Option<WireHash> {
            let mut text: String = digits.chars().take(40).collect();
            text.extend(std::iter::repeat_n(digit, 40 - text.len()));
            text.parse().ok()
        };
        let range = padded('0').zip(padded('f'));
        range.into_iter().flat_map(|(first, last)| self.by_hash.range(first..=last)).map(|(_, id)| id)
    }

    /// Removes expired peers from some swarms, and forgets idle swarms; the next call continues with the next ones.
    /// Returns the swarms that lost peers, with those peers. Those that others vouch for stay.
    pub(crate) fn sweep(
        &mut self,
        now: u32,
        is_vouched: impl Fn(SwarmId, Identity) -> bool,
    ) -> Vec<(SwarmId, Expired)> {
        let mut swept = Vec::new();
        for _ in 0..SWEEP.min(self.slots.len()) {
            let at = self.swept % self.slots.len();
            self.swept = at + 1;
            let Some(swarm) = &mut self.slots[at] else {
                continue;
            };
            let id = SwarmId(at as u32);
            let expired = swarm.purge(now, |identity| is_vouched(id, identity));
            if !expired.is_empty() {
                swept.push((id, expired));
            } else if swarm.is_idle() {
                self.by_hash.remove(swarm.name);
                self.slots[at] = None;
                self.free.push(at as u32);
            }
        }
        swept
    }
}
