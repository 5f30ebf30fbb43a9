//! Stock clients beside connected peers.

mod support;

use std::collections::BTreeSet;

use peerpool_catalogue::{Asking, Endpoints, Limits, Viewer};
use peerpool_wire::{
    announce::Event,
    channel::{Have, Target},
    id::WireHash,
};
use support::{World, file, remote, stock};

const ANY: WireHash = WireHash([5; 20]);

fn addresses(answer: &peerpool_wire::announce::AnnounceAnswer) -> BTreeSet<String> {
    answer.peers.iter().map(|peer| peer.address.to_string()).collect()
}

fn set(addresses: &[&str]) -> BTreeSet<String> {
    addresses.iter().map(ToString::to_string).collect()
}

#[test]
fn a_client_is_not_told_of_itself() {
    let mut world = World::new();
    world.announce(&stock(ANY, 1, 5), "10.0.0.1");
    assert!(world.announce(&stock(ANY, 1, 5), "10.0.0.1").peers.is_empty());
    assert_eq!(addresses(&world.announce(&stock(ANY, 2, 5), "10.0.0.2")), set(&["10.0.0.1:6881"]));
}

#[test]
fn a_seed_is_told_of_other_seeds_last() {
    let mut world = World::new();
    world.announce(&stock(ANY, 1, 0), "10.0.0.1");
    world.announce(&stock(ANY, 2, 5), "10.0.0.2");
    let mut announce = stock(ANY, 3, 0);
    announce.numwant = Some(1);
    assert_eq!(addresses(&world.announce(&announce, "10.0.0.3")), set(&["10.0.0.2:6881"]));
    announce.numwant = Some(2);
    assert_eq!(addresses(&world.announce(&announce, "10.0.0.3")), set(&["10.0.0.1:6881", "10.0.0.2:6881"]));
}

#[test]
fn a_client_of_both_hashes_and_both_addresses_counts_once() {
    let mut world = World::new();
    let song = file("song", 1);
    let a = world.join(1);
    // It announced both hashes before anybody registered the item, and an address of its own for each.
    let (v1, v2) = (song.info_hash.v1_wire().unwrap(), song.info_hash.v2_wire().unwrap());
    world.announce(&stock(v1, 7, 0), "10.0.0.7");
    world.announce(&stock(v2, 7, 0), "fd00::7");
    world.have(a, &song, Have::All);
    assert_eq!(world.item(&song).seeds, 2);
    world.announce(&stock(v1, 7, 0), "fd00::7");
    world.announce(&stock(v2, 7, 0), "10.0.0.7");
    assert_eq!(world.item(&song).seeds, 2);
    let told = world.announce(&stock(v1, 8, 5), "10.0.0.8");
    assert_eq!(addresses(&told), set(&["10.0.0.7:6881", "[fd00::7]:6881", "10.0.1.1:4000"]));
}

#[test]
fn a_client_without_a_key_is_another_one_at_another_address() {
    let mut world = World::new();
    let mut announce = stock(ANY, 1, 5);
    announce.key = None;
    world.announce(&announce, "10.0.0.1");
    assert_eq!(world.announce(&announce, "10.0.0.2").incomplete, 2);
}

#[test]
fn a_client_of_the_v1_form_is_in_the_items_swarm_and_meets_its_like_and_connected_peers() {
    let mut world = World::new();
    let song = file("song", 1);
    let form = WireHash(song.v1_form.unwrap().0);
    let v1 = song.info_hash.v1_wire().unwrap();
    // One came before anybody registered the item.
    world.announce(&stock(form, 7, 0), "10.0.0.7");
    let a = world.join(1);
    world.have(a, &song, Have::All);
    world.announce(&stock(v1, 8, 0), "10.0.0.8");
    assert_eq!(world.item(&song).seeds, 3);
    let told = world.announce(&stock(form, 9, 5), "10.0.0.9");
    assert_eq!(addresses(&told), set(&["10.0.0.7:6881", "10.0.1.1:4000"]));
    let told = world.announce(&stock(v1, 10, 5), "10.0.0.10");
    assert_eq!(addresses(&told), set(&["10.0.0.8:6881", "10.0.1.1:4000"]));
}

#[test]
fn a_v1_client_gets_peers_that_speak_v1() {
    let mut world = World::new();
    let song = file("song", 1);
    let a = world.join(1);
    world.have(a, &song, Have::All);
    let (v1, v2) = (song.info_hash.v1_wire().unwrap(), song.info_hash.v2_wire().unwrap());
    world.announce(&stock(v2, 7, 0), "10.0.0.7");
    world.announce(&stock(v1, 8, 0), "10.0.0.8");
    let told = world.announce(&stock(v1, 9, 5), "10.0.0.9");
    assert_eq!(addresses(&told), set(&["10.0.0.8:6881", "10.0.1.1:4000"]));
    let told = world.announce(&stock(v2, 10, 5), "10.0.0.10");
    assert_eq!(addresses(&told), set(&["10.0.0.7:6881", "10.0.1.1:4000"]));
}

#[test]
fn a_stopped_client_is_gone_and_gets_nobody() {
    let mut world = World::new();
    world.announce(&stock(ANY, 1, 5), "10.0.0.1");
    world.announce(&stock(ANY, 2, 5), "10.0.0.2");
    let mut stopped = stock(ANY, 1, 5);
    stopped.event = Event::Stopped;
    let answer = world.announce(&stopped, "10.0.0.1");
    assert_eq!((answer.incomplete, answer.peers.len()), (1, 0));
}

#[test]
fn a_completed_download_is_counted_once() {
    let mut world = World::new();
    world.announce(&stock(ANY, 1, 5), "10.0.0.1");
    let mut completed = stock(ANY, 1, 0);
    completed.event = Event::Completed;
    world.announce(&completed, "10.0.0.1");
    world.announce(&completed, "10.0.0.1");
    let (now, out) = (world.now, &mut Vec::new());
    let counts = world.catalogue.scrape(now, &[ANY, WireHash([6; 20])], &Viewer::All, out);
    assert_eq!((counts[0].1.complete, counts[0].1.downloaded, counts[0].1.incomplete), (1, 1, 0));
    assert_eq!(counts[1].1, Default::default());
}

#[test]
fn numwant_is_honoured_up_to_the_limit() {
    let mut world = World::new();
    for number in 0..500u16 {
        let [high, low] = number.to_be_bytes();
        world.announce(&stock(ANY, number, 5), &format!("10.{high}.{low}.1"));
    }
    for (numwant, told) in [(Some(0), 0), (Some(7), 7), (None, 50), (Some(100_000), 200)] {
        let mut announce = stock(ANY, 1000, 5);
        announce.numwant = numwant;
        let answer = world.announce(&announce, "10.9.9.9");
        assert_eq!((answer.peers.len(), addresses(&answer).len()), (told, told), "{numwant:?}");
    }
}

#[test]
fn up_to_half_of_the_peers_come_from_the_same_network() {
    let mut world = World::new();
    for number in 0..200u16 {
        let network = if number < 20 { 1 } else { 100 + number / 4 };
        world.announce(&stock(ANY, number, 5), &format!("10.0.{network}.{}", number + 1));
    }
    let mut announce = stock(ANY, 1000, 5);
    announce.numwant = Some(50);
    let answer = world.announce(&announce, "10.0.1.250");
    let near = answer.peers.iter().filter(|peer| peer.address.to_string().starts_with("10.0.1.")).count();
    // 20 of 200 are near; chance alone would give 5.
    assert!((15..=25).contains(&near), "{near}");
}

#[test]
fn a_peer_on_the_trackers_machine_is_reached_where_the_tracker_is() {
    let mut world = World::new();
    let song = file("song", 1);
    let here = Endpoints { remote: [127, 0, 0, 1].into(), local: [127, 0, 0, 1].into() };
    let a = world.connect(1, here);
    world.have(a, &song, Have::All);
    let from = |endpoints| Asking { session: None, viewer: Viewer::All, endpoints, wanted: 0 };
    let (now, target) = (world.now, Target::InfoHash(song.info_hash));
    let far = world.catalogue.locate(now, &target, from(remote(5)), &mut world.out).unwrap();
    assert_eq!(far.holders[0].addresses, ["10.255.0.1:4000".parse().unwrap()]);
    let near = world.catalogue.locate(now, &target, from(here), &mut world.out).unwrap();
    assert_eq!(near.holders[0].addresses, ["127.0.0.1:4000".parse().unwrap()]);
}

#[test]
fn neighbours_are_spread_evenly() {
    let mut world = World::new();
    let song = file("song", 1);
    let mut degree = vec![0usize; 400];
    for number in 0..400u16 {
        let session = world.join(number);
        let asking =
            Asking { session: Some(session), viewer: Viewer::All, endpoints: remote(number), wanted: 0 };
        if number > 0 {
            let target = Target::InfoHash(song.info_hash);
            let located = world.catalogue.locate(world.now, &target, asking, &mut world.out).unwrap();
            assert_eq!(located.holders.len(), usize::from(number).min(7));
            for holder in located.holders {
                degree[usize::from(number)] += 1;
                let id = holder.peer_id.unwrap();
                degree[usize::from(u16::from_be_bytes([id.0[0], id.0[1]]))] += 1;
            }
        }
        world.have(session, &song, support::some(0));
        world.out.clear();
    }
    let settled = &degree[..300];
    let (least, most) = (settled.iter().min().unwrap(), settled.iter().max().unwrap());
    assert!(*least >= 7 && *most <= 20, "degrees from {least} to {most}");
}

#[test]
fn a_full_swarm_still_answers() {
    let mut world = World::with(Limits { max_swarm_peers: 2, ..Limits::default() });
    for number in 0..3 {
        world.announce(&stock(ANY, number, 5), &format!("10.0.0.{}", number + 1));
    }
    let answer = world.announce(&stock(ANY, 9, 5), "10.0.0.99");
    assert_eq!((answer.incomplete, answer.peers.len()), (2, 2));
}

#[test]
fn a_killed_client_that_comes_back_to_its_port_is_one_client_and_is_not_told_of_itself() {
    let mut world = World::new();
    world.announce(&stock(ANY, 1, 9), "10.0.0.1");
    let answer = world.announce(&stock(ANY, 2, 5), "10.0.0.1");
    assert_eq!((answer.incomplete, answer.peers.len()), (1, 0));
    let other = world.announce(&stock(ANY, 3, 5), "10.0.0.3");
    assert_eq!((other.incomplete, addresses(&other)), (2, set(&["10.0.0.1:6881"])));
}

#[test]
fn a_client_at_another_port_of_an_address_is_another_client() {
    let mut world = World::new();
    world.announce(&stock(ANY, 1, 9), "10.0.0.1");
    let mut neighbour = stock(ANY, 2, 5);
    neighbour.port = 6882;
    assert_eq!(addresses(&world.announce(&neighbour, "10.0.0.1")), set(&["10.0.0.1:6881"]));
}
