//! What the tracker has told.

use std::collections::BTreeMap;

use peerpool_wire::id::InfoHash;

use super::{Update, Voided};
use crate::{
    audience::{Audience, AudienceId},
    key::PublicKey,
    moment::Moment,
    pass::Pass,
};

/// The audience of each item that concerns this peer, and the passes that are void.
#[derive(Debug, Default)]
pub(super) struct Table {
    epoch: u64,
    voided: BTreeMap<PublicKey, Voided>,
    audiences: BTreeMap<AudienceId, Audience>,
    items: BTreeMap<InfoHash, AudienceId>,
}

impl Table {
    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn apply(&mut self, update: Update) {
        self.epoch = self.epoch.max(update.epoch);
        for voided in update.voided {
            let known = self.voided.entry(voided.key).or_insert(voided);
            known.before = known.before.max(voided.before);
            known.expires = known.expires.max(voided.expires);
        }
        self.audiences.extend(update.audiences);
        for (item, audience) in update.items {
            match audience {
                Some(audience) => self.items.insert(item, audience),
                None => self.items.remove(&item),
            };
        }
    }

    pub(super) fn audience(&self, item: InfoHash) -> Option<&Audience> {
        self.audiences.get(self.items.get(&item)?)
    }

    pub(super) fn is_void(&self, pass: &Pass) -> bool {
        self.voided.get(&pass.key).is_some_and(|voided| pass.made < voided.before)
    }

    pub(super) fn forget_expired(&mut self, now: Moment) {
        self.voided.retain(|_, voided| now < voided.expires);
    }
}
