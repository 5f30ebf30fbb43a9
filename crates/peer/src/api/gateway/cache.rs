//! What a gateway keeps, and what goes when there is no room: whatever was not read for longest, and nothing that is being
//! read.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use peerpool_wire::id::InfoHash;

/// Items that are fetched at a time, at most.
const MAX_FETCHED: usize = 16;
/// How long an item is fetched on that nobody reads.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody reads an item, until this is dropped.
#[derive(Debug, Clone)]
pub(super) struct Seat(#[expect(dead_code, reason = "it is counted")] Arc<()>);

/// Why an item is not taken in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoRoom {
    #[error(
        "the item has {length} bytes, and this gateway keeps {room} at most: get it with a peer of your own"
    )]
    TooLarge { length: u64, room: u64 },
    #[error(
        "all that this gateway has room for is being read: try again later, or get the item with a peer of your own"
    )]
    Busy,
}

/// The items that are here or on their way.
#[derive(Debug)]
pub(super) struct Cache {
    /// Bytes that they may have together.
    room: u64,
    items: BTreeMap<InfoHash, Held>,
}

#[derive(Debug)]
struct Held {
    length: u64,
    is_fetched: bool,
    /// Those who read hold copies.
    seats: Arc<()>,
    last_read: Instant,
}

impl Held {
    fn is_read(&self) -> bool {
        Arc::strong_count(&self.seats) > 1
    }
}

impl Cache {
    pub(super) fn new(room: u64) -> Self {
        Self { room, items: BTreeMap::new() }
    }

    /// Somebody wants to read an item; `None` when it is not here.
    pub(super) fn enter(&mut self, item: &InfoHash, now: Instant) -> Option<Seat> {
        let held = self.items.get_mut(item)?;
        held.last_read = now;
        Some(Seat(Arc::clone(&held.seats)))
    }

    /// What has to go before an item of this length comes, in that order.
    ///
    /// # Errors
    ///
    /// It has no room, whatever goes, or none while others read.
    pub(super) fn make_room(&self, length: u64) -> Result<Vec<InfoHash>, NoRoom> {
        if length > self.room {
            return Err(NoRoom::TooLarge { length, room: self.room });
        }
        let mut fetched = self.items.values().filter(|held| held.is_fetched).count();
        let mut used: u64 = self.items.values().map(|held| held.length).sum();
        let mut unread: Vec<_> = self.items.iter().filter(|(_, held)| !held.is_read()).collect();
        unread.sort_by_key(|(_, held)| held.last_read);
        let mut unread = unread.into_iter();
        let mut gone = Vec::new();
        while used + length > self.room || fetched >= MAX_FETCHED {
            let is_full = used + length > self.room;
            let (item, held) = unread.find(|(_, held)| is_full || held.is_fetched).ok_or(NoRoom::Busy)?;
            used -= held.length;
            fetched -= usize::from(held.is_fetched);
            gone.push(*item);
        }
        Ok(gone)
    }

    /// An item comes, and is read.
    pub(super) fn add(&mut self, item: InfoHash, length: u64, now: Instant) -> Seat {
        let seats = Arc::default();
        let seat = Seat(Arc::clone(&seats));
        self.items.insert(item, Held { length, is_fetched: true, seats, last_read: now });
        seat
    }

    pub(super) fn remove(&mut self, item: &InfoHash) {
        self.items.remove(item);
    }

    /// Looks who reads and what has come; which items nobody has read for a while that are still being fetched.
    pub(super) fn look(&mut self, now: Instant, is_fetched: impl Fn(&InfoHash) -> bool) -> Vec<InfoHash> {
        let mut given_up = Vec::new();
        for (item, held) in &mut self.items {
            held.is_fetched = is_fetched(item);
            if held.is_read() {
                held.last_read = now;
            } else if held.is_fetched && now.duration_since(held.last_read) >= PATIENCE {
                held.is_fetched = false;
                given_up.push(*item);
            }
        }
        given_up
    }

    pub(super) fn items(&self) -> Vec<InfoHash> {
        self.items.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::id::Sha256Hash;

    use super::*;

    fn item(number: u8) -> InfoHash {
        InfoHash::v2_only(Sha256Hash([number; 32]))
    }

    /// A cache with items of these lengths, the first of which was read first; and who reads them.
    fn cache(room: u64, lengths: &[u64]) -> (Cache, Vec<Seat>, Instant) {
        let (mut cache, begun) = (Cache::new(room), Instant::now());
        let seats = (0..).zip(lengths).map(|(number, &length)| {
            cache.add(item(number), length, begun + Duration::from_secs(number.into()))
        });
        let seats = seats.collect();
        (cache, seats, begun)
    }

    #[test]
    fn what_was_not_read_for_longest_goes_first() {
        let (mut cache, seats, begun) = cache(10, &[4, 4, 2]);
        drop(seats);
        assert_eq!(cache.make_room(4).unwrap(), [item(0)]);
        cache.enter(&item(0), begun + Duration::from_secs(60));
        assert_eq!(cache.make_room(4).unwrap(), [item(1)]);
        assert_eq!(cache.make_room(10).unwrap(), [item(1), item(2), item(0)]);
    }

    #[test]
    fn what_is_read_stays() {
        let (cache, mut seats, _) = cache(10, &[4, 4]);
        assert_eq!(cache.make_room(4), Err(NoRoom::Busy));
        seats.remove(1);
        assert_eq!(cache.make_room(4).unwrap(), [item(1)]);
        assert_eq!(cache.make_room(7), Err(NoRoom::Busy));
    }

    #[test]
    fn what_never_fits_is_refused_for_that() {
        let (cache, _, _) = cache(10, &[]);
        assert_eq!(cache.make_room(11), Err(NoRoom::TooLarge { length: 11, room: 10 }));
        assert_eq!(cache.make_room(10).unwrap(), []);
    }

    #[test]
    fn so_many_are_fetched_at_a_time() {
        let (mut cache, mut seats, begun) = cache(1000, &[1; MAX_FETCHED]);
        assert_eq!(cache.make_room(1), Err(NoRoom::Busy));
        seats.pop();
        assert_eq!(cache.make_room(1).unwrap(), [item(MAX_FETCHED as u8 - 1)]);
        cache.look(begun, |fetched| *fetched != item(0));
        assert_eq!(cache.make_room(1).unwrap(), []);
    }

    #[test]
    fn nothing_is_fetched_for_long_that_nobody_reads() {
        let (mut cache, mut seats, begun) = cache(10, &[1, 1]);
        let later = begun + PATIENCE;
        assert_eq!(cache.look(later, |_| true), []);
        seats.remove(0);
        assert_eq!(cache.look(later + PATIENCE, |_| true), [item(0)]);
        assert_eq!(cache.look(later + 2 * PATIENCE, |fetched| *fetched == item(1)), []);
    }
}
