//! Which part of a file is asked for (RFC 9110, "Range").

use std::ops::Range;

/// The part that is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it: nothing else was asked for, or nothing that is understood.
    Whole,
    /// These bytes; at least one.
    Range(Range<u64>),
    /// None of the bytes that were asked for are in the file.
    Nothing,
}

/// Reads one range: `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-COUNT`. An end behind that of the file is its end. Several
/// ranges, other units and what is malformed are passed over, as the standard allows.
pub(super) fn part(header: Option<&str>, length: u64) -> Part {
    let spec = header.and_then(|header| header.trim().strip_prefix("bytes="));
    let Some((first, last)) = spec.and_then(|spec| spec.trim().split_once('-')) else {
        return Part::Whole;
    };
    match (number(first), number(last)) {
        (Number::Some(first), Number::Some(last)) if first > last => Part::Whole,
        (Number::Some(first), Number::Some(last)) => within(first, last.saturating_add(1), length),
        (Number::Some(first), Number::None) => within(first, length, length),
        (Number::None, Number::Some(count)) => within(length.saturating_sub(count), length, length),
        _ => Part::Whole,
    }
}

fn within(first: u64, end: u64, length: u64) -> Part {
    let end = end.min(length);
    if first < end { Part::Range(first..end) } else { Part::Nothing }
}

enum Number {
    None,
    Some(u64),
    Wrong,
}

fn number(text: &str) -> Number {
    match text {
        "" => Number::None,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            // More than fits is behind the end of every file.
            Number::Some(digits.parse().unwrap_or(u64::MAX))
        }
        _ => Number::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood_in_all_its_forms() {
        let part = |header| part(Some(header), 100);
        assert_eq!(part("bytes=0-1"), Part::Range(0..2));
        assert_eq!(part("bytes=10-"), Part::Range(10..100));
        assert_eq!(part("bytes=-10"), Part::Range(90..100));
        assert_eq!(part("bytes=90-1000"), Part::Range(90..100));
        assert_eq!(part("bytes=-1000"), Part::Range(0..100));
        assert_eq!(part("bytes=0-99999999999999999999999"), Part::Range(0..100));
    }

    #[test]
    fn bytes_that_are_not_there_are_none() {
        for header in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(part(Some(header), 100), Part::Nothing, "{header}");
        }
        assert_eq!(part(Some("bytes=0-"), 0), Part::Nothing);
    }

    #[test]
    fn what_is_not_understood_means_the_whole() {
        for header in ["bytes=0-1,5-6", "lines=0-1", "bytes=5-4", "bytes=-", "bytes=a-b", "bytes", ""] {
            assert_eq!(part(Some(header), 100), Part::Whole, "{header}");
        }
        assert_eq!(part(None, 100), Part::Whole);
    }
}
