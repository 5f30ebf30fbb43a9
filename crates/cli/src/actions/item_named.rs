//! Which item a person means, asked of the tracker of a pool for members.

use std::path::Path;

use peerpool_api::{Item, ItemDetail, ItemPage, ItemQuery, Reading, naming, paths, readings};
use peerpool_peer::membership::TrackerConnection;

use crate::{
    exit::{Exit, Failure},
    output::text::safe,
};

/// How many to ask for at once.
const PAGE: u32 = 1000;

/// The one item that `text` names: a name, `name@hash`, or a hash.
///
/// # Errors
///
/// There is none, or there are several, or the tracker does not answer.
pub async fn item_named(tracker: &mut TrackerConnection, text: &str) -> Result<Item, Failure> {
    let readings = readings(text);
    if let Some(Reading::Hash(hash)) = readings.iter().find(|reading| matches!(reading, Reading::Hash(_))) {
        let detail: ItemDetail = tracker.get(&paths::with_name(paths::ITEM, hash)).await?;
        return Ok(detail.item);
    }
    let name = readings.iter().find_map(|reading| match reading {
        Reading::NameAndHash(name, _) => Some(*name),
        _ => None,
    });
    let mut items = like(tracker, name.unwrap_or(text)).await?;
    let found: Vec<Item> = naming::find(&items, text, Path::new("")).into_iter().cloned().collect();
    items = found;
    match (items.pop(), items.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            items.push(last);
            let names = items.iter().map(|item| format!("{}@{}", safe(&item.name), item.hash.short()));
            let names = names.collect::<Vec<_>>().join(", ");
            let message = format!("{} may be any of {names}: write one of these", safe(text));
            Err(Failure::told(Exit::Ambiguous, message))
        }
        (None, _) => {
            let message = format!("no item is called {}: `peerpool ls` lists them", safe(text));
            Err(Failure::told(Exit::NotFound, message))
        }
    }
}

/// The items in whose names words begin as in this one, whether or not anybody who has them is online.
async fn like(tracker: &mut TrackerConnection, name: &str) -> Result<Vec<Item>, Failure> {
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let search = Some(words.collect::<Vec<_>>().join(" ")).filter(|words| !words.is_empty());
    let mut query = ItemQuery { search, limit: Some(PAGE), offline: true, ..ItemQuery::default() };
    let mut items = Vec::new();
    loop {
        let page: ItemPage = tracker.find(paths::ITEMS, &query).await?;
        items.extend(page.items);
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(items),
        }
    }
}
