//! The orders that pages come out of. They are kept for a while, so that the second page follows the first, whatever
//! changes meanwhile.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use peerpool_catalogue::{Budget, Order, Query, Viewer};
use peerpool_wire::{channel::ItemSort, host::Host};

/// Bytes of all orders.
const MAX_BYTES: usize = 64 << 20;
/// What each question counts for beside its items: much more than it takes, so that there are 4,096 at most to look
/// through.
const EACH: usize = 16 << 10;
/// Bytes for which a host has room even when others have most of it.
const MIN_BYTES: usize = 1 << 20;
/// How long an order is kept that nobody uses.
const UNUSED: Duration = Duration::from_secs(120);

/// What was searched for, and how it is sorted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) query: Query,
    pub(super) sort: ItemSort,
    pub(super) desc: bool,
    /// Whose eyes it is for: whoever sees the same finds the same.
    pub(super) viewer: Viewer,
}

/// An order that is kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) number: u64,
    pub(super) order: Arc<Order>,
    pub(super) made: Instant,
}

#[derive(Debug)]
struct Entry {
    /// The questions that it answers.
    questions: Vec<Question>,
    kept: Kept,
    /// Whoever first asked for it.
    host: Host,
    used: Instant,
}

/// The orders, by their numbers.
#[derive(Debug)]
pub(super) struct Orders {
    entries: BTreeMap<u64, Entry>,
    /// The newest order of each question.
    latest: HashMap<Question, u64>,
    room: Budget,
    next: u64,
}

impl Orders {
    /// `first` numbers the first one; orders of another run are not taken for this one's.
    pub(super) fn new(first: u32) -> Self {
        Self {
            entries: BTreeMap::new(),
            latest: HashMap::new(),
            room: Budget::new(MAX_BYTES, MIN_BYTES),
            next: u64::from(first) << 32,
        }
    }

    /// The order of this name, if it is still kept and answers the question.
    pub(super) fn get(&mut self, name: &str, question: &Question, now: Instant) -> Option<Kept> {
        let entry = self.entries.get_mut(&u64::from_str_radix(name, 16).ok()?)?;
        if !entry.questions.contains(question) {
            return None;
        }
        entry.used = now;
        Some(entry.kept.clone())
    }

    /// The newest order that was made for the question.
    pub(super) fn latest(&mut self, question: &Question, now: Instant) -> Option<Kept> {
        let entry = self.entries.get_mut(self.latest.get(question)?)?;
        entry.used = now;
        Some(entry.kept.clone())
    }

    /// The newest order of the question that was typed last before this one, as far as it is known.
    pub(super) fn broader(&mut self, question: &Question, now: Instant) -> Option<Kept> {
        let Question { ref query, sort, desc, ref viewer } = *question;
        let broader = std::iter::successors(query.broader(), Query::broader);
        let mut broader = broader.map(|query| Question { query, sort, desc, viewer: viewer.clone() });
        broader.find_map(|question| self.latest(&question, now))
    }

    /// The number of the next order.
    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Keeps an order, or has one that is kept answer one more question. Of the host that has most, those that were not
    /// used for longest give way.
    pub(super) fn keep(&mut self, host: Host, question: Question, kept: Kept, now: Instant) {
        self.forget_unused(now);
        while !self.take_room(host, &question, &kept) {
            let Some(greediest) = self.room.greediest() else { return };
            self.forget_one(greediest);
        }
        let number = kept.number;
        self.latest.insert(question.clone(), number);
        let entry = self.entries.entry(number);
        let entry = entry.or_insert_with(|| Entry { questions: Vec::new(), kept, host, used: now });
        if !entry.questions.contains(&question) {
            entry.questions.push(question);
        }
    }

    fn take_room(&mut self, host: Host, question: &Question, kept: &Kept) -> bool {
        match self.entries.get(&kept.number) {
            Some(entry) if entry.questions.contains(question) => true,
            Some(entry) => self.room.take(entry.host, EACH),
            None => self.room.take(host, EACH + kept.order.bytes()),
        }
    }

    fn forget_unused(&mut self, now: Instant) {
        let unused = self.entries.iter().filter(|(_, entry)| now - entry.used > UNUSED);
        for number in unused.map(|(&number, _)| number).collect::<Vec<_>>() {
            self.forget(number);
        }
    }

    fn forget_one(&mut self, host: Host) {
        let own = self.entries.iter().filter(|(_, entry)| entry.host == host);
        if let Some((&number, _)) = own.min_by_key(|(_, entry)| entry.used) {
            self.forget(number);
        }
    }

    fn forget(&mut self, number: u64) {
        if let Some(entry) = self.entries.remove(&number) {
            let bytes = EACH * entry.questions.len() + entry.kept.order.bytes();
            self.room.give_back(entry.host, bytes);
            for question in entry.questions {
                if self.latest.get(&question) == Some(&number) {
                    self.latest.remove(&question);
                }
            }
        }
    }
}

/// The name by which clients ask for an order.
pub(super) fn name(number: u64) -> String {
    format!("{number:x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(number: u8) -> Host {
        Host::of([10, 0, 0, number].into())
    }

    fn question(text: &str) -> Question {
        Question {
            query: Query::parse(text).unwrap(),
            sort: ItemSort::Name,
            desc: false,
            viewer: Viewer::All,
        }
    }

    fn keep(orders: &mut Orders, host: Host, text: &str, now: Instant) -> String {
        let kept = Kept { number: orders.number(), order: Arc::default(), made: now };
        let called = name(kept.number);
        orders.keep(host, question(text), kept, now);
        called
    }

    #[test]
    fn an_order_is_found_by_its_name_while_it_is_used() {
        let (mut orders, begin) = (Orders::new(7), Instant::now());
        let a = keep(&mut orders, host(1), "a", begin);
        let later = begin + UNUSED;
        assert!(orders.get(&a, &question("a"), later).is_some());
        assert!(orders.get(&a, &question("b"), later).is_none(), "it answers another question");
        assert!(orders.get("", &question("a"), later).is_none());
        keep(&mut orders, host(1), "b", later + UNUSED);
        assert!(orders.get(&a, &question("a"), later + UNUSED).is_some(), "it was used");
        keep(&mut orders, host(1), "c", later + UNUSED * 3);
        assert!(orders.get(&a, &question("a"), later + UNUSED * 3).is_none());
    }

    #[test]
    fn the_newest_order_is_shared_by_who_asks_the_same() {
        let (mut orders, begin) = (Orders::new(7), Instant::now());
        keep(&mut orders, host(1), "a", begin);
        let second = keep(&mut orders, host(2), "a", begin + Duration::from_secs(1));
        keep(&mut orders, host(2), "b", begin + Duration::from_secs(2));
        let later = begin + UNUSED;
        assert_eq!(name(orders.latest(&question("a"), later).unwrap().number), second);
        keep(&mut orders, host(2), "c", later + UNUSED);
        assert!(orders.latest(&question("a"), later).is_some(), "it was used");
        keep(&mut orders, host(2), "c", later + UNUSED * 2);
        assert!(orders.latest(&question("a"), later).is_none());
    }

    #[test]
    fn an_order_answers_every_question_that_finds_the_same_and_is_forgotten_with_all_of_them() {
        let (mut orders, begin) = (Orders::new(7), Instant::now());
        let a = keep(&mut orders, host(1), "a", begin);
        let kept = orders.latest(&question("a"), begin).unwrap();
        for text in ["ab", "ab", "abc"] {
            orders.keep(host(2), question(text), kept.clone(), begin);
        }
        assert_eq!(orders.room.taken(), 3 * EACH);
        assert_eq!(name(orders.latest(&question("abc"), begin).unwrap().number), a);
        assert!(orders.get(&a, &question("ab"), begin).is_some());
        keep(&mut orders, host(1), "b", begin + UNUSED * 2);
        assert!(["a", "ab", "abc"].iter().all(|text| orders.latest(&question(text), begin).is_none()));
        assert_eq!((orders.room.taken(), orders.latest.len()), (EACH, 1));
    }

    #[test]
    fn a_question_is_narrowed_from_the_nearest_that_was_typed_before() {
        let (mut orders, begin) = (Orders::new(7), Instant::now());
        keep(&mut orders, host(1), "", begin);
        let near = keep(&mut orders, host(1), "an", begin);
        let broader =
            |orders: &mut Orders, text| orders.broader(&question(text), begin).map(|kept| name(kept.number));
        assert_eq!(broader(&mut orders, "anh tr"), Some(near));
        assert_ne!(broader(&mut orders, "an"), None, "all items are the broadest");
        assert_eq!(broader(&mut orders, ""), None);
    }

    #[test]
    fn one_host_leaves_the_orders_of_another_alone() {
        let (mut orders, begin) = (Orders::new(7), Instant::now());
        let a = keep(&mut orders, host(1), "a", begin);
        for number in 0..MAX_BYTES / EACH {
            keep(&mut orders, host(2), "b", begin + Duration::from_micros(number as u64));
        }
        assert!(orders.get(&a, &question("a"), begin).is_some());
        assert!(orders.room.taken() <= MAX_BYTES);
    }
}
