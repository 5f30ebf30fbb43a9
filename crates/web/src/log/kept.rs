//! Lines that are kept. Pure: the time comes from outside.

use std::collections::VecDeque;

use peerpool_api::{LogLevel, LogLine, LogPage, LogQuery};

/// Lines that are kept; the oldest give way.
const MAX_LINES: usize = 2000;
/// Bytes of their texts.
const MAX_BYTES: usize = 1 << 20;
/// Longest text of one line; the rest is cut off.
const MAX_LINE: usize = 8 << 10;
/// Lines of a page when nobody says how many.
const PAGE: u32 = 200;
/// Lines of a page at most.
const MAX_PAGE: u32 = 1000;

/// The last lines of a log.
#[derive(Debug, Default)]
pub(super) struct Kept {
    lines: VecDeque<LogLine>,
    /// How many came in all.
    seq: u64,
    bytes: usize,
}

impl Kept {
    pub(super) fn push(&mut self, time: u64, level: LogLevel, target: &str, message: &str) {
        self.seq += 1;
        let (target, message) = (target.to_owned(), cut(message).to_owned());
        self.bytes += weight(&target, &message);
        self.lines.push_back(LogLine { seq: self.seq, time, level, target, message });
        while self.lines.len() > MAX_LINES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.lines.pop_front() else { return };
            self.bytes -= weight(&oldest.target, &oldest.message);
        }
    }

    pub(super) fn page(&self, query: &LogQuery) -> LogPage {
        let wanted = Wanted::of(query);
        let limit = query.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE) as usize;
        let lines = self.lines.iter().filter(|line| wanted.has(line));
        let Some(after) = query.after else {
            let mut lines: Vec<_> = lines.rev().take(limit).cloned().collect();
            lines.reverse();
            return LogPage { lines, last: self.seq, missed: 0 };
        };
        let lines: Vec<_> = lines.filter(|line| line.seq > after).take(limit).cloned().collect();
        let last = match lines.last() {
            Some(line) if lines.len() == limit => line.seq,
            _ => self.seq,
        };
        // The number of another process may be greater than any of this one.
        let first = self.seq - self.lines.len() as u64;
        LogPage { lines, last, missed: first.saturating_sub(after) }
    }

    pub(super) fn numbers(&self, query: &LogQuery) -> Vec<u64> {
        let wanted = Wanted::of(query);
        self.lines.iter().rev().filter(|line| wanted.has(line)).map(|line| line.seq).collect()
    }

    pub(super) fn line(&self, seq: u64) -> Option<&LogLine> {
        let first = self.lines.front()?.seq;
        self.lines.get(usize::try_from(seq.checked_sub(first)?).ok()?)
    }
}

/// What a query is about.
struct Wanted {
    level: LogLevel,
    search: String,
    since: u64,
}

impl Wanted {
    fn of(query: &LogQuery) -> Self {
        let search = query.search.as_deref().unwrap_or_default().to_lowercase();
        let level = query.level.unwrap_or(LogLevel::Trace);
        Self { level, search, since: query.since.unwrap_or_default() }
    }

    fn has(&self, line: &LogLine) -> bool {
        let says = |text: &str| text.to_lowercase().contains(&self.search);
        line.level <= self.level
            && line.time >= self.since
            && (self.search.is_empty() || says(&line.message) || says(&line.target))
    }
}

fn cut(message: &str) -> &str {
    &message[..message.floor_char_boundary(MAX_LINE)]
}

fn weight(target: &str, message: &str) -> usize {
    target.len() + message.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(lines: &[(LogLevel, &str)]) -> Kept {
        let mut kept = Kept::default();
        for (time, (level, message)) in lines.iter().enumerate() {
            kept.push(time as u64, *level, "peerpool", message);
        }
        kept
    }

    fn many(lines: usize) -> Kept {
        kept(&vec![(LogLevel::Info, "a line"); lines])
    }

    fn numbers(page: &LogPage) -> Vec<u64> {
        page.lines.iter().map(|line| line.seq).collect()
    }

    #[test]
    fn lines_are_found_by_their_gravity_and_by_what_they_say_in_any_case() {
        let kept = kept(&[
            (LogLevel::Error, "the disk is full"),
            (LogLevel::Info, "the DISK is empty"),
            (LogLevel::Debug, "nothing"),
        ]);
        let find = |level, search: &str| {
            let query = LogQuery { level, search: Some(search.to_owned()), ..LogQuery::default() };
            numbers(&kept.page(&query))
        };
        assert_eq!(find(None, ""), [1, 2, 3]);
        assert_eq!(find(Some(LogLevel::Warn), ""), [1]);
        assert_eq!(find(None, "Disk"), [1, 2]);
        assert_eq!(find(Some(LogLevel::Info), "PEERPOOL"), [1, 2]);
        assert_eq!(find(Some(LogLevel::Error), "empty"), [0; 0]);
        let since = LogQuery { since: Some(1), ..LogQuery::default() };
        assert_eq!(numbers(&kept.page(&since)), [2, 3]);
    }

    #[test]
    fn a_reader_goes_on_after_the_line_it_read_last() {
        let kept = many(10);
        let page = |after, limit| kept.page(&LogQuery { after, limit, ..LogQuery::default() });
        assert_eq!(numbers(&page(None, Some(3))), [8, 9, 10]);
        let first = page(Some(2), Some(3));
        assert_eq!((numbers(&first), first.last), (vec![3, 4, 5], 5));
        let rest = page(Some(5), None);
        assert_eq!((numbers(&rest), rest.last), (vec![6, 7, 8, 9, 10], 10));
        let none = page(Some(10), None);
        assert_eq!((numbers(&none), none.last, none.missed), (vec![], 10, 0));
    }

    #[test]
    fn lines_that_gave_way_are_counted() {
        let kept = many(MAX_LINES + 5);
        assert_eq!(kept.lines.len(), MAX_LINES);
        assert_eq!(kept.page(&LogQuery { after: Some(2), ..LogQuery::default() }).missed, 3);
        assert_eq!(kept.line(5), None);
        assert_eq!(kept.line(6).map(|line| line.seq), Some(6));
        assert_eq!(kept.numbers(&LogQuery::default()).first(), Some(&(MAX_LINES as u64 + 5)));
    }

    #[test]
    fn long_lines_are_cut_and_many_of_them_take_no_more_than_their_bytes() {
        let long = "ắ".repeat(MAX_LINE);
        let kept = kept(&vec![(LogLevel::Warn, long.as_str()); 300]);
        assert!(kept.bytes <= MAX_BYTES && kept.bytes > MAX_BYTES / 2, "{}", kept.bytes);
        let lines = kept.lines.iter().map(|line| weight(&line.target, &line.message)).sum::<usize>();
        assert_eq!(lines, kept.bytes);
        assert!(kept.lines.iter().all(|line| line.message.len() <= MAX_LINE));
    }
}
