//! The order in which the peers of a swarm are named to others.
//!
//! Connected peers come before those that only announced themselves, because anybody can announce anything. Only so
//! many clients of one host get the rank of announced ones, so a thousand announces of closed ports hide nobody.

/// A class of peers, in the order in which they are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Connected to the tracker.
    Connected,
    /// Known by an announce.
    Announced,
    /// Connected, but nobody can connect to it.
    Unreachable,
    /// Announced by a host that has announced many others here, or found dead.
    Last,
}

impl Rank {
    pub(crate) const ALL: [Rank; 4] = [Rank::Connected, Rank::Announced, Rank::Unreachable, Rank::Last];
}

/// The ends of the classes in a list that holds them one after the other.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Ranks {
    ends: [u32; 4],
}

impl Ranks {
    /// The indexes of a class.
    pub(crate) fn range(&self, rank: Rank) -> std::ops::Range<usize> {
        let rank = rank as usize;
        let start = if rank == 0 { 0 } else { self.ends[rank - 1] };
        start as usize..self.ends[rank] as usize
    }

    /// The class at an index.
    pub(crate) fn of(&self, at: usize) -> Rank {
        Rank::ALL.into_iter().find(|&rank| at < self.ends[rank as usize] as usize).unwrap_or(Rank::Last)
    }

    /// Moves the element at the end of the list into a class: passes each pair of indexes to swap to `swap`, in order.
    pub(crate) fn add(&mut self, rank: Rank, mut swap: impl FnMut(usize, usize)) {
        let last = self.ends[3] as usize;
        let mut hole = last;
        for behind in (rank as usize + 1..4).rev() {
            // The first element of each later class moves to that class's end.
            let first = self.ends[behind - 1] as usize;
            if first != hole {
                swap(first, hole);
            }
            hole = first;
            self.ends[behind] += 1;
        }
        self.ends[rank as usize] += 1;
    }

    /// Moves the element at this index out of its class, to the end of the list; passes the swaps to `swap`.
    pub(crate) fn remove(&mut self, at: usize, mut swap: impl FnMut(usize, usize)) {
        let rank = self.of(at) as usize;
        let mut hole = at;
        for class in rank..4 {
            let last = self.ends[class] as usize - 1;
            if last != hole {
                swap(hole, last);
            }
            hole = last;
            self.ends[class] -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn classes_stay_together_while_elements_come_and_go(steps in prop::collection::vec((0usize..4, any::<u16>()), 0..200)) {
            let (mut list, mut ranks): (Vec<(usize, u16)>, Ranks) = (Vec::new(), Ranks::default());
            for (class, number) in steps {
                if number % 3 == 0 && !list.is_empty() {
                    let at = number as usize % list.len();
                    let leaves = list[at];
                    ranks.remove(at, |a, b| list.swap(a, b));
                    prop_assert_eq!(list.pop(), Some(leaves));
                } else {
                    list.push((class, number));
                    ranks.add(Rank::ALL[class], |a, b| list.swap(a, b));
                }
                prop_assert!(list.is_sorted_by_key(|&(class, _)| class));
                for (at, &(class, _)) in list.iter().enumerate() {
                    prop_assert_eq!(ranks.of(at), Rank::ALL[class]);
                    prop_assert!(ranks.range(Rank::ALL[class]).contains(&at));
                }
            }
        }
    }
}
