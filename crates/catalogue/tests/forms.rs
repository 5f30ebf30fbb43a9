//! An item that is known under one of its names before it is known whole.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use peerpool_catalogue::{Change, ItemFacts, Viewer};
use peerpool_wire::{
    channel::{Have, ItemState, Target, ToTracker},
    id::{InfoHash, Sha1Hash},
};
use support::{World, by_name, file};

/// The v1 form of a hybrid, as an item of its own.
fn form(hybrid: &ItemFacts) -> ItemFacts {
    ItemFacts {
        info_hash: InfoHash::v1_only(hybrid.v1_form.unwrap()),
        root: None,
        v1_form: None,
        ..hybrid.clone()
    }
}

#[test]
fn a_hybrid_takes_over_its_v1_form_with_all_who_have_it() {
    let mut world = World::new();
    let song = file("song", 1);
    let form = form(&song);
    let early = world.join(1);
    world.have(early, &form, Have::All);
    assert_eq!(world.item(&form).seeds, 1);
    let late = world.join(2);
    world.have(late, &song, Have::All);
    let located = world.locate(by_name("song")).unwrap();
    assert_eq!(located.item.unwrap().info_hash, song.info_hash, "the name is not ambiguous");
    assert_eq!(world.item(&song).seeds, 2);
    assert!(world.stored().contains(&Change::Removed(form.info_hash)));
    // Items that come later have nothing to do with it.
    let others = [file("b", 2), file("c", 3)];
    for other in &others {
        world.have(late, other, Have::All);
        assert_eq!(world.item(other).seeds, 1);
    }
    world.leave(early);
    assert_eq!(world.item(&song).seeds, 1);
    world.leave(late);
    assert!(world.names("").is_empty(), "nobody who has left counts");
    assert_eq!(world.catalogue.counts(&Viewer::All).items, 3);
}

#[test]
fn a_form_that_is_withdrawn_after_it_became_the_hybrid_is_gone() {
    let mut world = World::new();
    let song = file("song", 1);
    let form = form(&song);
    let (early, late) = (world.join(1), world.join(2));
    world.have(early, &form, Have::All);
    world.have(late, &song, Have::All);
    world.send(early, ToTracker::Withdraw { info_hashes: vec![form.info_hash] });
    assert_eq!(world.item(&song).seeds, 1);
}

#[test]
fn a_peer_that_has_both_form_and_hybrid_counts_once() {
    let mut world = World::new();
    let song = file("song", 1);
    let peer = world.join(1);
    world.have(peer, &form(&song), Have::All);
    world.have(peer, &song, Have::All);
    assert_eq!(world.item(&song).seeds, 1);
    world.leave(peer);
    assert!(world.names("").is_empty());
}

#[test]
fn holders_that_registered_one_of_two_hashes_have_the_item_once_it_is_known() {
    let mut world = World::new();
    let song = file("song", 1);
    let (v1, v2) = (song.info_hash.v1().unwrap(), song.info_hash.v2().unwrap());
    let short = Sha1Hash(song.info_hash.v2_wire().unwrap().0);
    let names = [
        InfoHash::v1_only(short),
        InfoHash::v1_only(v1),
        InfoHash::v2_only(v2),
        InfoHash::v1_only(song.v1_form.unwrap()),
    ];
    for (number, info_hash) in (0..).zip(names) {
        let session = world.join(number);
        let items = vec![ItemState { info_hash, have: Have::All }];
        world.send(session, ToTracker::Register { items });
    }
    let last = world.join(9);
    world.have(last, &song, Have::All);
    assert_eq!(world.item(&song).seeds, 4, "the cut hash alone may be a stranger's");
    let by_short = Target::InfoHash(InfoHash::v1_only(short));
    assert_eq!(world.locate(by_short).unwrap().item.unwrap().info_hash, song.info_hash);
}
