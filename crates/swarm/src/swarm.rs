//! The state machine and its dispatch.

use std::marker::PhantomData;

use peerpool_wire::{bitfield::Bitfield, time::Time};

use crate::{Config, ConnStats, Input, Item, Outbox, Stats};

/// The exchange of one item. See the [crate's page](crate) for the contract with its driver.
#[derive(Debug)]
pub struct Swarm<B> {
    item: Item,
    have: Bitfield,
    payload: PhantomData<B>,
}

impl<B> Swarm<B> {
    /// A swarm of `item` that begins with the pieces in `have`, which must be verified, and wants all others.
    ///
    /// `seed` is the source of all its random choices.
    pub fn new(config: Config, item: Item, have: Bitfield, seed: u64, now: Time) -> Self {
        let _ = (config, seed, now);
        Self {
            item,
            have,
            payload: PhantomData,
        }
    }

    /// Tells the swarm what happened at `now`; what it wants done is appended to `out`.
    pub fn handle(&mut self, now: Time, input: Input<B>, out: &mut Outbox<B>) {
        let _ = (now, input, out);
    }

    /// When [`Input::Tick`] is due, unless something else happens before; `None`: never.
    pub fn next_timeout(&self) -> Option<Time> {
        None
    }

    /// The item.
    pub fn item(&self) -> &Item {
        &self.item
    }

    /// The pieces that are verified.
    pub fn have(&self) -> &Bitfield {
        &self.have
    }

    /// Whether every wanted piece is verified.
    pub fn is_complete(&self) -> bool {
        self.have.is_all()
    }

    /// Figures of the whole swarm.
    pub fn stats(&self) -> Stats {
        Stats::default()
    }

    /// Figures of each connection.
    pub fn connections(&self, now: Time) -> Vec<ConnStats> {
        let _ = now;
        Vec::new()
    }
}
