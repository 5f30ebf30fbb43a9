//! The guard of a pool for members, as the node drives it: whom this peer meets, and for how long.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use peerpool_access::{
    FIRST_SERIAL, Guard, Keyset, KeysetError, Moment,
    guard::{ConnectionId, Input, Output, Refusal, Shown},
    key::PublicKey,
};
use peerpool_swarm::Rights;
use peerpool_wire::id::InfoHash;
use tokio::sync::{oneshot, watch};

use super::{Node, stock::Stock, transfers::Untold};
use crate::{
    connection::handshake::Greeting,
    credentials::{self, Leash, Meeting, Membership, Statements, Verdict},
    listener::Admission,
};

/// How long what was ended may take to be closed before the tracker is told nevertheless: less than it waits.
const CLOSING: Duration = Duration::from_secs(4);
/// Refusals that are logged in a minute.
const LINES: u32 = 100;

/// What the node has in a pool for members.
pub(crate) struct Guarding {
    pub(super) guard: Guard,
    membership: Membership,
    /// The serial of the keyset that is followed.
    serial: Option<u64>,
    /// What this peer shows.
    own: watch::Sender<Option<Arc<Statements>>>,
    /// The epoch up to which the tracker has told of changes.
    epoch: watch::Sender<u64>,
    /// The keys that speak for the pool as its tracker.
    trackers: watch::Sender<Vec<PublicKey>>,
    numbers: u64,
    /// Those that are not judged yet.
    waiting: BTreeMap<ConnectionId, Waiting>,
    admitted: BTreeMap<ConnectionId, Admitted>,
    /// What the tracker is to be told of transfers.
    pub(super) untold: Untold,
    /// Those without a pass.
    pub(super) stock: Stock,
    /// Ended, and perhaps not closed yet.
    ended: Vec<Arc<watch::Sender<Verdict>>>,
    log: Log,
}

/// Keeps whoever is refused over and over from filling the log.
#[derive(Debug, Default)]
struct Log {
    minute: u64,
    lines: u32,
}

/// Whom a connection is with, and about what.
#[derive(Debug, Clone, Copy)]
struct Party {
    key: PublicKey,
    item: InfoHash,
}

struct Waiting {
    party: Party,
    answer: Answer,
}

struct Admitted {
    party: Party,
    verdict: watch::Sender<Verdict>,
}

/// Who waits for what becomes of a connection.
pub(super) enum Answer {
    /// Whoever has dialled.
    Dialer(oneshot::Sender<Option<Leash>>),
    /// Whoever lets in who has dialled this peer.
    Listener(oneshot::Sender<Option<Admission>>),
}

impl Guarding {
    /// A guard that knows the pool's keyset, and admits nobody until the tracker has spoken.
    pub(crate) fn new(
        membership: Membership,
        own: watch::Sender<Option<Arc<Statements>>>,
        trackers: watch::Sender<Vec<PublicKey>>,
    ) -> Result<Self, KeysetError> {
        let keyset = membership.keyset.clone();
        let mut guarding = Self {
            guard: Guard::new(membership.root.pool(), membership.identity.public()),
            membership,
            serial: None,
            own,
            epoch: watch::Sender::new(0),
            trackers,
            numbers: 0,
            waiting: BTreeMap::new(),
            admitted: BTreeMap::new(),
            untold: Untold::default(),
            stock: Stock::default(),
            ended: Vec::new(),
            log: Log::default(),
        };
        let outputs = guarding.follow(&keyset)?;
        debug_assert!(outputs.is_empty(), "nobody is connected");
        Ok(guarding)
    }

    /// Whether plain connections are looked at.
    pub(crate) fn takes_plain(&self) -> watch::Receiver<bool> {
        self.stock.takes_plain()
    }

    /// The epoch up to which the tracker has told of changes.
    pub(crate) fn epoch(&self) -> watch::Receiver<u64> {
        self.epoch.subscribe()
    }

    /// Follows a keyset, if it is not older than the one that is followed.
    pub(super) fn follow(&mut self, statement: &[u8]) -> Result<Vec<Output>, KeysetError> {
        let keyset = Keyset::open(statement, self.membership.root, self.serial)?;
        let before = self.serial.replace(keyset.serial);
        if before.is_some_and(|serial| serial < keyset.serial) {
            self.keep(statement);
        }
        self.trackers.send_replace(keyset.trackers.clone());
        Ok(self.handle(Input::Keyset(keyset)))
    }

    /// Keeps a keyset that is newer than the one before, and shows it to whomever this peer meets.
    fn keep(&mut self, statement: &[u8]) {
        self.membership.keyset = statement.to_vec();
        if let Some(keep) = self.membership.keep.clone() {
            let statement = statement.to_vec();
            // It may wait for a disk, or for another program that keeps something.
            tokio::task::spawn_blocking(move || keep(&statement));
        }
        let pass = self.own.borrow().as_ref().map(|own| own.pass.clone());
        if let Some(pass) = pass {
            self.show(pass);
        }
    }

    /// Whether a keyset is the one that is followed.
    fn follows(&self, statement: &[u8]) -> bool {
        self.membership.keyset == statement
    }

    /// Shows this pass to whomever this peer meets from now on, and to those whom it has met.
    pub(super) fn show(&mut self, pass: Vec<u8>) {
        let keyset = self.serial.is_some_and(|serial| serial > FIRST_SERIAL);
        let keyset = keyset.then(|| self.membership.keyset.clone());
        self.own.send_replace(Some(Arc::new(Statements { keyset, pass })));
    }

    fn handle(&mut self, input: Input) -> Vec<Output> {
        let mut outputs = Vec::new();
        self.guard.handle(credentials::now(), input, &mut outputs);
        let epoch = self.guard.epoch();
        self.epoch.send_if_modified(|told| std::mem::replace(told, epoch) != epoch);
        self.end_stock();
        outputs
    }

    /// Ends stock clients that may go on no more, before the tracker is told so.
    fn end_stock(&mut self) {
        let ended = self.stock.end(Instant::now(), &self.guard);
        self.ended.extend(ended.into_iter().map(Arc::new));
    }

    /// A number that no connection has yet.
    pub(super) fn next_connection(&mut self) -> ConnectionId {
        self.numbers += 1;
        ConnectionId(self.numbers)
    }

    /// Whether nobody is connected or about to be, and nobody is on the way out.
    pub(super) fn is_at_rest(&self) -> bool {
        let nobody = self.waiting.is_empty() && self.admitted.is_empty() && self.ended.is_empty();
        nobody && self.stock.is_at_rest()
    }

    /// What is due, after those were forgotten that have closed by themselves.
    fn tick(&mut self) -> Vec<Output> {
        let closed = self.admitted.extract_if(.., |_, admitted| admitted.verdict.is_closed());
        let mut closed: Vec<ConnectionId> = closed.map(|(connection, _)| connection).collect();
        let gone = self.waiting.extract_if(.., |_, waiting| waiting.answer.is_closed());
        closed.extend(gone.map(|(connection, _)| connection));
        self.ended.retain(|verdict| !verdict.is_closed());
        let mut outputs = Vec::new();
        for connection in closed {
            outputs.extend(self.handle(Input::Closed(connection)));
        }
        self.guard.handle_timeout(credentials::now(), &mut outputs);
        self.end_stock();
        outputs
    }

    fn admit(&mut self, connection: ConnectionId, party: Party, rights: Rights) -> Leash {
        let (verdict, leash) = Leash::new(connection, party.key, rights, self.own.subscribe());
        self.admitted.insert(connection, Admitted { party, verdict });
        leash
    }

    fn refuse(&mut self, connection: ConnectionId, refusal: &Refusal) {
        let waiting = self.waiting.remove(&connection).map(|waiting| waiting.party);
        let admitted = self.admitted.remove(&connection).map(|Admitted { party, verdict }| {
            verdict.send_replace(Verdict::Ended);
            self.ended.push(Arc::new(verdict));
            party
        });
        if let Some(Party { key, item }) = waiting.or(admitted)
            && self.log.has_room(credentials::now())
        {
            tracing::info!(%key, %item, %refusal, "refused");
        }
    }

    /// Waits until nothing that was ended can send any more.
    pub(super) fn closing(&self) -> impl Future<Output = ()> + Send + use<> {
        let ended = self.ended.clone();
        async move {
            let closing = async {
                for verdict in ended {
                    verdict.closed().await;
                }
            };
            let _ = tokio::time::timeout(CLOSING, closing).await;
        }
    }
}

impl Log {
    /// Whether one more refusal may be told now.
    fn has_room(&mut self, now: Moment) -> bool {
        let minute = now.0 / 60;
        if self.minute != minute {
            *self = Self { minute, lines: 0 };
        }
        self.lines = self.lines.saturating_add(1);
        if self.lines == LINES {
            tracing::info!("further refusals of this minute are not told");
        }
        self.lines < LINES
    }
}

impl Answer {
    /// Whether nobody waits any more.
    fn is_closed(&self) -> bool {
        match self {
            Self::Dialer(answer) => answer.is_closed(),
            Self::Listener(answer) => answer.is_closed(),
        }
    }
}

impl Node {
    /// Somebody whom this peer has dialled has shown its pass.
    pub(super) fn handle_meeting(&mut self, Meeting { key, item, greeting, answer }: Meeting) {
        self.meet(key, item, greeting, Answer::Dialer(answer));
    }

    /// Has the guard judge what somebody shows.
    pub(super) fn meet(&mut self, key: PublicKey, item: InfoHash, greeting: Greeting, answer: Answer) {
        if let Some(keyset) = &greeting.keyset {
            self.hear_keyset(keyset);
        }
        let Some(guarding) = &mut self.guarding else { return };
        let connection = guarding.next_connection();
        let party = Party { key, item };
        guarding.waiting.insert(connection, Waiting { party, answer });
        let Greeting { pass, epoch, .. } = greeting;
        self.tell_guard(Input::Shown(connection, Shown { key, item, pass, epoch }));
    }

    /// An admitted connection shows a statement: a newer pass, or a keyset that this peer may not know yet.
    pub(super) fn hear_statement(&mut self, connection: ConnectionId, statement: Vec<u8>) {
        match Keyset::is_one(&statement) {
            true => self.hear_keyset(&statement),
            false => self.tell_guard(Input::Renewed(connection, statement)),
        }
    }

    /// Another peer shows a keyset. Whoever brings it, the pool's root has signed it or it is not followed.
    fn hear_keyset(&mut self, statement: &[u8]) {
        let Some(guarding) = &mut self.guarding else { return };
        if guarding.follows(statement) {
            return;
        }
        match guarding.follow(statement) {
            Ok(outputs) => self.perform_guard(outputs),
            Err(error) => tracing::debug!(%error, "a keyset that another peer shows is not followed"),
        }
    }

    /// Tells the guard what happened, and does what follows.
    pub(super) fn tell_guard(&mut self, input: Input) {
        if let Some(guarding) = &mut self.guarding {
            let outputs = guarding.handle(input);
            self.perform_guard(outputs);
        }
    }

    /// What is due by now in a pool for members.
    pub(super) fn tick_guard(&mut self) {
        if let Some(guarding) = &mut self.guarding {
            let outputs = guarding.tick();
            self.perform_guard(outputs);
        }
    }

    pub(super) fn perform_guard(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Admit(connection, rights, _) => self.admit_member(connection, rights),
                Output::Change(connection, rights) => self.change_rights(connection, rights),
                Output::Close(connection, refusal) => {
                    if let Some(guarding) = &mut self.guarding {
                        guarding.refuse(connection, &refusal);
                    }
                }
                // Each connection watches the pass itself.
                Output::Present(_) => {}
                Output::Renew => self.ask_for_pass(),
                Output::Hear(since) => self.ask_what_changed(since),
                Output::Seen(epoch) => self.tell_seen(epoch),
            }
        }
    }

    fn admit_member(&mut self, connection: ConnectionId, rights: peerpool_access::Rights) {
        let Some(guarding) = &mut self.guarding else { return };
        let Some(Waiting { party, answer }) = guarding.waiting.remove(&connection) else { return };
        let leash = guarding.admit(connection, party, credentials::rights(rights));
        // One that is not wanted any more lets go of its leash, which is noticed.
        match answer {
            Answer::Dialer(answer) => drop(answer.send(Some(leash))),
            Answer::Listener(answer) => drop(answer.send(self.admission(party.item, Some(leash)))),
        }
    }

    fn change_rights(&self, connection: ConnectionId, rights: peerpool_access::Rights) {
        let admitted = self.guarding.as_ref().and_then(|guarding| guarding.admitted.get(&connection));
        if let Some(admitted) = admitted {
            admitted.verdict.send_replace(Verdict::Admitted(credentials::rights(rights)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_up_to_a_number_in_each_minute() {
        let mut log = Log::default();
        for minute in [100, 101] {
            let told = (0..1000).filter(|_| log.has_room(Moment(minute * 60))).count();
            assert_eq!(told, LINES as usize - 1);
        }
    }
}
