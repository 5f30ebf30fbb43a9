//! Where no vector instructions are used: there are no lanes.

use super::{BLOCK, State};

pub(super) const LANES: usize = 16;

/// Nobody has one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lanes {}

impl Lanes {
    pub(super) fn new() -> Option<Self> {
        None
    }

    pub(super) fn compress(self, _: &mut [State; LANES], _: &[&[[u8; BLOCK]]; LANES]) {
        match self {}
    }
}
