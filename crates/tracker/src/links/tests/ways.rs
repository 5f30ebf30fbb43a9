//! What waits for a node.

use peerpool_catalogue::{Catalogue, LinkEvent, Policy, Restoring};
use peerpool_wire::{
    id::{InfoHash, Sha256Hash, TrackerId, WireHash},
    link::{Hello, Message, News, Nonce, ProcessId},
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

#[tokio::test(start_paused = true)]
async fn what_is_told_within_a_few_milliseconds_crosses_together_and_in_order() {
    let mut owner = Owner::new();
    let (_, mut outgoing) = owner.up(1);
    let told: Vec<News> =
        (0..3).map(|number| News::Completed { swarm: WireHash([number; 20]), count: 1 }).collect();
    for news in &told {
        owner.ways.tell(None, news.clone());
        owner.ways.flush();
    }
    let frame = outgoing.next_together().await.unwrap();
    let expected: Vec<Message> = told.into_iter().map(Message::News).collect();
    assert_eq!(peerpool_wire::link::read(&frame).unwrap(), expected);
    assert_eq!(outgoing.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_long_frame_is_not_made_longer() {
    let mut owner = Owner::new();
    let (_, mut outgoing) = owner.up(1);
    owner.ways.tell(None, News::Completed { swarm: WireHash([1; 20]), count: 1 });
    owner.ways.flush();
    for _ in 0..64 {
        owner.ways.tell(None, much());
    }
    owner.ways.flush();
    let mut messages = 0;
    while messages < 65 {
        let frame = outgoing.next_together().await.unwrap();
        messages += peerpool_wire::link::read(&frame).unwrap().len();
    }
    assert_eq!((messages, outgoing.waiting()), (65, 0));
}
