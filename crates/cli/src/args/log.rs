//! `peerpool log`.

use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use peerpool_api::LogLevel;

use super::PeerOptions;

/// `peerpool log`.
#[derive(Debug, Args)]
pub struct Log {
    /// Which lines.
    #[command(flatten)]
    pub lines: LogLines,
    /// Whose log: the running peer's, or the tracker's, which tells it on its own machine alone.
    #[command(flatten)]
    pub options: PeerOptions,
}

/// Which lines `log` shows, on the command line and in the shell.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct LogLines {
    /// Only lines with these words in them, in any case
    pub text: Vec<String>,
    /// Go on with what is logged from now on, until Ctrl-C
    #[arg(short, long)]
    pub follow: bool,
    /// Only lines of this level and graver ones
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub level: Option<LevelArg>,
    /// Only lines of so long ago at most (90s, 10m, 2h, 1d), or since a local time (2026-01-31T08:00)
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub since: Option<Since>,
    /// The last lines, so many [default: 200, or all with --since]
    #[arg(short = 'n', long, value_name = "LINES", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: Option<u32>,
}

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum LevelArg {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl From<LevelArg> for LogLevel {
    fn from(level: LevelArg) -> Self {
        match level {
            LevelArg::Error => Self::Error,
            LevelArg::Warn => Self::Warn,
            LevelArg::Info => Self::Info,
            LevelArg::Debug => Self::Debug,
            LevelArg::Trace => Self::Trace,
        }
    }
}

/// From when on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long before now.
    Ago(SignedDuration),
    /// Then.
    At(Timestamp),
}

impl Since {
    /// In milliseconds of Unix time.
    pub fn milliseconds(self, now: Timestamp) -> u64 {
        let then = match self {
            Self::Ago(time) => now.checked_sub(time).unwrap_or(Timestamp::UNIX_EPOCH),
            Self::At(then) => then,
        };
        u64::try_from(then.as_millisecond()).unwrap_or_default()
    }
}

/// Reads `10m`, in seconds.
pub fn span(text: &str) -> Result<u64, String> {
    let read = text.strip_suffix(['s', 'm', 'h', 'd']).and_then(|number| {
        let unit = match text.chars().last()? {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => 86_400,
        };
        Some(u64::from(number.parse::<u32>().ok()?) * unit)
    });
    read.ok_or_else(|| format!("`{text}` is no span of time: write as in 90s, 10m, 12h or 30d"))
}

/// Reads `10m` or `2026-01-31T08:00`.
pub fn since(text: &str) -> Result<Since, String> {
    let ago = span(text)
        .ok()
        .and_then(|seconds| Some(Since::Ago(SignedDuration::from_secs(i64::try_from(seconds).ok()?))));
    let at = || {
        let local = text.parse::<DateTime>().ok()?.to_zoned(TimeZone::system()).ok()?;
        Some(Since::At(local.timestamp()))
    };
    ago.or_else(at)
        .ok_or_else(|| format!("`{text}` is no time: write as in 90s, 10m, 2h, 1d or 2026-01-31T08:00"))
}
