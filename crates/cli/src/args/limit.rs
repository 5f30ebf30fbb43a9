//! Limits of rates.

use clap::{Args, ValueEnum};
use peerpool_api::{Between, Day};

use super::PeerOptions;
use crate::output::size;

/// `peerpool limit`.
#[derive(Debug, Args)]
pub struct Limit {
    /// What to change.
    #[command(flatten)]
    pub change: LimitChange,
    /// Of which peer.
    #[command(flatten)]
    pub options: PeerOptions,
}

/// What `limit` changes, on the command line and in the shell.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct LimitChange {
    /// All that is given, in bytes a second (500k, 2M) or bits (10Mbit), or `off`
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub up: Option<Rate>,
    /// All that is fetched
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub down: Option<Rate>,
    /// What is given of each item
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub item_up: Option<Rate>,
    /// What is fetched of each item
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub item_down: Option<Rate>,
    /// What is given to each peer
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub peer_up: Option<Rate>,
    /// What is fetched from each peer
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub peer_down: Option<Rate>,
    /// Only at these times, in place of the other limits, as in 08:00-18:00; without a rate, nothing is limited then
    #[arg(long, value_name = "HH:MM-HH:MM")]
    pub between: Option<Between>,
    /// Only when it begins on these days
    #[arg(long, value_name = "DAY", value_delimiter = ',', requires = "between")]
    pub days: Vec<DayArg>,
    /// Lift all limits, or with --between those of that time
    #[arg(long, conflicts_with_all = ["up", "down", "item_up", "item_down", "peer_up", "peer_down"])]
    pub off: bool,
}

/// A limit, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(pub Option<u64>);

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum DayArg {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl From<DayArg> for Day {
    fn from(day: DayArg) -> Self {
        Self::after_monday(day as u8)
    }
}

/// Reads `2M`, `2MiB/s`, `10Mbit` or `off`.
pub fn rate(text: &str) -> Result<Rate, String> {
    let plain = text.trim().trim_end_matches("/s");
    if matches!(plain, "off" | "none") {
        return Ok(Rate(None));
    }
    // Bits go by thousands, as lines are sold.
    let bits = [("Gbit", 1_000_000_000), ("Mbit", 1_000_000), ("kbit", 1000)].into_iter().find_map(
        |(unit, scale)| {
            let count: f64 = plain.strip_suffix(unit)?.trim().parse().ok()?;
            Some(count * f64::from(scale) / 8.0)
        },
    );
    let bytes = match bits {
        Some(bytes) if bytes.is_finite() && (0.0..9e18).contains(&bytes) => bytes as u64,
        Some(_) => return Err(wrong(text)),
        None => size::parse(plain).map_err(|_| wrong(text))?,
    };
    Ok(Rate(Some(bytes)))
}

fn wrong(text: &str) -> String {
    format!("`{text}` is not a rate: write bytes a second as in 500k or 2M, bits as in 10Mbit, or `off`")
}
