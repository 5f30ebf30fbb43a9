//! What is under `ops/` fits the program.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::Path,
};

use peerpool_system_tests::{Announce, Pool, announce};

fn scrape(mut stream: impl Read + Write, host: &str) -> String {
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// The names of metrics in a text.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    let names =
        words.filter(|word| ["peerpool_tracker_", "peerpool_peer_"].iter().any(|of| word.starts_with(of)));
    names.map(str::to_owned).collect()
}

#[test]
fn every_metric_of_the_dashboard_and_the_alerts_is_told() {
    let pool = Pool::new();
    let film = pool.random_file("film.bin", 100_000, 1);
    let peer = pool.peer("peer").with(&film).start();
    let swarm = peer.item("film.bin", |item| item.seeds > 0).hash.wire_hashes().next().unwrap();
    announce(pool.tracker(), Announce { swarm, peer_id: [7; 20], port: 7000, left: 1 });
    let address = TcpStream::connect(pool.tracker()).unwrap();
    let control = UnixStream::connect(peer.path(".peerpool/control.sock")).unwrap();
    let told = metrics(&[scrape(address, &pool.tracker().to_string()), scrape(control, "peer")].concat());

    let ops = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ops");
    for file in ["grafana/peerpool.json", "prometheus/alerts.yml"] {
        let named = metrics(&fs::read_to_string(ops.join(file)).unwrap());
        let unknown: Vec<_> = named.difference(&told).collect();
        assert!(named.len() >= 8 && unknown.is_empty(), "{file} names {unknown:?}, but there are {told:#?}");
    }
}
