//! Honest peers are enough.

use crate::world::{Character, World, folder, long_file};
use peerpool_swarm::metadata::MetadataError;
use peerpool_wire::id::InfoHash;

#[test]
fn a_link_with_both_hashes_is_enough_to_learn_all() {
    let item = long_file();
    let mut world = World::new(item.info.hash());
    world.peer(&item, Character::Honest);
    world.run();
    assert!(world.done.as_ref() == Some(&*item));
    assert!(world.closed.is_empty());
}

#[test]
fn a_link_with_one_hash_of_a_hybrid_is_enough_to_learn_all() {
    let item = long_file();
    let hash = item.info.hash();
    for wanted in [InfoHash::v1_only(hash.v1().unwrap()), InfoHash::v2_only(hash.v2().unwrap())] {
        let mut world = World::new(wanted);
        world.peer(&item, Character::Honest);
        world.run();
        assert!(world.done.as_ref() == Some(&*item), "{wanted}");
    }
}

#[test]
fn several_peers_share_the_work() {
    let item = folder();
    let mut world = World::new(item.info.hash());
    let peers: Vec<_> = (0..3).map(|_| world.peer(&item, Character::Honest)).collect();
    world.run();
    assert!(world.done.as_ref() == Some(&*item));
    let pieces = item.info.raw().len().div_ceil(16384);
    assert_eq!(world.asked.values().sum::<usize>(), pieces, "nothing was asked for twice");
    assert!(peers.iter().filter(|peer| world.asked.contains_key(peer)).count() >= 2, "{:?}", world.asked);
}

#[test]
fn a_peer_without_v2_gives_the_dictionary_and_another_one_the_layers() {
    let item = long_file();
    let mut world = World::new(item.info.hash());
    world.peer(&item, Character::V1Only);
    world.run();
    assert!(world.done.is_none());
    world.peer(&item, Character::Honest);
    world.run();
    assert!(world.done.as_ref() == Some(&*item));
}

#[test]
fn a_holder_of_a_hybrid_gives_its_v1_form_to_those_who_came_for_that() {
    let item = folder();
    let form = item.v1_form().unwrap();
    let mut world = World::new(form.info.hash());
    world.peer(&item, Character::Honest);
    world.run();
    assert!(world.done.as_ref() == Some(&form));
}

#[test]
fn a_link_to_two_items_is_refused() {
    let (one, other) = (long_file(), folder());
    let both = InfoHash::hybrid(one.info.hash().v1().unwrap(), other.info.hash().v2().unwrap());
    let mut world = World::new(both);
    world.peer(&one, Character::Honest);
    world.run();
    assert_eq!(world.failed, Some(MetadataError::TwoItems));
}
