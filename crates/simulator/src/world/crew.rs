//! Many hands for one window.

use std::thread;

use peerpool_wire::time::Time;

use crate::peer::VirtualPeer;

/// Below this many peers at work, a second thread costs more than it brings.
const WORTH_IT: usize = 64;

/// Runs every peer that has something to do before `end` up to it.
///
/// Within a window no peer sees anything of another, so the threads share nothing, and it does not matter which
/// of them is done first.
pub(super) fn run(peers: &mut [VirtualPeer], next: &[Option<Time>], end: Time, threads: usize) {
    let due = |next: &Option<Time>| next.is_some_and(|next| next < end);
    let work = |peers: &mut [VirtualPeer], next: &[Option<Time>]| {
        for (peer, _) in peers.iter_mut().zip(next).filter(|(_, next)| due(next)) {
            peer.run_until(end);
        }
    };
    let busy = next.iter().filter(|next| due(next)).count();
    let share = peers.len().div_ceil(threads.max(1)).max(1);
    if threads == 1 || busy < WORTH_IT {
        return work(peers, next);
    }
    thread::scope(|scope| {
        for (peers, next) in peers.chunks_mut(share).zip(next.chunks(share)) {
            scope.spawn(move || work(peers, next));
        }
    });
}
