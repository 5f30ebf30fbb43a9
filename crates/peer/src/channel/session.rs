//! One session with the tracker, from its welcome to its end.

use std::{collections::VecDeque, net::IpAddr, time::Duration};

use futures_util::{StreamExt as _, stream::SplitStream};
use peerpool_access::key::PublicKey;
use peerpool_api::Trackers;
use peerpool_wire::{
    channel::{METAINFO_BATCHES, Refusal, ToPeer, ToTracker},
    id::InfoHash,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::{AbortHandle, JoinHandle},
    time::{Instant, interval_at},
};
use tokio_tungstenite::tungstenite;

use super::{
    Event, Inbox, Order,
    heard::Heard,
    link::{Opened, Socket},
    metainfo,
    nodes::{Nodes, urls},
    outgoing::Outgoing,
    pending::Pending,
    silence::{Due, Silence},
};
use crate::{addresses, clock::Clock, error::TrackerError, event_sender::EventSender, pulse::Pulse};

/// How often the session sees whether this machine still has the address that it is connected from.
const GLANCE: Duration = Duration::from_secs(4);

/// Why a session ended.
pub(super) enum End {
    /// It broke.
    Lost(String),
    /// The tracker ended it, and may have said where to go on at once.
    Refused { reason: Refusal, nodes: Vec<String> },
    /// This peer wants another tracker.
    Connect { to: Trackers, answer: oneshot::Sender<Result<(), TrackerError>> },
    /// This peer is called otherwise.
    Renamed(String),
    /// This peer left the pool.
    Left,
}

/// In a pool for members, that the tracker of a session speaks for it.
pub(super) struct Speaks {
    /// The tracker's key.
    pub(super) key: PublicKey,
    /// Those that speak for the pool.
    pub(super) trackers: watch::Receiver<Vec<PublicKey>>,
}

impl Speaks {
    /// Waits until it does not any more.
    async fn ends(&mut self) {
        while self.trackers.borrow_and_update().contains(&self.key) {
            if self.trackers.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

pub(super) struct Session {
    /// The trackers that this peer was told to connect to.
    named: Trackers,
    /// Where there are other nodes: how long this one has been silent.
    silence: Option<Silence>,
    read: SplitStream<Socket>,
    heard: Heard,
    /// Our own end.
    from: Option<IpAddr>,
    speaks: Option<Speaks>,
    outgoing: Outgoing,
    /// Says why nothing more is written.
    writer: JoinHandle<String>,
    /// Items whose metainfo the tracker asked for.
    wanted: mpsc::Sender<Vec<InfoHash>>,
    giver: AbortHandle,
    clock: Clock,
    events: EventSender<Event>,
    keep_alive: Duration,
    lease: Duration,
}

impl Session {
    pub(super) fn start(
        Opened { socket, heard, from, welcome, .. }: Opened,
        named: Trackers,
        speaks: Option<Speaks>,
        clock: Clock,
        events: EventSender<Event>,
    ) -> Self {
        let (write, read) = socket.split();
        let (outgoing, writer) = Outgoing::start(write);
        let (wanted, lists) = mpsc::channel(metainfo::LISTS);
        let batches = welcome.version >= METAINFO_BATCHES;
        let giver = metainfo::Giver { events: events.clone(), outgoing: outgoing.clone(), batches };
        let giver = tokio::spawn(giver.run(lists)).abort_handle();
        Self {
            named,
            silence: None,
            read,
            heard,
            from,
            speaks,
            outgoing,
            writer,
            wanted,
            giver,
            clock,
            events,
            keep_alive: Duration::from_secs(u64::from(welcome.keep_alive_seconds.clamp(1, 3600))),
            lease: Duration::from_secs(u64::from(welcome.lease_seconds.clamp(5, 24 * 3600))),
        }
    }

    /// Another node can take the place of this one, which is given up soon when it is silent.
    pub(super) fn watch_silence(&mut self) {
        self.silence.get_or_insert_with(|| Silence::new(Instant::now()));
    }

    /// Serves the peer until the session ends. Questions of an earlier session that were not answered are asked first.
    pub(super) async fn run(mut self, inbox: &mut Inbox, pending: &mut Pending, nodes: &mut Nodes) -> End {
        let mut pings = interval_at(Instant::now() + self.quiet(), self.quiet());
        let mut glances = Pulse::new(self.clock);
        let mut again = pending.begin_anew();
        // Until when nothing was read, because this peer did not.
        let mut worked = Instant::now();
        loop {
            let room = self.outgoing.has_room();
            self.note_waiting(pending);
            let silent_until = self.heard.last().max(worked) + self.lease;
            let ended = tokio::select! {
                frame = self.read.next() => {
                    let ended = self.handle_frame(frame, pending, nodes).await;
                    worked = Instant::now();
                    pings.reset();
                    self.end_silence(worked);
                    ended
                }
                Some(question) = next_of(&mut again), if room => {
                    self.tell(&question);
                    None
                }
                Some(message) = inbox.first.recv(), if self.outgoing.takes_first() => {
                    self.tell_first(&message);
                    None
                }
                order = inbox.orders.recv(), if room => self.handle_order(order, pending).await,
                _ = pings.tick(), if room => {
                    self.put(tungstenite::Message::Ping(tungstenite::Bytes::new()));
                    None
                }
                () = self.outgoing.room(), if !room => None,
                cause = &mut self.writer => Some(End::Lost(cause.unwrap_or_else(|error| error.to_string()))),
                () = glances.tick(GLANCE) => self.check_address(),
                () = due(self.silence.as_ref()) => self.check_silence(),
                () = no_longer_speaks(&mut self.speaks) => {
                    Some(End::Lost("its key speaks for the pool no more".to_owned()))
                }
                // A part of a message may have come meanwhile.
                () = tokio::time::sleep_until(silent_until) => {
                    (self.heard.last() + self.lease <= Instant::now()).then(|| End::Lost(format!(
                        "nothing was heard for {} s", self.lease.as_secs()
                    )))
                }
            };
            if let Some(end) = ended {
                return end;
            }
        }
    }

    /// How long nothing may be heard before this peer asks for a sign of life: the tracker pings before that.
    fn quiet(&self) -> Duration {
        self.keep_alive * 4 / 3
    }

    fn note_waiting(&mut self, pending: &Pending) {
        if let Some(silence) = &mut self.silence {
            silence.wait(Instant::now(), pending.is_waiting());
        }
    }

    fn end_silence(&mut self, heard: Instant) {
        if let Some(silence) = &mut self.silence {
            silence.end(heard);
        }
    }

    fn check_silence(&mut self) -> Option<End> {
        self.end_silence(self.heard.last());
        match self.silence.as_mut()?.check(Instant::now(), !self.outgoing.is_empty()) {
            Due::Nothing => {}
            Due::Ping if self.outgoing.takes_first() => {
                self.outgoing.put_first(tungstenite::Message::Ping(tungstenite::Bytes::new()));
            }
            Due::Ping => {}
            Due::GiveUp { after } => {
                return Some(End::Lost(format!("nothing was heard for {} s", after.as_secs())));
            }
        }
        None
    }

    /// From an address that this machine has lost nothing is heard any more, not even an end.
    fn check_address(&self) -> Option<End> {
        let from = self.from.filter(|from| addresses::is_gone(*from))?;
        Some(End::Lost(format!("this machine is no longer at {from}")))
    }

    async fn handle_frame(
        &mut self,
        frame: Option<Result<tungstenite::Message, tungstenite::Error>>,
        pending: &mut Pending,
        nodes: &mut Nodes,
    ) -> Option<End> {
        match frame {
            Some(Ok(tungstenite::Message::Binary(bytes))) => match ToPeer::decode(&bytes) {
                Ok(message) => self.handle_message(message, pending, nodes).await,
                Err(error) => Some(End::Lost(error.to_string())),
            },
            Some(Ok(tungstenite::Message::Close(_))) | None => Some(End::Lost("it hung up".to_owned())),
            Some(Ok(_)) => None,
            Some(Err(error)) => Some(End::Lost(error.to_string())),
        }
    }

    async fn handle_message(
        &mut self,
        message: ToPeer,
        pending: &mut Pending,
        nodes: &mut Nodes,
    ) -> Option<End> {
        match message {
            ToPeer::Listed { request, .. }
            | ToPeer::Updated { request, .. }
            | ToPeer::Located { request, .. }
            | ToPeer::Metainfo { request, .. }
            | ToPeer::PeerList { request, .. }
            | ToPeer::Found { request, .. }
            | ToPeer::FileList { request, .. }
            | ToPeer::HolderList { request, .. }
            | ToPeer::FoundPeers { request, .. }
            | ToPeer::Failed { request, .. } => pending.answer(request, message),
            ToPeer::NeedMetainfo { info_hashes } => {
                if self.wanted.try_send(info_hashes).is_err() {
                    tracing::debug!("the tracker asks for more metainfo than it takes");
                }
            }
            ToPeer::ItemRefused { info_hash, reason } => {
                self.report(Event::ItemRefused { item: info_hash, reason }).await;
            }
            ToPeer::AskState { ask, deadline_ms } => {
                let deadline = Duration::from_millis(deadline_ms);
                self.report(Event::AskState { ask, deadline }).await;
            }
            ToPeer::NewHolders { info_hash, holders } => {
                let item = info_hash;
                self.report(Event::NewHolders { item, holders }).await;
            }
            ToPeer::Reachability { reachable, unreachable } => {
                self.report(Event::Reachability { reachable, unreachable }).await;
            }
            ToPeer::ConnectOut { info_hash, peers, key } => {
                self.report(Event::ConnectOut { item: info_hash, peers, key }).await;
            }
            ToPeer::Verify { info_hash, piece } => {
                self.report(Event::Verify { item: info_hash, piece }).await;
            }
            ToPeer::Keyset { statement } => self.report(Event::Keyset(statement)).await,
            ToPeer::Pass { statement } => self.report(Event::Pass(statement)).await,
            ToPeer::Access(access) => self.report(Event::Access(access)).await,
            ToPeer::Nodes { nodes: told } => {
                nodes.hear_of(urls(&told));
                if nodes.are_several() {
                    self.watch_silence();
                }
            }
            ToPeer::Refused { reason, nodes } => return Some(End::Refused { reason, nodes }),
            ToPeer::Welcome(_) => return Some(End::Lost("it welcomed this peer twice".to_owned())),
        }
        None
    }

    async fn handle_order(&mut self, order: Option<Order>, pending: &mut Pending) -> Option<End> {
        match order {
            Some(Order::Tell(message)) => self.tell(&message),
            Some(Order::Ask { question, answer }) => {
                if let Some(message) = pending.ask(question, answer) {
                    self.tell(&message);
                }
            }
            // Several who want the same tracker at the same moment share the session.
            Some(Order::Connect { to, answer }) if to == self.named => {
                let _ = answer.send(Ok(()));
            }
            Some(Order::Connect { to, answer }) => return Some(End::Connect { to, answer }),
            Some(Order::Rename(name)) => return Some(End::Renamed(name)),
            Some(Order::Leave(left)) => {
                self.tell(&ToTracker::Bye);
                self.put(tungstenite::Message::Close(None));
                self.await_hang_up().await;
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

    fn tell_first(&self, message: &ToTracker) {
        match message.encode() {
            Ok(frame) => self.outgoing.put_first(tungstenite::Message::Binary(frame.into())),
            Err(error) => tracing::error!(%error, "a message for the tracker"),
        }
    }

    fn put(&self, frame: tungstenite::Message) {
        self.outgoing.put(frame);
    }

    /// Waits until the writer has sent everything and the tracker has hung up. A socket that is closed with something
    /// unread is reset, and the tracker loses what it had not read by then.
    async fn await_hang_up(&mut self) {
        let hung_up = async {
            let _ = (&mut self.writer).await;
            while let Some(Ok(_)) = self.read.next().await {}
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), hung_up).await;
    }

    async fn report(&self, event: Event) {
        // Nobody hears it when the peer ends.
        let _ = self.events.send(event).await;
    }
}

async fn next_of(questions: &mut VecDeque<ToTracker>) -> Option<ToTracker> {
    questions.pop_front()
}

/// Waits until something is due of a silent node.
async fn due(silence: Option<&Silence>) {
    match silence {
        Some(silence) => tokio::time::sleep_until(silence.next()).await,
        None => std::future::pending().await,
    }
}

async fn no_longer_speaks(speaks: &mut Option<Speaks>) {
    match speaks {
        Some(speaks) => speaks.ends().await,
        None => std::future::pending().await,
    }
}

/// Whatever runs for the session ends with it.
impl Drop for Session {
    fn drop(&mut self) {
        self.writer.abort();
        self.giver.abort();
    }
}
