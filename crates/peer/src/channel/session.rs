//! One session with the tracker, from its welcome to its end.

use std::time::Duration;

use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use peerpool_wire::{
    channel::{MetainfoChunk, Refusal, ToPeer, ToTracker, Welcome},
    id::InfoHash,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, interval},
};
use tokio_tungstenite::tungstenite;

use super::{Event, Order, link::Socket, pending::Pending};
use crate::{
    error::TrackerError,
    node::{Message, NodeHandle},
};

/// Frames that wait to be sent.
const FRAMES: usize = 64;

/// Why a session ended.
pub(super) enum End {
    /// It broke.
    Lost(String),
    /// The tracker ended it.
    Refused(Refusal),
    /// This peer wants another tracker.
    Connect { address: String, answer: oneshot::Sender<Result<(), TrackerError>> },
    /// This peer left the pool.
    Left,
}

pub(super) struct Session {
    read: SplitStream<Socket>,
    frames: mpsc::Sender<tungstenite::Message>,
    pending: Pending,
    node: NodeHandle,
    own_orders: mpsc::WeakSender<Order>,
    keep_alive: Duration,
    lease: Duration,
    /// The writer, and those who send metainfo; they end with the session.
    helpers: JoinSet<()>,
}

impl Session {
    pub(super) fn start(
        socket: Socket,
        welcome: &Welcome,
        node: NodeHandle,
        own_orders: mpsc::WeakSender<Order>,
    ) -> Self {
        let (write, read) = socket.split();
        let (frames, queue) = mpsc::channel(FRAMES);
        let mut helpers = JoinSet::new();
        helpers.spawn(write_frames(write, queue));
        Self {
            read,
            frames,
            pending: Pending::default(),
            node,
            own_orders,
            keep_alive: Duration::from_secs(u64::from(welcome.keep_alive_seconds.clamp(1, 3600))),
            lease: Duration::from_secs(u64::from(welcome.lease_seconds.clamp(5, 24 * 3600))),
            helpers,
        }
    }

    pub(super) async fn run(mut self, orders: &mut mpsc::Receiver<Order>) -> End {
        let mut pings = interval(self.keep_alive);
        let mut silent_until = Instant::now() + self.lease;
        loop {
            let room = self.frames.capacity() > 0;
            let ended = tokio::select! {
                frame = self.read.next() => {
                    silent_until = Instant::now() + self.lease;
                    self.handle_frame(frame).await
                }
                order = orders.recv(), if room => self.handle_order(order).await,
                _ = pings.tick(), if room => {
                    self.put(tungstenite::Message::Ping(tungstenite::Bytes::new()));
                    None
                }
                () = tokio::time::sleep_until(silent_until) => Some(End::Lost(format!(
                    "nothing was heard for {} s", self.lease.as_secs()
                ))),
            };
            if let Some(end) = ended {
                return end;
            }
        }
    }

    async fn handle_frame(
        &mut self,
        frame: Option<Result<tungstenite::Message, tungstenite::Error>>,
    ) -> Option<End> {
        match frame {
            Some(Ok(tungstenite::Message::Binary(bytes))) => match ToPeer::decode(&bytes) {
                Ok(message) => self.handle_message(message).await,
                Err(error) => Some(End::Lost(error.to_string())),
            },
            Some(Ok(tungstenite::Message::Close(_))) | None => Some(End::Lost("it hung up".to_owned())),
            Some(Ok(_)) => None,
            Some(Err(error)) => Some(End::Lost(error.to_string())),
        }
    }

    async fn handle_message(&mut self, message: ToPeer) -> Option<End> {
        match message {
            ToPeer::Listed { request, .. }
            | ToPeer::Updated { request, .. }
            | ToPeer::Located { request, .. }
            | ToPeer::Metainfo { request, .. }
            | ToPeer::PeerList { request, .. }
            | ToPeer::Failed { request, .. } => self.pending.answer(request, message),
            ToPeer::NeedMetainfo { info_hashes } => self.send_metainfo(info_hashes),
            ToPeer::ItemRefused { info_hash, reason } => {
                self.tell_node(Event::ItemRefused { item: info_hash, reason }).await;
            }
            ToPeer::AskState { ask, deadline_ms } => {
                let deadline = Duration::from_millis(deadline_ms);
                self.tell_node(Event::AskState { ask, deadline }).await;
            }
            ToPeer::NewHolders { info_hash, holders } => {
                let item = info_hash;
                self.tell_node(Event::NewHolders { item, holders }).await;
            }
            ToPeer::Reachability { reachable, unreachable } => {
                self.tell_node(Event::Reachability { reachable, unreachable }).await;
            }
            ToPeer::ConnectOut { info_hash, peers } => {
                self.tell_node(Event::ConnectOut { item: info_hash, peers }).await;
            }
            ToPeer::Verify { info_hash, piece } => {
                self.tell_node(Event::Verify { item: info_hash, piece }).await;
            }
            ToPeer::Refused { reason } => return Some(End::Refused(reason)),
            ToPeer::Welcome(_) => return Some(End::Lost("it welcomed this peer twice".to_owned())),
        }
        None
    }

    async fn handle_order(&mut self, order: Option<Order>) -> Option<End> {
        match order {
            Some(Order::Tell(message)) => self.tell(&message),
            Some(Order::Ask { question, answer }) => {
                if let Some(message) = self.pending.ask(question, answer) {
                    self.tell(&message);
                }
            }
            Some(Order::Connect { address, answer }) => return Some(End::Connect { address, answer }),
            Some(Order::Leave(left)) => {
                self.tell(&ToTracker::Bye);
                self.put(tungstenite::Message::Close(None));
                self.drain().await;
                let _ = left.send(());
                return Some(End::Left);
            }
            None => return Some(End::Left),
        }
        None
    }

    fn tell(&self, message: &ToTracker) {
        match message.encode() {
            Ok(frame) => self.put(tungstenite::Message::Binary(frame.into())),
            Err(error) => tracing::error!(%error, "a message for the tracker"),
        }
    }

    /// Room was seen before; a queue that is closed ends the session with the next read.
    fn put(&self, frame: tungstenite::Message) {
        let _ = self.frames.try_send(frame);
    }

    /// Waits until the writer has sent everything.
    async fn drain(&mut self) {
        let (closed, _) = mpsc::channel(1);
        self.frames = closed;
        let _ = tokio::time::timeout(Duration::from_secs(2), self.helpers.join_next()).await;
    }

    async fn tell_node(&self, event: Event) {
        self.node.send(Message::Channel(event)).await;
    }

    /// Sends the tracker what it has no metainfo of, one item after the other, beside everything else.
    fn send_metainfo(&mut self, items: Vec<InfoHash>) {
        let Some(orders) = self.own_orders.upgrade() else {
            return;
        };
        let node = self.node.clone();
        self.helpers.spawn(async move {
            for info_hash in items {
                for message in metainfo_messages(&node, info_hash).await {
                    if orders.send(Order::Tell(message)).await.is_err() {
                        return;
                    }
                }
            }
        });
    }
}

async fn metainfo_messages(node: &NodeHandle, info_hash: InfoHash) -> Vec<ToTracker> {
    let missing = || vec![ToTracker::NoMetainfo { info_hashes: vec![info_hash] }];
    let found = node.with(move |node| node.metainfo(&info_hash)).await.flatten();
    let Some(metainfo) = found else {
        return missing();
    };
    match MetainfoChunk::split(info_hash, &metainfo.to_torrent(&[])) {
        Ok(chunks) => chunks.map(ToTracker::Metainfo).collect(),
        Err(error) => {
            tracing::warn!(%error, "metainfo for the tracker");
            missing()
        }
    }
}

async fn write_frames(
    mut write: SplitSink<Socket, tungstenite::Message>,
    mut queue: mpsc::Receiver<tungstenite::Message>,
) {
    while let Some(frame) = queue.recv().await {
        if let Err(error) = write.send(frame).await {
            tracing::debug!(%error, "the channel cannot be written");
            return;
        }
    }
}
