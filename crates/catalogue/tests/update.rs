//! The update barrier.

mod support;

use peerpool_catalogue::{Input, LinkEvent, LinkId, Policy, Pool, SessionId};
use peerpool_wire::{
    channel::{AskId, Failure, Have, ItemState, MAX_PEERS, RequestId, ToPeer, ToTracker},
    link::{GatherId, News},
};
use support::{World, file};

fn ask_update(world: &mut World, session: SessionId) {
    world.send(session, ToTracker::Update { request: RequestId(1) });
}

fn asked(world: &mut World, session: SessionId) -> Option<AskId> {
    world.sent(session).into_iter().find_map(|message| match message {
        ToPeer::AskState { ask, .. } => Some(ask),
        _ => None,
    })
}

/// The names listed, how many answered, and the names of the silent.
fn updated(world: &mut World, session: SessionId) -> Option<(Vec<String>, u32, Vec<String>)> {
    world.sent(session).into_iter().find_map(|message| match message {
        ToPeer::Updated { page, answered, silent, .. } => {
            let names = page.items.into_iter().map(|item| item.name).collect();
            Some((names, answered, silent.into_iter().map(|peer| peer.name).collect()))
        }
        _ => None,
    })
}

#[test]
fn an_update_is_answered_as_soon_as_everybody_has_answered() {
    let mut world = World::new();
    let (a, b, c) = (world.join(1), world.join(2), world.join(3));
    ask_update(&mut world, a);
    for session in [b, c] {
        assert_eq!(updated(&mut world, a), None);
        let ask = asked(&mut world, session).unwrap();
        world.send(session, ToTracker::Reported { ask });
    }
    assert_eq!(updated(&mut world, a), Some((vec![], 2, vec![])));
}

#[test]
fn a_new_item_in_an_answer_is_listed_though_its_metainfo_comes_later() {
    let mut world = World::new();
    let (a, b) = (world.join(1), world.join(2));
    let fresh = file("fresh", 1);
    ask_update(&mut world, a);
    let ask = asked(&mut world, b).unwrap();
    let items = vec![ItemState { info_hash: fresh.info_hash, have: Have::All }];
    world.send(b, ToTracker::Report { ask, items, withdrawn: vec![] });
    world.send(b, ToTracker::Reported { ask });
    assert_eq!(updated(&mut world, a), None);
    world.send_metainfo(b, &fresh);
    assert_eq!(updated(&mut world, a), Some((vec!["fresh".into()], 1, vec![])));
}

#[test]
fn a_silent_peer_holds_an_update_up_to_the_deadline_and_is_named() {
    let mut world = World::new();
    let (a, b, _dead) = (world.join(1), world.join(2), world.join(3));
    ask_update(&mut world, a);
    let ask = asked(&mut world, b).unwrap();
    world.send(b, ToTracker::Reported { ask });
    world.pass(4);
    assert_eq!(updated(&mut world, a), None);
    world.pass(1);
    assert_eq!(updated(&mut world, a), Some((vec![], 1, vec!["peer 3".into()])));
}

#[test]
fn a_peer_that_leaves_instead_of_answering_is_named_at_once() {
    let mut world = World::new();
    let (a, b) = (world.join(1), world.join(2));
    ask_update(&mut world, a);
    world.leave(b);
    assert_eq!(updated(&mut world, a), Some((vec![], 0, vec!["peer 2".into()])));
}

#[test]
fn a_peer_alone_is_answered_at_once() {
    let mut world = World::new();
    let a = world.join(1);
    ask_update(&mut world, a);
    assert_eq!(updated(&mut world, a), Some((vec![], 0, vec![])));
}

#[test]
fn updates_asked_for_during_a_round_share_the_next_one() {
    let mut world = World::new();
    let (a, b, c) = (world.join(1), world.join(2), world.join(3));
    ask_update(&mut world, a);
    let first = asked(&mut world, c).unwrap();
    ask_update(&mut world, b);
    ask_update(&mut world, c);
    let ask = asked(&mut world, b).unwrap();
    world.send(b, ToTracker::Reported { ask });
    world.send(c, ToTracker::Reported { ask: first });
    assert!(updated(&mut world, a).is_some());
    // The next round asks everybody, since two peers wait for it.
    let second = asked(&mut world, b).unwrap();
    assert_ne!(first, second);
    for session in [a, b, c] {
        world.send(session, ToTracker::Reported { ask: second });
    }
    assert_eq!(updated(&mut world, b), Some((vec![], 3, vec![])));
    assert_eq!(updated(&mut world, c), Some((vec![], 3, vec![])));
}

#[test]
fn every_update_that_a_peer_asks_for_is_answered() {
    let mut world = World::new();
    let (a, b) = (world.join(1), world.join(2));
    ask_update(&mut world, a);
    let first = asked(&mut world, b).unwrap();
    for request in 2..=18 {
        world.send(a, ToTracker::Update { request: RequestId(request) });
    }
    let refused = world.sent(a);
    let busy = ToPeer::Failed { request: RequestId(18), error: Failure::Busy };
    assert_eq!(refused, [busy], "it waits for sixteen at most, besides the one under way");
    world.send(b, ToTracker::Reported { ask: first });
    let second = asked(&mut world, b).unwrap();
    world.send(b, ToTracker::Reported { ask: second });
    let answers = world.sent(a).into_iter().filter_map(|message| match message {
        ToPeer::Updated { request, .. } => Some(request.0),
        _ => None,
    });
    assert_eq!(
        answers.collect::<Vec<_>>(),
        (1..=17).collect::<Vec<_>>(),
        "and nobody asks it for its own state"
    );
}

#[test]
fn an_answer_to_an_old_question_counts_for_nothing() {
    let mut world = World::new();
    let (a, b) = (world.join(1), world.join(2));
    ask_update(&mut world, a);
    let old = asked(&mut world, b).unwrap();
    world.pass(5);
    assert!(updated(&mut world, a).is_some());
    ask_update(&mut world, a);
    world.send(b, ToTracker::Reported { ask: old });
    assert_eq!(updated(&mut world, a), None);
}

#[test]
fn a_storm_of_updates_has_everybody_look_a_few_times() {
    let mut world = World::new();
    let peers: Vec<SessionId> = (0..6).map(|number| world.join(number)).collect();
    let mut rounds = 0;
    for _ in 0..600 {
        for &peer in &peers {
            ask_update(&mut world, peer);
        }
        for &peer in &peers {
            if let Some(ask) = asked(&mut world, peer) {
                rounds += usize::from(peer == peers[0]);
                world.send(peer, ToTracker::Reported { ask });
            }
        }
        world.now += std::time::Duration::from_millis(100);
        world.pass(0);
    }
    assert!((5..=15).contains(&rounds), "{rounds} rounds in a minute");
}

#[test]
fn an_update_waits_for_metainfo_that_somebody_else_is_asked_for() {
    let mut world = World::new();
    let (asker, first, second) = (world.join(1), world.join(2), world.join(3));
    let facts = file("a", 1);
    let items = || vec![ItemState { info_hash: facts.info_hash, have: Have::All }];
    world.send(first, ToTracker::Register { items: items() });
    assert!(world.asked_for(first, facts.info_hash));
    world.send(asker, ToTracker::Update { request: RequestId(1) });
    let ask = AskId(1);
    world.send(second, ToTracker::Report { ask, items: items(), withdrawn: Vec::new() });
    world.send(second, ToTracker::Reported { ask });
    world.send(first, ToTracker::Reported { ask });
    assert!(world.sent(asker).is_empty(), "the item is not known yet");
    world.send_metainfo(first, &facts);
    let answer = world.sent(asker);
    assert!(matches!(&answer[..], [ToPeer::Updated { page, .. }] if page.items.len() == 1), "{answer:?}");
}

#[test]
fn an_update_names_as_many_silent_peers_as_a_message_holds() {
    let mut world = World::new();
    let asker = world.join(1);
    for number in 2..1100 {
        world.join(number);
    }
    ask_update(&mut world, asker);
    world.pass(5);
    assert_eq!(updated(&mut world, asker).map(|(_, _, silent)| silent.len()), Some(MAX_PEERS));
}

/// A node asks for an update while another one's snapshot names an item, and the other one answers.
fn update_with_a_missing_item() -> (World, SessionId) {
    let mut world = World::with(Policy { pool: Some(Pool::new([3; 16])), ..Policy::default() });
    let asker = world.join(1);
    hear(&mut world, LinkEvent::Up { address: [10, 255, 0, 2].into() });
    ask_update(&mut world, asker);
    let known = News::Known { items: vec![(file("a", 1).info_hash, 1)] };
    let gathered = News::Gathered { ask: GatherId(1), answered: 0, silent: Vec::new() };
    hear(&mut world, LinkEvent::News(vec![known, gathered]));
    hear(&mut world, LinkEvent::Complete);
    (world, asker)
}

fn hear(world: &mut World, event: LinkEvent) {
    world.handle(Input::Link { link: LinkId(1), event });
}

#[test]
fn an_update_waits_for_items_of_another_nodes_snapshot() {
    let (mut world, asker) = update_with_a_missing_item();
    assert_eq!(updated(&mut world, asker), None);
    world.pass(5);
    assert!(updated(&mut world, asker).is_some());
}

#[test]
fn an_update_does_not_wait_for_an_item_that_the_other_node_has_forgotten() {
    let (mut world, asker) = update_with_a_missing_item();
    hear(&mut world, LinkEvent::News(vec![News::Forgotten { info_hash: file("a", 1).info_hash }]));
    assert!(updated(&mut world, asker).is_some());
}
