//! `peerpool ls` and `peerpool search`.

use crate::{
    actions::{SCREENFUL, all_items, sort_items},
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
    let pool = Pool::reach(&options).await?;
    let limit = list.limit.or((!out.json).then_some(SCREENFUL));
    // What comes first in another order may come last by name.
    let wanted = if list.sort.is_some() || list.reverse { None } else { limit };
    let mut page = all_items(&pool, search, wanted).await?;
    if wanted.is_none() {
        sort_items(&mut page.items, list.sort.unwrap_or(Column::Name), list.reverse);
        let limit = limit.map_or(usize::MAX, |limit| limit as usize);
        let more = page.items.len() > limit;
        page.items.truncate(limit);
        return out.show(&page, |page| output::items_in(&page.items, &columns(&list), more));
    }
    out.show(&page, |page| output::items_in(&page.items, &columns(&list), page.next.is_some()))
}

fn columns(list: &args::List) -> Vec<Column> {
    use Column::{Files, Hash, Holders, Kind, Name, Partial, Pieces, Seeds, Size};
    match (list.long, &list.columns[..]) {
        (true, _) => vec![Name, Size, Kind, Files, Seeds, Partial, Holders, Pieces, Hash],
        (false, []) => vec![Name, Size, Kind, Seeds, Partial, Hash],
        (false, columns) => columns.to_vec(),
    }
}
