//! Computes the block hashes that peers ask for (BEP 52, "hash request").
//!
//! A request of 53 bytes makes us read and hash a whole piece. So a single thread serves all items: it pauses after
//! each piece, to leave the disk to payload, and caches the latest hashes.

use std::{
    collections::{HashMap, VecDeque},
    io, thread,
    time::Instant,
};

use peerpool_repository::{ReadError, digest::leaf_hashes};
use peerpool_swarm::ConnId;
use peerpool_wire::{
    geometry::Piece,
    id::{InfoHash, Sha256Hash},
    message::HashRequest,
};
use tokio::sync::mpsc;

use crate::{event_sender::EventSender, item_data::ItemData};

/// Pieces that wait to be hashed, of all connections; each connection has one at a time here.
pub(crate) const QUEUE: usize = 64;
/// After its work the thread pauses for so many times as long.
const PAUSE: u32 = 3;
/// Hashes that are kept, of all pieces.
const KEPT: usize = 128 << 10;
/// Bytes read at once: a multiple of a block.
const CHUNK: u64 = 1 << 20;

/// Reaches the thread. Cheap to clone; the thread ends when the last clone is gone.
#[derive(Clone, Debug)]
pub(crate) struct Hashing {
    jobs: mpsc::Sender<Job>,
}

/// A piece whose blocks somebody wants the hashes of.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) item: InfoHash,
    pub(crate) item_data: ItemData,
    pub(crate) piece: Piece,
    pub(crate) conn: ConnId,
    pub(crate) request: HashRequest,
    /// Takes the answer.
    pub(crate) events: EventSender<Computed>,
}

/// The block hashes that somebody wanted; none when the piece cannot be read.
#[derive(Debug)]
pub(crate) struct Computed {
    pub(crate) conn: ConnId,
    pub(crate) request: HashRequest,
    pub(crate) hashes: Option<Vec<Sha256Hash>>,
}

impl Hashing {
    /// Starts the thread.
    pub(crate) fn start() -> io::Result<Self> {
        let (jobs, inbox) = mpsc::channel(QUEUE);
        thread::Builder::new().name("hashes".to_owned()).spawn(move || run(inbox))?;
        Ok(Self { jobs })
    }

    /// Jobs that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }

    /// Hands over a job; false when too many wait.
    pub(crate) fn try_hand_over(&self, job: Job) -> bool {
        self.jobs.try_send(job).is_ok()
    }
}

fn run(mut inbox: mpsc::Receiver<Job>) {
    let mut kept = Kept::default();
    while let Some(job) = inbox.blocking_recv() {
        let begun = Instant::now();
        let key = (job.item, job.piece.index());
        let known = kept.get(&key);
        let computed = known.is_none();
        let hashes = known.or_else(|| read(&job.item_data, job.piece).ok());
        if computed && let Some(hashes) = &hashes {
            kept.keep(key, hashes.clone());
        }
        // A swarm that ended needs nothing any more.
        job.events.blocking_send(Computed { conn: job.conn, request: job.request, hashes });
        if computed {
            thread::sleep(begun.elapsed() * PAUSE);
        }
    }
}

/// The SHA-256 of each block of a verified piece.
fn read(item_data: &ItemData, piece: Piece) -> Result<Vec<Sha256Hash>, ReadError> {
    let geometry = item_data.geometry();
    let (begin, length) = (geometry.offset_of(piece), u64::from(geometry.payload_end(piece)));
    let mut hashes = Vec::new();
    let mut bytes = vec![0; length.min(CHUNK) as usize];
    let mut done = 0;
    while done < length {
        let chunk = &mut bytes[..(length - done).min(CHUNK) as usize];
        item_data.read_at(begin + done, chunk)?;
        hashes.extend(leaf_hashes(chunk));
        done += CHUNK;
    }
    Ok(hashes)
}

type Key = (InfoHash, u32);

/// The pieces hashed last.
#[derive(Debug, Default)]
struct Kept {
    pieces: HashMap<Key, Vec<Sha256Hash>>,
    /// Oldest first.
    turns: VecDeque<Key>,
    hashes: usize,
}

impl Kept {
    fn get(&self, key: &Key) -> Option<Vec<Sha256Hash>> {
        self.pieces.get(key).cloned()
    }

    fn keep(&mut self, key: Key, hashes: Vec<Sha256Hash>) {
        if hashes.len() > KEPT || self.pieces.contains_key(&key) {
            return;
        }
        self.hashes += hashes.len();
        self.pieces.insert(key, hashes);
        self.turns.push_back(key);
        while self.hashes > KEPT
            && let Some(oldest) = self.turns.pop_front()
        {
            self.hashes -= self.pieces.remove(&oldest).map_or(0, |hashes| hashes.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_hashed_last_are_kept_within_a_bound() {
        let mut kept = Kept::default();
        let item: InfoHash = "aa".repeat(20).parse().unwrap();
        let half = vec![Sha256Hash([0; 32]); KEPT / 2];
        for piece in 0..3 {
            kept.keep((item, piece), half.clone());
        }
        assert!(kept.get(&(item, 0)).is_none());
        assert!(kept.get(&(item, 1)).is_some() && kept.get(&(item, 2)).is_some());
        kept.keep((item, 3), vec![Sha256Hash([0; 32]); KEPT + 1]);
        assert!(kept.get(&(item, 3)).is_none());
        assert_eq!(kept.hashes, KEPT);
    }
}
