//! Which items somebody online has, by name. Looking up a name, or counting its variants, stays cheap however many
//! items of that name somebody made.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use rustc_hash::FxHashMap;

use crate::{
    facts::ItemFacts,
    ids::ItemId,
    shards::Shards,
    viewer::{Audience, Viewer},
};

/// The digest of a name, or of a name and a content. Digests may collide, so callers compare the name itself.
type Digest = u64;

#[derive(Debug, Default)]
pub(crate) struct Online {
    by_name: Shards<(Digest, ItemId)>,
    names: FxHashMap<Digest, u32>,
    contents: FxHashMap<Digest, u32>,
    /// The same by audience, where those are said.
    names_seen: BTreeMap<(Digest, Audience), u32>,
    contents_seen: BTreeMap<(Digest, Audience), u32>,
}

impl Online {
    /// An item becomes listed.
    pub(crate) fn add(&mut self, facts: &ItemFacts, audience: Audience, id: ItemId) {
        let name = digest(&facts.name);
        self.by_name.insert((name, id), ());
        *self.names.entry(name).or_default() += 1;
        if let Some(content) = content(facts) {
            *self.contents.entry(content).or_default() += 1;
        }
        self.count(facts, audience, true);
    }

    /// An item is no longer listed.
    pub(crate) fn remove(&mut self, facts: &ItemFacts, audience: Audience, id: ItemId) {
        let name = digest(&facts.name);
        self.by_name.remove((name, id));
        decrease(&mut self.names, name);
        if let Some(content) = content(facts) {
            decrease(&mut self.contents, content);
        }
        self.count(facts, audience, false);
    }

    /// A listed item has another audience.
    pub(crate) fn set_audience(&mut self, facts: &ItemFacts, before: Audience, now: Audience) {
        self.count(facts, before, false);
        self.count(facts, now, true);
    }

    /// One more, or one less, that this audience sees.
    fn count(&mut self, facts: &ItemFacts, audience: Audience, more: bool) {
        if audience == Audience::UNSAID {
            return;
        }
        let Self { names_seen, contents_seen, .. } = self;
        let name = Some((names_seen, digest(&facts.name)));
        for (counts, of) in name.into_iter().chain(content(facts).map(|content| (contents_seen, content))) {
            let count = counts.entry((of, audience)).or_default();
            *count = if more { *count + 1 } else { count.saturating_sub(1) };
            if *count == 0 {
                counts.remove(&(of, audience));
            }
        }
    }

    /// Whether nothing is listed.
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// How many other items of its name, with other content, are listed.
    pub(crate) fn variants(&self, facts: &ItemFacts, is_listed: bool) -> u32 {
        let all = self.names.get(&digest(&facts.name)).copied().unwrap_or(0);
        let same = match content(facts) {
            Some(content) => self.contents.get(&content).copied().unwrap_or(0),
            None => u32::from(is_listed),
        };
        all.saturating_sub(same)
    }

    /// How many other items of its name, with other content, are listed and seen; `is_counted` says whether it is itself.
    pub(crate) fn variants_seen(&self, facts: &ItemFacts, is_counted: bool, viewer: &Viewer) -> u32 {
        let seen = |counts: &BTreeMap<(Digest, Audience), u32>, of: Digest| -> u32 {
            let of = counts.range((of, Audience(0))..=(of, Audience::UNSAID));
            of.filter(|((_, audience), _)| viewer.sees(*audience)).map(|(_, count)| count).sum()
        };
        let same = content(facts).map_or(u32::from(is_counted), |content| seen(&self.contents_seen, content));
        seen(&self.names_seen, digest(&facts.name)).saturating_sub(same)
    }

    /// Listed items that may have this name.
    pub(crate) fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = ItemId> + use<'a> {
        let name = digest(name);
        self.by_name.range((name, ItemId(0))..=(name, ItemId(u32::MAX))).map(|((_, id), ())| id)
    }
}

fn decrease(counts: &mut FxHashMap<Digest, u32>, of: Digest) {
    if let Some(count) = counts.get_mut(&of) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&of);
        }
    }
}

fn digest(name: &str) -> Digest {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// Items of one name and content are no variants of each other.
fn content(facts: &ItemFacts) -> Option<Digest> {
    let root = facts.root?;
    let mut hasher = DefaultHasher::new();
    (&facts.name, root).hash(&mut hasher);
    Some(hasher.finish())
}
