//! How far a frozen order has aged.

use std::collections::HashMap;

use super::row::Key;

/// How many rows of a window would be in another place, or would not be in it, or are missing from it, if its order were
/// taken anew: the fewest rows that have to move.
///
/// `frozen` are the keys that it shows, `fresh` those that the same window would show now.
pub(super) fn out_of_place(frozen: &[Key], fresh: &[Key]) -> u64 {
    let places: HashMap<&Key, usize> = fresh.iter().enumerate().map(|(place, key)| (key, place)).collect();
    let kept = frozen.iter().filter_map(|key| places.get(key).copied());
    (frozen.len().max(fresh.len()) - longest_ascent(kept)) as u64
}

/// The length of the longest ascending subsequence: rows that keep their order among each other.
fn longest_ascent(places: impl Iterator<Item = usize>) -> usize {
    // The least place in which an ascent of each length ends.
    let mut ends: Vec<usize> = Vec::new();
    for place in places {
        let length = ends.partition_point(|&end| end < place);
        match ends.get_mut(length) {
            Some(end) => *end = place,
            None => ends.push(place),
        }
    }
    ends.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Key> {
        text.chars().map(|c| c.to_string().into()).collect()
    }

    #[test]
    fn the_fewest_rows_that_move_are_counted() {
        for (frozen, fresh, moved) in [
            ("abcdef", "abcdef", 0),
            ("abcdef", "xabcde", 1), // One came in above.
            ("abcdef", "bcdefg", 1), // One above is gone.
            ("abcdef", "abfcde", 1), // One moved up.
            ("abcdef", "fedcba", 5),
            ("abc", "xyz", 3),
            ("ab", "abc", 1),
            ("abc", "", 3),
            ("", "", 0),
        ] {
            assert_eq!(out_of_place(&keys(frozen), &keys(fresh)), moved, "{frozen} {fresh}");
        }
    }
}
