//! Where the nodes of a pool are.

use std::{fmt, net::SocketAddr, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{ParseTrackerUrlError, TrackerUrl};

/// The address of a pool's tracker, or several where the pool has several nodes: `A,B`. Never empty.
///
/// ```
/// # use peerpool_api::Trackers;
/// let trackers: Trackers = "one.example, two.example:80".parse()?;
/// assert_eq!(trackers.to_string(), "http://one.example:6969,http://two.example:80");
/// # Ok::<(), peerpool_api::ParseTrackerUrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trackers {
    first: TrackerUrl,
    others: Vec<TrackerUrl>,
}

impl Trackers {
    /// These, in their order; `None` where there are none.
    pub fn of(urls: impl IntoIterator<Item = TrackerUrl>) -> Option<Self> {
        let mut urls = urls.into_iter();
        Some(Self { first: urls.next()?, others: urls.collect() })
    }

    /// The one that was named first.
    pub fn first(&self) -> &TrackerUrl {
        &self.first
    }

    /// All of them, as they were named.
    pub fn iter(&self) -> impl Iterator<Item = &TrackerUrl> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl From<TrackerUrl> for Trackers {
    fn from(first: TrackerUrl) -> Self {
        Self { first, others: Vec::new() }
    }
}

impl From<SocketAddr> for Trackers {
    fn from(address: SocketAddr) -> Self {
        TrackerUrl::from(address).into()
    }
}

impl fmt::Display for Trackers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        self.others.iter().try_for_each(|other| write!(f, ",{other}"))
    }
}

impl FromStr for Trackers {
    type Err = ParseTrackerUrlError;

    fn from_str(text: &str) -> Result<Self, ParseTrackerUrlError> {
        let (first, others) = text.split_once(',').map_or((text, None), |(first, rest)| (first, Some(rest)));
        let mut trackers = Self::from(TrackerUrl::from_str(first)?);
        for other in others.into_iter().flat_map(|others| others.split(',')) {
            let other = TrackerUrl::from_str(other)?;
            if !trackers.iter().any(|known| *known == other) {
                trackers.others.push(other);
            }
        }
        Ok(trackers)
    }
}

impl Serialize for Trackers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Trackers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
