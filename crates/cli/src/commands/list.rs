//! `peerpool ls` and `peerpool search`.

use peerpool_api::ItemPage;

use crate::{
    actions::{SCREENFUL, all_items, items_by, sort_items, tracker_sort},
    args::{self, Column, PeerOptions},
    exit::Failure,
    output::{self, Output},
    pool::Pool,
};

pub(super) async fn run(
    out: Output,
    options: PeerOptions,
    search: Option<String>,
    list: args::List,
) -> Result<(), Failure> {
    let mut pool = Pool::reach(&options).await?;
    let limit = list.limit.or((!out.json).then_some(SCREENFUL));
    let (page, more) = match (list.sort, list.reverse) {
        (None, false) => {
            let page = all_items(&mut pool, search, limit).await?;
            let more = page.next.is_some();
            (page, more)
        }
        (by, reverse) => sorted(&mut pool, search, by.unwrap_or(Column::Name), reverse, limit).await?,
    };
    out.show(&page, |page| output::items_in(&page.items, &list.columns, list.long, more))
}

/// The items in an order, and whether there are more.
async fn sorted(
    pool: &mut Pool,
    search: Option<String>,
    by: Column,
    reverse: bool,
    limit: Option<u32>,
) -> Result<(ItemPage, bool), Failure> {
    if let Some(sort) = tracker_sort(by)
        && let Some(page) = items_by(pool, search.clone(), sort, reverse, limit).await?
    {
        let more = page.total.is_some_and(|total| total as usize > page.items.len());
        return Ok((page, more));
    }
    // What comes first in this order may come last by name.
    let mut page = all_items(pool, search, None).await?;
    sort_items(&mut page.items, by, reverse);
    let limit = limit.map_or(usize::MAX, |limit| limit as usize);
    let more = page.items.len() > limit;
    page.items.truncate(limit);
    Ok((page, more))
}
