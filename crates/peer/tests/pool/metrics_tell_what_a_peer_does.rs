//! `GET /metrics` on the control socket.

use peerpool_api::socket;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
};

use crate::world::{Folder, Pair, bytes, get};

async fn scrape(folder: &Folder) -> String {
    let address = socket::connect_path(folder.path()).unwrap();
    let mut socket = UnixStream::connect(address.path()).await.unwrap();
    socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: peer\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 200 ") && text.contains("text/plain; version=0.0.4"), "{text}");
    text
}

fn value(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is missing in {text}")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_and_pieces_are_counted_and_queues_stand_beside_their_bounds() {
    let pair = Pair::sharing("film.mkv", &bytes(3_000_000, 9)).await;
    let download = pair.fetcher.fetch(&get("film.mkv")).await;

    let fetcher = scrape(&pair.there).await;
    assert_eq!(value(&fetcher, "peerpool_peer_bytes_total{direction=\"received\"}"), 3_000_000);
    let verified = value(&fetcher, "peerpool_peer_pieces_total{outcome=\"verified\"}");
    assert_eq!(verified, u64::from(download.pieces_total));
    assert_eq!(value(&fetcher, "peerpool_peer_pieces_total{outcome=\"failed\"}"), 0);
    for (name, label) in [
        ("connections", "state=\"open\""),
        ("connections", "state=\"handshake\""),
        ("queue", "queue=\"node\""),
        ("queue", "queue=\"storage\""),
        ("queue", "queue=\"block_hashes\""),
        ("memory_bytes", "for=\"received\""),
        ("memory_bytes", "for=\"to_send\""),
        ("memory_bytes", "for=\"messages\""),
    ] {
        let now = value(&fetcher, &format!("peerpool_peer_{name}{{{label}}}"));
        let bound = value(&fetcher, &format!("peerpool_peer_{name}_bound{{{label}}}"));
        assert!(now <= bound && bound > 0, "{name} {label}: {now} of {bound}");
    }

    let holder = scrape(&pair.here).await;
    assert!(value(&holder, "peerpool_peer_bytes_total{direction=\"sent\"}") >= 3_000_000);
}
