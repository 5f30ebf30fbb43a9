//! How often somebody may try to sign in: with a password; or with a passkey or an account elsewhere, which have no name
//! here yet.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use peerpool_access::Moment;

/// For so long a failed try counts.
const COUNTED: Duration = Duration::from_secs(15 * 60);
/// Failed tries of a host for one account, of a host for all, and of all for one account.
const OF_BOTH: u32 = 5;
const OF_HOST: u32 = 30;
const OF_ACCOUNT: u32 = 100;
/// Most that is remembered; the oldest goes.
const REMEMBERED: usize = 30_000;

/// Characters of a name by which accounts are told apart.
const LONGEST_NAME: usize = 256;

/// Whose tries are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Both(IpAddr, String),
    Host(IpAddr),
    Account(String),
}

impl Who {
    fn most(&self) -> u32 {
        match self {
            Self::Both(..) => OF_BOTH,
            Self::Host(_) => OF_HOST,
            Self::Account(_) => OF_ACCOUNT,
        }
    }
}

/// Failed tries of late.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    /// How many, and when the first of them was.
    failed: BTreeMap<Who, (u32, Moment)>,
}

impl Attempts {
    /// Counts a try before its outcome is known; after how long to try again if there were too many.
    pub(crate) fn begin(&mut self, now: Moment, host: IpAddr, account: Option<&str>) -> Result<(), Duration> {
        self.forget(now);
        let all = whose(host, account);
        for who in &all {
            if let Some((failed, first)) = self.failed.get(who)
                && *failed >= who.most()
                && !is_over(*first, now)
            {
                return Err((*first + COUNTED).since(now).max(Duration::from_secs(1)));
            }
        }
        for who in all {
            let (failed, first) = self.failed.entry(who).or_insert((0, now));
            if is_over(*first, now) {
                (*failed, *first) = (0, now);
            }
            *failed += 1;
        }
        Ok(())
    }

    /// A try was right: it does not count, and those before it from this host for this account do not either.
    pub(crate) fn right(&mut self, host: IpAddr, account: Option<&str>) {
        for who in whose(host, account) {
            match who {
                Who::Both(..) => drop(self.failed.remove(&who)),
                _ => {
                    if let Some((failed, _)) = self.failed.get_mut(&who) {
                        *failed = failed.saturating_sub(1);
                    }
                }
            }
        }
    }

    /// Makes room where there is none. What goes beyond the half is the oldest.
    fn forget(&mut self, now: Moment) {
        if self.failed.len() + 3 <= REMEMBERED {
            return;
        }
        self.failed.retain(|_, (_, first)| !is_over(*first, now));
        if self.failed.len() > REMEMBERED / 2 {
            let mut begun: Vec<Moment> = self.failed.values().map(|(_, first)| *first).collect();
            let (_, &mut middle, _) = begun.select_nth_unstable(self.failed.len() / 2);
            self.failed.retain(|_, (_, first)| *first > middle);
        }
    }
}

fn is_over(first: Moment, now: Moment) -> bool {
    first + COUNTED <= now
}

/// An IPv6 host has its whole /64 network.
fn whose(host: IpAddr, account: Option<&str>) -> Vec<Who> {
    let host = match host {
        IpAddr::V6(ip) => IpAddr::V6((u128::from(ip) & !u128::from(u64::MAX)).into()),
        ip => ip,
    };
    // Names are shorter; who tries longer ones is not given the memory for them.
    let account = account.map(|account| account.chars().take(LONGEST_NAME).collect::<String>());
    let of_account = account.map(|account| [Who::Both(host, account.clone()), Who::Account(account)]);
    of_account.into_iter().flatten().chain([Who::Host(host)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_800_000_000);

    fn host(number: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, number])
    }

    #[test]
    fn a_host_that_guesses_has_to_wait_and_others_do_not() {
        let mut attempts = Attempts::default();
        for _ in 0..OF_BOTH {
            attempts.begin(NOW, host(1), Some("ann")).unwrap();
        }
        assert_eq!(attempts.begin(NOW, host(1), Some("ann")), Err(COUNTED));
        attempts.begin(NOW, host(1), Some("bob")).unwrap();
        attempts.begin(NOW, host(2), Some("ann")).unwrap();
        attempts.begin(NOW + COUNTED, host(1), Some("ann")).unwrap();
    }

    #[test]
    fn a_right_password_takes_the_wrong_ones_before_it_back() {
        let mut attempts = Attempts::default();
        for _ in 0..20 {
            for _ in 0..OF_BOTH - 1 {
                attempts.begin(NOW, host(1), Some("ann")).unwrap();
                attempts.failed.remove(&Who::Host(host(1)));
                attempts.failed.remove(&Who::Account("ann".to_owned()));
            }
            attempts.begin(NOW, host(1), Some("ann")).unwrap();
            attempts.right(host(1), Some("ann"));
        }
    }

    #[test]
    fn many_names_from_one_host_and_many_hosts_for_one_name_are_too_many() {
        let mut attempts = Attempts::default();
        for name in 0..OF_HOST {
            attempts.begin(NOW, host(1), Some(&name.to_string())).unwrap();
        }
        assert!(attempts.begin(NOW, host(1), Some("ann")).is_err());
        let mut attempts = Attempts::default();
        for number in 0..OF_ACCOUNT {
            let network = IpAddr::from([0x2001, 0xdb8, 0, number as u16, 0, 0, 0, 1]);
            attempts.begin(NOW, network, Some("ann")).unwrap();
        }
        assert!(attempts.begin(NOW, host(1), Some("ann")).is_err());
    }

    #[test]
    fn a_network_of_version_6_is_one_host() {
        let mut attempts = Attempts::default();
        let address = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 1, 2, 3, last]);
        for last in 0..OF_BOTH {
            attempts.begin(NOW, address(last as u16), Some("ann")).unwrap();
        }
        assert!(attempts.begin(NOW, address(99), Some("ann")).is_err());
    }

    #[test]
    fn a_flood_of_names_is_forgotten_before_it_fills_the_memory() {
        let mut attempts = Attempts::default();
        for number in 0..50_000u32 {
            let second = NOW + Duration::from_secs(u64::from(number / 1000));
            let from = IpAddr::from(number.to_be_bytes());
            attempts.begin(second, from, Some(&number.to_string())).unwrap();
            assert!(attempts.failed.len() <= REMEMBERED);
        }
    }

    #[test]
    fn whoever_comes_without_a_name_is_counted_by_its_host_alone() {
        let mut attempts = Attempts::default();
        for _ in 0..OF_HOST {
            attempts.begin(NOW, host(1), None).unwrap();
        }
        assert!(attempts.begin(NOW, host(1), None).is_err());
        assert!(attempts.begin(NOW, host(1), Some("ann")).is_err());
        attempts.begin(NOW, host(2), None).unwrap();
        attempts.right(host(1), None);
        attempts.begin(NOW, host(1), None).unwrap();
    }
}
