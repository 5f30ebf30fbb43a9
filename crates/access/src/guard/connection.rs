//! The connections that are admitted, and those that wait.

use std::collections::BTreeMap;

use peerpool_wire::id::InfoHash;

use super::{ConnectionId, Refusal, table::Table};
use crate::{audience::Rights, moment::Moment, pass::Pass};

/// An admitted connection.
#[derive(Debug)]
pub(super) struct Met {
    pub(super) item: InfoHash,
    pub(super) pass: Pass,
    pub(super) rights: Rights,
}

/// A connection that cannot be judged by what the tracker has told this peer.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) item: InfoHash,
    pub(super) pass: Pass,
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
            true => Refusal::Unheard { member: self.pass.member },
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
        let admitted = self.admitted.values().map(|met| met.pass.ends());
        admitted.chain(self.waiting.values().map(|waiting| waiting.until)).min()
    }

    /// Those that have come to their end.
    pub(super) fn due(&self, now: Moment, table: &Table) -> Vec<(ConnectionId, Refusal)> {
        let expired = self.admitted.iter().filter(|(_, met)| met.pass.has_expired(now));
        let expired =
            expired.map(|(&connection, met)| (connection, Refusal::Expired { member: met.pass.member }));
        let unheard = self.waiting.iter().filter(|(_, waiting)| waiting.until <= now);
        let unheard = unheard.map(|(&connection, waiting)| (connection, waiting.refusal(table)));
        expired.chain(unheard).collect()
    }
}
