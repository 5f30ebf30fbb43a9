//! A network that falls apart for a while.

use std::time::Duration;

use peerpool_wire::time::Time;

use crate::mail::{Mail, PeerNo};

/// Nothing passes between two sites for a while. What was sent meanwhile is sent again until it arrives, as TCP does.
#[derive(Debug)]
pub(super) struct Partition {
    from: Time,
    until: Time,
    /// For each peer, on which side it is.
    behind: Vec<bool>,
}

impl Partition {
    pub(super) fn new(from: f64, until: f64, behind: Vec<bool>) -> Self {
        let at = |secs: f64| Time::ZERO + Duration::from_secs_f64(secs.max(0.0));
        Self { from: at(from), until: at(until), behind }
    }

    /// Keeps a mail that has to cross until it can.
    pub(super) fn hold(&self, to: PeerNo, mail: &mut Mail) {
        let side = |peer: PeerNo| self.behind.get(peer.as_usize());
        if side(mail.from) != side(to) && self.from <= mail.at && mail.at < self.until {
            mail.at = self.until;
        }
    }
}
