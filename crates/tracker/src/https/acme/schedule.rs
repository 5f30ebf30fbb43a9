//! When to order a certificate. Pure: `chance` is a random number from 0 to 1.

use std::time::Duration;

use peerpool_access::Moment;

use super::validity::Validity;

/// After the first failure. The usual authorities take five failures an hour for a name: those after 0, 2, 6, 14 and 30
/// minutes.
const FIRST_PAUSE: Duration = Duration::from_secs(120);
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 3600);
/// After a failure for having asked too often.
const PAUSE_OF_A_LIMIT: Duration = Duration::from_secs(3600);

/// When to order the next certificate: when a third of the lifetime is left, or, so that not everybody comes at once, as much
/// as a thirtieth of the lifetime later.
pub(super) fn renewal(validity: Validity, chance: f64) -> Moment {
    let lifetime = validity.until.since(validity.from);
    validity.until - lifetime / 3 + lifetime.mul_f64(chance.clamp(0.0, 1.0) / 30.0)
}

/// How long to wait after so many failures in a row: twice as long each time, and a quarter more or less.
pub(super) fn pause(failed: u32, is_limit: bool, chance: f64) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failed.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
    let least = if is_limit { PAUSE_OF_A_LIMIT } else { Duration::ZERO };
    doubled.max(least).mul_f64(0.75 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn days(from: u64, until: u64) -> Validity {
        Validity { from: Moment(from * DAY), until: Moment(until * DAY) }
    }

    #[test]
    fn the_next_one_is_ordered_when_a_third_is_left_or_little_later() {
        assert_eq!(renewal(days(1000, 1090), 0.0), Moment(1060 * DAY));
        assert_eq!(renewal(days(1000, 1090), 1.0), Moment(1063 * DAY));
        assert_eq!(renewal(days(1000, 1006), 0.5), Moment(1004 * DAY + DAY / 10));
    }

    #[test]
    fn one_that_ended_before_it_began_is_ordered_at_once() {
        assert_eq!(renewal(days(1000, 900), 1.0), Moment(900 * DAY));
    }

    #[test]
    fn pauses_double_and_do_not_grow_without_bound() {
        let minutes = |failed| pause(failed, false, 0.5).as_secs() / 60;
        assert_eq!([1, 2, 3, 4, 5].map(minutes), [2, 4, 8, 16, 32]);
        assert_eq!([9, 40, u32::MAX].map(minutes), [360; 3]);
        assert_eq!(pause(1, false, 0.0), Duration::from_secs(90));
        assert_eq!(pause(1, false, 1.0), Duration::from_secs(150));
    }

    #[test]
    fn an_hour_has_five_tries_and_no_more() {
        let tried: Duration = (1..5).map(|failed| pause(failed, false, 0.5)).sum();
        assert!(
            tried < Duration::from_secs(3600) && tried + pause(5, false, 0.5) > Duration::from_secs(3600)
        );
    }

    #[test]
    fn who_has_asked_too_often_waits_for_an_hour_at_least() {
        assert_eq!(pause(1, true, 0.5), Duration::from_secs(3600));
        assert_eq!(pause(8, true, 0.5), pause(8, false, 0.5));
    }
}
