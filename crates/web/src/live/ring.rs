//! The events of late, so that whoever lost its connection goes on where it was.

use std::{collections::VecDeque, fmt, num::ParseIntError, str::FromStr};

/// Events that are kept.
pub const MAX_EVENTS: usize = 4096;

/// A place in the events of one process: what came after it can be asked for. Written `EPOCH.SEQ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// Which process counted; drawn at its start.
    pub epoch: u64,
    /// How many events it had counted, from 1.
    pub seq: u64,
}

/// What is no cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no cursor: it is written as it was given, EPOCH.SEQ")]
pub struct ParseCursorError(String);

/// Why there is nothing to go on from: the state is to be asked for anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// Another process counted, or the counting began anew, or the number was never given.
    #[error(
        "the events are counted anew: by another process, or after a pause, or since other things are seen"
    )]
    Foreign,
    /// Too many events came since.
    #[error("{0} events are not kept any more")]
    Missed(u64),
}

/// The last [`MAX_EVENTS`] events of one process.
#[derive(Debug)]
pub struct Ring<E> {
    epoch: u64,
    /// How many events came in all.
    seq: u64,
    /// The last of them, oldest first.
    kept: VecDeque<E>,
}

impl<E> Ring<E> {
    /// No events yet. No two processes have the same `epoch`.
    pub fn new(epoch: u64) -> Self {
        Self { epoch, seq: 0, kept: VecDeque::new() }
    }

    /// Something happened.
    pub fn push(&mut self, event: E) {
        if self.kept.len() == MAX_EVENTS {
            self.kept.pop_front();
        }
        self.kept.push_back(event);
        self.seq += 1;
    }

    /// So many happened that are not kept.
    pub fn skip(&mut self, events: u64) {
        if events > 0 {
            self.kept.clear();
            self.seq += events;
        }
    }

    /// Where the next event will come after.
    pub fn cursor(&self) -> Cursor {
        Cursor { epoch: self.epoch, seq: self.seq }
    }

    /// What came after `cursor`, oldest first, each with its own cursor.
    pub fn after(
        &self,
        cursor: Cursor,
    ) -> Result<impl ExactSizeIterator<Item = (Cursor, &E)> + use<'_, E>, Lost> {
        if cursor.epoch != self.epoch || cursor.seq > self.seq {
            return Err(Lost::Foreign);
        }
        let new = self.seq - cursor.seq;
        let kept = self.kept.len();
        match usize::try_from(new) {
            Ok(new) if new <= kept => {
                let events = self.kept.range(kept - new..).enumerate();
                let at = move |nth: usize| Cursor { seq: cursor.seq + 1 + nth as u64, ..cursor };
                Ok(events.map(move |(nth, event)| (at(nth), event)))
            }
            _ => Err(Lost::Missed(new - kept as u64)),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}.{}", self.epoch, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = ParseCursorError;

    fn from_str(text: &str) -> Result<Self, ParseCursorError> {
        let parse = || -> Option<Result<Self, ParseIntError>> {
            let (epoch, seq) = text.split_once('.')?;
            let epoch = u64::from_str_radix(epoch, 16);
            Some(epoch.and_then(|epoch| Ok(Self { epoch, seq: seq.parse()? })))
        };
        parse().and_then(Result::ok).ok_or_else(|| ParseCursorError(text.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ring(events: u64) -> Ring<u64> {
        let mut ring = Ring::new(7);
        (1..=events).for_each(|event| ring.push(event));
        ring
    }

    fn after(ring: &Ring<u64>, seq: u64) -> Result<Vec<u64>, Lost> {
        let events = ring.after(Cursor { epoch: 7, seq })?;
        Ok(events.map(|(cursor, &event)| if cursor.seq == event { event } else { 0 }).collect())
    }

    #[test]
    fn a_reader_goes_on_where_it_was() {
        let ring = ring(5);
        assert_eq!(after(&ring, 0), Ok(vec![1, 2, 3, 4, 5]));
        assert_eq!(after(&ring, 3), Ok(vec![4, 5]));
        assert_eq!(after(&ring, ring.cursor().seq), Ok(vec![]));
    }

    #[test]
    fn a_cursor_of_another_process_is_foreign_and_an_old_one_tells_what_is_missed() {
        let ring = ring(MAX_EVENTS as u64 + 10);
        assert_eq!(ring.after(Cursor { epoch: 8, seq: 1 }).err(), Some(Lost::Foreign));
        assert_eq!(after(&ring, ring.cursor().seq + 1), Err(Lost::Foreign));
        assert_eq!(after(&ring, 9), Err(Lost::Missed(1)));
        assert_eq!(after(&ring, 10).map(|events| events.len()), Ok(MAX_EVENTS));
    }

    #[test]
    fn what_is_skipped_is_missed() {
        let mut ring = ring(5);
        ring.skip(0);
        assert_eq!(after(&ring, 3), Ok(vec![4, 5]));
        ring.skip(3);
        ring.push(9);
        assert_eq!((after(&ring, 5), after(&ring, 8)), (Err(Lost::Missed(3)), Ok(vec![9])));
    }

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_is_written(epoch: u64, seq: u64) {
            let cursor = Cursor { epoch, seq };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn what_is_no_cursor_is_refused(text in "[0-9a-f]{0,3}[.x]?[-+a-z]{1,3}") {
            prop_assert!(text.parse::<Cursor>().is_err());
        }
    }
}
