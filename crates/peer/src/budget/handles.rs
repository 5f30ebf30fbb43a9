//! What the process may open, shared out so that strangers never take what the peer itself needs.

use rustix::process::{Resource, getrlimit};

use super::{CONNECTIONS, HANDSHAKES};

/// What a peer opens for itself: its repository, its sockets, the tracker, the event loop.
const OWN: u64 = 24;
/// Files of items (`repository::OpenFiles` keeps as many at most), and some that are open for a moment.
const FILES: u64 = 224;
/// Clients of the control API: half of them at its socket, half at the door for browsers.
const CLIENTS: u64 = 256;

/// With fewer connections a peer is told to have few.
const ENOUGH: usize = 200;

/// How many connections there may be of each kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Handles {
    pub(crate) connections: usize,
    pub(crate) handshakes: usize,
    pub(crate) clients: usize,
    pub(crate) browsers: usize,
}

impl Handles {
    /// Whether a peer of many swarms can do with them.
    pub(crate) fn are_few(&self) -> bool {
        self.connections < ENOUGH
    }

    /// What the peers of this process may open, so many of them. Clients are counted for each, the others for all.
    pub(crate) fn of_this_process(peers: usize) -> Self {
        Self::within(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX), peers.max(1) as u64)
    }

    fn within(limit: u64, peers: u64) -> Self {
        let each = limit / peers;
        let clients = CLIENTS.min(each / 8).max(2);
        let left = limit.saturating_sub((OWN + FILES.min(each / 4) + clients).saturating_mul(peers));
        let at_most = |most: usize, some: u64| usize::try_from(some).map_or(most, |some| some.clamp(1, most));
        Self {
            connections: at_most(CONNECTIONS, left / 4 * 3),
            handshakes: at_most(HANDSHAKES, left / 4),
            clients: at_most(CLIENTS as usize, clients - clients / 2),
            browsers: at_most(CLIENTS as usize, clients / 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_handles_to_everything_else() {
        let half = CLIENTS as usize / 2;
        let full =
            Handles { connections: CONNECTIONS, handshakes: HANDSHAKES, clients: half, browsers: half };
        assert_eq!(Handles::within(u64::MAX, 1), full);
        assert_eq!(Handles::within(8192, 1), full);
        for limit in 64..8192 {
            let shared = Handles::within(limit, 1);
            let taken = shared.connections + shared.handshakes + shared.clients + shared.browsers;
            assert!(taken as u64 + OWN + FILES.min(limit / 4) <= limit, "{limit}: {shared:?}");
            assert!(shared.connections >= 9 && shared.handshakes >= 3, "{limit}: {shared:?}");
        }
    }

    #[test]
    fn several_peers_leave_each_other_handles() {
        for (limit, peers) in [(1024, 2), (4096, 5), (1 << 20, 100)] {
            let Handles { connections, handshakes, clients, browsers } = Handles::within(limit, peers);
            let of_each = OWN + FILES.min(limit / peers / 4) + (clients + browsers) as u64;
            assert!((connections + handshakes) as u64 + peers * of_each <= limit, "{limit} for {peers}");
            assert!(connections >= 100, "{connections} of {limit} for {peers}");
        }
    }
}
