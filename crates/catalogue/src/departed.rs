//! Sessions that ended lately: for a while, a peer id goes only to whoever shows its secret.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use peerpool_wire::{channel::SessionSecret, host::Host, id::PeerId, time::Time};

use crate::budget::Budget;

/// Sessions that every host may have remembered, even when others have most of the room.
const MIN_REMEMBERED: usize = 64;

/// The secrets of sessions that have ended, each kept for the same time.
#[derive(Debug)]
pub(crate) struct Departed {
    kept: Duration,
    room: Budget,
    secrets: BTreeMap<PeerId, SessionSecret>,
    /// The oldest first. One entry for each that is remembered.
    order: VecDeque<(Time, PeerId, Host)>,
}

impl Departed {
    /// Remembers up to `most` sessions, each for the time `kept`.
    pub(crate) fn new(kept: Duration, most: usize) -> Self {
        Self {
            kept,
            room: Budget::new(most, MIN_REMEMBERED),
            secrets: BTreeMap::new(),
            order: VecDeque::new(),
        }
    }

    /// A session of `host` has ended. It is not remembered when its host has used up its share of the room.
    pub(crate) fn remember(&mut self, now: Time, peer: PeerId, secret: SessionSecret, host: Host) {
        if self.secrets.contains_key(&peer) || !self.room.take(host, 1) {
            return;
        }
        self.secrets.insert(peer, secret);
        self.order.push_back((now + self.kept, peer, host));
    }

    /// Whether the peer id is kept for somebody who has another secret.
    pub(crate) fn is_kept_from(&self, peer: PeerId, secret: Option<SessionSecret>) -> bool {
        self.secrets.get(&peer).is_some_and(|kept| Some(*kept) != secret)
    }

    /// Forgets those whose time is over.
    pub(crate) fn expire(&mut self, now: Time) {
        while let Some(&(until, peer, host)) = self.order.front()
            && until <= now
        {
            self.order.pop_front();
            self.secrets.remove(&peer);
            self.room.give_back(host, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Duration = Duration::from_secs(90);

    fn peer(number: u8) -> PeerId {
        PeerId([number; 20])
    }

    fn secret(number: u8) -> SessionSecret {
        SessionSecret([number; 16])
    }

    fn host(number: u8) -> Host {
        Host::of([10, 0, 0, number].into())
    }

    #[test]
    fn a_peer_id_is_kept_for_its_secret_until_its_time_is_over() {
        let mut departed = Departed::new(KEPT, 100);
        departed.remember(Time::ZERO, peer(1), secret(1), host(1));
        assert!(departed.is_kept_from(peer(1), Some(secret(2))));
        assert!(departed.is_kept_from(peer(1), None));
        assert!(!departed.is_kept_from(peer(1), Some(secret(1))));
        assert!(!departed.is_kept_from(peer(2), Some(secret(2))));
        departed.expire(Time::ZERO + (KEPT - Duration::from_millis(1)));
        assert!(departed.is_kept_from(peer(1), None));
        departed.expire(Time::ZERO + KEPT);
        assert!(!departed.is_kept_from(peer(1), None));
    }

    #[test]
    fn one_host_leaves_room_for_the_sessions_of_others() {
        let mut departed = Departed::new(KEPT, 200);
        for number in 0..200 {
            departed.remember(Time::ZERO, peer(number), secret(number), host(1));
        }
        departed.remember(Time::ZERO, peer(250), secret(250), host(2));
        assert!(departed.is_kept_from(peer(99), None));
        assert!(!departed.is_kept_from(peer(199), None), "half of the room is for others");
        assert!(departed.is_kept_from(peer(250), None));
        departed.expire(Time::ZERO + KEPT);
        departed.remember(Time::ZERO + KEPT, peer(199), secret(199), host(1));
        assert!(departed.is_kept_from(peer(199), None), "what expired gives its room back");
    }
}
