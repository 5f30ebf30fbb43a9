//! What a large pool costs the catalogue. Run it optimised, and alone: figures from elsewhere mean nothing.
//! `cargo test --release -p peerpool-tracker --test scale NAME -- --ignored --nocapture`, one test at a time.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use peerpool_catalogue::{
    Catalogue, Change, Endpoints, Eyes, Input, ItemFacts, NewItem, Policy, Query, SessionId, Viewer,
};
use peerpool_wire::{
    announce::{Announce, Event},
    channel::{Have, Hello, ItemKind, ItemSort, ItemState, SessionSecret, ToTracker, VERSIONS},
    id::{InfoHash, PeerId, Sha1Hash, Sha256Hash, TrackerId, WireHash},
    time::Time,
};

fn catalogue() -> Catalogue {
    Catalogue::new(Policy::default(), TrackerId([0; 16]), "scale".into(), 1)
}

/// Resident memory in bytes (Linux).
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// Spreads numbers over the bytes of a hash.
fn digest<const N: usize>(number: u32) -> [u8; N] {
    let mut state = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
    std::array::from_fn(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    })
}

#[test]
#[ignore = "takes long"]
fn an_announced_peer_takes_at_most_200_bytes() {
    const SWARMS: u32 = 100_000;
    let mut catalogue = catalogue();
    let mut out = Vec::new();
    let before = resident();
    let start = Instant::now();
    for number in 0..10 * SWARMS {
        let announce = Announce {
            info_hash: WireHash(digest(number % SWARMS)),
            peer_id: PeerId(digest(number)),
            port: 6881,
            left: Some(1),
            event: Event::Started,
            numwant: Some(30),
            key: None,
            compact: true,
            no_peer_id: true,
        };
        let endpoints = Endpoints { remote: number.to_be_bytes().into(), local: [10, 0, 0, 1].into() };
        catalogue.handle_announce(Time::ZERO, &announce, endpoints, &Viewer::All, &mut out).unwrap();
    }
    let each = (resident() - before) / u64::from(10 * SWARMS);
    println!("{each} bytes a peer, {:?} an announce", start.elapsed() / (10 * SWARMS));
    assert!(each <= 200, "{each} bytes");
}

fn facts(number: u32) -> ItemFacts {
    const WORDS: [&str; 8] = ["Alpha", "bravo", "Charlie", "đelta", "echo", "Foxtrot", "golf", "Hotel"];
    let word = |shift: u32| WORDS[(number >> shift) as usize % WORDS.len()];
    ItemFacts {
        info_hash: InfoHash::hybrid(Sha1Hash(digest(number)), Sha256Hash(digest(number))),
        name: format!("{} {} {number:07} {}.tar", word(0), word(3), word(6)),
        kind: ItemKind::File,
        length: 1 << 20,
        piece_length: 1 << 14,
        pieces: 64,
        files: 1,
        private: false,
        root: Some(Sha256Hash(digest(number))),
        v1_form: None,
    }
}

#[test]
#[ignore = "takes long"]
fn a_search_among_a_million_items_takes_less_than_50_ms() {
    const PEERS: u32 = 1000;
    const EACH: u32 = 1000;
    let mut catalogue = catalogue();
    let mut out = Vec::new();
    let before = resident();
    let start = Instant::now();
    for number in 0..PEERS * EACH {
        catalogue.apply(Change::Added(NewItem {
            facts: facts(number),
            torrent: Arc::from([]),
            added: 0,
            owner: None,
        }));
    }
    println!(
        "{:?} an item to load, {} bytes each",
        start.elapsed() / (PEERS * EACH),
        (resident() - before) / 1_000_000
    );
    let start = Instant::now();
    for peer in 0..PEERS {
        let session = SessionId(peer);
        let hello = Hello {
            versions: VERSIONS.to_vec(),
            peer_id: PeerId(digest(peer)),
            name: String::new(),
            agent: String::new(),
            port: 1,
            secret: None,
            listens: Vec::new(),
            connection: 0,
            digest: None,
        };
        let endpoints = Endpoints { remote: peer.to_be_bytes().into(), local: [10, 0, 0, 1].into() };
        catalogue.handle(
            Time::ZERO,
            Input::Connected { session, hello, endpoints, key: None, viewer: Viewer::All },
            &mut out,
        );
        let own = (0..EACH)
            .map(|number| ItemState { info_hash: facts(peer * EACH + number).info_hash, have: Have::All });
        let message = ToTracker::Register { items: own.collect() };
        catalogue.handle(Time::ZERO, Input::Message { session, message }, &mut out);
        out.clear();
    }
    println!(
        "{:?} an item to register, {} bytes each in all",
        start.elapsed() / (PEERS * EACH),
        (resident() - before) / 1_000_000
    );

    let start = Instant::now();
    let index = catalogue.index(Time::ZERO, None);
    println!("{:?} to bring the index up to date", start.elapsed());
    let find = |text: &str, sort: ItemSort| {
        let query = Query::parse(text).unwrap();
        index.find(&query, None, Eyes::ALL, sort.into(), None, || true).unwrap()
    };
    let start = Instant::now();
    find("a", ItemSort::Name);
    println!(
        "{:?} for the first search, {} bytes each in all",
        start.elapsed(),
        (resident() - before) / 1_000_000
    );
    let start = Instant::now();
    find("", ItemSort::Size);
    println!("{:?} to sort everything", start.elapsed());
    let mut slowest = Duration::ZERO;
    for query in [
        "",
        "a",
        "alp",
        "echo",
        "ĐEL",
        "0999999",
        "hotel.tar",
        "charlie bravo 0",
        "zzz",
        "z",
        "999999 alpha.tar",
    ] {
        let start = Instant::now();
        let found = find(query, ItemSort::Name).len();
        let took = start.elapsed();
        println!("`{query}`: {found} items in {took:?}");
        slowest = slowest.max(took);
    }
    assert!(slowest < Duration::from_millis(50), "{slowest:?}");
}

/// A peer's end of a channel, which says nothing after its hello. It costs this process a file alone.
fn idle_channel(tracker: SocketAddr, number: u32) -> TcpStream {
    let mut stream = TcpStream::connect(tracker).unwrap();
    let upgrade = format!(
        "GET {} HTTP/1.1\r\nHost: {tracker}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        peerpool_wire::channel::PATH
    );
    stream.write_all(upgrade.as_bytes()).unwrap();
    let hello = ToTracker::Hello(Hello {
        versions: VERSIONS.to_vec(),
        peer_id: PeerId(digest(number)),
        name: format!("peer {number}"),
        agent: "idle".to_owned(),
        port: 0,
        secret: Some(SessionSecret(digest(number))),
        listens: Vec::new(),
        connection: 1,
        digest: None,
    });
    let hello = hello.encode().unwrap();
    // One binary frame, whose mask of zeros changes nothing.
    let mut frame = vec![0x82, 0x80 | 126];
    frame.extend_from_slice(&u16::try_from(hello.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(&hello);
    stream.write_all(&frame).unwrap();
    let (mut heard, mut buffer) = (Vec::new(), [0; 1 << 10]);
    while !heard.windows(7).any(|bytes| bytes == b"welcome") {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the channel was refused");
        heard.extend_from_slice(&buffer[..read]);
    }
    stream
}

#[test]
#[ignore = "takes long"]
fn an_idle_channel_takes_at_most_24_kilobytes() {
    const CHANNELS: u32 = 2_000;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tracker = runtime.block_on(support::tracker());
    let open = |numbers: Range<u32>| -> Vec<TcpStream> {
        numbers.map(|number| idle_channel(tracker.addr(), number)).collect()
    };
    // What a tracker takes once, whoever comes.
    let _first = open(0..200);
    let before = resident();
    let start = Instant::now();
    let channels = open(200..200 + CHANNELS);
    let each = (resident() - before) / u64::from(CHANNELS);
    println!("{each} bytes an idle channel, {:?} to open one", start.elapsed() / CHANNELS);
    assert!(each <= 24_000, "{each} bytes");
    drop(channels);
}
