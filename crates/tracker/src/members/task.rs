//! The task that owns the members.

use std::{path::Path, time::Duration};

use peerpool_access::{
    FIRST_SERIAL, Members, Moment,
    members::{Actor, Effects},
};
use peerpool_api::KeysRead;
use peerpool_wire::link::Message;
use tokio::{sync::mpsc, time::Instant};

use super::{
    desk::Desk,
    error::MembersError,
    handle::Work,
    items::Items,
    keys::{
        KeysError, TrackerKeys,
        noted::{self, Noted},
    },
};
use crate::store::{StoreError, StoreHandle};

/// The longest that the task sleeps: clocks are set.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// How long it waits after the store has failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Owns the members.
pub(super) struct MembersTask {
    desk: Desk,
    store: StoreHandle,
    /// Before this moment keys are not read again by themselves, since it has failed.
    keys_rest: Moment,
}

impl MembersTask {
    pub(super) fn new(desk: Desk, store: StoreHandle) -> Self {
        Self { desk, store, keys_rest: Moment(0) }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Work>) {
        if self.desk.lookout.is_some() {
            // Nothing is signed before the clock of all nodes is known.
            self.look().await;
        }
        self.note_changed_keys().await;
        loop {
            let now = self.desk.now();
            let due = self.desk.members.next_timeout().into_iter().chain(self.next_keyset()).min();
            let due = due.map_or(LONGEST_SLEEP, |due| due.since(now));
            let silent = self.desk.waiting.next_timeout();
            let look =
                self.desk.lookout.as_ref().map(|lookout| self.desk.clock.instant(lookout.next_timeout()));
            tokio::select! {
                work = inbox.recv() => match work {
                    Some(work) => self.handle(work).await,
                    None => return,
                },
                () = tokio::time::sleep(due.min(LONGEST_SLEEP)) => {
                    self.change_keyset().await;
                    match self.decide(|members, _, now| Ok(members.handle_timeout(now))).await {
                        Ok(effects) => self.desk.spread(effects, (self.desk.nodes(), None)),
                        Err(error) => {
                            tracing::error!(%error, "what was to end of members goes on for now");
                            tokio::time::sleep(AFTER_FAILURE).await;
                        }
                    }
                }
                () = sleep_until(silent) => self.desk.end_silent(Instant::now()),
                () = sleep_until(look) => self.look().await,
            }
        }
    }

    async fn handle(&mut self, work: Work) {
        match work {
            Work::Ask(question) => question(&mut self.desk),
            Work::Change { decide, answer } => {
                match self.decide(decide).await {
                    Ok(effects) => self.desk.spread(effects, (self.desk.nodes(), Some(answer))),
                    // Whoever asked may have left.
                    Err(error) => drop(answer.send(Err(error))),
                }
            }
            Work::Item(item) => self.desk.add_item(item),
            Work::ItemGone(info_hash) => self.desk.remove_item(info_hash),
            Work::Concern { session, items, concern } => self.desk.concern(session, items, concern),
            Work::Seen { session, epoch } => self.desk.waiting.seen(session, epoch),
            Work::Transferred { session, transfers, stock } => {
                let transfers = self.desk.transferred(session, &transfers, &stock);
                self.store.keep_transfers(transfers).await;
            }
            Work::TakesStock { session, items } => {
                self.desk.sessions.takes_stock(session, &items);
                self.desk.tell_takers();
            }
            Work::Heard { node, on, message } => self.desk.hear(node, on, message),
            Work::LinkLost(on) => self.desk.link_lost(on),
            Work::WantPass(session) => self.desk.want_pass(session),
            Work::WantChange(session) => self.desk.want_change(session),
            Work::Left(session) => self.desk.left(session),
            // Whoever asked may have left.
            Work::Keys(answer) => drop(answer.send(self.read_keys(Some(Actor::Operator)).await)),
        }
    }

    /// Sees what other nodes have changed.
    async fn look(&mut self) {
        match self.store.see_members().await {
            Ok(seen) => self.desk.see(seen),
            Err(error) => {
                tracing::debug!(%error, "what other nodes have changed of members cannot be seen");
                let now = self.desk.clock.now();
                if let Some(lookout) = &mut self.desk.lookout {
                    lookout.fail(now);
                }
                self.desk.end_unseen();
            }
        }
    }

    /// When another keyset takes the place of the one that peers know.
    fn next_keyset(&self) -> Option<Moment> {
        self.desk.keys().next_timeout().map(|due| due.max(self.keys_rest))
    }

    async fn change_keyset(&mut self) {
        let now = self.desk.now();
        if self.next_keyset().is_none_or(|due| now < due) {
            return;
        }
        match self.read_keys(None).await {
            Ok(KeysRead { serial, .. }) => {
                tracing::info!(serial, "keys that were replaced have left the pool's keyset");
            }
            Err(error) => {
                tracing::error!(%error, "keys that were replaced stay in the pool's keyset for now");
                self.keys_rest = now + LONGEST_SLEEP;
            }
        }
    }

    /// Goes on with the keys as they are in the data folder. `by` is who changed them; `None` where only their time was over.
    async fn read_keys(&mut self, by: Option<Actor>) -> Result<KeysRead, KeysError> {
        let (now, keys) = (self.desk.now(), self.desk.keys());
        let before = keys.keyset().serial;
        let peers = match keys.folder().map(Path::to_owned) {
            None => 0,
            Some(folder) => {
                let name = keys.keyset().name.clone();
                let path = folder.clone();
                let read =
                    tokio::task::spawn_blocking(move || TrackerKeys::load_or_create(&folder, &name, now));
                let read = read.await.map_err(|error| KeysError::File { path, source: error.into() })?;
                self.desk.take_keys(read?)
            }
        };
        let serial = self.desk.keys().keyset().serial;
        if serial != before {
            self.note_keys(by).await;
        }
        Ok(KeysRead { serial, peers })
    }

    /// Notes that the keys are others than the audit knows: no tracker may have run when they were changed.
    async fn note_changed_keys(&mut self) {
        let keyset = self.desk.keys().keyset();
        if keyset.serial == FIRST_SERIAL {
            return;
        }
        match Noted::last(&self.store).await {
            Ok(last) if noted::is_newer(keyset, last.as_ref()) => {
                let by = noted::maker(keyset, last.as_ref());
                self.note_keys(by).await;
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "it is not known whether the audit knows the pool's keys"),
        }
    }

    /// The keys are in force, whether or not the audit can be kept.
    async fn note_keys(&mut self, by: Option<Actor>) {
        let keyset = self.desk.keys().keyset().clone();
        let serial = keyset.serial;
        let noting = self.decide(move |members, _, now| Ok(members.keys_changed(now, by, &keyset)));
        if let Err(error) = noting.await {
            tracing::error!(%error, serial, "the audit does not say that the pool's keys have changed");
        }
    }

    /// What is told was kept before; what could not be kept has not happened. Returns the changed members' effects.
    async fn decide(
        &mut self,
        decide: impl FnOnce(&mut Members, &Items, Moment) -> Result<Effects, MembersError>,
    ) -> Result<Effects, MembersError> {
        let Self { desk, store, .. } = self;
        let mut decided = None;
        let kept = store.change_members(|seen| {
            desk.see(seen);
            let now = desk.now();
            let before = desk.members.clone();
            let outcome = decide(&mut desk.members, &desk.items, now);
            let changes = outcome.as_ref().ok().map(|effects| effects.changes.clone());
            decided = Some((before, outcome));
            changes.filter(|changes| !changes.is_empty())
        });
        let kept = kept.await;
        let Some((before, outcome)) = decided else {
            // Nothing can be kept now, so nothing was decided.
            return Err(kept.err().unwrap_or(StoreError::Gone).into());
        };
        let outcome = outcome.and_then(|effects| Ok(kept.map(|()| effects)?));
        match &outcome {
            Ok(effects) if effects.changes.is_empty() => {}
            // Nobody hears it when no link is up; the others look by themselves.
            Ok(_) => drop(self.desk.told.send(Message::MembersChanged)),
            Err(_) => self.desk.members = before,
        }
        outcome
    }
}

async fn sleep_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
