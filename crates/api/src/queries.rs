//! How a peer's own lists are searched, filtered and sorted.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Download, DownloadState, ShareState, SharedItem, list::Words, naming};

/// Which downloads to show, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct DownloadQuery {
    /// Only those whose name contains all these words, without regard to case and accents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only those in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DownloadPhase>,
    /// What decides the order; `added` when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<DownloadSort>,
    /// Whether the greatest comes first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub desc: bool,
}

/// A state of downloads, by its name alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DownloadPhase {
    /// As [`DownloadState::Waiting`].
    Waiting,
    /// As [`DownloadState::Fetching`].
    Fetching,
    /// As [`DownloadState::Paused`].
    Paused,
    /// As [`DownloadState::Stopped`].
    Stopped,
    /// As [`DownloadState::Completing`].
    Completing,
    /// As [`DownloadState::Complete`].
    Complete,
    /// As [`DownloadState::Failed`].
    Failed,
}

impl From<&DownloadState> for DownloadPhase {
    fn from(state: &DownloadState) -> Self {
        match state {
            DownloadState::Waiting => Self::Waiting,
            DownloadState::Fetching => Self::Fetching,
            DownloadState::Paused => Self::Paused,
            DownloadState::Stopped => Self::Stopped,
            DownloadState::Completing => Self::Completing,
            DownloadState::Complete => Self::Complete,
            DownloadState::Failed { .. } => Self::Failed,
        }
    }
}

/// What decides the order of downloads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DownloadSort {
    /// When they were asked for.
    #[default]
    Added,
    /// Their names.
    Name,
    /// The share of them that is there.
    Progress,
    /// How fast they come.
    Rate,
    /// How many bytes were asked for.
    Size,
}

impl DownloadQuery {
    /// Those of these downloads that it means, in its order. They come oldest first.
    pub fn select(&self, mut downloads: Vec<Download>) -> Vec<Download> {
        let words = Words::new(self.search.as_deref());
        let state = |download: &Download| self.state.is_none_or(|state| state == (&download.state).into());
        downloads.retain(|download| state(download) && words.are_in(&download.name));
        let progress = |download: &Download| match download.bytes_total {
            0 => 0,
            total => u128::from(download.bytes_done) * 1_000_000 / u128::from(total),
        };
        sort(&mut downloads, self.desc, |one, other| match self.sort.unwrap_or_default() {
            DownloadSort::Added => Ordering::Equal,
            DownloadSort::Name => by_name(&one.name, &other.name),
            DownloadSort::Progress => progress(one).cmp(&progress(other)),
            DownloadSort::Rate => one.rate_down.cmp(&other.rate_down),
            DownloadSort::Size => one.bytes_total.cmp(&other.bytes_total),
        });
        downloads
    }
}

/// Which items of the repository to show, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct RepositoryQuery {
    /// Only those whose name contains all these words, without regard to case and accents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only those in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ShareState>,
    /// What decides the order; `name` when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<RepositorySort>,
    /// Whether the greatest comes first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub desc: bool,
}

/// What decides the order of the items of a repository.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RepositorySort {
    /// Their names.
    #[default]
    Name,
    /// Files before folders.
    Kind,
    /// Their bytes.
    Size,
    /// How many files they have.
    Files,
    /// How they stand.
    State,
    /// Bytes given to others.
    Uploaded,
    /// How many peers take some of them.
    Takers,
    /// What goes to them now.
    RateUp,
}

impl RepositoryQuery {
    /// Those of these items that it means, in its order. They come by name.
    pub fn select(&self, mut items: Vec<SharedItem>) -> Vec<SharedItem> {
        let words = Words::new(self.search.as_deref());
        let state = |item: &SharedItem| self.state.is_none_or(|state| state == item.state);
        items.retain(|item| state(item) && words.are_in(&item.name));
        sort(&mut items, self.desc, |one, other| match self.sort.unwrap_or_default() {
            RepositorySort::Name => by_name(&one.name, &other.name),
            RepositorySort::Kind => (one.kind as u8).cmp(&(other.kind as u8)),
            RepositorySort::Size => one.size.cmp(&other.size),
            RepositorySort::Files => one.files.cmp(&other.files),
            RepositorySort::State => (one.state as u8).cmp(&(other.state as u8)),
            RepositorySort::Uploaded => one.uploaded.cmp(&other.uploaded),
            RepositorySort::Takers => one.takers.cmp(&other.takers),
            RepositorySort::RateUp => one.rate_up.cmp(&other.rate_up),
        });
        items
    }
}

fn by_name(one: &str, other: &str) -> Ordering {
    naming::fold(one).cmp(&naming::fold(other)).then_with(|| one.cmp(other))
}

/// The greatest first is the whole order turned round, so that what is equal turns round, too.
fn sort<T>(list: &mut [T], desc: bool, compare: impl FnMut(&T, &T) -> Ordering) {
    list.sort_by(compare);
    if desc {
        list.reverse();
    }
}
