//! Lists items.

use peerpool_api::{Item, ItemPage, ItemQuery, naming::Pattern};

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

/// The items whose names fit a pattern; if any is called just like its text, only those.
pub async fn items_like(pool: &Pool, text: &str, pattern: &Pattern) -> Result<Vec<Item>, Failure> {
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
