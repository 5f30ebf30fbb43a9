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
    /// Hybrids that a session located by one of their hashes, by that.
    halves: BTreeMap<InfoHash, Option<InfoHash>>,
    audiences: Audiences,
    /// The newest of them.
    newest: Option<AudienceId>,
}

impl Items {
    /// Adds an item; one that is known keeps its owner.
    pub(super) fn add(&mut self, item: KnownItem, rules: &RuleBook, now: Moment) {
        let audience = self.audience_for(&item, rules, now);
        for half in halves(&item.info_hash) {
            if let Some(whole) = self.halves.get_mut(&half) {
                *whole = Some(item.info_hash);
            }
        }
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
        for half in halves(&info_hash) {
            self.halves.remove(&half);
        }
    }

    /// A session is told of holders by this hash, which may be one of two, and of an item that is not here yet.
    pub(super) fn located(&mut self, hash: InfoHash) {
        let is_half = hash.v1().is_none() || hash.v2().is_none();
        if is_half && !self.known.contains_key(&hash) && !self.halves.contains_key(&hash) {
            self.halves.insert(hash, self.find(hash).map(|item| item.info_hash));
        }
    }

    /// These items, also by one hash where a session knows one by that alone.
    pub(super) fn spelled(&self, items: &BTreeSet<InfoHash>) -> BTreeSet<InfoHash> {
        let halves = items.iter().flat_map(halves).filter(|half| self.halves.contains_key(half));
        halves.chain(items.iter().copied()).collect()
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

    /// The audience of an item that is known, by all of its hashes or as somebody located it.
    pub(super) fn audience_of(&self, hash: InfoHash) -> Option<(AudienceId, &Audience)> {
        let by_half = || self.known.get((*self.halves.get(&hash)?).as_ref()?);
        let (_, id) = self.known.get(&hash).or_else(by_half)?;
        Some((*id, self.audiences.get(*id)?))
    }
}

/// Each hash of a hybrid by itself.
fn halves(item: &InfoHash) -> impl Iterator<Item = InfoHash> + use<> {
    let hashes = item.v1().zip(item.v2());
    hashes.into_iter().flat_map(|(v1, v2)| [InfoHash::v1_only(v1), InfoHash::v2_only(v2)])
}
