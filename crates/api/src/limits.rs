//! Limits of rates.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most schedules.
pub const MAX_SCHEDULES: usize = 32;
/// The lowest limit, in bytes a second: with less nothing would ever arrive.
pub const LOWEST: u64 = 1024;
/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// How fast payload may go, in bytes a second, where it is limited. Messages that carry no payload are not slowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LimitRates {
    /// From this peer, all together.
    #[schema(minimum = 1024)]
    pub up: Option<u64>,
    /// To this peer, all together.
    #[schema(minimum = 1024)]
    pub down: Option<u64>,
    /// From this peer, of each item.
    #[schema(minimum = 1024)]
    pub per_item_up: Option<u64>,
    /// To this peer, of each item.
    #[schema(minimum = 1024)]
    pub per_item_down: Option<u64>,
    /// From this peer to each other peer.
    #[schema(minimum = 1024)]
    pub per_peer_up: Option<u64>,
    /// To this peer from each other peer.
    #[schema(minimum = 1024)]
    pub per_peer_down: Option<u64>,
}

impl LimitRates {
    /// Whether nothing is limited.
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }

    fn lowest(&self) -> Option<u64> {
        let Self { up, down, per_item_up, per_item_down, per_peer_up, per_peer_down } = *self;
        [up, down, per_item_up, per_item_down, per_peer_up, per_peer_down].into_iter().flatten().min()
    }
}

/// Limits, and when others apply.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Limits {
    /// The limits while no schedule applies.
    #[serde(flatten)]
    pub rates: LimitRates,
    /// The first one that applies takes the place of the limits above, with all of its own.
    #[schema(max_items = 32)]
    pub schedules: Vec<Schedule>,
}

/// Limits at certain times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Schedule {
    /// From when to when, in the peer's local time.
    #[schema(value_type = String, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub between: Between,
    /// On which days it begins; on all when none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Day>,
    /// The limits then; what is left out is not limited.
    #[serde(flatten)]
    pub rates: LimitRates,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// The day so many days after Monday.
    pub fn after_monday(days: u8) -> Self {
        Self::ALL[usize::from(days % 7)]
    }

    fn before(self) -> Self {
        Self::after_monday(self as u8 + 6)
    }
}

/// A part of the day, as in `08:00-18:00`. It goes over midnight when it ends before it begins, and is the whole day when
/// both are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Between {
    /// Minutes since midnight.
    from: u16,
    to: u16,
}

/// What is wrong with limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// A rate under which nothing would arrive.
    #[error("a limit of {0} bytes a second is too low: the lowest is {LOWEST}")]
    TooLow(u64),
    /// More schedules than are kept.
    #[error("{0} schedules are too many: at most {MAX_SCHEDULES} are kept")]
    TooMany(usize),
}

/// A text that is no part of the day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no part of the day: write it as in 08:00-18:00")]
pub struct ParseBetweenError(String);

impl Limits {
    /// Whether they can be kept.
    ///
    /// # Errors
    ///
    /// A rate is too low, or there are too many schedules.
    pub fn check(&self) -> Result<(), LimitsError> {
        let schedules = self.schedules.iter().map(|schedule| &schedule.rates);
        let lowest = std::iter::once(&self.rates).chain(schedules).filter_map(LimitRates::lowest).min();
        match lowest {
            Some(rate) if rate < LOWEST => Err(LimitsError::TooLow(rate)),
            _ if self.schedules.len() > MAX_SCHEDULES => Err(LimitsError::TooMany(self.schedules.len())),
            _ => Ok(()),
        }
    }

    /// The schedule that applies on a day so many minutes after midnight, if any does.
    pub fn schedule_at(&self, day: Day, minute: u16) -> Option<&Schedule> {
        self.schedules.iter().find(|schedule| schedule.applies(day, minute))
    }
}

impl Schedule {
    fn applies(&self, day: Day, minute: u16) -> bool {
        let on = |day: Day| self.days.is_empty() || self.days.contains(&day);
        let Between { from, to } = self.between;
        match from < to {
            true => on(day) && (from..to).contains(&minute),
            // What began yesterday may still apply.
            false => (on(day) && minute >= from) || (on(day.before()) && minute < to),
        }
    }
}

impl FromStr for Between {
    type Err = ParseBetweenError;

    fn from_str(text: &str) -> Result<Self, ParseBetweenError> {
        let minutes = |text: &str| {
            let (hours, minutes) = text.trim().split_once(':')?;
            let is_number = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            let (hours, minutes) = Some((hours, minutes)).filter(|(h, m)| is_number(h) && is_number(m))?;
            let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
        };
        let parts = text.split_once('-').and_then(|(from, to)| Some((minutes(from)?, minutes(to)?)));
        let (from, to) = parts.ok_or_else(|| ParseBetweenError(text.to_owned()))?;
        Ok(Self { from, to })
    }
}

impl fmt::Display for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        debug_assert!(*from < DAY && *to < DAY);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl Serialize for Between {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Between {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The limits in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LimitsNow {
    /// How fast payload may go now.
    #[serde(flatten)]
    pub rates: LimitRates,
    /// The part of the day for which they apply, when that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub between: Option<Between>,
}
