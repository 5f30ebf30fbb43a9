//! What waits for a node.

use peerpool_catalogue::{Catalogue, LinkEvent, Policy, Restoring};
use peerpool_wire::{
    id::{InfoHash, Sha256Hash, TrackerId},
    link::{Hello, News, Nonce, ProcessId},
    time::Time,
};
use tokio::sync::oneshot;

use super::*;
use crate::{
    links::{
        Linked, Ways,
        ways::{OpenLink, Outgoing, Way},
    },
    metrics::Metrics,
};

/// The ways out of a node, with the catalogue that they are of.
struct Owner {
    catalogue: Catalogue,
    ways: Ways,
}

impl Owner {
    fn new() -> Self {
        let policy = Policy { pool: Some(Pool::new([7; 16])), ..Policy::default() };
        let catalogue = Restoring::new(policy, TrackerId([1; 16]), "test".into(), 1).finish();
        Self { catalogue, ways: Ways::new(Metrics::new()).0 }
    }

    fn up(&mut self, process: u64) -> (OpenLink, Outgoing) {
        let (way, outgoing) = Way::new();
        let (answer, mut answered) = oneshot::channel();
        let who =
            Hello { versions: vec![1], node: NodeId(2), process: ProcessId(process), nonce: Nonce([0; 32]) };
        self.handle(Linked::Up { who, address: [127, 0, 0, 1].into(), way, answer });
        (answered.try_recv().unwrap(), outgoing)
    }

    fn handle(&mut self, linked: Linked) {
        self.ways.handle(Time::ZERO, linked, &mut self.catalogue, &mut Vec::new());
    }
}

fn much() -> News {
    News::Known { items: vec![(InfoHash::v2_only(Sha256Hash([1; 32])), 1); 1000] }
}

#[test]
fn a_node_that_does_not_keep_up_is_let_go_before_much_waits() {
    let mut owner = Owner::new();
    let (_, outgoing) = owner.up(1);
    let mut behind = Vec::new();
    while behind.is_empty() {
        assert!(outgoing.waiting() <= 64 << 20);
        owner.ways.tell(None, much());
        behind = owner.ways.flush();
    }
    assert_eq!(behind.len(), 1);
    assert!(outgoing.waiting() > 60 << 20, "not before");
    assert!(outgoing.ended.is_cancelled());
    assert!(owner.ways.flush().is_empty());
}

#[test]
fn a_link_begun_anew_ends_the_one_before_and_ignores_what_comes_over_it() {
    let mut owner = Owner::new();
    let (before, outgoing) = owner.up(1);
    let (now, anew) = owner.up(1);
    assert!(outgoing.ended.is_cancelled());
    assert_ne!(before, now);
    owner.handle(Linked::Happened { on: before, event: LinkEvent::Lost });
    assert!(!anew.ended.is_cancelled());
    owner.handle(Linked::Happened { on: now, event: LinkEvent::Lost });
    assert!(anew.ended.is_cancelled());
}
