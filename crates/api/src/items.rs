//! Lists of the pool's catalogue: searched, sorted and paged by the tracker.

use peerpool_wire::channel::{self, Cursor, ItemSearch, ItemsFound, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Item, ItemKind};

/// Which items to list, in which order, and which part of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ItemQuery {
    /// Only items in whose name a word begins with each of these, in any order, case and spelling of accents. `kind:folder`,
    /// `size:>1G`, `size:<100M` and `holder:NAME` among them mean the same as the parameters of those names; quotes keep
    /// together what has spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only files, or only folders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ItemKind>,
    /// At least so many bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// At most so many bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// Only what peers of this name have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// What decides the order; `name` when it is left out. Items that are equal in it come by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<ItemSort>,
    /// Whether the greatest comes first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub desc: bool,
    /// `order` of an earlier page of the same search: this page comes out of the same order, if that is still kept. The
    /// answer names the order that it came out of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// `next` of the page before, by name; `offset` counts from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many items to leave out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// At most so many, up to 1000; 100 when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Also those that nobody online has.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub offline: bool,
}

impl From<ItemQuery> for ItemSearch {
    fn from(query: ItemQuery) -> Self {
        Self {
            text: query.search.unwrap_or_default(),
            kind: query.kind.map(Into::into),
            min: query.min,
            max: query.max,
            holder: query.holder,
            offline: query.offline,
            sort: query.sort.unwrap_or_default().into(),
            desc: query.desc,
            order: query.order,
            cursor: query.cursor.map(Cursor),
            offset: query.offset.unwrap_or_default(),
            limit: query.limit.unwrap_or_default(),
        }
    }
}

/// What decides the order of items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemSort {
    /// The name, without case and accents.
    #[default]
    Name,
    /// Bytes.
    Size,
    /// How long the pool has known it: what became known last comes first.
    Age,
    /// When the pool first knew it: what became known last comes last.
    Added,
    /// How many peers have all of it, then how many have some of it.
    Holders,
    /// How much of it the peers online have between them.
    Completeness,
    /// Files before folders.
    Kind,
}

impl From<ItemSort> for channel::ItemSort {
    fn from(sort: ItemSort) -> Self {
        match sort {
            ItemSort::Name => Self::Name,
            ItemSort::Size => Self::Size,
            ItemSort::Age => Self::Age,
            ItemSort::Added => Self::Added,
            ItemSort::Holders => Self::Holders,
            ItemSort::Completeness => Self::Completeness,
            ItemSort::Kind => Self::Kind,
        }
    }
}

/// A part of the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ItemPage {
    /// Names the order that this page came out of; none from a peer whose tracker is of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// How many items the search found in all; none from a peer whose tracker is of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    /// How many of them come before these.
    #[serde(default)]
    pub offset: u32,
    /// The items of this page as they are now. Those that are gone since the order was made are left out.
    pub items: Vec<Item>,
    /// The cursor of the next page, by name; none after the last, and in other orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl From<ItemsFound> for ItemPage {
    fn from(found: ItemsFound) -> Self {
        Self {
            order: Some(found.order),
            total: Some(found.total),
            offset: found.offset,
            items: found.items.into_iter().map(Item::from).collect(),
            next: found.next.map(|cursor| cursor.0),
        }
    }
}

impl From<Page> for ItemPage {
    fn from(page: Page) -> Self {
        let items = page.items.into_iter().map(Item::from).collect();
        Self { items, next: page.next.map(|cursor| cursor.0), ..Self::default() }
    }
}
