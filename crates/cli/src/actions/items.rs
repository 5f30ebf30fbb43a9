//! Lists items.

use peerpool_api::{ItemPage, ItemQuery};

use crate::{exit::Failure, pool::Pool};

/// How many items a person wants to see at once.
pub const SCREENFUL: u32 = 200;
/// How many to ask for at once.
const PAGE: u32 = 1000;

/// All items that match, up to `limit`.
pub async fn all_items(pool: &Pool, search: Option<String>, limit: Option<u32>) -> Result<ItemPage, Failure> {
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
