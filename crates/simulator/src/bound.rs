//! The time below which no distribution can go.

/// One downloading peer, as far as the bound is concerned. Rates in bytes a second.
#[derive(Clone, Copy, Debug)]
pub struct Downloader {
    /// When it arrives, in seconds after the start.
    pub arrives: f64,
    /// What it gives; 0 for a free rider.
    pub up: f64,
    /// What it can take.
    pub down: f64,
}

/// Seconds after the start before which not all of `downloaders` can have `bytes`, with seeds that give `seed_up`
/// bytes a second together.
///
/// For peers that are all there from the start this is max(F/u_seed, F/d_min, N·F/(u_seed + Σu)), the bound of
/// Kumar and Ross (2006), which a fluid reaches. For peers that arrive later each may take from its arrival only,
/// and gives nothing before it.
pub fn bound(bytes: u64, seed_up: f64, downloaders: &[Downloader]) -> f64 {
    let size = bytes as f64;
    let by_downlink = downloaders.iter().map(|peer| peer.arrives + size / peer.down).fold(0.0, f64::max);
    let first_copy = size / seed_up;
    first_copy.max(by_downlink).max(all_uplinks(size * downloaders.len() as f64, seed_up, downloaders))
}

/// When all uplinks together have carried `work` bytes.
fn all_uplinks(work: f64, seed_up: f64, downloaders: &[Downloader]) -> f64 {
    let mut arrivals: Vec<(f64, f64)> = downloaders.iter().map(|peer| (peer.arrives, peer.up)).collect();
    arrivals.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut now, mut rate, mut left) = (0.0, seed_up, work);
    for (arrives, up) in arrivals {
        let carried = (arrives - now) * rate;
        if carried >= left {
            break;
        }
        left -= carried;
        now = arrives;
        rate += up;
    }
    now + left / rate
}

#[cfg(test)]
mod tests {
    use super::*;

    fn together(count: usize, up: f64, down: f64) -> Vec<Downloader> {
        let peer = Downloader { arrives: 0.0, up, down };
        vec![peer; count]
    }

    #[test]
    fn a_slow_seed_a_slow_downlink_and_too_little_uplink_each_bound_the_time() {
        assert_eq!(bound(100, 1.0, &together(3, 50.0, 50.0)), 100.0);
        assert_eq!(bound(100, 50.0, &together(3, 50.0, 2.0)), 50.0);
        assert_eq!(bound(100, 10.0, &together(10, 0.0, 1000.0)), 100.0);
    }

    #[test]
    fn a_late_peer_gives_nothing_before_it_arrives() {
        let mut peers = together(2, 10.0, 1000.0);
        peers[1].arrives = 10.0;
        // The later one's own downlink.
        assert_eq!(bound(100, 10.0, &peers), 10.1);
        peers[1].arrives = 2.0;
        // 200 bytes in all: 10 + 1 a second until it arrives, then 12.
        peers[0].up = 1.0;
        peers[1].up = 1.0;
        assert_eq!(bound(100, 10.0, &peers), 2.0 + (200.0 - 22.0) / 12.0);
    }
}
