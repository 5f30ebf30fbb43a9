//! What an announce costs the catalogue: `cargo bench -p peerpool-catalogue --bench announce`.
//!
//! Swarms of several sizes, every client at an address of its own; each announce renews a client and names 50 others.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "it measures, and prints what it measured"
)]

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use peerpool_catalogue::{Catalogue, Endpoints, Policy, Viewer};
use peerpool_wire::{
    announce::{Announce, Event},
    id::{PeerId, TrackerId, WireHash},
    time::Time,
};

/// How long each size is measured.
const SPELL: Duration = Duration::from_secs(1);

fn main() {
    for size in [2, 10, 50, 100, 1_000, 10_000] {
        println!("{size:6} clients: {:5.2} µs an announce", measure(size).as_nanos() as f64 / 1000.0);
    }
}

fn measure(size: u32) -> Duration {
    let mut catalogue = Catalogue::new(Policy::default(), TrackerId([1; 16]), "bench".into(), 7);
    let mut now = Time::ZERO;
    let mut announce = |number: u32, now: Time| {
        let mut out = Vec::new();
        let answer =
            catalogue.handle_announce(now, &client(number), endpoints(number), &Viewer::All, &mut out);
        answer.map_or(0, |answer| answer.peers.len())
    };
    for number in 0..size {
        announce(number, now);
    }
    let (begin, mut announces, mut named) = (Instant::now(), 0u32, 0);
    while begin.elapsed() < SPELL {
        for _ in 0..1_000 {
            // Neighbours in the order of their announces are none in the swarm.
            named += announce(announces.wrapping_mul(2_654_435_761) % size, now);
            announces = announces.wrapping_add(1);
        }
        now += Duration::from_millis(10);
    }
    assert!(named > 0, "nobody was named");
    begin.elapsed() / announces
}

fn client(number: u32) -> Announce {
    let mut peer_id = [b'-'; 20];
    peer_id[..4].copy_from_slice(&number.to_be_bytes());
    Announce {
        info_hash: WireHash([7; 20]),
        peer_id: PeerId(peer_id),
        port: 6881,
        left: Some(u64::from(number % 20)),
        event: Event::Regular,
        numwant: None,
        key: Some(u64::from(number)),
        compact: true,
        no_peer_id: false,
    }
}

fn endpoints(number: u32) -> Endpoints {
    let remote = Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + number);
    Endpoints { remote: IpAddr::V4(remote), local: IpAddr::V4(Ipv4Addr::new(10, 255, 255, 1)) }
}
