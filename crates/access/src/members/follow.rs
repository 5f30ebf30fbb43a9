//! Several trackers that keep the same members: what one has changed, the others take up.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{Change, Effects, Members};
use crate::{
    key::PublicKey,
    rules::{Rule, RuleBook, RuleId},
};

impl Members {
    /// Other trackers make passes, too, and may do so for so long without having seen a change, by clocks that may not agree.
    pub fn with_others_behind(self, others_behind: Duration) -> Self {
        Self { others_behind, ..self }
    }

    /// Goes on with what is kept by now, where another tracker has changed it; `kept` gives all of it again. Of the effects
    /// nothing has to be stored.
    pub fn follow(&mut self, kept: Vec<Change>) -> Effects {
        let mut next = Self::new(self.pool).with_others_behind(self.others_behind);
        kept.into_iter().for_each(|change| next.apply(change));
        let before = std::mem::replace(self, next);
        let keys: BTreeSet<PublicKey> = before.devices.keys().chain(self.devices.keys()).copied().collect();
        let is_new = |key: &PublicKey| self.voided.get(key) != before.voided.get(key);
        let needs_pass = |key: &PublicKey| {
            let has = self.subjects_of(*key);
            !has.is_empty() && (is_new(key) || has != before.subjects_of(*key))
        };
        let passes = keys.iter().copied().filter(needs_pass).collect();
        let voided = self.voided.values().filter(|voided| is_new(&voided.key)).copied().collect();
        let rules = self.swept != before.swept || by_number(&self.rules) != by_number(&before.rules);
        let changes = match self.epoch == before.epoch {
            true => Vec::new(),
            false => vec![Change::Epoch(self.epoch)],
        };
        Effects { changes, passes, voided, rules }
    }
}

fn by_number(rules: &RuleBook) -> BTreeMap<RuleId, &Rule> {
    rules.iter().map(|rule| (rule.id, rule)).collect()
}
