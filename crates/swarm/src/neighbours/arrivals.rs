//! How often one host may knock.

use std::collections::BTreeMap;

use peerpool_wire::{host::Host, time::Time};

use crate::bucket::{Allowance, Bucket};

/// How many connections a host may open at once, and a second: many peers may share it, and all come at once.
const KNOCKS: Allowance = Allowance { burst: 100.0, rate: 10.0 };
/// Most hosts remembered.
const MAX_HOSTS: usize = 1000;

/// The hosts that have knocked lately.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    hosts: BTreeMap<Host, Bucket>,
}

impl Arrivals {
    /// Whether a connection of this host may come in.
    pub(crate) fn knock(&mut self, now: Time, host: Host) -> bool {
        if self.hosts.len() >= MAX_HOSTS {
            self.hosts.retain(|_, bucket| bucket.left(KNOCKS, now) < KNOCKS.burst);
        }
        // With so many hosts at once no single one is to blame.
        if self.hosts.len() >= MAX_HOSTS && !self.hosts.contains_key(&host) {
            return true;
        }
        self.hosts.entry(host).or_insert_with(|| Bucket::full(KNOCKS, now)).take_one(KNOCKS, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(last: u8) -> Host {
        Host::of([10, 0, 0, last].into())
    }

    #[test]
    fn a_storm_of_one_host_is_let_in_slowly_and_holds_up_nobody_else() {
        let mut arrivals = Arrivals::default();
        let let_in = (0..1000).filter(|nth| arrivals.knock(Time::from_millis(*nth), host(1))).count();
        assert_eq!(let_in, 109);
        assert!(arrivals.knock(Time::from_secs(1), host(2)));
        assert!(arrivals.knock(Time::from_secs(3), host(1)));
    }
}
