//! Whoever follows the changes knows what the catalogue knows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use peerpool_catalogue::{Changes, ItemChange, ItemFacts, ItemRow, PeerChange, SessionId, Viewer};
use peerpool_wire::{
    announce::Event,
    channel::{Have, PeerInfo, PeerSearch, ToTracker},
    id::{InfoHash, PeerId},
};
use proptest::prelude::*;
use support::{World, file, some, stock};

/// Knows what it is told.
#[derive(Default)]
struct Follower {
    items: BTreeMap<InfoHash, ItemRow>,
    peers: BTreeMap<PeerId, PeerInfo>,
}

impl Follower {
    /// Begins with what there is.
    fn of(changes: Changes) -> Self {
        let items = changes.index.iter().map(|row| (row.facts.info_hash, row)).collect();
        let mut follower = Self { items, peers: BTreeMap::new() };
        assert!(changes.items.is_empty());
        follower.apply(changes);
        follower
    }

    fn apply(&mut self, changes: Changes) {
        for change in changes.items {
            match change {
                ItemChange::Added(row) => assert!(self.items.insert(row.facts.info_hash, row).is_none()),
                ItemChange::Changed(row, before) => {
                    let was = self.items.insert(row.facts.info_hash, row).unwrap();
                    assert_eq!(before, (&was).into());
                }
                ItemChange::Gone(facts, before) => {
                    let was = self.items.remove(&facts.info_hash).unwrap();
                    assert_eq!(before, (&was).into());
                }
            }
        }
        for change in changes.peers {
            match change {
                PeerChange::Here(peer) => drop(self.peers.insert(peer.peer_id, peer)),
                PeerChange::Gone(peer_id) => assert!(self.peers.remove(&peer_id).is_some()),
            }
        }
    }

    fn agrees(&self, world: &mut World) {
        assert_eq!(self.items.len(), world.catalogue.counts(&Viewer::All).items);
        for row in self.items.values() {
            assert_eq!(row.to_item(), world.item(&row.facts));
        }
        let listed = self.items.values().filter(|row| row.standing.is_listed);
        let mut names: Vec<String> = listed.map(|row| row.facts.name.clone()).collect();
        names.sort();
        assert_eq!(names, world.names(""));
        let (peers, _) = world.catalogue.peers(world.now, &Viewer::All);
        assert_eq!(self.peers.len(), peers.len());
        for peer in peers {
            let followed = &self.peers[&peer.peer_id];
            let connected_seconds = followed.connected_seconds;
            assert_eq!(*followed, PeerInfo { connected_seconds, ..peer });
        }
    }
}

/// Items that share names and contents, in all the ways there are.
fn facts(item: u8) -> ItemFacts {
    file(["a", "a", "b", "c", "c"][usize::from(item)], [1, 2, 1, 3, 1][usize::from(item)])
}

#[derive(Debug, Clone)]
enum Step {
    Join(u16),
    Leave(u16),
    Register(u16, u8, u32),
    Withdraw(u16, u8),
    Announce(u16, u8, bool),
    Stop(u16, u8),
    LeasesEnd,
    Look,
}

fn step() -> impl Strategy<Value = Step> {
    let (peer, item) = (0u16..4, 0u8..5);
    prop_oneof![
        3 => peer.clone().prop_map(Step::Join),
        1 => peer.clone().prop_map(Step::Leave),
        6 => (peer.clone(), item.clone(), 0u32..=10).prop_map(|(peer, item, part)| Step::Register(peer, item, part)),
        3 => (peer.clone(), item.clone()).prop_map(|(peer, item)| Step::Withdraw(peer, item)),
        3 => (peer.clone(), item.clone(), any::<bool>())
            .prop_map(|(client, item, complete)| Step::Announce(client, item, complete)),
        1 => (peer, item).prop_map(|(client, item)| Step::Stop(client, item)),
        1 => Just(Step::LeasesEnd),
        6 => Just(Step::Look),
    ]
}

fn run(world: &mut World, online: &mut BTreeMap<u16, SessionId>, step: Step) {
    let announce =
        |client: u16, item: u8, left: u64| stock(facts(item).info_hash.v2_wire().unwrap(), client, left);
    match step {
        Step::Join(peer) if !online.contains_key(&peer) => drop(online.insert(peer, world.join(peer))),
        Step::Leave(peer) => {
            if let Some(session) = online.remove(&peer) {
                world.leave(session);
            }
        }
        Step::Register(peer, item, part) => {
            if let Some(&session) = online.get(&peer) {
                world.have(session, &facts(item), if part == 10 { Have::All } else { some(part) });
            }
        }
        Step::Withdraw(peer, item) => {
            if let Some(&session) = online.get(&peer) {
                world.send(session, ToTracker::Withdraw { info_hashes: vec![facts(item).info_hash] });
            }
        }
        Step::Announce(client, item, complete) => {
            world.announce(&announce(client, item, u64::from(!complete)), &format!("10.9.9.{client}"));
        }
        Step::Stop(client, item) => {
            let mut stop = announce(client, item, 1);
            stop.event = Event::Stopped;
            world.announce(&stop, &format!("10.9.9.{client}"));
        }
        Step::LeasesEnd => world.pass(700),
        Step::Join(_) | Step::Look => {}
    }
    world.out.clear();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_follower_knows_what_the_catalogue_knows(
        before in prop::collection::vec(step(), 0..20),
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let (mut world, mut online) = (World::new(), BTreeMap::new());
        for step in before {
            run(&mut world, &mut online, step);
        }
        let mut follower = Follower::of(world.catalogue.take_changes(world.now));
        follower.agrees(&mut world);
        for step in steps {
            let looks = matches!(step, Step::Look);
            run(&mut world, &mut online, step);
            if looks {
                follower.apply(world.catalogue.take_changes(world.now));
                follower.agrees(&mut world);
            }
        }
        follower.apply(world.catalogue.take_changes(world.now));
        follower.agrees(&mut world);
        let nothing = world.catalogue.take_changes(world.now);
        prop_assert!(nothing.items.is_empty() && nothing.peers.is_empty());
    }
}

#[test]
fn what_happens_between_two_looks_is_told_once() {
    let mut world = World::new();
    world.catalogue.take_changes(world.now);
    let peers: Vec<SessionId> = (0..50).map(|number| world.join(number)).collect();
    for &peer in &peers {
        world.have(peer, &file("a", 1), Have::All);
    }
    let changes = world.catalogue.take_changes(world.now);
    assert_eq!((changes.items.len(), changes.peers.len()), (1, 50));
    assert!(matches!(&changes.items[..], [ItemChange::Added(row)] if row.standing.seeds == 50));
}

#[test]
fn what_changes_at_once_and_is_too_much_is_told_in_parts() {
    const ITEMS: usize = 10_001;
    let mut world = World::new();
    let peer = world.join(1);
    let mut follower = Follower::of(world.catalogue.take_changes(world.now));
    for item in 0..ITEMS {
        world.have(peer, &ItemFacts { root: None, ..file(&item.to_string(), 1) }, Have::All);
        world.out.clear();
    }
    follower.apply(world.catalogue.take_changes(world.now));
    let listed = |follower: &Follower| follower.items.values().filter(|row| row.standing.is_listed).count();
    assert_eq!(listed(&follower), ITEMS - 1);
    follower.apply(world.catalogue.take_changes(world.now));
    assert_eq!(listed(&follower), ITEMS);
}

#[test]
fn whoever_follows_again_after_a_rest_is_told_what_there_is() {
    let mut world = World::new();
    let peer = world.join(1);
    world.have(peer, &file("a", 1), Have::All);
    world.catalogue.take_changes(world.now);
    world.catalogue.forget_changes();
    world.have(peer, &file("b", 2), Have::All);
    let mut follower = Follower::of(world.catalogue.take_changes(world.now));
    follower.agrees(&mut world);
    world.leave(peer);
    follower.apply(world.catalogue.take_changes(world.now));
    follower.agrees(&mut world);
}

#[test]
fn a_lease_that_is_renewed_changes_nothing() {
    let mut world = World::new();
    let peer = world.join(1);
    world.have(peer, &file("a", 1), Have::All);
    let announce = stock(file("a", 1).info_hash.v2_wire().unwrap(), 7, 1);
    world.announce(&announce, "10.9.9.7");
    world.catalogue.take_changes(world.now);
    world.announce(&announce, "10.9.9.7");
    world.have(peer, &file("a", 1), Have::All);
    assert!(world.catalogue.take_changes(world.now).items.is_empty());
}

#[test]
fn an_item_tells_when_it_became_known_and_how_complete_the_pool_is() {
    let mut world = World::new();
    world.catalogue.set_epoch(1_000_000);
    world.pass(5);
    let (one, other) = (world.join(1), world.join(2));
    world.have(one, &file("a", 1), some(4));
    assert_eq!(world.item(&file("a", 1)).added, Some(1_000_005));
    assert_eq!(world.item(&file("a", 1)).completeness, Some(400));
    world.have(other, &file("a", 1), some(7));
    assert_eq!(world.item(&file("a", 1)).completeness, Some(700));
    world.have(other, &file("a", 1), Have::All);
    assert_eq!(world.item(&file("a", 1)).completeness, Some(1000));
}

#[test]
fn peers_are_found_as_a_whole_in_the_order_of_the_parts_that_they_are_shown_in() {
    let mut world = World::new();
    for number in 0..1500 {
        world.join(number);
    }
    let search = PeerSearch { desc: true, ..PeerSearch::default() };
    let all = world.catalogue.find_peer_ids(&search, &Viewer::All);
    assert_eq!(all.len(), 1500);
    let part = world.catalogue.find_peers(world.now, &PeerSearch { offset: 1400, ..search }, &Viewer::All);
    let part: Vec<PeerId> = part.peers.iter().map(|peer| peer.peer_id).collect();
    assert_eq!((part.len(), &part[..]), (100, &all[1400..]));
}
