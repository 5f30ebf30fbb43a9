//! An item in whose place its peer has another one.

mod support;

use peerpool_catalogue::{Change, Viewer};
use peerpool_wire::channel::{Have, ToTracker};
use support::{World, by_name, file, some};

#[test]
fn a_partial_copy_does_not_hide_the_whole() {
    let mut world = World::new();
    let (half, whole) = (file("film", 1), file("film", 2));
    let (holder, other) = (world.join(1), world.join(2));
    world.have(holder, &half, Have::All);
    world.have(other, &half, some(3));
    world.send(holder, ToTracker::Withdraw { info_hashes: vec![half.info_hash] });
    assert_eq!(world.names(""), ["film"], "so far it is the only one");
    world.have(holder, &whole, Have::All);
    assert_eq!(world.names("").len(), 1);
    assert_eq!(world.item(&whole).variants, 0);
    assert_eq!(world.locate(by_name("film")).unwrap().item.unwrap().info_hash, whole.info_hash);
    // Whoever has all of it has something to offer.
    world.have(other, &half, Have::All);
    assert_eq!((world.names("").len(), world.item(&whole).variants), (2, 1));
}

#[test]
fn the_order_of_withdrawing_and_registering_does_not_matter() {
    let mut world = World::new();
    let (half, whole) = (file("film", 1), file("film", 2));
    let (holder, other) = (world.join(1), world.join(2));
    world.have(holder, &half, Have::All);
    world.have(other, &half, some(3));
    world.have(holder, &whole, Have::All);
    world.send(holder, ToTracker::Withdraw { info_hashes: vec![half.info_hash] });
    assert_eq!(world.locate(by_name("film")).unwrap().item.unwrap().info_hash, whole.info_hash);
}

#[test]
fn a_state_that_nobody_else_ever_had_is_forgotten_at_once() {
    let mut world = World::new();
    let holder = world.join(1);
    for content in 0..100 {
        let state = file("log", content);
        world.have(holder, &state, Have::All);
        world.send(holder, ToTracker::Withdraw { info_hashes: vec![state.info_hash] });
    }
    world.have(holder, &file("log", 200), Have::All);
    assert_eq!(world.catalogue.counts(&Viewer::All).items, 1);
    assert_eq!(world.stored().iter().filter(|change| matches!(change, Change::Removed(_))).count(), 100);
    assert_eq!(world.names(""), ["log"]);
}

#[test]
fn a_version_that_another_peer_had_whole_is_kept() {
    let mut world = World::new();
    let (old, new) = (file("notes", 1), file("notes", 2));
    let (writer, reader) = (world.join(1), world.join(2));
    world.have(writer, &old, Have::All);
    world.have(reader, &old, Have::All);
    world.leave(reader);
    world.send(writer, ToTracker::Withdraw { info_hashes: vec![old.info_hash] });
    world.have(writer, &new, Have::All);
    assert_eq!(world.catalogue.counts(&Viewer::All).items, 2);
    let reader = world.join(2);
    world.have(reader, &old, Have::All);
    assert_eq!(world.names(""), ["notes", "notes"]);
}
