//! Items of the pool.

use peerpool_api::{Item, ItemKind, PoolList};

use super::{
    size,
    table::Table,
    text::{count, safe},
};
use crate::args::Column;

/// What is shown of items unless somebody says otherwise.
const USUAL: [Column; 6] =
    [Column::Name, Column::Size, Column::Kind, Column::Seeds, Column::Partial, Column::Hash];

/// All that can be shown of them.
const ALL: [Column; 9] = [
    Column::Name,
    Column::Size,
    Column::Kind,
    Column::Files,
    Column::Seeds,
    Column::Partial,
    Column::Holders,
    Column::Pieces,
    Column::Hash,
];

/// A list of items, and whether there are more.
pub fn items(items: &[Item], more: bool) -> String {
    items_in(items, &[], false, more)
}

/// A list of items in these columns, or in those that suit its form, and whether there are more. A long list shows
/// everything whole, however wide it gets: it is for looking closely, and for other programs.
pub fn items_in(items: &[Item], columns: &[Column], long: bool, more: bool) -> String {
    if items.is_empty() {
        return "no items".to_owned();
    }
    let columns = match (columns, long) {
        ([], false) => &USUAL,
        ([], true) => &ALL[..],
        (chosen, _) => chosen,
    };
    let headings: Vec<&str> = columns.iter().map(|column| heading(*column)).collect();
    let mut table = if long { Table::whole(&headings) } else { Table::new(&headings) };
    for item in items {
        table.row(columns.iter().map(|column| cell(item, *column, long)));
    }
    match more {
        false => table.render(),
        true => format!("{}\n… and more: `search` narrows it down", table.render()),
    }
}

fn heading(column: Column) -> &'static str {
    match column {
        Column::Name => "NAME",
        Column::Size => ">SIZE",
        Column::Kind => "KIND",
        Column::Files => ">FILES",
        Column::Seeds => ">SEEDS",
        Column::Partial => ">PARTIAL",
        Column::Holders => ">HOLDERS",
        Column::Pieces => ">PIECES",
        Column::Hash => "HASH",
    }
}

fn cell(item: &Item, column: Column, long: bool) -> String {
    match column {
        Column::Name => item.name.clone(),
        Column::Size if long => item.size.to_string(),
        Column::Size => size::bytes(item.size),
        Column::Kind => match item.kind {
            ItemKind::File => "file".to_owned(),
            ItemKind::Folder => count(item.files, "file in a folder", "files in a folder"),
        },
        Column::Files => item.files.to_string(),
        Column::Seeds => item.seeds.to_string(),
        Column::Partial => item.partial.to_string(),
        Column::Holders => item.content_holders.to_string(),
        Column::Pieces => item.pieces.to_string(),
        Column::Hash if long => item.hash.to_string(),
        Column::Hash => item.hash.short(),
    }
}

/// What an ambiguous name may mean, as it can be written.
pub fn variants(variants: &[Item]) -> String {
    let line = |item: &Item| {
        let seeds = count(u64::from(item.seeds), "seed", "seeds");
        let (name, hash) = (safe(&item.name), item.hash.short());
        format!("  {name}@{hash}  {}, {seeds}", size::bytes(item.size))
    };
    variants.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What the pool has, and who did not answer an update.
pub fn pool_list(list: &PoolList) -> String {
    let items = items(&list.items, list.more);
    match list.silent.as_slice() {
        [] => items,
        silent => {
            let names = silent.iter().map(|name| safe(name)).collect::<Vec<_>>().join(", ");
            format!("{items}\nno answer in time from: {names}")
        }
    }
}
