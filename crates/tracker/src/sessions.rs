//! The ways out to the connected peers.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use peerpool_catalogue::SessionId;
use peerpool_wire::{
    channel::{CatalogueItem, Failure, Have, Holder, Page, PeerInfo, Refusal, RequestId, ToPeer},
    id::InfoHash,
};
use tokio::sync::mpsc;

use crate::memory::Held;

/// Messages that wait for a peer to read. The channel stops reading a peer long before its own questions fill this.
const QUEUE: usize = 1024;
/// Bytes that wait for one peer, about: an answer of the longest kind, and some more.
const QUEUE_BYTES: usize = 16 << 20;
/// What a message takes at least, and an item, holder or peer in one, beside texts and bitfields.
const SMALL: usize = 128;

/// Something for a connection to write.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Apart from the queue, which has room for some from the beginning.
    Message(Box<ToPeer>),
    /// The item's .torrent file, from the store.
    Metainfo {
        request: RequestId,
        info_hash: InfoHash,
    },
    Ping,
    /// Say why, if there is a reason, and close.
    Close(Option<Refusal>),
}

/// Something that waits to be written, with the memory that it takes until then.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) outgoing: Outgoing,
    pub(crate) held: Waiting,
}

/// Memory of something that waits.
#[derive(Debug)]
pub(crate) struct Waiting {
    held: Held,
    all: Arc<AtomicUsize>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.all.fetch_sub(self.held.bytes(), Ordering::Relaxed);
    }
}

/// The way out to one peer.
#[derive(Debug)]
pub(crate) struct Queue {
    queue: mpsc::Sender<Queued>,
    held: Held,
    bytes: Arc<AtomicUsize>,
}

/// How much waits for a peer.
#[derive(Debug)]
pub(crate) struct Backlog {
    pub(crate) queue: mpsc::WeakSender<Queued>,
    bytes: Arc<AtomicUsize>,
}

impl Backlog {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Queue {
    /// A queue, for a peer whose memory `held` stands for.
    pub(crate) fn new(held: Held) -> (Self, mpsc::Receiver<Queued>, Backlog) {
        let (queue, outgoing) = mpsc::channel(QUEUE);
        let bytes = Arc::<AtomicUsize>::default();
        let backlog = Backlog { queue: queue.downgrade(), bytes: bytes.clone() };
        (Self { queue, held, bytes }, outgoing, backlog)
    }

    /// False when there is no room.
    fn put(&self, outgoing: Outgoing) -> bool {
        let weight = weight(&outgoing);
        let waiting = self.bytes.load(Ordering::Relaxed);
        if waiting > 0 && waiting + weight > QUEUE_BYTES {
            return false;
        }
        let Ok(held) = self.held.another(weight) else { return false };
        self.bytes.fetch_add(weight, Ordering::Relaxed);
        let held = Waiting { held, all: self.bytes.clone() };
        self.queue.try_send(Queued { outgoing, held }).is_ok()
    }
}

/// Where to put what a peer is to be sent; the catalogue's task owns it.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    queues: HashMap<SessionId, Queue>,
}

impl Sessions {
    pub(crate) fn add(&mut self, session: SessionId, queue: Queue) {
        self.queues.insert(session, queue);
    }

    /// Whether a session was begun, and is not over.
    pub(crate) fn has(&self, session: SessionId) -> bool {
        self.queues.contains_key(&session)
    }

    pub(crate) fn remove(&mut self, session: SessionId) {
        self.queues.remove(&session);
    }

    /// Queues something; false when the peer does not read and is given up.
    pub(crate) fn send(&mut self, session: SessionId, outgoing: Outgoing) -> bool {
        // A session that is gone already is no slow reader.
        let is_stuck = self.queues.get(&session).is_some_and(|queue| !queue.put(outgoing));
        if is_stuck {
            self.queues.remove(&session);
        }
        !is_stuck
    }

    /// Ends a session: its queue ends after what is in it.
    pub(crate) fn close(&mut self, session: SessionId, reason: Option<Refusal>) {
        self.send(session, Outgoing::Close(reason));
        self.remove(session);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.queues.len()
    }

    /// Some of them, at most so many.
    pub(crate) fn some(&self, most: usize) -> Vec<SessionId> {
        self.queues.keys().take(most).copied().collect()
    }

    /// Ends all sessions.
    pub(crate) fn close_all(&mut self) {
        for (_, queue) in self.queues.drain() {
            // A full queue ends without a word.
            queue.put(Outgoing::Close(Some(Refusal::ShuttingDown)));
        }
    }
}

/// About how many bytes something takes.
fn weight(outgoing: &Outgoing) -> usize {
    let Outgoing::Message(message) = outgoing else { return SMALL };
    SMALL
        + match &**message {
            ToPeer::Listed { page, .. } => of_page(page),
            ToPeer::Found { page, .. } => of_items(&page.items),
            ToPeer::FileList { page, .. } => page.entries.iter().map(|entry| SMALL + entry.name.len()).sum(),
            ToPeer::HolderList { page, .. } => of_holders(&page.holders),
            ToPeer::FoundPeers { page, .. } => of_peers(&page.peers),
            ToPeer::Updated { page, silent, .. } => of_page(page) + SMALL * silent.len(),
            ToPeer::Located { holders, twins, variants, .. } => {
                let twins = twins.iter().map(|twin| of_item(&twin.item) + of_holders(&twin.holders));
                of_holders(holders) + twins.sum::<usize>() + of_items(variants)
            }
            ToPeer::NewHolders { holders, .. } => of_holders(holders),
            ToPeer::NeedMetainfo { info_hashes } => SMALL * info_hashes.len(),
            ToPeer::PeerList { peers, .. } => of_peers(peers),
            ToPeer::Failed { error: Failure::Ambiguous { variants, .. }, .. } => of_items(variants),
            _ => 0,
        }
}

fn of_page(page: &Page) -> usize {
    of_items(&page.items)
}

fn of_items(items: &[CatalogueItem]) -> usize {
    items.iter().map(of_item).sum()
}

fn of_item(item: &CatalogueItem) -> usize {
    SMALL + item.name.len()
}

fn of_peers(peers: &[PeerInfo]) -> usize {
    peers.iter().map(|peer| SMALL + peer.name.len() + peer.agent.len()).sum()
}

fn of_holders(holders: &[Holder]) -> usize {
    let bitfield = |have: &Have| match have {
        Have::All => 0,
        Have::Some { bitfield, .. } => bitfield.len(),
    };
    let of = |holder: &Holder| SMALL + holder.name.as_ref().map_or(0, String::len) + bitfield(&holder.have);
    holders.iter().map(of).sum()
}
