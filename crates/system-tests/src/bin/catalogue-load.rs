//! Load for `./bench catalogue`: many peers that register many small items, then searches, then people who type.
//!
//! `catalogue-load TRACKER PEERS ITEMS_OF_EACH SEARCHES` prints one JSON object: seconds until every item is listed,
//! and the latency of searches in milliseconds. Then it reads lines from its input: `PEOPLE SECONDS` has so many people
//! type for so long, and prints one JSON object of their searches; at the end of the input it ends. The peers stay
//! connected meanwhile. Info-hashes of some of the items stand in the file `hashes` of the working folder, one a line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a load generator ends when anything is wrong")]

use std::{
    collections::HashMap,
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use peerpool_system_tests::Channel;
use peerpool_wire::{
    canonical::{Builder, FileHashes, piece_length},
    channel::{
        Have, ItemState, METAINFO_BATCHES, MetainfoChunk, RequestId, ToPeer, ToTracker, WholeMetainfo,
    },
    id::{InfoHash, PeerId, Sha1Hash, Sha256Hash},
    metainfo::Metainfo,
};
use sha2::{Digest as _, Sha256};

/// Words that names are made of, so that searches find many, few or no items.
const WORDS: [&str; 16] = [
    "summer", "winter", "lecture", "holiday", "draft", "final", "phim", "nhạc", "backup", "scan", "survey",
    "concert", "release", "map", "notes", "archive",
];

struct Session {
    channel: Channel,
    requests: u32,
    /// Whether the tracker takes several items in one message, as peers of this release send them.
    batches: bool,
}

impl Session {
    fn join(tracker: SocketAddr, number: u64) -> Self {
        let mut random = [0; 12];
        random[..8].copy_from_slice(&number.to_be_bytes());
        let (channel, welcome) = Channel::join(tracker, PeerId::new(random), number, "catalogue-load");
        Self { channel, requests: 0, batches: welcome.version >= METAINFO_BATCHES }
    }

    /// Registers items and gives the tracker the metainfo that it asks for, until it lists them.
    fn register(&mut self, items: &[Metainfo]) {
        let states = items.iter().map(|item| ItemState { info_hash: item.info.hash(), have: Have::All });
        self.channel.say(&ToTracker::Register { items: states.collect() });
        let by_hash: HashMap<InfoHash, &Metainfo> =
            items.iter().map(|item| (item.info.hash(), item)).collect();
        let mut missing = items.len();
        while missing > 0 {
            match self.channel.hear() {
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
            return self.channel.say(&ToTracker::MetainfoBatch { items: whole.collect() });
        }
        for (info_hash, torrent) in torrents {
            for chunk in MetainfoChunk::split(info_hash, &torrent).unwrap() {
                self.channel.say(&ToTracker::Metainfo(chunk));
            }
        }
    }

    /// How many items match; the answer comes after everything that was said before.
    fn list(&mut self, query: &str) -> usize {
        self.requests += 1;
        let request = RequestId(self.requests);
        let query = query.to_owned();
        self.channel.say(&ToTracker::List { request, query, cursor: None, limit: 50, offline: false });
        loop {
            match self.channel.hear() {
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

/// Between two keystrokes of somebody who types fast.
const KEYSTROKE: Duration = Duration::from_millis(200);
/// Items whose hashes are written down.
const HASHES: u64 = 100_000;

/// Somebody at a page: each keystroke asks for the first items that fit.
struct Person {
    tracker: SocketAddr,
    connection: BufReader<TcpStream>,
}

impl Person {
    fn sit_down(tracker: SocketAddr) -> Self {
        let stream = TcpStream::connect(tracker).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { tracker, connection: BufReader::new(stream) }
    }

    /// Types one text after the other; returns how long each search took.
    fn type_for(mut self, number: usize, time: Duration) -> Vec<Duration> {
        let begin = Instant::now();
        let mut times = Vec::new();
        // People do not all press their keys at once.
        thread::sleep(KEYSTROKE * (number as u32 % 20) / 20);
        for text in (number..).step_by(7) {
            let text = format!("{} {} {}", WORDS[text % 16], WORDS[text / 16 % 16], text * 7919 % 10_000);
            let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
            for end in ends.take(14) {
                if begin.elapsed() > time {
                    return times;
                }
                let asked = Instant::now();
                self.search(&text[..end]);
                times.push(asked.elapsed());
                thread::sleep(KEYSTROKE.saturating_sub(asked.elapsed()));
            }
        }
        times
    }

    fn search(&mut self, text: &str) {
        let text: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let request =
            format!("GET /api/v1/items?search={text}&limit=60 HTTP/1.1\r\nHost: {}\r\n\r\n", self.tracker);
        self.connection.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut line, mut length) = (String::new(), 0);
        self.connection.read_line(&mut line).unwrap();
        assert!(line.contains(" 200 "), "a search is answered with {line}");
        while line != "\r\n" {
            line.clear();
            self.connection.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        self.connection.read_exact(&mut vec![0; length]).unwrap();
    }
}

/// People type; what their searches took, as JSON. What they type is not what others typed before them.
fn typing(tracker: SocketAddr, people: usize, before: usize, time: Duration) -> String {
    let sit_down =
        |number| thread::spawn(move || Person::sit_down(tracker).type_for(before * 140 + number, time));
    let people: Vec<_> = (0..people).map(sit_down).collect();
    let mut times: Vec<_> = people.into_iter().flat_map(|person| person.join().unwrap()).collect();
    times.sort();
    let at = |share: usize| milliseconds(times[(times.len() * share / 100).min(times.len() - 1)]);
    format!(
        "{{\"searches\": {}, \"p50_ms\": {}, \"p95_ms\": {}, \"p99_ms\": {}, \"most_ms\": {}}}",
        times.len(),
        at(50),
        at(95),
        at(99),
        at(100)
    )
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
    let sessions: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let registered = begin.elapsed();
    thread::spawn(|| Channel::keep_alive(sessions.into_iter().map(|session| session.channel).collect()));

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
    let hashes = (0..(peers * each).min(HASHES)).map(|number| {
        let hash = item(number).info.hash();
        format!("{}\n", hash.wire_hashes().next().unwrap())
    });
    fs::write("hashes", hashes.collect::<String>()).unwrap();
    println!("ready");
    for (before, line) in std::io::stdin().lines().map_while(Result::ok).enumerate() {
        let (people, seconds) = line.split_once(' ').unwrap();
        println!(
            "{}",
            typing(tracker, people.parse().unwrap(), before, Duration::from_secs(seconds.parse().unwrap()))
        );
    }
}
