//! The connections that are admitted, and those that wait.

use std::collections::BTreeMap;

use peerpool_wire::id::InfoHash;

use super::{ConnectionId, Refusal, table::Table};
use crate::{audience::Rights, key::KeyId, moment::Moment, pass::Pass};

/// A pass, and which key has signed it.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) pass: Pass,
    pub(super) signer: KeyId,
}

/// An admitted connection.
#[derive(Debug)]
pub(super) struct Met {
    pub(super) item: InfoHash,
    pub(super) held: Held,
    pub(super) rights: Rights,
}

/// A connection that cannot be judged by what the tracker has told this peer.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) item: InfoHash,
    pub(super) held: Held,
    /// What the other end has heard.
    pub(super) epoch: u64,
    pub(super) until: Moment,
}

impl Waiting {
    /// Whether this peer has heard as much as the other end, and who may have the item.
    pub(super) fn can_be_judged(&self, table: &Table) -> bool {
        self.epoch <= table.epoch() && table.audience(self.item).is_some()
    }

    /// Why it is not admitted when its time is over.
    fn refusal(&self, table: &Table) -> Refusal {
        match self.epoch > table.epoch() {
            true => Refusal::Unheard { member: self.held.pass.member },
            false => Refusal::Item(self.item),
        }
    }
}

/// A connection is in at most one of the two tables.
#[derive(Debug, Default)]
pub(super) struct Connections {
    admitted: BTreeMap<ConnectionId, Met>,
    waiting: BTreeMap<ConnectionId, Waiting>,
}

impl Connections {
    pub(super) fn admit(&mut self, connection: ConnectionId, met: Met) {
        self.admitted.insert(connection, met);
    }

    pub(super) fn wait(&mut self, connection: ConnectionId, waiting: Waiting) {
        self.waiting.insert(connection, waiting);
    }

    /// Takes those that can be judged now.
    pub(super) fn take_waiting(&mut self, table: &Table) -> Vec<(ConnectionId, Waiting)> {
        self.waiting.extract_if(.., |_, waiting| waiting.can_be_judged(table)).collect()
    }

    pub(super) fn get(&self, connection: ConnectionId) -> Option<&Met> {
        self.admitted.get(&connection)
    }

    pub(super) fn admitted(&self) -> impl Iterator<Item = (ConnectionId, &Met)> {
        self.admitted.iter().map(|(&connection, met)| (connection, met))
    }

    pub(super) fn has_admitted(&self) -> bool {
        !self.admitted.is_empty()
    }

    /// Those, admitted or not, whose pass none of these keys has signed, and which key has.
    pub(super) fn not_signed_by(&self, signers: &[KeyId]) -> Vec<(ConnectionId, KeyId)> {
        let admitted = self.admitted.iter().map(|(&connection, met)| (connection, met.held.signer));
        let waiting = self.waiting.iter().map(|(&connection, waiting)| (connection, waiting.held.signer));
        admitted.chain(waiting).filter(|(_, signer)| !signers.contains(signer)).collect()
    }

    pub(super) fn set_rights(&mut self, connection: ConnectionId, rights: Rights) {
        if let Some(met) = self.admitted.get_mut(&connection) {
            met.rights = rights;
        }
    }

    pub(super) fn remove(&mut self, connection: ConnectionId) {
        self.admitted.remove(&connection);
        self.waiting.remove(&connection);
    }

    /// When the next of them ends by itself.
    pub(super) fn next_end(&self) -> Option<Moment> {
        let admitted = self.admitted.values().map(|met| met.held.pass.ends());
        admitted.chain(self.waiting.values().map(|waiting| waiting.until)).min()
    }

    /// Those that have come to their end.
    pub(super) fn due(&self, now: Moment, table: &Table) -> Vec<(ConnectionId, Refusal)> {
        let expired = self.admitted.iter().filter(|(_, met)| met.held.pass.has_expired(now));
        let expired =
            expired.map(|(&connection, met)| (connection, Refusal::Expired { member: met.held.pass.member }));
        let unheard = self.waiting.iter().filter(|(_, waiting)| waiting.until <= now);
        let unheard = unheard.map(|(&connection, waiting)| (connection, waiting.refusal(table)));
        expired.chain(unheard).collect()
    }
}
