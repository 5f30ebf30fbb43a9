//! Items of the pool.

use peerpool_api::{Item, ItemKind};

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
    let mut table = Table::new(&["NAME", ">SIZE", "KIND", ">COMPLETE", ">PARTIAL", "HASH"]);
    for item in items {
        let kind = match item.kind {
            ItemKind::File => "file".to_owned(),
            ItemKind::Folder => count(item.files, "file in a folder", "files in a folder"),
        };
        table.row([
            item.name.clone(),
            size::bytes(item.bytes),
            kind,
            item.complete.to_string(),
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
        let holders = count(u64::from(item.complete), "complete holder", "complete holders");
        let (name, hash) = (safe(&item.name), item.hash.short());
        format!("  {name}@{hash}  {}, {holders}", size::bytes(item.bytes))
    };
    variants.iter().map(line).collect::<Vec<_>>().join("\n")
}
