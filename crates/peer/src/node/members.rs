//! What this peer and the tracker of a pool for members tell each other. In an open pool none of it means anything.

use peerpool_access::{
    Audience, AudienceId, Moment, Subject, Subjects,
    guard::{Input, Update, Voided},
    key::PublicKey,
};
use peerpool_swarm::Command;
use peerpool_wire::{
    channel::{self, Access, ToTracker},
    id::InfoHash,
};

use super::{Node, downloads::Download};
use crate::swarm_task::Order;

impl Node {
    /// The tracker told which keys speak for the pool.
    pub(super) fn follow_keyset(&mut self, statement: &[u8]) {
        let Some(guarding) = &mut self.guarding else { return };
        match guarding.follow(statement) {
            Ok(outputs) => self.perform_guard(outputs),
            Err(error) => tracing::warn!(%error, "the tracker's keyset is not followed"),
        }
    }

    /// The tracker gave this peer a pass.
    pub(super) fn take_pass(&mut self, statement: Vec<u8>) {
        let Some(guarding) = &mut self.guarding else { return };
        guarding.show(statement.clone());
        self.tell_guard(Input::Own(statement));
        // It may count as more than before.
        let running = self.downloads.items(Download::is_running);
        self.retry(running);
    }

    /// The tracker told who may have what.
    pub(super) fn take_access(&mut self, mut access: Access) {
        // Before the guard says that all of it is done.
        self.take_stock(std::mem::take(&mut access.stock));
        let update = update(access);
        let granted = update.items.iter().filter(|(_, audience)| audience.is_some());
        let granted: Vec<InfoHash> = granted.map(|(item, _)| self.identify(item)).collect();
        self.tell_guard(Input::Update(update));
        self.judge_waiting();
        self.retry(granted);
    }

    /// Who refused this peer may let it in now, and knows as much by itself before it judges.
    fn retry(&self, items: Vec<InfoHash>) {
        for item in
            items.into_iter().filter(|item| self.downloads.get(item).is_some_and(Download::is_running))
        {
            self.swarms.order(&item, Order::Command(Command::Retry));
        }
    }

    pub(super) fn ask_for_pass(&self) {
        self.pool.channel.tell_first(ToTracker::GetPass);
    }

    pub(super) fn ask_what_changed(&self, epoch: u64) {
        self.pool.channel.tell_first(ToTracker::Hear { epoch });
    }

    /// Tells the tracker that everything up to an epoch is done, as soon as it is.
    pub(super) fn tell_seen(&self, epoch: u64) {
        let Some(guarding) = &self.guarding else { return };
        let closing = guarding.closing();
        self.spawn_then(closing, move |node, ()| {
            node.pool.channel.tell_first(ToTracker::AccessSeen { epoch });
        });
    }
}

/// What the guard makes of it.
fn update(access: Access) -> Update {
    let subjects = |numbers: Vec<u32>| numbers.into_iter().map(Subject::from_number).collect::<Subjects>();
    let audience = |told: channel::Audience| {
        let audience = Audience::new(subjects(told.see), subjects(told.get), subjects(told.give));
        (AudienceId(told.id), audience)
    };
    let voided = |told: channel::Voided| Voided {
        key: PublicKey(told.key.0),
        before: Moment(told.before),
        expires: Moment(told.expires),
    };
    Update {
        epoch: access.epoch,
        voided: access.voided.into_iter().map(voided).collect(),
        audiences: access.audiences.into_iter().map(audience).collect(),
        items: access.items.into_iter().map(|told| (told.info_hash, told.audience.map(AudienceId))).collect(),
    }
}
