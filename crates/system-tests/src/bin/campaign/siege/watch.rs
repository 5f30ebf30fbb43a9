//! What the besieged processes hold, and how long they take to answer.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use peerpool_api::Client;
use peerpool_system_tests::{Peer, Pool, holding};
use tokio::runtime::Builder;

const EVERY: Duration = Duration::from_millis(100);
/// When an answer is given up.
const GIVEN_UP: Duration = Duration::from_secs(10);

/// What was the most of one process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) name: String,
    pub(crate) peak_resident: u64,
    pub(crate) handles: u64,
    pub(crate) threads: u64,
    /// The longest time to an answer.
    pub(crate) answer: Duration,
}

impl Seen {
    fn look(&mut self, pid: u32) {
        let now = holding(pid);
        self.peak_resident = self.peak_resident.max(now.resident);
        self.handles = self.handles.max(now.handles);
        self.threads = self.threads.max(now.threads);
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "name": self.name, "peak_resident": self.peak_resident, "handles": self.handles, "threads": self.threads,
            "answer_ms": self.answer.as_millis() as u64,
        })
    }
}

struct Watched {
    pid: u32,
    repository: std::path::PathBuf,
    seen: Seen,
}

/// Looks at two peers and their tracker.
pub(crate) struct Watch {
    tracker: (SocketAddr, u32, Seen),
    peers: Vec<Watched>,
}

impl Watch {
    pub(crate) fn new<'a>(pool: &Pool, peers: impl IntoIterator<Item = &'a Peer<'a>>) -> Self {
        let named = |name: &str| Seen { name: name.to_owned(), ..Seen::default() };
        let peers = peers.into_iter().map(|peer| Watched {
            pid: peer.pid(),
            repository: pool.path(peer.name()),
            seen: named(peer.name()),
        });
        Self { tracker: (pool.tracker(), pool.tracker_pid(), named("tracker")), peers: peers.collect() }
    }

    /// Looks until it is over.
    pub(crate) fn until(mut self, over: &AtomicBool) -> Vec<Seen> {
        thread::scope(|scope| {
            for watched in &mut self.peers {
                scope.spawn(|| watched.ask_until(over));
            }
            let (address, pid, seen) = &mut self.tracker;
            while !over.load(Ordering::Relaxed) {
                seen.look(*pid);
                let asked = Instant::now();
                // Whether it is refused or late: it counts as late.
                let answered = health(*address).unwrap_or(GIVEN_UP);
                seen.answer = seen.answer.max(answered.max(asked.elapsed()));
                thread::sleep(EVERY);
            }
        });
        let peers = self.peers.into_iter().map(|watched| watched.seen);
        peers.chain([self.tracker.2]).collect()
    }
}

impl Watched {
    /// As a command of the user does: connects anew each time.
    fn ask_until(&mut self, over: &AtomicBool) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        while !over.load(Ordering::Relaxed) {
            self.seen.look(self.pid);
            let asked = Instant::now();
            let answer = runtime.block_on(async {
                let asking = async { Client::connect(&self.repository).await?.status().await };
                tokio::time::timeout(GIVEN_UP, asking).await
            });
            let took = if matches!(answer, Ok(Ok(_))) { asked.elapsed() } else { GIVEN_UP };
            self.seen.answer = self.seen.answer.max(took);
            thread::sleep(EVERY);
        }
    }
}

/// How long the tracker takes to say that it is well.
fn health(tracker: SocketAddr) -> Option<Duration> {
    let asked = Instant::now();
    let mut stream = TcpStream::connect_timeout(&tracker, GIVEN_UP).ok()?;
    stream.set_read_timeout(Some(GIVEN_UP)).ok()?;
    write!(stream, "GET /api/v1/health HTTP/1.1\r\nHost: {tracker}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.starts_with("HTTP/1.1 200").then(|| asked.elapsed())
}
