//! How much of a shared resource one host may hold, and all hosts together.
//!
//! Two rules run through it, here as at a peer. A host may use whatever is free, but leaves room for others: many
//! honest peers share an address behind NAT, so shares do better than small fixed limits. And whoever makes progress
//! keeps its place; the idle and the slow give way.

use std::collections::BTreeMap;

use peerpool_wire::host::Host;

/// An amount of one resource, and how much of it each host holds.
///
/// A host may hold as much as it leaves free for others, and a small amount in any case. So a host that is alone gets
/// half of the whole, a second one half of what is left, and however much the first ones hold, the next gets something.
#[derive(Debug)]
pub struct Budget {
    whole: usize,
    least: usize,
    taken: usize,
    hosts: BTreeMap<Host, usize>,
}

impl Budget {
    /// A budget of `whole` in all; a host that holds no more than `least` is refused only when nothing is left.
    pub fn new(whole: usize, least: usize) -> Self {
        Self { whole, least, taken: 0, hosts: BTreeMap::new() }
    }

    /// Takes an amount for a host. Takes nothing and returns false when that would exceed its share.
    #[must_use]
    pub fn take(&mut self, host: Host, amount: usize) -> bool {
        let own = self.held(host).saturating_add(amount);
        let Some(free) = self.whole.checked_sub(self.taken.saturating_add(amount)) else {
            return false;
        };
        if own > free.max(self.least) {
            return false;
        }
        if amount > 0 {
            self.taken += amount;
            self.hosts.insert(host, own);
        }
        true
    }

    /// Gives back an amount that was taken for this host.
    pub fn give_back(&mut self, host: Host, amount: usize) {
        let own = self.held(host).saturating_sub(amount);
        self.taken = self.taken.saturating_sub(amount);
        if own == 0 {
            self.hosts.remove(&host);
        } else {
            self.hosts.insert(host, own);
        }
    }

    /// So much in all.
    pub fn whole(&self) -> usize {
        self.whole
    }

    /// How much of it all hosts hold together.
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// How much a host holds.
    pub fn held(&self, host: Host) -> usize {
        self.hosts.get(&host).copied().unwrap_or(0)
    }

    /// The host that holds the most.
    pub fn greediest(&self) -> Option<Host> {
        self.hosts.iter().max_by_key(|&(_, &held)| held).map(|(&host, _)| host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        Host::of(text.parse().unwrap())
    }

    #[test]
    fn a_host_leaves_as_much_as_it_holds() {
        let mut budget = Budget::new(100, 0);
        assert!(budget.take(host("10.0.0.1"), 50));
        assert!(!budget.take(host("10.0.0.1"), 1));
        assert!(budget.take(host("10.0.0.2"), 25));
        assert!(!budget.take(host("10.0.0.2"), 1));
        assert_eq!(budget.greediest(), Some(host("10.0.0.1")));
        budget.give_back(host("10.0.0.1"), 50);
        assert!(budget.take(host("10.0.0.2"), 25));
    }

    #[test]
    fn a_small_amount_is_refused_only_when_nothing_is_left() {
        let mut budget = Budget::new(10, 4);
        assert!(budget.take(host("10.0.0.1"), 5));
        assert!(budget.take(host("10.0.0.2"), 4));
        assert!(budget.take(host("10.0.0.3"), 1));
        assert!(!budget.take(host("10.0.0.4"), 1));
    }
}
