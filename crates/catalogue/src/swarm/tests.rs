use std::{collections::BTreeMap, net::IpAddr};

use peerpool_wire::{host::Network, id::PeerId, networks::Networks};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{select::TURN, *};
use crate::{input::SessionId, swarm_peer::Part};

fn ours(number: u64) -> Asker {
    Asker { identity: Identity(number), is_ours: true, follows: false }
}

fn peer(number: u64, seed: bool) -> SwarmPeer {
    let part = if seed { Part::All } else { Part::Some(None) };
    let ip = IpAddr::from([10, 0, (number >> 8) as u8, number as u8]);
    SwarmPeer::new(Identity(number), PeerId::new([0; 12]), ip, 1, Via::BOTH, part)
}

/// Recounts what the index keeps as peers come and go.
fn check_index(swarm: &Swarm) {
    let Some(index) = &swarm.index else { return };
    let mut announced: BTreeMap<Host, u32> = BTreeMap::new();
    for peer in &swarm.peers[swarm.ranks.range(Rank::Announced)] {
        *announced.entry(peer.host()).or_default() += 1;
    }
    assert_eq!(index.crowded as usize, announced.values().filter(|&&count| count > TURN).count());
    assert_eq!(index.announced, announced);
}

fn check(swarm: &Swarm, expected: &std::collections::BTreeMap<u64, bool>) {
    assert_eq!(swarm.len(), expected.len());
    assert_eq!(swarm.seeds() as usize, expected.values().filter(|&&seed| seed).count());
    for (&number, &seed) in expected {
        let found = swarm.get(Identity(number)).unwrap();
        assert_eq!((found.identity, found.part.is_all()), (Identity(number), seed));
    }
}

#[test]
fn a_swarm_finds_its_peers_while_it_grows_and_shrinks_over_the_index_limit() {
    let mut swarm = Swarm::new(WireHash([0; 20]));
    let mut expected = std::collections::BTreeMap::new();
    // 7 and 200 have no common divisor, so that each number comes and goes in an order of its own.
    for step in 0..200u64 {
        let number = step * 7 % 200;
        assert_eq!(swarm.insert(peer(number, number % 3 == 0), true), Inserted::New);
        assert_ne!(swarm.insert(peer(number, number % 2 == 0), true), Inserted::New);
        expected.insert(number, number % 2 == 0);
        check(&swarm, &expected);
    }
    for step in 0..200u64 {
        let number = step * 11 % 200;
        assert!(swarm.remove(Identity(number)).is_some());
        assert!(swarm.remove(Identity(number)).is_none());
        expected.remove(&number);
        check(&swarm, &expected);
    }
}

#[test]
fn a_large_swarm_hands_out_all_of_its_peers_in_time() {
    let mut swarm = Swarm::new(WireHash([0; 20]));
    for number in 0..1000 {
        swarm.insert(peer(number, false), true);
    }
    let wanted = Wanted {
        count: 20,
        asker: Some(ours(0)),
        complete: false,
        via: Via::BOTH,
        near: Network::of([10, 9, 9, 9].into()),
        networks: &Networks::default(),
    };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut told = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let chosen: Vec<u64> = swarm.select(wanted, &mut rng).iter().map(|peer| peer.identity.0).collect();
        assert_eq!(chosen.len(), 20);
        told.extend(chosen);
    }
    assert!(told.len() >= 995 && !told.contains(&0), "{} of 999", told.len());
}

#[test]
fn the_only_seed_is_named_to_all_of_a_small_swarm_and_then_to_twice_as_many_as_anybody_else() {
    let mut swarm = Swarm::new(WireHash([0; 20]));
    swarm.insert(peer(0, true), true);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut named = [0u32; 100];
    for number in 1..100 {
        swarm.insert(peer(number, false), true);
        let wanted = Wanted {
            count: 7,
            asker: Some(ours(number)),
            complete: false,
            via: Via::BOTH,
            near: Network::of([10, 0, 0, number as u8].into()),
            networks: &Networks::default(),
        };
        let told: Vec<usize> =
            swarm.select(wanted, &mut rng).iter().map(|peer| peer.identity.0 as usize).collect();
        if number < 16 {
            assert!(told.contains(&0), "a small swarm's seed is named to all");
            continue;
        }
        told.into_iter().for_each(|told| named[told] += 1);
    }
    let most = named[1..].iter().max().unwrap();
    assert!(2 * named[0] >= 3 * most && named[0] <= 3 * most, "the seed {} times, others {most}", named[0]);
}

#[test]
fn an_expired_peer_is_purged() {
    let mut swarm = Swarm::new(WireHash([0; 20]));
    swarm.insert(SwarmPeer { expires: 100, ..peer(1, true) }, true);
    swarm.insert(peer(2, false), true);
    assert!(swarm.purge(99, |_| false).is_empty());
    assert_eq!(swarm.purge(100, |_| false).gone.len(), 1);
    assert_eq!((swarm.len(), swarm.seeds()), (1, 0));
}

fn at(number: u64, ip: [u8; 4]) -> SwarmPeer {
    SwarmPeer::new(Identity(number), PeerId::new([0; 12]), ip.into(), number as u16 + 1, Via::BOTH, Part::All)
}

fn named(swarm: &mut Swarm, count: usize) -> Vec<u64> {
    let wanted = Wanted {
        count,
        asker: None,
        complete: false,
        via: Via::BOTH,
        near: Network::of([10, 9, 9, 9].into()),
        networks: &Networks::default(),
    };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    swarm.select(wanted, &mut rng).iter().map(|peer| peer.identity.0).collect()
}

#[test]
fn a_connected_peer_is_named_before_a_thousand_that_only_announced() {
    let mut swarm = Swarm::new(WireHash([0; 20]));
    for number in 0..1000 {
        swarm.insert(at(number, [10, 1, (number >> 8) as u8, number as u8]), true);
    }
    swarm.insert(SwarmPeer { session: Some(SessionId(1)), ..at(5000, [10, 0, 0, 2]) }, true);
    for _ in 0..50 {
        assert_eq!(named(&mut swarm, 7)[0], 5000);
    }
    swarm.set_reachable(Identity(5000), false);
    assert!(!named(&mut swarm, 7).contains(&5000), "what nobody can dial comes after the others");
}

#[test]
fn a_thousand_announces_of_one_host_do_not_hide_those_of_another() {
    let mut swarm = Swarm::new(WireHash([0; 20]));
    for number in 0..1000 {
        swarm.insert(at(number, [10, 0, 0, 1]), true);
    }
    swarm.insert(at(5000, [10, 0, 0, 2]), true);
    for _ in 0..50 {
        assert!(named(&mut swarm, 7).contains(&5000));
    }
}

#[test]
fn a_stock_client_that_was_found_dead_is_named_last_also_when_it_announces_again() {
    let mut swarm = Swarm::new(WireHash([0; 20]));
    for number in 0..3 {
        swarm.insert(at(number, [10, 0, 0, number as u8]), true);
    }
    swarm.set_dead("10.0.0.1:2".parse().unwrap());
    swarm.insert(at(1, [10, 0, 0, 1]), true);
    for _ in 0..10 {
        assert_eq!(named(&mut swarm, 3)[2], 1);
    }
}

#[test]
fn hosts_are_crowded_while_they_have_more_clients_than_one_turn_names() {
    let mut swarm = Swarm::new(WireHash([0; 20]));
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    for _ in 0..4_000 {
        // Clients of twenty hosts come, come back from another one, and leave.
        let mut peer = peer(rng.random_range(0..300), false);
        peer.v4 = Some([10, 0, 0, rng.random_range(0..20)].into());
        match rng.random_bool(0.6) {
            true => drop(swarm.insert(peer, true)),
            false => drop(swarm.remove(peer.identity)),
        }
        check_index(&swarm);
    }
}

#[test]
fn clients_that_announced_both_names_hold_one_place_once_they_are_one_swarm() {
    let client = |number: u64, ip: [u8; 4], expires: u32| {
        let mut client = peer(number, false);
        (client.v4, client.expires) = (Some(ip.into()), expires);
        client
    };
    let mut announced = Budget::new(100, 100);
    let mut swarms = [1, 2].map(|name| Swarm::new(WireHash([name; 20])));
    // The first has a lease under both names; the second, too, and has moved; the third has one under one name.
    for (swarm, number, ip, expires) in [
        (0, 1, [10, 0, 0, 1], 500),
        (1, 1, [10, 0, 0, 1], 400),
        (0, 2, [10, 0, 0, 2], 400),
        (1, 2, [10, 0, 9, 2], 500),
        (0, 3, [10, 0, 0, 3], 500),
        (1, 3, [10, 0, 9, 3], NEVER),
    ] {
        let client = client(number, ip, expires);
        assert!(!client.is_own() || announced.take(client.host(), 1));
        swarms[swarm].insert(client, true);
    }
    let [mut one, other] = swarms;
    one.absorb(other, &mut announced);
    assert_eq!((one.len(), announced.taken()), (3, 3));
    for client in one.peers() {
        assert_eq!((client.expires, announced.held(client.host())), (500, 1), "{:?}", client.identity);
    }
}

/// Who is named to a peer that downloads at 10.0.`network`.`number`.
fn named_to(swarm: &mut Swarm, network: u8, number: u64) -> Vec<u64> {
    named_among(&Networks::default(), swarm, network, number)
}

fn named_among(networks: &Networks, swarm: &mut Swarm, network: u8, number: u64) -> Vec<u64> {
    let ip = [10, 0, network, number as u8];
    swarm.insert(SwarmPeer { part: Part::Some(None), ..at(number, ip) }, true);
    let (asker, near) = (Some(ours(number)), networks.of(ip.into()));
    let wanted = Wanted { count: 50, asker, complete: false, via: Via::BOTH, near, networks };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    swarm.select(wanted, &mut rng).iter().map(|peer| peer.identity.0).collect()
}

#[test]
fn three_peers_of_a_network_are_named_those_of_others_and_the_next_when_one_has_everything() {
    let mut swarm = Swarm::new(WireHash([0; 20]));
    swarm.insert(at(0, [10, 0, 0, 1]), true);
    (10..14).for_each(|number| _ = named_to(&mut swarm, 0, number));
    let mut looks_far = |number| named_to(&mut swarm, 1, number).iter().any(|&named| named < 20);
    assert_eq!([20, 21, 22, 23, 24, 21].map(&mut looks_far), [true, true, true, false, false, true]);
    swarm.insert(at(21, [10, 0, 1, 21]), true);
    let mut looks_far = |number| named_to(&mut swarm, 1, number).iter().any(|&named| named < 20);
    assert_eq!([24, 23].map(&mut looks_far), [true, false]);
}

#[test]
fn whoever_only_looks_at_an_item_takes_no_place_of_a_bridge() {
    let mut swarm = Swarm::new(WireHash([0; 20]));
    swarm.insert(at(0, [10, 0, 0, 1]), true);
    (10..14).for_each(|number| _ = named_to(&mut swarm, 0, number));
    let (networks, near) = (&Networks::default(), Network::of([10, 0, 1, 1].into()));
    for number in 20..23 {
        let wanted =
            Wanted { count: 50, asker: Some(ours(number)), complete: false, via: Via::BOTH, near, networks };
        swarm.select(wanted, &mut ChaCha8Rng::seed_from_u64(1));
    }
    let mut looks_far = |number| named_to(&mut swarm, 1, number).iter().any(|&named| named < 20);
    assert_eq!([23, 24, 25, 26].map(&mut looks_far), [true, true, true, false]);
}

#[test]
fn whoever_would_be_named_nobody_is_named_peers_of_other_networks() {
    let mut swarm = Swarm::new(WireHash([0; 20]));
    swarm.insert(at(0, [10, 0, 0, 1]), true);
    (10..14).for_each(|number| _ = named_to(&mut swarm, 0, number));
    // Three that nobody can dial, since they listen nowhere.
    for number in 20..23 {
        named_to(&mut swarm, 1, number);
        let deaf = SwarmPeer { port: 0, part: Part::Some(None), ..at(number, [10, 0, 1, number as u8]) };
        swarm.insert(deaf, true);
    }
    assert!(named_to(&mut swarm, 1, 23).contains(&0));
}

#[test]
fn networks_of_one_site_have_three_bridges_between_them_and_sites_within_one_network_three_each() {
    let site = |net: &str, site| (net.parse().unwrap(), site);
    let listed =
        [site("10.0.1.0/24", 0), site("10.0.2.0/24", 0), site("10.0.3.0/25", 1), site("10.0.3.128/25", 2)];
    let networks = Networks::of_sites(listed).unwrap();
    let mut swarm = Swarm::new(WireHash([0; 20]));
    swarm.insert(at(0, [10, 0, 0, 1]), true);
    let mut looks_far = |network, number| named_among(&networks, &mut swarm, network, number).contains(&0);
    assert_eq!([20, 21].map(|number| looks_far(1, number)), [true, true]);
    assert_eq!([30, 31].map(|number| looks_far(2, number)), [true, false]);
    assert_eq!([40, 41, 42, 43].map(|number| looks_far(3, number)), [true, true, true, false]);
    assert_eq!([240, 241, 242, 243].map(|number| looks_far(3, number)), [true, true, true, false]);
}
