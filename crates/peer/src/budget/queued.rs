//! How many bytes wait to be taken by the other side, of one connection and of all.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use peerpool_wire::message::Message;
use tokio::sync::Notify;

/// Most that waits for one connection.
const OF_ONE: usize = 1 << 20;
/// Most that waits for all connections. Beyond it, [`AT_LEAST`] is left to each.
const OF_ALL: usize = 32 << 20;
const AT_LEAST: usize = 64 << 10;
/// From so many bytes of answers on, no further question of the connection is read …
const HIGH: usize = 128 << 10;
/// … until so few are left.
const LOW: usize = 32 << 10;

/// What waits for all connections of a peer.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllQueued(Arc<AtomicUsize>);

impl AllQueued {
    /// Most bytes that wait, but for a little of each connection.
    pub(crate) const BOUND: usize = OF_ALL;

    /// How many bytes wait.
    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// What waits for one connection: messages that are not in the socket yet. Blocks do not count: they are read when
/// their turn comes, into buffers of a pool that has its own limit.
#[derive(Clone, Debug)]
pub(crate) struct Queued(Arc<Own>);

#[derive(Debug)]
struct Own {
    all: AllQueued,
    /// Bytes of messages that wait.
    waiting: AtomicUsize,
    /// Bytes of the longest answers to questions that were read and not handled.
    promised: AtomicUsize,
    /// Both became less.
    less: Notify,
}

impl Queued {
    /// Nothing waits for a new connection.
    pub(crate) fn new(all: &AllQueued) -> Self {
        Self(Arc::new(Own {
            all: all.clone(),
            waiting: AtomicUsize::new(0),
            promised: AtomicUsize::new(0),
            less: Notify::new(),
        }))
    }

    /// Counts a message that is about to wait; false when the connection must be given up for what it does not take.
    pub(crate) fn add(&self, bytes: usize) -> bool {
        let own = self.0.waiting.fetch_add(bytes, Ordering::SeqCst) + bytes;
        let all = self.0.all.0.fetch_add(bytes, Ordering::SeqCst) + bytes;
        own <= OF_ONE && (all <= OF_ALL || own <= AT_LEAST)
    }

    /// So many bytes are in the socket.
    pub(crate) fn remove(&self, bytes: usize) {
        self.0.waiting.fetch_sub(bytes, Ordering::SeqCst);
        self.0.all.0.fetch_sub(bytes, Ordering::SeqCst);
        self.tell();
    }

    /// A question was read whose answer may be so long.
    pub(crate) fn promise(&self, bytes: usize) {
        self.0.promised.fetch_add(bytes, Ordering::SeqCst);
    }

    /// It was handled: its answer waits by now, if there is one.
    pub(crate) fn handled(&self, bytes: usize) {
        self.0.promised.fetch_sub(bytes, Ordering::SeqCst);
        self.tell();
    }

    /// Whether the connection has asked for so much, and not taken it, that its next question must wait.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes() >= HIGH
    }

    /// Waits until there is room for the answer to a further question.
    pub(crate) async fn room(&self) {
        loop {
            let less = self.0.less.notified();
            if self.bytes() <= LOW {
                return;
            }
            less.await;
        }
    }

    fn bytes(&self) -> usize {
        self.0.waiting.load(Ordering::SeqCst) + self.0.promised.load(Ordering::SeqCst)
    }

    fn tell(&self) {
        if self.bytes() <= LOW {
            self.0.less.notify_waiters();
        }
    }
}

/// What was never taken waits no longer.
impl Drop for Own {
    fn drop(&mut self) {
        self.all.0.fetch_sub(*self.waiting.get_mut(), Ordering::SeqCst);
    }
}

/// Longest answer that a message may call for, in bytes; 0 for one that calls for little or nothing.
pub(crate) fn longest_answer(message: &Message) -> usize {
    /// A piece of metadata with its header; what the message asks for is not looked into here.
    const EXTENDED: usize = 17 << 10;
    match message {
        Message::Extended { id, .. } if *id != 0 => EXTENDED,
        Message::HashRequest(request) => {
            let hashes = request.length.min(8192) + request.proof_layers.min(64);
            64 + 32 * hashes as usize
        }
        _ => 0,
    }
}

/// Memory that a message takes while it waits, in bytes.
pub(crate) fn weight(message: &Message) -> usize {
    let payload = match message {
        Message::Bitfield(bits) => bits.len(),
        Message::Extended { payload, .. } => payload.len(),
        Message::Hashes(_, hashes) => 32 * hashes.len(),
        _ => 0,
    };
    size_of::<Message>() + payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_takes_nothing_is_given_up() {
        let queued = Queued::new(&AllQueued::default());
        assert!(queued.add(OF_ONE));
        assert!(!queued.add(1));
    }

    #[test]
    fn many_that_take_nothing_are_given_up_sooner() {
        let all = AllQueued::default();
        let many: Vec<Queued> = (0..OF_ALL / OF_ONE).map(|_| Queued::new(&all)).collect();
        assert!(many.iter().all(|queued| queued.add(OF_ONE)));
        let last = Queued::new(&all);
        assert!(last.add(AT_LEAST));
        assert!(!last.add(1));
        drop(many);
        assert!(last.add(AT_LEAST));
    }

    #[tokio::test]
    async fn a_question_waits_until_the_answers_before_it_are_taken() {
        let queued = Queued::new(&AllQueued::default());
        queued.promise(HIGH);
        assert!(queued.is_full());
        assert!(queued.add(HIGH));
        queued.handled(HIGH);
        assert!(queued.is_full());
        let room = queued.room();
        tokio::pin!(room);
        assert!(futures_util::poll!(room.as_mut()).is_pending());
        queued.remove(HIGH - LOW);
        room.await;
    }
}
