//! Peers that lie or keep silent are given up, and the others are enough.

use std::time::Duration;

use crate::world::{Character, World, folder, long_file};
use peerpool_swarm::Reason;
use peerpool_wire::time::Time;

#[test]
fn a_lone_giver_of_a_wrong_dictionary_is_never_asked_again() {
    let item = folder();
    let mut world = World::new(item.info.hash());
    let liar = world.peer(&item, Character::LiesInInfo);
    world.run();
    assert!(world.done.is_none());
    assert_eq!(world.closed, [(liar, Reason::Liar)]);
    world.peer(&item, Character::Honest);
    world.run();
    assert!(world.done.as_ref() == Some(&*item));
    assert_eq!(world.closed, [(liar, Reason::Liar)]);
}

#[test]
fn a_liar_among_several_is_found() {
    let item = folder();
    let mut world = World::new(item.info.hash());
    world.peer(&item, Character::Honest);
    let liar = world.peer(&item, Character::LiesInInfo);
    world.peer(&item, Character::Honest);
    world.run();
    assert!(world.done.as_ref() == Some(&*item));
    assert!(world.closed.iter().all(|(addr, reason)| (*addr, reason) == (liar, &Reason::Liar)));
}

#[test]
fn wrong_hashes_are_seen_at_once_and_asked_of_others() {
    let item = long_file();
    let mut world = World::new(item.info.hash());
    let liar = world.peer(&item, Character::LiesInHashes);
    world.peer(&item, Character::Honest);
    world.run();
    assert!(world.done.as_ref() == Some(&*item));
    assert_eq!(world.closed, [(liar, Reason::Liar)]);
}

#[test]
fn silent_and_boastful_peers_hold_nobody_up_for_long() {
    let item = folder();
    let mut world = World::new(item.info.hash());
    world.peer(&item, Character::Silent);
    world.peer(&item, Character::Boasts);
    world.peer(&item, Character::Honest);
    world.run();
    assert!(world.done.as_ref() == Some(&*item));
    assert!(world.now <= Time::ZERO + Duration::from_secs(20), "{:?}", world.now);
    assert!(world.closed.iter().any(|(_, reason)| *reason == Reason::Silent));
}
