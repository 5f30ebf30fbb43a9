//! Lists items.

use peerpool_api::{Item, ItemKind, ItemPage, ItemQuery, ItemSort, naming::Pattern};

use crate::{args::Column, exit::Failure, pool::Pool};

/// Puts items into an order; what is equal stays in that of its names.
pub fn sort_items(items: &mut [Item], by: Column, reverse: bool) {
    let key = |item: &Item| match by {
        Column::Name | Column::Hash => 0,
        Column::Size => item.size,
        Column::Kind => u64::from(item.kind == ItemKind::Folder),
        Column::Files => item.files,
        Column::Seeds => u64::from(item.seeds),
        Column::Partial => u64::from(item.partial),
        Column::Holders => u64::from(item.content_holders),
        Column::Pieces => u64::from(item.pieces),
    };
    let compare = |one: &Item, other: &Item| match by {
        Column::Name => one.name.cmp(&other.name),
        Column::Hash => one.hash.short().cmp(&other.hash.short()),
        _ => key(one).cmp(&key(other)),
    };
    items.sort_by(|one, other| if reverse { compare(other, one) } else { compare(one, other) });
}

/// How many items a person wants to see at once.
pub const SCREENFUL: u32 = 200;
/// How many to ask for at once.
const PAGE: u32 = 1000;

/// All items that match, up to `limit`.
pub async fn all_items(
    pool: &mut Pool,
    search: Option<String>,
    limit: Option<u32>,
) -> Result<ItemPage, Failure> {
    let wanted = limit.map_or(usize::MAX, |limit| limit as usize);
    let mut all = ItemPage::default();
    let mut cursor = None;
    loop {
        let room = wanted.saturating_sub(all.items.len()).min(PAGE as usize) as u32;
        let query = ItemQuery { search: search.clone(), cursor, limit: Some(room), ..ItemQuery::default() };
        let page = pool.items(&query).await?;
        all.items.extend(page.items);
        all.items.truncate(wanted);
        (all.next, all.total) = (page.next, page.total);
        if all.next.is_none() || all.items.len() >= wanted {
            return Ok(all);
        }
        cursor = all.next.clone();
    }
}

/// The order that the tracker makes by this column, where it knows one.
pub fn tracker_sort(by: Column) -> Option<ItemSort> {
    match by {
        Column::Name => Some(ItemSort::Name),
        Column::Size => Some(ItemSort::Size),
        Column::Kind => Some(ItemSort::Kind),
        Column::Seeds => Some(ItemSort::Holders),
        Column::Files | Column::Partial | Column::Holders | Column::Pieces | Column::Hash => None,
    }
}

/// The items that match, up to `limit`, in an order that the tracker makes; `None` from a tracker of an earlier version,
/// which makes none.
pub async fn items_by(
    pool: &mut Pool,
    search: Option<String>,
    sort: ItemSort,
    desc: bool,
    limit: Option<u32>,
) -> Result<Option<ItemPage>, Failure> {
    let wanted = limit.unwrap_or(u32::MAX);
    let mut query = ItemQuery { search, sort: Some(sort), desc, offset: Some(0), ..ItemQuery::default() };
    let mut all: Vec<Item> = Vec::new();
    loop {
        let room = wanted.saturating_sub(all.len() as u32).min(PAGE);
        query.limit = Some(room);
        let page = pool.items(&query).await?;
        let (Some(order), Some(total)) = (page.order, page.total) else { return Ok(None) };
        all.extend(page.items);
        // Those that are gone have their places still.
        let next = page.offset.saturating_add(room);
        if next >= total || all.len() as u32 >= wanted {
            all.truncate(wanted as usize);
            let order = Some(order);
            return Ok(Some(ItemPage { order, total: Some(total), items: all, ..ItemPage::default() }));
        }
        (query.order, query.offset) = (Some(order), Some(next));
    }
}

/// The items whose names fit a pattern; if any is called just like its text, only those.
pub async fn items_like(pool: &mut Pool, text: &str, pattern: &Pattern) -> Result<Vec<Item>, Failure> {
    // The pool need not send what cannot fit.
    let words = pattern.beginning().split(|letter: char| !letter.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let search = Some(words).filter(|words| !words.is_empty());
    let mut query = ItemQuery { search, limit: Some(PAGE), ..ItemQuery::default() };
    let (mut exact, mut found) = (Vec::new(), Vec::new());
    loop {
        let page = pool.items(&query).await?;
        for item in page.items {
            match (item.name == text, pattern.matches(&item.name)) {
                (true, _) => exact.push(item),
                (false, true) => found.push(item),
                (false, false) => {}
            }
        }
        if page.next.is_none() {
            return Ok(if exact.is_empty() { found } else { exact });
        }
        query.cursor = page.next;
    }
}
