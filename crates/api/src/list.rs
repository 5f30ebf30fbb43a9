//! Parts of lists: what a search finds, in an order, from a place on.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::naming;

/// Entries of a page when nobody says how many.
const PAGE: u32 = 100;
/// Most entries of a page.
const MAX_PAGE: u32 = 1000;

/// Words that are searched for in names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words(Vec<String>);

impl Words {
    pub(crate) fn new(search: Option<&str>) -> Self {
        Self(naming::fold(search.unwrap_or_default()).split_whitespace().map(str::to_owned).collect())
    }

    /// Whether a name contains all of them, whatever their order, case and accents.
    pub(crate) fn are_in(&self, name: &str) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let name = naming::fold(name);
        self.0.iter().all(|word| name.contains(word))
    }
}

/// How many entries a page has.
pub(crate) fn limit(asked: Option<u32>) -> usize {
    asked.unwrap_or(PAGE).clamp(1, MAX_PAGE) as usize
}

/// A part of a list that is sent whole without one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Window {
    /// Leave out so many at the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// At most so many; all when nobody says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl Window {
    /// The entries in it.
    pub fn of<T>(&self, list: Vec<T>) -> Vec<T> {
        let offset = usize::try_from(self.offset.unwrap_or_default()).unwrap_or(usize::MAX);
        let limit = self.limit.map_or(usize::MAX, |limit| limit as usize);
        list.into_iter().skip(offset).take(limit).collect()
    }
}
