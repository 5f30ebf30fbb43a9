//! Who can be dialled, and what becomes of those who cannot.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::net::SocketAddr;

use peerpool_catalogue::{Input, Probed, SessionId, Viewer};
use peerpool_wire::{
    channel::{Have, Hello, ItemState, Key, RequestId, Target, ToPeer, ToTracker},
    id::WireHash,
};
use support::{World, file, hello, peer_id, remote, stock};

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn locate(world: &mut World, session: SessionId, facts: &peerpool_catalogue::ItemFacts) -> Vec<String> {
    let target = Target::InfoHash(facts.info_hash);
    world.send(session, ToTracker::Locate { request: RequestId(1), target, wanted: 0, follow: true });
    let names = world.sent(session).into_iter().find_map(|message| match message {
        ToPeer::Located { holders, .. } => {
            Some(holders.into_iter().filter_map(|holder| holder.name).collect())
        }
        _ => None,
    });
    names.unwrap()
}

fn dials(world: &mut World, session: SessionId) -> Vec<SocketAddr> {
    let sent = world.sent(session).into_iter();
    let dials = sent.filter_map(|message| match message {
        ToPeer::ConnectOut { peers, .. } => Some(peers),
        _ => None,
    });
    dials.flatten().collect()
}

#[test]
fn a_peer_is_tried_at_its_own_address_alone_and_told_what_was_found() {
    let mut world = World::new();
    let listens = vec![addr("10.0.1.1:4000"), addr("192.0.2.1:4000")];
    let session = world.connect_as(Hello { listens, ..hello(1) }, remote(1));
    world.sent(session);
    let probes = world.probes();
    assert_eq!(probes.iter().map(|probe| probe.address).collect::<Vec<_>>(), [addr("10.0.1.1:4000")]);
    world.handle(Input::Probed { probe: probes[0].clone(), reachable: true });
    let reachable = vec![addr("10.0.1.1:4000")];
    assert_eq!(world.sent(session), [ToPeer::Reachability { reachable, unreachable: vec![] }]);
    let (peers, _) = world.catalogue.peers(world.now, &Viewer::All);
    assert_eq!(peers[0].reachable, Some(true));
}

#[test]
fn an_address_of_another_family_counts_only_when_it_proves_itself() {
    let mut world = World::new();
    let song = file("song", 1);
    let stated = addr("[2001:db8::1]:4000");
    let session = world.connect_as(Hello { listens: vec![stated], ..hello(1) }, remote(1));
    world.probes();
    world.have(session, &song, Have::All);
    let probes = world.probes();
    assert_eq!(probes.len(), 1);
    let proof = probes[0].proof.unwrap();
    assert_eq!((probes[0].address, proof.peer_id), (stated, peer_id(1)));
    assert!(song.info_hash.wire_hashes().any(|hash| hash == proof.swarm));
    world.handle(Input::Probed { probe: probes[0].clone(), reachable: false });
    assert!(!world.locate(Target::InfoHash(song.info_hash)).unwrap().holders[0].addresses.contains(&stated));
    world.handle(Input::Probed { probe: probes[0].clone(), reachable: true });
    assert!(world.locate(Target::InfoHash(song.info_hash)).unwrap().holders[0].addresses.contains(&stated));
}

#[test]
fn a_peer_of_version_1_is_told_nothing_that_it_does_not_know() {
    let mut world = World::new();
    let session = world.connect_as(Hello { versions: vec![1], ..hello(1) }, remote(1));
    world.sent(session);
    world.answer_probes(false);
    assert!(world.sent(session).is_empty());
}

#[test]
fn a_holder_that_nobody_can_dial_is_named_last_and_dials_whoever_asks() {
    let mut world = World::new();
    let song = file("song", 1);
    let hidden = world.join(1);
    world.answer_probes(false);
    world.have(hidden, &song, Have::All);
    for number in 2..12 {
        let open = world.join(number);
        world.have(open, &song, Have::All);
    }
    world.probes();
    let asker = world.join(50);
    world.answer_probes(true);
    world.sent(asker);
    assert!(!locate(&mut world, asker, &song).contains(&"peer 1".to_owned()));
    assert_eq!(dials(&mut world, hidden), [addr("10.0.50.1:4000")]);
}

#[test]
fn a_holder_dials_out_also_when_the_asker_is_known_to_be_reachable_later() {
    let mut world = World::new();
    let song = file("song", 1);
    let hidden = world.join(1);
    world.answer_probes(false);
    world.have(hidden, &song, Have::All);
    let asker = world.join(50);
    world.sent(asker);
    assert_eq!(locate(&mut world, asker, &song), ["peer 1"]);
    assert!(dials(&mut world, hidden).is_empty());
    world.answer_probes(true);
    assert_eq!(dials(&mut world, hidden), [addr("10.0.50.1:4000")]);
}

#[test]
fn a_holder_that_comes_later_and_that_nobody_can_dial_dials_who_waits() {
    let mut world = World::new();
    let song = file("song", 1);
    let asker = world.join(50);
    world.answer_probes(true);
    world.have(asker, &song, Have::Some { pieces: 10, bitfield: vec![] });
    locate(&mut world, asker, &song);
    let hidden = world.join(1);
    world.answer_probes(false);
    let items = vec![ItemState { info_hash: song.info_hash, have: Have::All }];
    world.send(hidden, ToTracker::Register { items });
    assert_eq!(dials(&mut world, hidden), [addr("10.0.50.1:4000")]);
}

#[test]
fn a_reported_stock_client_is_tried_and_named_last_when_it_is_dead() {
    let mut world = World::new();
    let song = file("song", 1);
    let asker = world.join(1);
    world.have(asker, &song, Have::Some { pieces: 10, bitfield: vec![] });
    world.probes();
    let hash: WireHash = song.info_hash.v1_wire().unwrap();
    world.announce(&stock(hash, 2, 0), "10.0.0.2");
    world.announce(&stock(hash, 3, 0), "10.0.0.3");
    let addresses = vec![addr("10.0.0.2:6881"), addr("192.0.2.7:80")];
    world.send(asker, ToTracker::UnreachableHolders { info_hash: song.info_hash, addresses });
    let probes = world.probes();
    assert_eq!(probes.len(), 1, "nobody is tried who did not announce itself");
    assert_eq!((probes[0].address, probes[0].of), (addr("10.0.0.2:6881"), Probed::Announced(hash)));
    world.handle(Input::Probed { probe: probes[0].clone(), reachable: false });
    for _ in 0..5 {
        let located = world.locate(Target::InfoHash(song.info_hash)).unwrap();
        let at = |holder: usize| located.holders[holder].addresses[0];
        let dead = (0..located.holders.len()).position(|holder| at(holder) == addr("10.0.0.2:6881"));
        assert_eq!(dead, Some(located.holders.len() - 1));
    }
}

#[test]
fn a_holder_that_sent_wrong_data_verifies_once_for_each_who_complains() {
    let mut world = World::new();
    let song = file("song", 1);
    let holder = world.join(1);
    world.have(holder, &song, Have::All);
    let loser = world.join(2);
    world.have(loser, &song, Have::Some { pieces: 10, bitfield: vec![] });
    let stranger = world.join(3);
    let complaint = |piece| ToTracker::WrongData { info_hash: song.info_hash, piece, holder: peer_id(1) };
    world.send(stranger, complaint(3));
    world.send(loser, complaint(10));
    assert!(world.sent(holder).is_empty(), "a stranger to the item, or a piece that it has not, is no word");
    world.send(loser, complaint(3));
    world.pass(10);
    world.send(loser, complaint(4));
    assert_eq!(world.sent(holder), [ToPeer::Verify { info_hash: song.info_hash, piece: 3 }]);
}

#[test]
fn a_peer_that_is_told_to_dial_learns_the_key_of_whom_it_dials() {
    let mut world = World::new();
    let song = file("song", 1);
    let holder = world.join(1);
    world.answer_probes(false);
    world.have(holder, &song, Have::All);
    world.probes();
    let (asker, key) = (SessionId(50), Some(Key([7; 32])));
    let (hello, endpoints, viewer) = (hello(50), remote(50), Viewer::All);
    world.handle(Input::Connected { session: asker, hello, endpoints, key, viewer });
    world.answer_probes(true);
    world.sent(holder);
    locate(&mut world, asker, &song);
    let told = world.sent(holder);
    assert!(matches!(told[..], [ToPeer::ConnectOut { key: told, .. }] if told == key), "{told:?}");
}
