//! Lines of a log.

use jiff::{Timestamp, tz::TimeZone};
use peerpool_api::{LogLevel, LogLine};

use super::text::safe;

/// A line with its local time and its level.
pub fn log_line(line: &LogLine) -> String {
    let time = i64::try_from(line.time).ok().and_then(|time| Timestamp::from_millisecond(time).ok());
    let time = time.unwrap_or_default().to_zoned(TimeZone::system());
    let level = match line.level {
        LogLevel::Error => "ERROR",
        LogLevel::Warn => "WARN",
        LogLevel::Info => "INFO",
        LogLevel::Debug => "DEBUG",
        LogLevel::Trace => "TRACE",
    };
    let (target, message) = (safe(&line.target), safe(&line.message));
    format!("{} {level:>5} {target}: {message}", time.strftime("%Y-%m-%d %H:%M:%S%.3f"))
}
