//! Stock clients that announce again and again.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{IpAddr, SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use peerpool_wire::id::WireHash;

use crate::{Announce, stock::announce_path};

/// How long a client gives a tracker to answer before it asks the next one of the tier.
const PATIENCE: Duration = Duration::from_secs(3);

/// Threads, each of which announces for clients that share one order of trackers.
const THREADS: u32 = 6;
const CLIENTS: u16 = 20;

/// So many announces a second, until they are [ended](Announces::end).
#[derive(Debug)]
pub struct Announces {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Announced>>,
}

/// What clients saw.
#[derive(Debug, Default, Clone)]
pub struct Announced {
    /// How many announces were answered.
    pub answered: u64,
    /// How long any of them took, from the first attempt to an answer.
    pub longest: Duration,
    /// Announces that no tracker answered before each had been asked.
    pub unanswered: u64,
    /// What trackers that were asked answered in place of peers.
    pub refusals: Vec<String>,
}

impl Announces {
    /// How many clients there are, each of which lacks something.
    pub const CLIENTS: u32 = THREADS * CLIENTS as u32;

    /// Begins. The trackers are one tier (BEP 12); each thread begins with the next one.
    pub fn begin(from: IpAddr, trackers: &[SocketAddr], swarm: WireHash, per_second: u32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let every = Duration::from_secs(1) * THREADS / per_second;
        let thread = |number: u32| {
            let mut tier: Vec<_> = trackers.iter().map(|tracker| Tracker::new(from, *tracker)).collect();
            tier.rotate_left(number as usize % trackers.len());
            let over = Arc::clone(&over);
            thread::spawn(move || announce_for(number, tier, swarm, every, &over))
        };
        let threads = (0..THREADS).map(thread).collect();
        Self { over, threads }
    }

    /// Ends them, and tells what they saw.
    pub fn end(self) -> Announced {
        self.over.store(true, Ordering::Relaxed);
        let seen = self.threads.into_iter().map(|thread| thread.join().unwrap());
        seen.fold(Announced::default(), |all, one| Announced {
            answered: all.answered + one.answered,
            longest: all.longest.max(one.longest),
            unanswered: all.unanswered + one.unanswered,
            refusals: [all.refusals, one.refusals].concat(),
        })
    }
}

fn announce_for(
    thread: u32,
    mut tier: Vec<Tracker>,
    swarm: WireHash,
    every: Duration,
    over: &AtomicBool,
) -> Announced {
    let mut seen = Announced::default();
    let mut due = Instant::now();
    for client in (0..CLIENTS).cycle() {
        if over.load(Ordering::Relaxed) {
            break;
        }
        thread::sleep(due.saturating_duration_since(Instant::now()));
        // What was missed is not made up for: nobody announces faster after a pause.
        due = (due + every).max(Instant::now());
        let number = thread as u16 * CLIENTS + client;
        let mut peer_id = *b"-XX0001-000000000000";
        peer_id[18..].copy_from_slice(&number.to_be_bytes());
        let path = announce_path(Announce { swarm, peer_id, port: 1024 + number, left: 1 });
        let first = Instant::now();
        while !ask_in_turn(&mut tier, &path, &mut seen.refusals) {
            seen.unanswered += 1;
            if over.load(Ordering::Relaxed) {
                return seen;
            }
        }
        seen.answered += 1;
        seen.longest = seen.longest.max(first.elapsed());
    }
    seen
}

/// Asks one tracker after the other; who answers is asked first from then on. Tells whether anybody did.
fn ask_in_turn(tier: &mut [Tracker], path: &str, refusals: &mut Vec<String>) -> bool {
    for place in 0..tier.len() {
        match tier[place].ask(path) {
            Ok(answer) if !answer.starts_with("d14:failure reason") => {
                tier[..=place].rotate_right(1);
                return true;
            }
            Ok(answer) => refusals.push(answer),
            Err(_) => {}
        }
    }
    false
}

/// A tracker, and the connection to it that stays open.
#[derive(Debug)]
struct Tracker {
    from: IpAddr,
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

impl Tracker {
    fn new(from: IpAddr, address: SocketAddr) -> Self {
        Self { from, address, connection: None }
    }

    /// Asks on the open connection, and on a new one where that has been closed.
    fn ask(&mut self, path: &str) -> io::Result<String> {
        let deadline = Instant::now() + PATIENCE;
        let Some(open) = self.connection.take() else { return self.ask_anew(path, deadline) };
        match self.ask_on(open, path, deadline) {
            Err(error) if !is_timeout(&error) => self.ask_anew(path, deadline),
            outcome => outcome,
        }
    }

    fn ask_anew(&mut self, path: &str, deadline: Instant) -> io::Result<String> {
        let socket =
            socket2::Socket::new(socket2::Domain::for_address(self.address), socket2::Type::STREAM, None)?;
        socket.bind(&SocketAddr::new(self.from, 0).into())?;
        socket.connect_timeout(&self.address.into(), left_until(deadline)?)?;
        socket.set_tcp_nodelay(true)?;
        self.ask_on(BufReader::new(socket.into()), path, deadline)
    }

    fn ask_on(
        &mut self,
        mut connection: BufReader<TcpStream>,
        path: &str,
        deadline: Instant,
    ) -> io::Result<String> {
        connection.get_ref().set_read_timeout(Some(left_until(deadline)?))?;
        write!(connection.get_mut(), "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address)?;
        let mut length = None;
        loop {
            let mut line = String::new();
            if connection.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            length =
                line.strip_prefix("content-length:").map(|value| value.trim().parse().unwrap()).or(length);
        }
        let mut body = vec![0; length.ok_or(io::ErrorKind::InvalidData)?];
        connection.read_exact(&mut body)?;
        self.connection = Some(connection);
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn left_until(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}
