//! Several catalogues that are one pool: every one of them answers for all.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use peerpool_catalogue::{Asking, Input, LinkEvent, LinkId, Output, SessionId, Viewer};
use peerpool_wire::{
    announce::{Announce, Event},
    channel::{Have, Hello, Refusal, RequestId, SessionSecret, ToPeer, ToTracker},
    link::{GatherId, News},
};
use support::{by_name, file, hello, nodes::Nodes, remote, some, stock};

fn v1(content: u8) -> peerpool_wire::id::WireHash {
    file("a", content).info_hash.v1_wire().unwrap()
}

/// Seeds and partial holders of the item at a node.
fn counts(nodes: &Nodes, node: usize, content: u8) -> (u32, u32) {
    let item = nodes.at(node).item(&file("a", content));
    (item.seeds, item.partial)
}

/// The names of the holders that a node names.
fn named(nodes: &mut Nodes, node: usize) -> Vec<String> {
    let asking = Asking { session: None, viewer: Viewer::All, endpoints: remote(999), wanted: 100 };
    let world = nodes.at_mut(node);
    let located = world.catalogue.locate(world.now, &by_name("a"), asking, &mut world.out).unwrap();
    located.holders.into_iter().filter_map(|holder| holder.name).collect()
}

fn have(nodes: &mut Nodes, node: usize, session: SessionId, content: u8) {
    nodes.at_mut(node).have(session, &file("a", content), Have::All);
    nodes.settle();
}

#[test]
fn what_is_registered_at_one_node_is_named_at_all() {
    let mut nodes = Nodes::new(3);
    let session = nodes.at_mut(0).join(1);
    have(&mut nodes, 0, session, 1);
    for node in 0..3 {
        assert_eq!(counts(&nodes, node, 1), (1, 0), "node {node}");
        assert_eq!(named(&mut nodes, node), ["peer 1"], "node {node}");
        assert_eq!(nodes.at(node).catalogue.counts(&Viewer::All).peers, 1);
    }
    nodes.at_mut(0).send(session, ToTracker::Withdraw { info_hashes: vec![file("a", 1).info_hash] });
    nodes.settle();
    assert_eq!((counts(&nodes, 1, 1), counts(&nodes, 2, 1)), ((0, 0), (0, 0)));
}

#[test]
fn a_node_that_joins_is_told_everything() {
    let mut nodes = Nodes::new(2);
    let session = nodes.at_mut(0).join(1);
    have(&mut nodes, 0, session, 1);
    nodes.at_mut(0).have(session, &file("b", 2), some(3));
    nodes.announce(1, &stock(v1(1), 7, 0), "10.9.9.7");
    nodes.add();
    nodes.connect(0, 2);
    nodes.connect(1, 2);
    assert_eq!(counts(&nodes, 2, 1), (2, 0));
    assert_eq!(nodes.at_mut(2).names(""), ["a", "b"]);
}

#[test]
fn a_stock_client_counts_once_wherever_it_announces_itself() {
    let mut nodes = Nodes::new(3);
    let session = nodes.at_mut(2).join(1);
    have(&mut nodes, 2, session, 1);
    for node in 0..3 {
        let answer = nodes.announce(node, &stock(v1(1), 7, 1), "10.9.9.7");
        assert_eq!((answer.complete, answer.incomplete), (1, 1), "node {node}");
    }
    // It is done, and tells one node, which alone hears of it first.
    nodes.announce(1, &stock(v1(1), 7, 0), "10.9.9.7");
    for node in 0..3 {
        assert_eq!(counts(&nodes, node, 1), (2, 0), "node {node}");
    }
}

#[test]
fn a_client_that_stops_at_another_node_is_gone_everywhere() {
    let mut nodes = Nodes::new(3);
    let session = nodes.at_mut(0).join(1);
    have(&mut nodes, 0, session, 1);
    nodes.announce(0, &stock(v1(1), 7, 0), "10.9.9.7");
    nodes.announce(1, &Announce { event: Event::Stopped, ..stock(v1(1), 7, 0) }, "10.9.9.7");
    for node in 0..3 {
        assert_eq!(counts(&nodes, node, 1), (1, 0), "node {node}");
    }
}

#[test]
fn a_renewal_is_no_news() {
    let mut nodes = Nodes::new(2);
    let session = nodes.at_mut(0).join(1);
    have(&mut nodes, 0, session, 1);
    nodes.announce(0, &stock(v1(1), 7, 0), "10.9.9.7");
    let told = nodes.told;
    nodes.announce(0, &stock(v1(1), 7, 0), "10.9.9.7");
    have(&mut nodes, 0, session, 1);
    assert_eq!(nodes.told, told);
}

#[test]
fn a_client_whose_lease_ends_at_one_node_stays_while_it_renews_at_another() {
    let mut nodes = Nodes::new(2);
    let session = nodes.at_mut(0).join(1);
    have(&mut nodes, 0, session, 1);
    nodes.announce(0, &stock(v1(1), 7, 0), "10.9.9.7");
    for _ in 0..3 {
        nodes.announce(1, &stock(v1(1), 7, 0), "10.9.9.7");
        nodes.pass(300);
    }
    assert_eq!((counts(&nodes, 0, 1), counts(&nodes, 1, 1)), ((2, 0), (2, 0)));
    nodes.pass(700);
    assert_eq!((counts(&nodes, 0, 1), counts(&nodes, 1, 1)), ((1, 0), (1, 0)));
}

#[test]
fn the_peers_of_a_lost_node_stay_for_their_grace() {
    let mut nodes = Nodes::new(2);
    let own = nodes.at_mut(1).join(2);
    have(&mut nodes, 1, own, 1);
    let session = nodes.at_mut(0).join(1);
    have(&mut nodes, 0, session, 1);
    nodes.announce(0, &stock(v1(1), 7, 0), "10.9.9.7");
    nodes.cut(0, 1);
    nodes.pass(59);
    assert_eq!(counts(&nodes, 1, 1), (3, 0));
    nodes.pass(1);
    assert_eq!(counts(&nodes, 1, 1), (2, 0), "sessions stay for 60 s");
    nodes.pass(300);
    assert_eq!(counts(&nodes, 1, 1), (1, 0), "stock clients stay for 360 s");
}

#[test]
fn a_link_that_is_begun_anew_changes_nothing() {
    let mut nodes = Nodes::new(2);
    let session = nodes.at_mut(0).join(1);
    have(&mut nodes, 0, session, 1);
    nodes.announce(0, &stock(v1(1), 7, 0), "10.9.9.7");
    nodes.cut(0, 1);
    nodes.pass(50);
    nodes.connect(0, 1);
    assert_eq!(counts(&nodes, 1, 1), (2, 0));
    nodes.pass(400);
    assert_eq!(counts(&nodes, 1, 1), (2, 0), "the old home's grace is nobody's any more");
}

#[test]
fn what_ended_while_a_link_was_cut_ends_with_the_next_snapshot() {
    let mut nodes = Nodes::new(2);
    let (left, stays) = (nodes.at_mut(0).join(1), nodes.at_mut(0).join(2));
    have(&mut nodes, 0, left, 1);
    have(&mut nodes, 0, stays, 1);
    nodes.cut(0, 1);
    nodes.at_mut(0).leave(left);
    nodes.settle();
    assert_eq!(counts(&nodes, 1, 1), (2, 0));
    nodes.connect(0, 1);
    assert_eq!(counts(&nodes, 1, 1), (1, 0));
    assert_eq!(named(&mut nodes, 1), ["peer 2"]);
}

#[test]
fn a_peer_that_moves_keeps_what_it_has() {
    let mut nodes = Nodes::new(3);
    let session = nodes.at_mut(0).join(1);
    have(&mut nodes, 0, session, 1);
    nodes.kill(0);
    let moved = nodes.at_mut(1).connect(1, remote(1));
    nodes.settle();
    for node in 1..3 {
        assert_eq!(counts(&nodes, node, 1), (1, 0), "node {node}: it has not said yet what it has");
    }
    have(&mut nodes, 1, moved, 1);
    nodes.pass(400);
    for node in 1..3 {
        assert_eq!(counts(&nodes, node, 1), (1, 0), "node {node}");
        assert_eq!(named(&mut nodes, node), ["peer 1"], "node {node}");
    }
}

#[test]
fn what_a_peer_that_moved_does_not_say_again_ends_with_the_grace() {
    let mut nodes = Nodes::new(3);
    let session = nodes.at_mut(0).join(1);
    have(&mut nodes, 0, session, 1);
    nodes.kill(0);
    nodes.at_mut(1).connect(1, remote(1));
    nodes.pass(60);
    assert_eq!((counts(&nodes, 1, 1), counts(&nodes, 2, 1)), ((0, 0), (0, 0)));
}

#[test]
fn a_peers_newer_connection_ends_its_older_one_elsewhere() {
    let mut nodes = Nodes::new(2);
    let old = nodes.at_mut(0).join(1);
    have(&mut nodes, 0, old, 1);
    nodes.at_mut(1).connect(1, remote(1));
    nodes.settle();
    assert_eq!(nodes.at_mut(0).closed(), [(old, Some(Refusal::Replaced))]);
    let peers = [0, 1].map(|node| nodes.at(node).catalogue.counts(&Viewer::All).peers);
    assert_eq!(peers, [1, 1]);
}

#[test]
fn a_peer_id_is_taken_over_by_its_secret_alone() {
    let mut nodes = Nodes::new(2);
    let session = nodes.at_mut(0).join(1);
    have(&mut nodes, 0, session, 1);
    let thief = Hello { secret: Some(SessionSecret([9; 16])), ..hello(1) };
    let session = nodes.at_mut(1).connect_as(thief, remote(9));
    nodes.settle();
    let taken = Refusal::PeerIdTaken { peer_id: hello(1).peer_id };
    assert_eq!(nodes.at_mut(1).closed(), [(session, Some(taken))]);
    assert_eq!(counts(&nodes, 1, 1), (1, 0));
}

#[test]
fn an_update_asks_the_peers_of_every_node() {
    let mut nodes = Nodes::new(3);
    let asker = nodes.at_mut(0).join(1);
    let others = [nodes.at_mut(1).join(2), nodes.at_mut(2).join(3)];
    nodes.settle();
    nodes.at_mut(0).send(asker, ToTracker::Update { request: RequestId(5) });
    nodes.settle();
    for (node, session) in (1..).zip(others) {
        let asked = nodes.at_mut(node).sent(session);
        let [ToPeer::AskState { ask, .. }] = asked[..] else { panic!("{asked:?}") };
        assert!(nodes.at_mut(0).sent(asker).is_empty(), "node {node} has not answered");
        nodes.at_mut(node).have(session, &file("a", node as u8), Have::All);
        nodes.at_mut(node).send(session, ToTracker::Reported { ask });
        nodes.settle();
    }
    let answer = nodes.at_mut(0).sent(asker);
    let [ToPeer::Updated { page, answered: 2, silent, .. }] = &answer[..] else { panic!("{answer:?}") };
    assert_eq!((page.items.len(), silent.len()), (2, 0));
}

#[test]
fn a_peer_of_another_node_that_does_not_answer_is_silent_before_the_deadline() {
    let mut nodes = Nodes::new(2);
    let (asker, _) = (nodes.at_mut(0).join(1), nodes.at_mut(1).join(2));
    nodes.settle();
    nodes.at_mut(0).send(asker, ToTracker::Update { request: RequestId(5) });
    nodes.settle();
    nodes.pass(3);
    assert!(nodes.at_mut(0).sent(asker).is_empty());
    nodes.pass(1);
    let answer = nodes.at_mut(0).sent(asker);
    let [ToPeer::Updated { answered: 0, silent, .. }] = &answer[..] else { panic!("{answer:?}") };
    assert_eq!(silent.iter().map(|peer| peer.name.as_str()).collect::<Vec<_>>(), ["peer 2"]);
}

#[test]
fn a_node_that_asks_anew_has_its_latest_question_answered_alone() {
    let mut nodes = Nodes::new(2);
    let session = nodes.at_mut(1).join(2);
    nodes.settle();
    for ask in [7, 8] {
        let event = LinkEvent::News(vec![News::Gather { ask: GatherId(ask) }]);
        nodes.at_mut(1).handle(Input::Link { link: LinkId(0), event });
    }
    for message in nodes.at_mut(1).sent(session) {
        let ToPeer::AskState { ask, .. } = message else { panic!("{message:?}") };
        nodes.at_mut(1).send(session, ToTracker::Reported { ask });
    }
    let answers = nodes.at(1).out.iter().filter_map(|output| match output {
        Output::Tell { news: News::Gathered { ask, answered, .. }, .. } => Some((ask.0, *answered)),
        _ => None,
    });
    assert_eq!(answers.collect::<Vec<_>>(), [(8, 1)]);
}

#[test]
fn the_peers_of_a_node_that_is_lost_are_silent() {
    let mut nodes = Nodes::new(2);
    let (asker, _) = (nodes.at_mut(0).join(1), nodes.at_mut(1).join(2));
    nodes.settle();
    nodes.at_mut(0).send(asker, ToTracker::Update { request: RequestId(5) });
    nodes.cut(0, 1);
    let answer = nodes.at_mut(0).sent(asker);
    let [ToPeer::Updated { silent, .. }] = &answer[..] else { panic!("{answer:?}") };
    assert_eq!(silent.iter().map(|peer| peer.name.as_str()).collect::<Vec<_>>(), ["peer 2"]);
}

#[test]
fn the_peers_of_a_node_are_silent_while_an_item_that_one_has_is_on_its_way() {
    let mut nodes = Nodes::new(2);
    let (asker, other) = (nodes.at_mut(0).join(1), nodes.at_mut(1).join(2));
    nodes.settle();
    nodes.late = |news| matches!(news, News::Item(_));
    nodes.at_mut(0).send(asker, ToTracker::Update { request: RequestId(5) });
    nodes.settle();
    let asked = nodes.at_mut(1).sent(other);
    let [ToPeer::AskState { ask, .. }] = asked[..] else { panic!("{asked:?}") };
    nodes.at_mut(1).have(other, &file("a", 1), Have::All);
    nodes.at_mut(1).send(other, ToTracker::Reported { ask });
    nodes.settle();
    assert!(nodes.at_mut(0).sent(asker).is_empty(), "the item may come in time");
    nodes.pass(5);
    let answer = nodes.at_mut(0).sent(asker);
    let [ToPeer::Updated { answered: 0, silent, .. }] = &answer[..] else { panic!("{answer:?}") };
    assert_eq!(silent.iter().map(|peer| peer.name.as_str()).collect::<Vec<_>>(), ["peer 2"]);
}

#[test]
fn an_item_that_one_node_forgets_while_another_lists_it_stays() {
    let mut nodes = Nodes::new(2);
    let session = nodes.at_mut(0).join(1);
    have(&mut nodes, 0, session, 1);
    // A newer version takes its place, just as somebody else comes by the old one.
    nodes.at_mut(0).send(session, ToTracker::Withdraw { info_hashes: vec![file("a", 1).info_hash] });
    let other = nodes.at_mut(1).join(2);
    nodes.at_mut(1).have(other, &file("a", 1), Have::All);
    nodes.at_mut(0).have(session, &file("a", 2), Have::All);
    nodes.settle();
    for node in 0..2 {
        assert_eq!((counts(&nodes, node, 1), counts(&nodes, node, 2)), ((1, 0), (1, 0)), "node {node}");
    }
}
