//! A peer whose node is gone connects to another one of its pool, and shows what it shares.

#![allow(clippy::panic, reason = "a test fails by panicking")]

mod support;

use peerpool_catalogue::{Audience, Input, Limits, Policy, SessionId, Viewer};
use peerpool_wire::{
    channel::{Have, Hello, ItemState, ToPeer, ToTracker},
    digest::ShareDigest,
    id::InfoHash,
};
use support::{file, hello, nodes::Nodes, remote, some};

/// Peer 1 has all of item 1 and a part of item 2, at node 0 of three, which is killed.
fn without_its_node() -> Nodes {
    let mut nodes = Nodes::new(3);
    let session = nodes.at_mut(0).join(1);
    nodes.at_mut(0).have(session, &file("a", 1), Have::All);
    nodes.at_mut(0).have(session, &file("b", 2), some(3));
    nodes.settle();
    nodes.kill(0);
    nodes
}

fn shares() -> [(InfoHash, bool); 2] {
    [(file("b", 2).info_hash, false), (file("a", 1).info_hash, true)]
}

/// It connects to node 1. Returns its session, and whether what it has is kept.
fn connect(nodes: &mut Nodes, shares: &[(InfoHash, bool)]) -> (SessionId, bool) {
    let digest = Some(ShareDigest::of(shares.iter().copied()));
    let session = nodes.at_mut(1).connect_as(Hello { digest, ..hello(1) }, remote(1));
    nodes.settle();
    let sent = nodes.at_mut(1).sent(session);
    let [ToPeer::Welcome(welcome)] = &sent[..] else { panic!("{sent:?}") };
    (session, welcome.kept)
}

/// Seeds and partial holders of the two items at each node that is left.
fn counts(nodes: &Nodes) -> [[(u32, u32); 2]; 2] {
    [1, 2].map(|node| {
        [("a", 1), ("b", 2)].map(|(name, content)| {
            let item = nodes.at(node).item(&file(name, content));
            (item.seeds, item.partial)
        })
    })
}

const BOTH: [[(u32, u32); 2]; 2] = [[(1, 0), (0, 1)]; 2];
const NONE: [[(u32, u32); 2]; 2] = [[(0, 0); 2]; 2];

#[test]
fn what_a_matching_digest_names_is_registered() {
    let mut nodes = without_its_node();
    let (session, kept) = connect(&mut nodes, &shares());
    assert!(kept);
    nodes.pass(400);
    assert_eq!(counts(&nodes), BOTH, "the grace of its former node is nobody's any more");
    nodes.at_mut(1).send(session, ToTracker::Withdraw { info_hashes: vec![file("a", 1).info_hash] });
    nodes.settle();
    assert_eq!(counts(&nodes), [[(0, 0), (0, 1)]; 2]);
    nodes.at_mut(1).leave(session);
    nodes.settle();
    assert_eq!(counts(&nodes), NONE);
}

#[test]
fn what_another_digest_names_is_registered_by_the_peer_alone() {
    let [part, whole] = shares();
    let mut all = vec![part, whole];
    all.push((file("c", 3).info_hash, true));
    for shares in [vec![], vec![whole], all, vec![(part.0, true), whole]] {
        let mut nodes = without_its_node();
        let (session, kept) = connect(&mut nodes, &shares);
        assert!(!kept, "{shares:?}");
        assert_eq!(counts(&nodes), BOTH, "it stands until the peer says what it has");
        nodes.at_mut(1).have(session, &file("a", 1), Have::All);
        nodes.pass(60);
        assert_eq!(counts(&nodes), [[(1, 0), (0, 0)]; 2]);
    }
}

#[test]
fn what_comes_to_be_seen_before_the_peer_says_that_it_has_it_counts_once() {
    let mut nodes = without_its_node();
    let session = SessionId(1);
    let viewer = Viewer::of([Audience(0)]);
    let (hello, endpoints) = (hello(1), remote(1));
    nodes.at_mut(1).handle(Input::Connected { session, hello, endpoints, key: None, viewer });
    let item = file("a", 1);
    nodes.at_mut(1).handle(Input::Sight { items: vec![(item.info_hash, Audience(0))], viewers: Vec::new() });
    nodes.at_mut(1).have(session, &item, Have::All);
    assert!(nodes.at(1).catalogue.own(session).is_none(), "it sees all of the one item that it has");
}

#[test]
fn a_digest_that_comes_after_the_grace_matches_nothing() {
    let mut nodes = without_its_node();
    nodes.pass(60);
    assert!(!connect(&mut nodes, &shares()).1);
    assert_eq!(counts(&nodes), NONE);
}

#[test]
fn a_digest_of_nothing_is_matched_by_no_records() {
    let mut nodes = Nodes::new(2);
    assert!(connect(&mut nodes, &[]).1, "there is nothing to register");
    assert!(!connect(&mut Nodes::new(2), &shares()).1);
}

#[test]
fn an_item_that_is_registered_before_the_welcome_arrives_is_one_more() {
    let mut nodes = without_its_node();
    let (session, kept) = connect(&mut nodes, &shares());
    nodes.at_mut(1).have(session, &file("c", 3), Have::All);
    nodes.settle();
    assert!(kept);
    assert_eq!(counts(&nodes), BOTH);
    assert_eq!(nodes.at(2).item(&file("c", 3)).seeds, 1);
}

#[test]
fn a_part_that_is_registered_anew_has_its_pieces_again() {
    let mut nodes = without_its_node();
    let (session, _) = connect(&mut nodes, &shares());
    let pieces = |nodes: &Nodes| nodes.at(1).item(&file("b", 2)).completeness;
    assert_eq!(pieces(&nodes), Some(0));
    nodes.at_mut(1).have(session, &file("b", 2), some(5));
    assert_eq!(pieces(&nodes), Some(500));
    assert_eq!(counts(&nodes), BOTH);
}

#[test]
fn what_is_more_than_a_peer_may_register_is_not_kept() {
    let mut nodes = Nodes::new(1);
    let limits = Limits { max_items_per_peer: 1, ..Limits::default() };
    nodes.add_with(Policy { limits, ..Policy::default() });
    nodes.connect(0, 1);
    let session = nodes.at_mut(0).join(1);
    nodes.at_mut(0).have(session, &file("a", 1), Have::All);
    nodes.at_mut(0).have(session, &file("b", 2), some(3));
    nodes.settle();
    nodes.kill(0);
    let (session, kept) = connect(&mut nodes, &shares());
    assert!(!kept);
    let items = [("a", 1, Have::All), ("b", 2, some(3))]
        .map(|(name, content, have)| ItemState { info_hash: file(name, content).info_hash, have });
    nodes.at_mut(1).send(session, ToTracker::Register { items: items.into() });
    let sent = nodes.at_mut(1).sent(session);
    assert!(matches!(sent[..], [ToPeer::ItemRefused { .. }]), "{sent:?}");
}

#[test]
fn an_item_that_a_peer_may_not_see_is_not_kept() {
    for (audiences, sees_both) in [(vec![Audience(0), Audience(1)], true), (vec![Audience(0)], false)] {
        let mut nodes = without_its_node();
        let items = [("a", 1), ("b", 2)].map(|(name, content)| file(name, content).info_hash);
        let items = items.into_iter().zip([Audience(0), Audience(1)]).collect();
        nodes.at_mut(1).handle(Input::Sight { items, viewers: Vec::new() });
        let session = SessionId(1);
        let digest = Some(ShareDigest::of(shares()));
        nodes.at_mut(1).handle(Input::Connected {
            session,
            hello: Hello { digest, ..hello(1) },
            endpoints: remote(1),
            key: None,
            viewer: Viewer::of(audiences),
        });
        let sent = nodes.at_mut(1).sent(session);
        let [ToPeer::Welcome(welcome)] = &sent[..] else { panic!("{sent:?}") };
        assert_eq!(welcome.kept, sees_both);
    }
}
