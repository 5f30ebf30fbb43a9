//! Load for `./bench catalogue`: many peers that register many small items, then searches.
//!
//! `catalogue-load TRACKER PEERS ITEMS_OF_EACH SEARCHES` prints one JSON object: seconds until every item is listed,
//! and the latency of searches in milliseconds. The peers stay connected meanwhile.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a load generator ends when anything is wrong")]

use std::{
    collections::HashMap,
    env,
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use peerpool_wire::{
    canonical::{Builder, FileHashes, piece_length},
    channel::{
        Have, Hello, ItemState, METAINFO_BATCHES, MetainfoChunk, PATH, RequestId, ToPeer, ToTracker,
        VERSIONS, WholeMetainfo,
    },
    id::{InfoHash, PeerId, Sha1Hash, Sha256Hash},
    metainfo::Metainfo,
};
use sha2::{Digest as _, Sha256};
use tungstenite::{Message, WebSocket, client};

/// Words that names are made of, so that searches find many, few or no items.
const WORDS: [&str; 16] = [
    "summer", "winter", "lecture", "holiday", "draft", "final", "phim", "nhạc", "backup", "scan", "survey",
    "concert", "release", "map", "notes", "archive",
];

struct Session {
    socket: WebSocket<TcpStream>,
    requests: u32,
    /// Whether the tracker takes several items in one message, as peers of this release send them.
    batches: bool,
}

impl Session {
    fn join(tracker: SocketAddr, number: u64) -> Self {
        let stream = TcpStream::connect(tracker).unwrap();
        stream.set_nodelay(true).unwrap();
        let (socket, _) = client(format!("ws://{tracker}{PATH}"), stream).unwrap();
        let mut session = Self { socket, requests: 0, batches: false };
        let mut random = [0; 12];
        random[..8].copy_from_slice(&number.to_be_bytes());
        session.say(&ToTracker::Hello(Hello {
            versions: VERSIONS.to_vec(),
            peer_id: PeerId::new(random),
            name: format!("load {number}"),
            agent: "catalogue-load".into(),
            port: 1,
            secret: None,
            listens: Vec::new(),
        }));
        match session.hear() {
            ToPeer::Welcome(welcome) => {
                session.batches = welcome.version >= METAINFO_BATCHES;
                session
            }
            other => panic!("the tracker answers hello with {other:?}"),
        }
    }

    fn say(&mut self, message: &ToTracker) {
        self.socket.send(Message::binary(message.encode().unwrap())).unwrap();
    }

    fn hear(&mut self) -> ToPeer {
        loop {
            if let Message::Binary(frame) = self.socket.read().unwrap() {
                return ToPeer::decode(&frame).unwrap();
            }
        }
    }

    /// Registers items and gives the tracker the metainfo that it asks for, until it lists them.
    fn register(&mut self, items: &[Metainfo]) {
        let states = items.iter().map(|item| ItemState { info_hash: item.info.hash(), have: Have::All });
        self.say(&ToTracker::Register { items: states.collect() });
        let by_hash: HashMap<InfoHash, &Metainfo> =
            items.iter().map(|item| (item.info.hash(), item)).collect();
        let mut missing = items.len();
        while missing > 0 {
            match self.hear() {
                ToPeer::NeedMetainfo { info_hashes } => {
                    missing -= info_hashes.len();
                    self.give(info_hashes, &by_hash);
                }
                ToPeer::ItemRefused { reason, .. } => panic!("an item is refused: {reason}"),
                _ => {}
            }
        }
        self.list("nothing has this name");
    }

    fn give(&mut self, wanted: Vec<InfoHash>, items: &HashMap<InfoHash, &Metainfo>) {
        let torrents = wanted.into_iter().map(|info_hash| (info_hash, items[&info_hash].to_torrent(&[])));
        if self.batches {
            let whole = torrents.map(|(info_hash, torrent)| WholeMetainfo { info_hash, torrent });
            return self.say(&ToTracker::MetainfoBatch { items: whole.collect() });
        }
        for (info_hash, torrent) in torrents {
            for chunk in MetainfoChunk::split(info_hash, &torrent).unwrap() {
                self.say(&ToTracker::Metainfo(chunk));
            }
        }
    }

    /// How many items match; the answer comes after everything that was said before.
    fn list(&mut self, query: &str) -> usize {
        self.requests += 1;
        let request = RequestId(self.requests);
        let query = query.to_owned();
        self.say(&ToTracker::List { request, query, cursor: None, limit: 50, offline: false });
        loop {
            match self.hear() {
                ToPeer::Listed { request: answered, page } if answered == request => return page.items.len(),
                ToPeer::Failed { error, .. } => panic!("a search failed: {error:?}"),
                _ => {}
            }
        }
    }
}

fn item(number: u64) -> Metainfo {
    let word =
        |shift: u64| WORDS[(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift) as usize % WORDS.len()];
    let name = format!("{} {} {number:07}.bin", word(60), word(50));
    // Hashing contents would take longer than all the rest, and the tracker does not see them.
    let digest: [u8; 32] = Sha256::digest(&name).into();
    let v1 = Sha1Hash(std::array::from_fn(|at| digest[at]));
    let root = Some(Sha256Hash(digest));
    let hashes = FileHashes { length: 16, root, layer: vec![], v1: vec![v1], v1_tail: Some(v1) };
    Builder::new(piece_length(16, 1)).file(vec![], hashes).finish(&name).unwrap()
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [tracker, peers, each, searches] = arguments.as_slice() else {
        panic!("usage: catalogue-load TRACKER PEERS ITEMS_OF_EACH SEARCHES");
    };
    let tracker: SocketAddr = tracker.parse().unwrap();
    let [peers, each, searches] = [peers, each, searches].map(|number| number.parse::<u64>().unwrap());

    let begin = Instant::now();
    let threads: Vec<_> = (0..2)
        .map(|half| {
            thread::spawn(move || {
                let numbers = (half..peers).step_by(2);
                let register = |number| {
                    let mut session = Session::join(tracker, number);
                    let items: Vec<_> = (number * each..(number + 1) * each).map(item).collect();
                    items.chunks(1000).for_each(|batch| session.register(batch));
                    session
                };
                numbers.map(register).collect::<Vec<_>>()
            })
        })
        .collect();
    let _sessions: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let registered = begin.elapsed();

    let mut searcher = Session::join(tracker, peers);
    let mut found = 0;
    let mut times: Vec<_> = (0..searches)
        .map(|search| {
            let query = match search % 4 {
                0 => WORDS[search as usize % 16].to_owned(),
                1 => format!("{} {}", WORDS[search as usize % 16], WORDS[search as usize / 16 % 16]),
                2 => format!("{:05}", search * 7919 % 100_000),
                _ => format!("no such thing {search}"),
            };
            let begin = Instant::now();
            found += searcher.list(&query);
            begin.elapsed()
        })
        .collect();
    times.sort();
    let at = |share: usize| milliseconds(times[(times.len() * share / 100).min(times.len() - 1)]);
    println!(
        "{{\"registered_seconds\": {:.3}, \"p50_ms\": {}, \"p99_ms\": {}, \"most_ms\": {}, \"found\": {found}}}",
        registered.as_secs_f64(),
        at(50),
        at(99),
        at(100),
    );
}
