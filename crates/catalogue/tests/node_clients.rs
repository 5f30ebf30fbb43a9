//! Stock clients of a pool with several nodes, where nodes know different names of an item.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use peerpool_catalogue::Viewer;
use peerpool_wire::{
    announce::{Announce, Event},
    channel::Have,
    id::WireHash,
    link::News,
};
use support::{file, nodes::Nodes, stock};

const CLIENT: &str = "10.9.9.7";

fn v1() -> WireHash {
    file("a", 1).info_hash.v1_wire().unwrap()
}

fn v2() -> WireHash {
    file("a", 1).info_hash.v2_wire().unwrap()
}

/// How many peers a node counts under a name.
fn counted(nodes: &mut Nodes, node: usize, name: WireHash) -> u32 {
    let world = nodes.at_mut(node);
    let counts = world.catalogue.scrape(world.now, &[name], &Viewer::All, &mut world.out)[0].1;
    counts.complete + counts.incomplete
}

/// Node 1 hears of the item from node 0, while node 2 does not.
fn tell_node_1_alone(nodes: &mut Nodes) {
    nodes.cut(0, 2);
    nodes.late = |news| matches!(news, News::Wanted { .. });
    let session = nodes.at_mut(0).join(1);
    nodes.at_mut(0).have(session, &file("a", 1), Have::All);
    nodes.settle();
    assert!(!nodes.at(2).knows(&file("a", 1)));
}

#[test]
fn a_client_that_was_killed_and_came_back_elsewhere_outlasts_its_former_self() {
    let mut nodes = Nodes::new(3);
    nodes.cut(0, 1);
    nodes.cut(0, 2);
    nodes.announce(0, &stock(v1(), 7, 0), CLIENT);
    let newer = stock(v1(), 8, 0);
    nodes.announce(1, &newer, CLIENT);
    // The news of its former self come last.
    nodes.connect(0, 2);
    nodes.announce(0, &Announce { event: Event::Stopped, ..stock(v1(), 7, 0) }, CLIENT);
    assert_eq!(counted(&mut nodes, 2, v1()), 1);
    nodes.announce(1, &newer, CLIENT);
    assert_eq!(counted(&mut nodes, 2, v1()), 1);
}

#[test]
fn a_client_that_stops_is_gone_under_both_names_where_the_item_is_unknown() {
    let mut nodes = Nodes::new(3);
    nodes.announce(1, &stock(v1(), 7, 0), CLIENT);
    nodes.announce(1, &stock(v2(), 7, 0), CLIENT);
    tell_node_1_alone(&mut nodes);
    assert_eq!((counted(&mut nodes, 2, v1()), counted(&mut nodes, 2, v2())), (1, 1));
    nodes.announce(1, &Announce { event: Event::Stopped, ..stock(v1(), 7, 0) }, CLIENT);
    assert_eq!((counted(&mut nodes, 2, v1()), counted(&mut nodes, 2, v2())), (0, 0));
}

#[test]
fn a_lease_that_ends_ends_under_both_names_where_the_item_is_unknown() {
    let mut nodes = Nodes::new(3);
    nodes.announce(1, &stock(v1(), 7, 0), CLIENT);
    nodes.announce(1, &stock(v2(), 7, 0), CLIENT);
    tell_node_1_alone(&mut nodes);
    nodes.pass(2000);
    assert_eq!((counted(&mut nodes, 2, v1()), counted(&mut nodes, 2, v2())), (0, 0));
}

#[test]
fn a_client_that_came_back_elsewhere_stops_its_former_self_under_both_names() {
    let mut nodes = Nodes::new(3);
    nodes.announce(1, &stock(v1(), 7, 0), CLIENT);
    nodes.announce(1, &stock(v2(), 7, 0), CLIENT);
    tell_node_1_alone(&mut nodes);
    nodes.announce(1, &stock(v1(), 8, 0), CLIENT);
    assert_eq!((counted(&mut nodes, 2, v1()), counted(&mut nodes, 2, v2())), (1, 0));
}

#[test]
fn clients_at_one_address_are_both_kept_when_two_names_turn_out_to_be_one_item() {
    let mut nodes = Nodes::new(1);
    nodes.announce(0, &stock(v1(), 7, 0), CLIENT);
    nodes.announce(0, &stock(v2(), 8, 0), CLIENT);
    let session = nodes.at_mut(0).join(1);
    nodes.at_mut(0).have(session, &file("a", 1), Have::All);
    assert_eq!(counted(&mut nodes, 0, v1()), 3, "which of them is the newer one nobody knows");
}

#[test]
fn a_client_stays_while_it_renews_one_name_when_the_lease_of_the_other_has_ended() {
    for (ended, renewed) in [(v1(), v2()), (v2(), v1())] {
        let mut nodes = Nodes::new(2);
        nodes.late = |news| matches!(news, News::Item(_));
        let (a, b) = (nodes.at_mut(0).join(1), nodes.at_mut(0).join(2));
        nodes.at_mut(0).have(a, &file("a", 1), Have::All);
        nodes.announce(1, &stock(ended, 7, 0), CLIENT);
        for _ in 0..8 {
            nodes.announce(1, &stock(renewed, 7, 0), CLIENT);
            nodes.pass(300);
        }
        // Node 1 has told that the one lease has ended; now it learns that both names are those of one item.
        nodes.late = |_| false;
        nodes.at_mut(0).have(b, &file("a", 1), Have::All);
        nodes.settle();
        assert!(nodes.at(1).knows(&file("a", 1)));
        for node in 0..2 {
            assert_eq!(counted(&mut nodes, node, renewed), 3, "node {node}: the client and two peers");
        }
    }
}
