//! How fast peers are sent to other nodes.

use std::time::Duration;

/// Peers a second. Another node takes as many, and each comes with a connection, a hello and a few questions.
const RATE: u32 = 1_000;

/// When how many peers are to leave: evenly, so that those who come are spread over time at the other nodes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    peers: usize,
    spread: Duration,
}

impl Pace {
    /// For so many peers, all of whom have half of this time to arrive elsewhere.
    pub(super) fn new(peers: usize, within: Duration) -> Self {
        let spread = Duration::from_secs_f64(peers as f64 / f64::from(RATE));
        Self { peers, spread: spread.min(within / 2) }
    }

    /// How many are to have been told by then; without an end once all are, since others may have come at the last moment.
    pub(super) fn due(&self, after: Duration) -> usize {
        if after >= self.spread {
            return usize::MAX;
        }
        (self.peers as f64 * after.div_duration_f64(self.spread)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn due(peers: usize, within: Duration, milliseconds: &[u64]) -> Vec<usize> {
        let pace = Pace::new(peers, within);
        milliseconds.iter().map(|&after| pace.due(Duration::from_millis(after))).collect()
    }

    #[test]
    fn peers_leave_evenly_a_thousand_a_second() {
        assert_eq!(due(4_000, MINUTE, &[0, 1, 1_000, 3_999, 4_000]), [0, 1, 1_000, 3_999, usize::MAX]);
    }

    #[test]
    fn many_peers_leave_faster_so_that_all_have_half_of_the_time_to_arrive() {
        let minute = due(200_000, MINUTE, &[15_000, 30_000]);
        assert_eq!(minute, [100_000, usize::MAX]);
    }

    #[test]
    fn a_few_peers_leave_at_once() {
        assert_eq!(due(0, MINUTE, &[0]), [usize::MAX]);
        assert_eq!(due(20, MINUTE, &[20]), [usize::MAX]);
    }
}
