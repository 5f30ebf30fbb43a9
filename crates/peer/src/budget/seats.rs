//! A number of seats for which there may be more who want one.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use peerpool_wire::host::Host;

/// Whoever moved something within this time keeps its seat while others do not.
const PATIENCE: Duration = Duration::from_secs(10);

/// The number of a seat; none is given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct SeatId(u64);

/// Seats, each with what reaches whoever sits there.
#[derive(Debug)]
pub(super) struct Seats<N> {
    most: usize,
    /// Whoever came no longer ago gives way to hosts of smaller shares alone.
    youth: Duration,
    taken: BTreeMap<SeatId, Seat<N>>,
    given: u64,
}

#[derive(Debug)]
struct Seat<N> {
    host: Host,
    /// When it last moved anything; until then, when it came.
    since: Instant,
    moved: bool,
    notice: N,
}

impl<N> Seat<N> {
    fn is_busy(&self, now: Instant) -> bool {
        self.moved && now.saturating_duration_since(self.since) < PATIENCE
    }
}

impl<N> Seats<N> {
    /// So many seats, all free.
    pub(super) fn new(most: usize, youth: Duration) -> Self {
        Self { most, youth, taken: BTreeMap::new(), given: 0 }
    }

    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        self.taken.len()
    }

    /// Takes a seat, and says who had to give way for it, if anybody. `None` when whoever comes must wait.
    ///
    /// When all are taken, somebody idle of the host that has the most idle seats gives way, whoever did nothing for
    /// longest. When none is idle, a host that has fewer seats than another takes one of that one's.
    pub(super) fn take(&mut self, host: Host, now: Instant, notice: N) -> Option<(SeatId, Option<N>)> {
        let mut gives_way = None;
        if self.taken.len() >= self.most {
            let idle = self.idle(now).filter(|seat| self.is_old(seat, now));
            let seat = idle.or_else(|| self.of_a_greater_share(host, now))?;
            gives_way = self.taken.remove(&seat).map(|seat| seat.notice);
        }
        self.given += 1;
        let id = SeatId(self.given);
        self.taken.insert(id, Seat { host, since: now, moved: false, notice });
        Some((id, gives_way))
    }

    /// Whoever sits there moved something.
    pub(super) fn moved(&mut self, id: SeatId, now: Instant) {
        if let Some(seat) = self.taken.get_mut(&id) {
            (seat.since, seat.moved) = (now, true);
        }
    }

    /// The seat is free again.
    pub(super) fn leave(&mut self, id: SeatId) {
        self.taken.remove(&id);
    }

    /// The one seat that is given up first, without anybody coming for it.
    pub(super) fn give_up_one(&mut self, now: Instant) -> Option<N> {
        let seat = self.idle(now)?;
        self.taken.remove(&seat).map(|seat| seat.notice)
    }

    fn idle(&self, now: Instant) -> Option<SeatId> {
        let idle = || self.taken.iter().filter(|(_, seat)| !seat.is_busy(now));
        let shares = shares(idle().map(|(_, seat)| seat.host));
        let first = idle().min_by_key(|(_, seat)| {
            let share = shares.get(&seat.host).copied().unwrap_or_default();
            (std::cmp::Reverse(share), seat.since)
        });
        first.map(|(id, _)| *id)
    }

    fn is_old(&self, seat: &SeatId, now: Instant) -> bool {
        let age = |seat: &Seat<N>| now.saturating_duration_since(seat.since);
        self.taken.get(seat).is_some_and(|seat| age(seat) >= self.youth)
    }

    /// Of the host that has the most, its idle ones first.
    fn of_a_greater_share(&self, host: Host, now: Instant) -> Option<SeatId> {
        let shares = shares(self.taken.values().map(|seat| seat.host));
        let own = shares.get(&host).copied().unwrap_or_default();
        let (greatest, share) = shares.into_iter().max_by_key(|(host, share)| (*share, *host))?;
        let theirs = self.taken.iter().filter(|(_, seat)| seat.host == greatest);
        let (id, _) = theirs.min_by_key(|(_, seat)| (seat.is_busy(now), seat.since))?;
        (share > own + 1).then_some(*id)
    }
}

fn shares(hosts: impl Iterator<Item = Host>) -> HashMap<Host, usize> {
    let mut shares = HashMap::new();
    for host in hosts {
        *shares.entry(host).or_default() += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    const YOUTH: Duration = Duration::from_millis(500);

    fn host(last: u8) -> Host {
        Host::of([10, 0, 0, last].into())
    }

    /// Three seats, taken by these hosts a second after each other, and the time after that.
    fn seats(hosts: [u8; 3]) -> (Seats<u8>, Vec<SeatId>, Instant) {
        let mut seats = Seats::new(3, YOUTH);
        let mut now = Instant::now();
        let mut ids = Vec::new();
        for (nth, last) in (0..).zip(hosts) {
            let (id, gives_way) = seats.take(host(last), now, nth).unwrap();
            assert_eq!(gives_way, None);
            ids.push(id);
            now += Duration::from_secs(1);
        }
        (seats, ids, now)
    }

    fn gives_way(seats: &mut Seats<u8>, last: u8, now: Instant) -> Option<u8> {
        seats.take(host(last), now, 99).and_then(|(_, gives_way)| gives_way)
    }

    #[test]
    fn whoever_comes_gets_the_seat_of_the_longest_idle() {
        let (mut seats, _, now) = seats([1, 1, 1]);
        assert_eq!(gives_way(&mut seats, 1, now), Some(0));
        assert_eq!(gives_way(&mut seats, 1, now), Some(1));
    }

    #[test]
    fn the_host_with_the_most_idle_seats_gives_way_first() {
        let (mut seats, _, now) = seats([1, 2, 2]);
        assert_eq!(gives_way(&mut seats, 3, now), Some(1));
    }

    #[test]
    fn who_moves_something_keeps_its_seat() {
        let (mut seats, ids, now) = seats([1, 1, 1]);
        seats.moved(ids[0], now);
        assert_eq!(gives_way(&mut seats, 1, now), Some(1));
        let later = now + PATIENCE;
        assert_eq!(gives_way(&mut seats, 1, later), Some(2));
        assert_eq!(gives_way(&mut seats, 1, later), Some(0));
    }

    #[test]
    fn among_the_busy_a_greater_share_gives_way_to_a_smaller() {
        let (mut seats, ids, now) = seats([1, 1, 2]);
        ids.iter().for_each(|id| seats.moved(*id, now));
        assert_eq!(seats.take(host(1), now, 9), None);
        assert_eq!(seats.take(host(2), now, 9), None);
        assert_eq!(gives_way(&mut seats, 3, now), Some(0));
    }

    #[test]
    fn the_young_give_way_to_smaller_shares_alone() {
        let (mut seats, _, now) = seats([1, 1, 1]);
        let (_, first) = seats.take(host(1), now, 3).unwrap();
        let (_, second) = seats.take(host(1), now, 4).unwrap();
        let (_, third) = seats.take(host(1), now, 5).unwrap();
        assert_eq!([first, second, third], [Some(0), Some(1), Some(2)]);
        assert_eq!(seats.take(host(1), now, 6), None);
        assert_eq!(gives_way(&mut seats, 2, now), Some(3));
        assert_eq!(gives_way(&mut seats, 1, now + YOUTH), Some(4));
    }

    #[test]
    fn a_seat_that_is_left_is_free() {
        let (mut seats, ids, now) = seats([1, 2, 3]);
        ids.iter().for_each(|id| seats.moved(*id, now));
        assert_eq!(seats.take(host(4), now, 9), None);
        seats.leave(ids[1]);
        assert!(matches!(seats.take(host(4), now, 9), Some((_, None))));
    }
}
