//! Which downloads to list.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Download, DownloadState,
    list::{Words, part},
};

/// Which downloads to list, and how. The header `x-total-count` of the answer says how many there are that were asked
/// for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct DownloadQuery {
    /// Only those whose name contains all these words, in any order, case and accents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only those that stand so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub state: Option<StateFilter>,
    /// In which order, rising; without it, the oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub sort: Option<DownloadSort>,
    /// Falling instead.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub desc: bool,
    /// Leave out so many at the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// At most so many; all when nobody says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// How downloads may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "as in DownloadState")]
pub enum StateFilter {
    Waiting,
    Fetching,
    Paused,
    Stopped,
    Completing,
    Complete,
    Failed,
}

/// What downloads are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DownloadSort {
    /// When they were begun.
    Added,
    /// Their names.
    Name,
    /// What part of them is there.
    Progress,
    /// How fast they come.
    Rate,
    /// How much was asked for.
    Size,
}

impl DownloadQuery {
    /// Those of these downloads, oldest first, that are asked for; and how many there are of them without the window.
    pub fn part(&self, downloads: Vec<Download>) -> (Vec<Download>, u64) {
        let words = Words::new(self.search.as_deref());
        let is_asked_for = |download: &Download| {
            self.state.is_none_or(|state| state.fits(&download.state)) && words.are_in(&download.name)
        };
        let found: Vec<Download> = downloads.into_iter().filter(is_asked_for).collect();
        let total = found.len() as u64;
        // Equal ones keep their order, the age; falling, that is turned round as a whole.
        let mut found: Vec<(usize, Download)> = found.into_iter().enumerate().collect();
        let limit = self.limit.map_or(usize::MAX, |limit| limit as usize);
        let compare = |one: &(usize, Download), other: &(usize, Download)| self.compare(one, other);
        found = part(found, compare, self.desc, self.offset, limit);
        (found.into_iter().map(|(_, download)| download).collect(), total)
    }

    fn compare(&self, (age, one): &(usize, Download), (other_age, other): &(usize, Download)) -> Ordering {
        match self.sort {
            None | Some(DownloadSort::Added) => age.cmp(other_age),
            Some(DownloadSort::Name) => one.name.cmp(&other.name),
            Some(DownloadSort::Progress) => progress(one).total_cmp(&progress(other)),
            Some(DownloadSort::Rate) => one.rate_down.cmp(&other.rate_down),
            Some(DownloadSort::Size) => one.bytes_total.cmp(&other.bytes_total),
        }
    }
}

fn progress(download: &Download) -> f64 {
    download.bytes_done as f64 / download.bytes_total.max(1) as f64
}

impl StateFilter {
    fn fits(self, state: &DownloadState) -> bool {
        let filter = match state {
            DownloadState::Waiting => Self::Waiting,
            DownloadState::Fetching => Self::Fetching,
            DownloadState::Paused => Self::Paused,
            DownloadState::Stopped => Self::Stopped,
            DownloadState::Completing => Self::Completing,
            DownloadState::Complete => Self::Complete,
            DownloadState::Failed { .. } => Self::Failed,
        };
        self == filter
    }
}
