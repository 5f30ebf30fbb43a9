//! Taking up what the store has, at a start. Ordered maps are built whole, of sorted keys, in a fraction of the time that
//! as many insertions take.

use std::collections::BTreeSet;

use peerpool_wire::id::{TrackerId, WireHash};

use super::Catalogue;
use crate::{
    ids::SwarmId,
    input::{Change, NewItem},
    policy::Policy,
};

/// A catalogue that is being filled with what the store has.
#[derive(Debug)]
pub struct Restoring {
    catalogue: Catalogue,
    /// Every name of every swarm.
    names: Vec<(WireHash, SwarmId)>,
}

impl Restoring {
    /// Begins with nothing; as [`Catalogue::new`].
    pub fn new(policy: Policy, tracker_id: TrackerId, name: String, seed: u64) -> Self {
        Self { catalogue: Catalogue::new(policy, tracker_id, name, seed), names: Vec::new() }
    }

    /// Takes up an item. They come in the order in which they became known.
    pub fn add(&mut self, item: NewItem) {
        let Catalogue { items, swarms, .. } = &mut self.catalogue;
        let Some(id) = items.next_id() else { return };
        let swarm = swarms.push(item.facts.info_hash.primary(), id);
        self.names.extend(item.facts.wire_hashes().map(|name| (name, swarm)));
        items.push_unordered(item, swarm, None);
    }

    /// The catalogue, with all of them.
    pub fn finish(self) -> Catalogue {
        let Self { mut catalogue, mut names } = self;
        names.sort_unstable();
        names.dedup();
        let shared = names.windows(2).filter(|pair| pair[0].0 == pair[1].0);
        let shared: BTreeSet<SwarmId> = shared.flatten().map(|&(_, swarm)| swarm).collect();
        names.retain(|(_, swarm)| !shared.contains(swarm));
        catalogue.swarms.set_names(names);
        catalogue.items.order_roots();
        // Those that share a name (an item and its v1 form) take each other's place as they did before.
        let items: Vec<_> = shared.into_iter().filter_map(|swarm| catalogue.take_nameless(swarm)).collect();
        items.into_iter().for_each(|item| catalogue.apply(Change::Added(item)));
        catalogue
    }
}

impl Catalogue {
    /// Takes out an item whose swarm has no name yet.
    fn take_nameless(&mut self, swarm: SwarmId) -> Option<NewItem> {
        let id = self.swarms.get(swarm)?.item?;
        self.swarms.remove_item(swarm, std::iter::empty());
        let item = self.take_item(id)?;
        let facts = (*item.facts).clone();
        Some(NewItem { facts, torrent: [].into(), added: item.added, owner: item.owner })
    }
}
