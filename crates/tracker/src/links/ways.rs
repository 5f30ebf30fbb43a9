//! The ways out to other nodes, as the catalogue's task owns them.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use peerpool_catalogue::{Catalogue, Input, LinkEvent, LinkId, Output, SnapshotCursor};
use peerpool_wire::{
    link::{Hello, Message, News, NodeId, ProcessId, Writer},
    time::Time,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, timeout_at},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::metrics::Metrics;

/// Bytes that wait for a node before its link is begun anew.
const MAX_WAITING: usize = 64 << 20;
/// Frames that wait, beside those.
const MAX_FRAMES: usize = 1 << 16;
/// A frame is sent once it has so many bytes: one that takes long would be taken for silence.
const FRAME: usize = 64 << 10;
/// How long news wait for others: nobody minds that, and a frame costs as much as ten pieces of news in one.
const GATHERING: Duration = Duration::from_millis(5);
/// News in one part of a snapshot, about.
const PART: usize = 1000;

/// The nodes of whose snapshots everything has come.
pub(crate) type Complete = BTreeSet<NodeId>;

/// A link to another node, of those that there may have been to it one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OpenLink {
    link: LinkId,
    number: u64,
}

/// What a link's task has for the catalogue's.
pub(crate) enum Linked {
    /// Both ends have proved who they are.
    Up { who: Hello, address: IpAddr, way: Way, answer: oneshot::Sender<OpenLink> },
    /// The next part of what this node has to say is to be told. Answered by where the part after it begins.
    Snapshot { on: OpenLink, from: SnapshotCursor, answer: oneshot::Sender<Option<SnapshotCursor>> },
    /// Something happened.
    Happened { on: OpenLink, event: LinkEvent },
}

/// The way to another node.
pub(crate) struct Way {
    frames: mpsc::Sender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
    _ends: DropGuard,
}

/// What comes out of a [`Way`].
pub(super) struct Outgoing {
    frames: mpsc::Receiver<Vec<u8>>,
    /// Those that leave next, and when at the latest.
    gathered: Vec<u8>,
    until: Instant,
    /// One that would have made those too long.
    left_over: Option<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
    /// Cancelled when nothing more comes.
    pub(super) ended: CancellationToken,
}

impl Way {
    pub(super) fn new() -> (Self, Outgoing) {
        let (sender, frames) = mpsc::channel(MAX_FRAMES);
        let (waiting, ended) = (Arc::<AtomicUsize>::default(), CancellationToken::new());
        let way = Self { frames: sender, waiting: waiting.clone(), _ends: ended.clone().drop_guard() };
        let (gathered, until, left_over) = (Vec::new(), Instant::now(), None);
        (way, Outgoing { frames, gathered, until, left_over, waiting, ended })
    }
}

impl Outgoing {
    /// The next frames as one, as far as that stays short; none when the way has ended. Given up while it waits, it leaves them
    /// for the next time.
    pub(super) async fn next_together(&mut self) -> Option<Vec<u8>> {
        if self.gathered.is_empty() {
            self.gathered = match self.left_over.take() {
                Some(frame) => frame,
                None => self.frames.recv().await?,
            };
            self.until = Instant::now() + GATHERING;
        }
        while self.gathered.len() < FRAME {
            let Ok(Some(frame)) = timeout_at(self.until, self.frames.recv()).await else { break };
            if self.gathered.len() + frame.len() > 2 * FRAME {
                self.left_over = Some(frame);
                break;
            }
            self.gathered.extend(frame);
        }
        self.waiting.fetch_sub(self.gathered.len(), Ordering::Relaxed);
        Some(std::mem::take(&mut self.gathered))
    }

    /// Bytes that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// All ways out.
pub(crate) struct Ways {
    open: BTreeMap<LinkId, Open>,
    /// The processes that were heard of last.
    processes: BTreeMap<NodeId, (ProcessId, LinkId)>,
    links: u32,
    numbered: u64,
    complete: watch::Sender<Complete>,
    metrics: Arc<Metrics>,
}

struct Open {
    number: u64,
    node: NodeId,
    way: Way,
    writer: Writer,
    /// The last part of the snapshot is on its way.
    is_told: bool,
    /// All of the other node's snapshot has come.
    is_complete: bool,
    /// More waits than may.
    is_behind: bool,
}

impl Ways {
    pub(crate) fn new(metrics: Arc<Metrics>) -> (Self, watch::Receiver<Complete>) {
        let (complete, known) = watch::channel(Complete::new());
        let (open, processes) = (BTreeMap::new(), BTreeMap::new());
        (Self { open, processes, links: 0, numbered: 0, complete, metrics }, known)
    }

    pub(crate) fn handle(
        &mut self,
        now: Time,
        linked: Linked,
        catalogue: &mut Catalogue,
        out: &mut Vec<Output>,
    ) {
        match linked {
            Linked::Up { who, address, way, answer } => {
                let on = self.up(&who, way);
                let up = Input::Link { link: on.link, event: LinkEvent::Up { address } };
                catalogue.handle(now, up, out);
                // A task that is gone says so itself.
                let _ = answer.send(on);
            }
            Linked::Snapshot { on, from, answer } => {
                let Some(open) = self.current(on) else { return };
                let (news, next) = catalogue.snapshot(from, PART);
                out.extend(news.into_iter().map(|news| Output::Tell { to: Some(on.link), news }));
                open.is_told = next.is_none();
                let _ = answer.send(next);
            }
            Linked::Happened { on, event } => {
                let Some(open) = self.current(on) else { return };
                match &event {
                    LinkEvent::Complete => open.is_complete = true,
                    LinkEvent::Lost => drop(self.open.remove(&on.link)),
                    LinkEvent::News(news) => self.metrics.links.heard.increment(news.len() as u64),
                    LinkEvent::Up { .. } => {}
                }
                if !matches!(event, LinkEvent::News(_)) {
                    self.publish();
                }
                catalogue.handle(now, Input::Link { link: on.link, event }, out);
            }
        }
    }

    fn up(&mut self, who: &Hello, way: Way) -> OpenLink {
        let known = self.processes.get(&who.node).filter(|(process, _)| *process == who.process);
        let link = match known {
            Some(&(_, link)) => link,
            None => {
                self.links += 1;
                LinkId(self.links)
            }
        };
        // A process that was there before and is silent is given up by its own link.
        self.processes.insert(who.node, (who.process, link));
        self.numbered += 1;
        let open = Open {
            number: self.numbered,
            node: who.node,
            way,
            writer: Writer::default(),
            is_told: false,
            is_complete: false,
            is_behind: false,
        };
        self.open.insert(link, open);
        self.publish();
        OpenLink { link, number: self.numbered }
    }

    /// The way of a link, unless it was given up or begun anew.
    fn current(&mut self, on: OpenLink) -> Option<&mut Open> {
        self.open.get_mut(&on.link).filter(|open| open.number == on.number)
    }

    fn publish(&self) {
        let complete = self.open.values().filter(|open| open.is_complete).map(|open| open.node);
        let complete: Complete = complete.collect();
        self.metrics.links.up.set(self.open.len());
        self.metrics.links.complete.set(complete.len());
        self.complete.send_replace(complete);
    }

    /// Tells one node, or all.
    pub(crate) fn tell(&mut self, to: Option<LinkId>, news: News) {
        let message = Message::News(news);
        let mut told = 0;
        for (_, open) in self.open.iter_mut().filter(|(link, _)| to.is_none_or(|to| to == **link)) {
            open.write(&message);
            told += 1;
        }
        self.metrics.links.told.increment(told);
    }

    /// Sends what was told. Returns the links that are given up because too much waits.
    pub(crate) fn flush(&mut self) -> Vec<LinkId> {
        for open in self.open.values_mut() {
            if std::mem::take(&mut open.is_told) {
                open.write(&Message::Complete);
            }
            open.send();
        }
        let behind = self.open.extract_if(.., |_, open| open.is_behind);
        let behind: Vec<LinkId> = behind.map(|(link, _)| link).collect();
        if !behind.is_empty() {
            self.metrics.links.behind.increment(behind.len() as u64);
            self.publish();
        }
        behind
    }
}

impl Open {
    fn write(&mut self, message: &Message) {
        match self.writer.write(message) {
            Ok(Some(full)) => self.put(full),
            Ok(None) if self.writer.len() >= FRAME => self.send(),
            Ok(None) => {}
            // Every news fits into a frame; the other node hears it with the next snapshot, should one not.
            Err(error) => {
                tracing::error!(%error, node = %self.node, "a node cannot be told something");
                self.is_behind = true;
            }
        }
    }

    fn send(&mut self) {
        if let Some(frame) = self.writer.take() {
            self.put(frame);
        }
    }

    fn put(&mut self, frame: Vec<u8>) {
        let bytes = frame.len();
        let waiting = self.way.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.is_behind |= waiting > MAX_WAITING || self.way.frames.try_send(frame).is_err();
    }
}
