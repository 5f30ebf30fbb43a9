//! A peer's guard: whom this peer serves and fetches from, and when that ends.
//!
//! The driver tells the guard what the tracker said ([`Input::Keyset`], [`Input::Own`], [`Input::Update`]) and what
//! connections show ([`Input::Shown`]). It does what comes out, in order. A connection carries no payload, no metadata and no
//! hashes before [`Output::Admit`], and none that its rights do not name afterwards.
//!
//! ```text
//! Shown ──► Admit ──► Change … ──► Close
//!   │                                ▲
//!   └─► waits (it has heard more than we, or nobody told us of the item yet) ─► Admit, or Close after 5 s
//! ```

mod connection;
mod refusal;
mod table;

use std::time::Duration;

use peerpool_wire::id::InfoHash;
pub use refusal::Refusal;

use self::{
    connection::{Connections, Held, Met, Waiting},
    table::Table,
};
use crate::{
    audience::{Audience, AudienceId, Right, Rights},
    key::{KeyId, PoolId, PublicKey},
    keyset::Keyset,
    moment::Moment,
    pass::{Pass, PassError},
    signed::{self, StatementError},
    subject::MemberId,
};

/// How long a connection waits for the tracker to tell what the other end has heard already.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// A pass is renewed after this part of its life.
const RENEWALS: u64 = 12;
/// How long after asking for a pass in vain it is asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// A connection; the driver gives each its own number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// That passes of a key are worth nothing if they were made before a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voided {
    /// The device's key.
    pub key: PublicKey,
    /// Passes made earlier are void.
    pub before: Moment,
    /// When the last of them has expired, so that this can be forgotten.
    pub expires: Moment,
}

/// What the tracker tells a peer that has changed.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// How many changes the tracker has made.
    pub epoch: u64,
    /// Passes that are void.
    pub voided: Vec<Voided>,
    /// Audiences that the items need.
    pub audiences: Vec<(AudienceId, Audience)>,
    /// The audience of each item, or that this peer has nothing to do with it any more.
    pub items: Vec<(InfoHash, Option<AudienceId>)>,
}

/// What a connection has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The key of the other end, which it has proved.
    pub key: PublicKey,
    /// The item that the connection is about.
    pub item: InfoHash,
    /// The other end's pass.
    pub pass: Vec<u8>,
    /// The epoch up to which the tracker has told the other end of changes, as it says itself.
    pub epoch: u64,
}

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// The tracker told of a keyset, which was read with the pool's root key.
    Keyset(Keyset),
    /// The tracker gave this peer a pass.
    Own(Vec<u8>),
    /// The tracker told what has changed.
    Update(Update),
    /// A connection showed a pass for the first time.
    Shown(ConnectionId, Shown),
    /// An admitted connection showed a newer pass.
    Renewed(ConnectionId, Vec<u8>),
    /// A connection has ended by itself.
    Closed(ConnectionId),
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Let the connection exchange what the rights say.
    Admit(ConnectionId, Rights, MemberId),
    /// From now on these are the rights of an admitted connection.
    Change(ConnectionId, Rights),
    /// End the connection, and drop what was not sent. The other end is told nothing.
    Close(ConnectionId, Refusal),
    /// Show this connection our new pass.
    Present(ConnectionId),
    /// Ask the tracker for a pass.
    Renew,
    /// Ask the tracker what has changed since this epoch.
    Hear(u64),
    /// Tell the tracker that everything up to this epoch is done.
    Seen(u64),
}

/// A peer's guard.
#[derive(Debug)]
pub struct Guard {
    pool: PoolId,
    key: PublicKey,
    signers: Vec<PublicKey>,
    own: Option<Held>,
    table: Table,
    connections: Connections,
    /// When to ask for a pass.
    renew: Option<Moment>,
    /// When the tracker was asked last what has changed.
    heard: Option<Moment>,
    /// The latest moment that was seen: time does not go back.
    now: Moment,
}

impl Guard {
    /// The guard of the peer with this key. Until the tracker has spoken it admits nobody.
    pub fn new(pool: PoolId, key: PublicKey) -> Self {
        Self {
            pool,
            key,
            signers: Vec::new(),
            own: None,
            table: Table::default(),
            connections: Connections::default(),
            renew: None,
            heard: None,
            now: Moment(0),
        }
    }

    /// The epoch up to which the tracker has told this peer of changes.
    pub fn epoch(&self) -> u64 {
        self.table.epoch()
    }

    /// Whether this peer may give an item to anybody, by what the tracker told and the pass that it has.
    pub fn gives(&self, item: InfoHash) -> bool {
        let own = self.own.as_ref().map(|own| &own.pass).filter(|own| !self.table.is_void(own));
        let audience = self.table.audience(item);
        own.zip(audience).is_some_and(|(own, audience)| audience.allows(Right::Give, &own.subjects))
    }

    /// Handles what happened.
    pub fn handle(&mut self, now: Moment, input: Input, out: &mut Vec<Output>) {
        self.handle_timeout(now, out);
        match input {
            Input::Keyset(keyset) => self.follow(keyset, out),
            Input::Own(pass) => self.take_own(&pass, out),
            Input::Update(update) => self.update(update, out),
            Input::Shown(connection, shown) => self.meet(connection, shown, out),
            Input::Renewed(connection, pass) => self.renewed(connection, &pass, out),
            Input::Closed(connection) => self.connections.remove(connection),
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub fn next_timeout(&self) -> Option<Moment> {
        let own = self.own.as_ref().map(|own| own.pass.ends()).filter(|_| self.connections.has_admitted());
        [self.connections.next_end(), own, self.renew].into_iter().flatten().min()
    }

    /// Handles everything that is due.
    pub fn handle_timeout(&mut self, now: Moment, out: &mut Vec<Output>) {
        self.now = self.now.max(now);
        self.table.forget_expired(self.now);
        for (connection, refusal) in self.connections.due(self.now, &self.table) {
            self.close(connection, refusal, out);
        }
        if self.own.as_ref().is_some_and(|own| own.pass.has_expired(self.now)) {
            self.own = None;
            self.judge_all(out);
        }
        if self.renew.is_some_and(|due| due <= self.now) {
            self.renew = Some(self.now + ASK_AGAIN);
            out.push(Output::Renew);
        }
    }

    /// What only a key that has gone vouches for holds no more.
    fn follow(&mut self, keyset: Keyset, out: &mut Vec<Output>) {
        if !self.signers.is_empty() && !keyset.signers.iter().any(|signer| self.signers.contains(signer)) {
            // Whoever had the keys before may have told anything; whoever has them now tells everything anew.
            (self.table, self.heard) = (Table::default(), None);
        }
        self.signers = keyset.signers;
        let ids: Vec<KeyId> = self.signers.iter().map(PublicKey::id).collect();
        for (connection, signer) in self.connections.not_signed_by(&ids) {
            self.close(connection, Refusal::Pass(StatementError::Stranger(signer).into()), out);
        }
        if self.own.as_ref().is_some_and(|own| !ids.contains(&own.signer)) {
            self.own = None;
            self.judge_all(out);
        }
    }

    fn take_own(&mut self, pass: &[u8], out: &mut Vec<Output>) {
        // The tracker's own mistake: the one that we have stays, and another is asked for in time.
        let Ok(own) = self.open(pass, self.key) else { return };
        self.renew = Some(self.now + own.pass.until.since(self.now) / RENEWALS as u32);
        self.own = Some(own);
        out.extend(self.connections.admitted().map(|(connection, _)| Output::Present(connection)));
        self.judge_all(out);
    }

    fn update(&mut self, update: Update, out: &mut Vec<Output>) {
        let epoch = update.epoch;
        self.table.apply(update);
        self.judge_all(out);
        for (connection, waiting) in self.connections.take_waiting(&self.table) {
            self.judge_new(connection, waiting.item, waiting.held, out);
        }
        out.push(Output::Seen(epoch));
    }

    fn meet(&mut self, connection: ConnectionId, shown: Shown, out: &mut Vec<Output>) {
        let held = match self.open(&shown.pass, shown.key) {
            Ok(held) => held,
            Err(error) => return out.push(Output::Close(connection, Refusal::Pass(error))),
        };
        let epoch = held.pass.epoch.max(shown.epoch);
        self.catch_up(epoch, out);
        let waiting = Waiting { item: shown.item, held, epoch, until: self.now + PATIENCE };
        match waiting.can_be_judged(&self.table) {
            true => self.judge_new(connection, waiting.item, waiting.held, out),
            false => self.connections.wait(connection, waiting),
        }
    }

    /// Has the tracker tell what somebody else has heard already. Whoever claims to have heard more makes it no work to
    /// speak of: it is asked once in a second.
    fn catch_up(&mut self, epoch: u64, out: &mut Vec<Output>) {
        if epoch > self.table.epoch() && self.heard != Some(self.now) {
            self.heard = Some(self.now);
            out.push(Output::Hear(self.table.epoch()));
        }
    }

    fn renewed(&mut self, connection: ConnectionId, pass: &[u8], out: &mut Vec<Output>) {
        let Some(met) = self.connections.get(connection) else { return };
        let (item, key) = (met.item, met.held.pass.key);
        match self.open(pass, key) {
            Ok(held) => {
                let (rights, epoch) = (met.rights, held.pass.epoch);
                self.connections.admit(connection, Met { item, held, rights });
                self.catch_up(epoch, out);
                self.judge_all(out);
            }
            Err(error) => self.close(connection, Refusal::Pass(error), out),
        }
    }

    fn judge_new(&mut self, connection: ConnectionId, item: InfoHash, held: Held, out: &mut Vec<Output>) {
        match self.judge(item, &held.pass) {
            Ok(rights) => {
                out.push(Output::Admit(connection, rights, held.pass.member));
                self.connections.admit(connection, Met { item, held, rights });
            }
            Err(refusal) => out.push(Output::Close(connection, refusal)),
        }
    }

    /// Judges every admitted connection anew.
    fn judge_all(&mut self, out: &mut Vec<Output>) {
        let judged: Vec<_> = self
            .connections
            .admitted()
            .map(|(connection, met)| (connection, met.rights, self.judge(met.item, &met.held.pass)))
            .collect();
        for (connection, before, judged) in judged {
            match judged {
                Ok(rights) if rights == before => {}
                Ok(rights) => {
                    self.connections.set_rights(connection, rights);
                    out.push(Output::Change(connection, rights));
                }
                Err(refusal) => self.close(connection, refusal, out),
            }
        }
    }

    /// What may pass between this peer and the owner of that pass.
    fn judge(&self, item: InfoHash, theirs: &Pass) -> Result<Rights, Refusal> {
        let own = self.own.as_ref().map(|own| &own.pass).ok_or(Refusal::NoPass)?;
        if self.table.is_void(own) {
            return Err(Refusal::NoPass);
        }
        if self.table.is_void(theirs) {
            return Err(Refusal::Void { member: theirs.member });
        }
        let audience = self.table.audience(item).ok_or(Refusal::Item(item))?;
        let rights = Rights::between(audience, &own.subjects, &theirs.subjects);
        match rights.is_none() {
            true => Err(Refusal::Rights { member: theirs.member, item }),
            false => Ok(rights),
        }
    }

    fn open(&self, statement: &[u8], key: PublicKey) -> Result<Held, PassError> {
        let pass = Pass::open(statement, &self.signers, self.pool, key, self.now)?;
        let signer = signed::signer(statement).ok_or(StatementError::Length(statement.len()))?;
        Ok(Held { pass, signer })
    }

    fn close(&mut self, connection: ConnectionId, refusal: Refusal, out: &mut Vec<Output>) {
        self.connections.remove(connection);
        out.push(Output::Close(connection, refusal));
    }
}
