//! As long as somebody has what another one needs, somebody gets on.

use std::time::Duration;

use peerpool_wire::time::Time;

use super::{Checker, View};

/// So long nothing may happen before it counts as a stall.
const PATIENCE: Duration = Duration::from_secs(30);

/// No swarm stands still while it could move.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    pieces: u64,
    since: Time,
}

impl Checker for Progress {
    fn name(&self) -> &'static str {
        "progress"
    }

    fn check(&mut self, view: &View<'_>) -> Vec<String> {
        let pieces = view.peers.iter().map(|peer| u64::from(peer.have.count())).sum();
        if pieces != self.pieces || !could_move(view) {
            *self = Self { pieces, since: view.now };
            return Vec::new();
        }
        if view.now.since(self.since) < PATIENCE {
            return Vec::new();
        }
        let since = std::mem::replace(&mut self.since, view.now);
        vec![format!(
            "nobody has completed a piece since {since:?}, though somebody has what another one needs"
        )]
    }
}

/// Whether an honest peer lacks a piece that another honest peer has.
fn could_move(view: &View<'_>) -> bool {
    let mut present = view.peers.iter().filter(|peer| peer.online && peer.honest);
    let Some(most) = present.clone().max_by_key(|peer| peer.have.count()) else {
        return false;
    };
    present.any(|peer| peer.have.count() < most.have.count() || peer.have.iter().ne(most.have.iter()))
}
