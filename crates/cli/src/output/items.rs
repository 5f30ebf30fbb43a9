//! Items of the pool.

use peerpool_api::{Item, ItemKind, PoolList};

use super::{
    size,
    table::Table,
    text::{count, safe},
};

/// A list of items, and whether there are more.
pub fn items(items: &[Item], more: bool) -> String {
    if items.is_empty() {
        return "no items".to_owned();
    }
    let mut table = Table::new(&["NAME", ">SIZE", "KIND", ">SEEDS", ">PARTIAL", "HASH"]);
    for item in items {
        let kind = match item.kind {
            ItemKind::File => "file".to_owned(),
            ItemKind::Folder => count(item.files, "file in a folder", "files in a folder"),
        };
        table.row([
            item.name.clone(),
            size::bytes(item.size),
            kind,
            item.seeds.to_string(),
            item.partial.to_string(),
            item.hash.short(),
        ]);
    }
    match more {
        false => table.render(),
        true => format!("{}\n… and more: `search` narrows it down", table.render()),
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
