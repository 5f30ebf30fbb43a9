//! The items of the pool, each with its audience.

use std::collections::{BTreeMap, BTreeSet};

use peerpool_access::{
    Audience, AudienceId, Audiences, MemberId, Moment, Right, Subjects,
    rules::{Named, RuleBook},
};
use peerpool_catalogue::{self as catalogue, NewItem, Viewer};
use peerpool_wire::id::InfoHash;

/// An item, as rules see it.
#[derive(Debug, Clone)]
pub(crate) struct KnownItem {
    pub(crate) info_hash: InfoHash,
    pub(crate) name: String,
    /// The number of the member who brought it in.
    pub(crate) owner: Option<u32>,
}

impl From<&NewItem> for KnownItem {
    fn from(item: &NewItem) -> Self {
        Self { info_hash: item.facts.info_hash, name: item.facts.name.clone(), owner: item.owner }
    }
}

impl KnownItem {
    fn audience(&self, rules: &RuleBook, now: Moment) -> Audience {
        rules.decide(&self.named(), now).audience
    }

    /// The same for the rules.
    pub(crate) fn named(&self) -> Named<'_> {
        Named { item: self.info_hash, name: &self.name, owner: self.owner.map(MemberId) }
    }
}

/// All items with their audiences; most have one of a few.
#[derive(Debug, Default)]
pub(crate) struct Items {
    known: BTreeMap<InfoHash, (KnownItem, AudienceId)>,
    audiences: Audiences,
    /// The newest of them.
    newest: Option<AudienceId>,
}

impl Items {
    /// Adds an item; one that is known keeps its owner.
    pub(super) fn add(&mut self, item: KnownItem, rules: &RuleBook, now: Moment) {
        let audience = self.audience_for(&item, rules, now);
        self.known.entry(item.info_hash).or_insert((item, audience));
    }

    /// The audience of an item, or the one that it has once it is known.
    pub(super) fn audience_for(&mut self, item: &KnownItem, rules: &RuleBook, now: Moment) -> AudienceId {
        match self.known.get(&item.info_hash) {
            Some((_, audience)) => *audience,
            None => self.audiences.intern(item.audience(rules, now)),
        }
    }

    /// Whether there are audiences that were not there when this was last asked.
    pub(super) fn has_new_audiences(&mut self) -> bool {
        let newest = self.audiences.newest();
        std::mem::replace(&mut self.newest, newest) != newest
    }

    /// Somebody who counts as these, as far as that is what may be seen.
    pub(crate) fn viewer(&self, subjects: &Subjects) -> Viewer {
        Viewer::of(self.audiences.with(Right::See, subjects).map(|id| catalogue::Audience(id.0)))
    }

    pub(super) fn remove(&mut self, info_hash: InfoHash) {
        self.known.remove(&info_hash);
    }

    /// Goes by other rules; which items have another audience now.
    pub(super) fn follow(&mut self, rules: &RuleBook, now: Moment) -> BTreeSet<InfoHash> {
        let Self { known, audiences, .. } = self;
        let changed = known.values_mut().filter_map(|(item, audience)| {
            let by_now = audiences.intern(item.audience(rules, now));
            (std::mem::replace(audience, by_now) != by_now).then_some(item.info_hash)
        });
        changed.collect()
    }

    /// The item that has this hash: exactly these, or else one of them.
    pub(crate) fn find(&self, hash: InfoHash) -> Option<&KnownItem> {
        let (item, _) = self.known.get(&hash).or_else(|| {
            let shares = |item: &InfoHash| {
                (hash.v1().is_some() && hash.v1() == item.v1())
                    || (hash.v2().is_some() && hash.v2() == item.v2())
            };
            self.known.iter().find(|(item, _)| shares(item)).map(|(_, known)| known)
        })?;
        Some(item)
    }

    /// The audience of an item that is known.
    pub(super) fn audience_of(&self, info_hash: InfoHash) -> Option<(AudienceId, &Audience)> {
        let (_, id) = self.known.get(&info_hash)?;
        Some((*id, self.audiences.get(*id)?))
    }
}
