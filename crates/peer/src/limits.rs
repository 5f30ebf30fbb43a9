//! Limits of rates: what they are, which are in force, and who may move payload when.
//!
//! What is sent waits for leave before each block, and what is fetched before each request; messages without payload wait
//! for nothing. The decisions are pure ([`pacer`], and [`api::Limits`] for schedules); a task for each direction
//! carries asks and time to them.

mod bucket;
mod keeper;
mod pacer;
mod way;

use peerpool_api as api;

pub(crate) use self::{
    keeper::{Keeper, Kept, LimitsHandle, WeakLimitsHandle, read},
    pacer::{Rates, Who},
    way::Way,
};

/// Where leave is asked for, both ways.
#[derive(Clone, Debug)]
pub(crate) struct Ways {
    /// To send.
    pub(crate) up: Way,
    /// To fetch.
    pub(crate) down: Way,
}

#[cfg(test)]
impl Ways {
    /// Without limits, for ever.
    pub(crate) fn open() -> Self {
        Self { up: Way::open(), down: Way::open() }
    }
}

fn rates_up(rates: &api::LimitRates) -> Rates {
    Rates { all: rates.up, item: rates.per_item_up, peer: rates.per_peer_up }
}

fn rates_down(rates: &api::LimitRates) -> Rates {
    Rates { all: rates.down, item: rates.per_item_down, peer: rates.per_peer_down }
}
