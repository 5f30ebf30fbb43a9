//! Who is online ends: by a farewell, by silence, by a second connection.

mod support;

use peerpool_catalogue::{Change, Output};
use peerpool_wire::channel::{Have, Refusal, ToTracker};
use support::{World, file, stock};

fn closed(world: &World) -> Vec<Option<Refusal>> {
    let reasons = world.out.iter().filter_map(|output| match output {
        Output::Close { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    reasons.collect()
}

#[test]
fn a_session_that_says_nothing_is_ended() {
    let mut world = World::new();
    let a = world.join(1);
    world.have(a, &file("song", 1), Have::All);
    world.pass(300);
    assert_eq!(world.names(""), ["song"], "pongs keep it alive");
    world.pass_without_pongs(46);
    assert!(world.names("").is_empty());
    assert!(matches!(closed(&world)[..], [Some(Refusal::TooSlow { .. })]));
}

#[test]
fn a_farewell_ends_a_session_at_once() {
    let mut world = World::new();
    let a = world.join(1);
    world.have(a, &file("song", 1), Have::All);
    world.send(a, ToTracker::Bye);
    assert!(world.names("").is_empty());
    assert_eq!(closed(&world), [None]);
}

#[test]
fn a_stock_client_counts_until_its_lease_ends() {
    let mut world = World::new();
    let a = world.join(1);
    let song = file("song", 1);
    world.have(a, &song, Have::All);
    world.announce(&stock(song.info_hash.primary(), 7, 0), "10.0.0.7");
    world.pass(600);
    assert_eq!(world.item(&song).seeds, 2);
    world.pass(80);
    assert_eq!(world.item(&song).seeds, 1);
}

#[test]
fn an_item_is_seen_when_its_first_holder_comes_and_its_last_one_goes() {
    let mut world = World::new();
    let song = file("song", 1);
    let (a, b) = (world.join(1), world.join(2));
    world.have(a, &song, Have::All);
    world.have(b, &song, Have::All);
    world.leave(a);
    world.leave(b);
    let stored: Vec<_> = world
        .out
        .iter()
        .filter_map(|output| match output {
            Output::Store(change) => Some(matches!(change, Change::Added(_))),
            _ => None,
        })
        .collect();
    assert_eq!(stored, [true, false, false], "added, seen, seen");
}

#[test]
fn a_filled_catalogue_knows_the_items_of_another() {
    let mut world = World::new();
    let song = file("song", 1);
    let a = world.join(1);
    world.have(a, &song, Have::All);
    let mut restarted = World::new();
    for output in &world.out {
        if let Output::Store(change) = output {
            restarted.catalogue.apply(change.clone());
        }
    }
    assert!(restarted.names("").is_empty());
    assert_eq!(restarted.item(&song).length, song.length);
    let a = restarted.join(1);
    restarted.have(a, &song, Have::All);
    assert_eq!(restarted.item(&song).seeds, 1);
}
