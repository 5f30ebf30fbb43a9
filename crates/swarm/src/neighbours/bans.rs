//! Where wrong data came from, and how long nothing more is taken from there.
//!
//! A peer id proves nothing: anybody may show that of another. So an endpoint that we dialled is banned by its address,
//! and a host from which liars dial us pays with waiting. Every penalty grows when it is earned again, and ends: a
//! holder that repaired itself is used again.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use peerpool_wire::{host::Host, time::Time};

use crate::Remote;

/// First ban of an endpoint; doubled with each further one …
const FIRST_BAN: Duration = Duration::from_secs(30);
/// … up to this one.
const LONGEST_BAN: Duration = Duration::from_secs(3600);
/// A host has this many liars free, for it may be the address of many; then it has to wait, twice as long each time …
const FREE_STRIKES: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// … up to this.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How long after the last penalty has ended its strikes are forgotten.
const MEMORY: Duration = Duration::from_secs(600);
/// Most endpoints, and most hosts, remembered.
const MAX_PENALTIES: usize = 1000;

#[derive(Clone, Copy, Debug)]
struct Penalty {
    strikes: u32,
    until: Time,
}

/// The penalties of one swarm.
#[derive(Debug, Default)]
pub(crate) struct Bans {
    endpoints: BTreeMap<SocketAddr, Penalty>,
    hosts: BTreeMap<Host, Penalty>,
}

impl Bans {
    /// A connection sent wrong data.
    pub(crate) fn strike(&mut self, now: Time, remote: &Remote) {
        if remote.outgoing {
            strike(&mut self.endpoints, now, remote.addr, |strikes| {
                doubled(FIRST_BAN, strikes - 1).min(LONGEST_BAN)
            });
        } else {
            strike(&mut self.hosts, now, remote.host(), |strikes| {
                match strikes.checked_sub(FREE_STRIKES + 1) {
                    Some(more) => doubled(FIRST_WAIT, more).min(LONGEST_WAIT),
                    None => Duration::ZERO,
                }
            });
        }
    }

    /// How long nothing is taken from there; `None` when it may be.
    pub(crate) fn barred(&self, now: Time, addr: SocketAddr, outgoing: bool) -> Option<Duration> {
        let penalty = if outgoing { self.endpoints.get(&addr) } else { self.hosts.get(&Host::of(addr.ip())) };
        penalty.filter(|penalty| penalty.until > now).map(|penalty| penalty.until.since(now))
    }

    /// Whether liars came from this host lately.
    pub(crate) fn is_suspected(&self, now: Time, addr: SocketAddr) -> bool {
        self.hosts.get(&Host::of(addr.ip())).is_some_and(|penalty| now < penalty.until + MEMORY)
    }
}

fn strike<K: Ord + Copy>(
    penalties: &mut BTreeMap<K, Penalty>,
    now: Time,
    key: K,
    length: impl Fn(u32) -> Duration,
) {
    penalties.retain(|_, penalty| now < penalty.until + MEMORY);
    if penalties.len() >= MAX_PENALTIES
        && !penalties.contains_key(&key)
        && let Some(soonest) = penalties.iter().min_by_key(|(_, penalty)| penalty.until).map(|(key, _)| *key)
    {
        penalties.remove(&soonest);
    }
    let penalty = penalties.entry(key).or_insert(Penalty { strikes: 0, until: now });
    penalty.strikes = penalty.strikes.saturating_add(1);
    penalty.until = penalty.until.max(now + length(penalty.strikes));
}

fn doubled(first: Duration, times: u32) -> Duration {
    first.saturating_mul(2u32.saturating_pow(times))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(addr: &str, outgoing: bool) -> Remote {
        Remote { addr: addr.parse().unwrap(), outgoing, ..Remote::any(1) }
    }

    #[test]
    fn a_ban_grows_and_ends() {
        let mut bans = Bans::default();
        let liar = remote("10.0.0.1:7", true);
        let mut now = Time::ZERO;
        let mut bans_of = Vec::new();
        for _ in 0..9 {
            bans.strike(now, &liar);
            let left = bans.barred(now, liar.addr, true).unwrap();
            bans_of.push(left.as_secs());
            now += left;
            assert_eq!(bans.barred(now, liar.addr, true), None);
        }
        assert_eq!(bans_of, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    }

    #[test]
    fn peers_at_the_address_of_a_liar_are_not_barred_at_once() {
        let mut bans = Bans::default();
        let now = Time::from_secs(9);
        bans.strike(now, &remote("10.0.0.1:50001", false));
        bans.strike(now, &remote("10.0.0.1:50002", false));
        assert_eq!(bans.barred(now, "10.0.0.1:50003".parse().unwrap(), false), None);
        assert_eq!(bans.barred(now, "10.0.0.1:7".parse().unwrap(), true), None);
        assert!(bans.is_suspected(now, "10.0.0.1:50003".parse().unwrap()));
        for _ in 0..4 {
            bans.strike(now, &remote("10.0.0.1:50002", false));
        }
        let left = bans.barred(now, "10.0.0.1:50003".parse().unwrap(), false);
        assert_eq!(left, Some(Duration::from_secs(4)));
        assert_eq!(
            bans.barred(now, "10.0.0.1:7".parse().unwrap(), true),
            None,
            "a seed there can be dialled"
        );
    }

    #[test]
    fn penalties_are_bounded() {
        let mut bans = Bans::default();
        for nth in 0..2000u32 {
            let [.., a, b] = nth.to_be_bytes();
            bans.strike(Time::ZERO, &remote(&format!("10.1.{a}.{b}:7"), true));
            bans.strike(Time::ZERO, &remote(&format!("10.1.{a}.{b}:7"), false));
        }
        assert_eq!((bans.endpoints.len(), bans.hosts.len()), (MAX_PENALTIES, MAX_PENALTIES));
    }
}
