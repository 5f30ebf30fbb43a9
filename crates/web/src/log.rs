//! The last lines of the log, for those who look at it from afar.
//!
//! Like the subscriber that writes them, they are the process's: one ring for all servers in it ([`recent`]).

mod kept;

use std::{
    sync::{LazyLock, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use peerpool_api::{LogLevel, LogPage, LogQuery};

use self::kept::Kept;
use crate::live::{Answer, Ask, Row};

static RECENT: LazyLock<LogRing> = LazyLock::new(LogRing::default);

/// The last lines that this process logged.
pub fn recent() -> &'static LogRing {
    &RECENT
}

/// The last lines of a log: 2,000 at most, and 1 MiB of text.
#[derive(Debug, Default)]
pub struct LogRing(Mutex<Kept>);

impl LogRing {
    /// A line was logged.
    pub fn push(&self, level: LogLevel, target: &str, message: &str) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        self.with(|kept| kept.push(time, level, target, message));
    }

    /// The lines that a query is about.
    pub fn page(&self, query: &LogQuery) -> LogPage {
        self.with(|kept| kept.page(query))
    }

    /// The lines that a query is about as a view that can be followed, the newest first. Their numbers are the keys.
    pub fn view(&self, query: &LogQuery, ask: Ask) -> Answer {
        let numbers = || self.with(|kept| kept.numbers(query));
        let keys = || numbers().into_iter().map(|seq| seq.to_string().into()).collect();
        Answer::out_of_list(ask, keys, |key| {
            let line = self.with(|kept| kept.line(key.parse().ok()?).cloned())?;
            Row::new(&line).inspect_err(|error| tracing::error!(%error, "a line that cannot be written")).ok()
        })
    }

    /// A panic while the lock is held leaves nothing half done.
    fn with<T>(&self, call: impl FnOnce(&mut Kept) -> T) -> T {
        call(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
