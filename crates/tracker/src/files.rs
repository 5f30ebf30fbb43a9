//! What items consist of, from their stored metainfo.

use peerpool_catalogue::{Input, Viewer, folder};
use peerpool_wire::{
    channel::{Failure, FileSearch, FilesFound, MAX_BATCH, Target},
    id::InfoHash,
    metainfo::Metainfo,
};
use tokio::sync::Semaphore;

use crate::{
    catalogue_task::{CatalogueHandle, Closed},
    onlooker::Onlooker,
    store::StoreHandle,
};

/// Torrents that are read at a time: reading one takes several times its length.
static READERS: Semaphore = Semaphore::const_new(2);
/// Entries on a page when the question does not say how many.
const PAGE: usize = 100;

/// An item's metainfo, or why there is none.
pub(crate) async fn metainfo(
    catalogue: &CatalogueHandle,
    store: &StoreHandle,
    info_hash: InfoHash,
) -> Result<Result<Metainfo, Failure>, Closed> {
    let missing = Failure::NoMetainfo { info_hash };
    // It lasts for as long as the process.
    let _turn = READERS.acquire().await;
    let Some(stored) = store.torrent(info_hash).await else {
        catalogue.input(Input::Unstored { info_hash }).await?;
        return Ok(Err(missing));
    };
    let reading = tokio::task::spawn_blocking(move || Metainfo::from_torrent(&stored));
    Ok(reading.await.ok().and_then(Result::ok).ok_or(missing))
}

/// A part of a folder's entries, for somebody who may see so much now.
pub(crate) async fn files(
    catalogue: &CatalogueHandle,
    store: &StoreHandle,
    search: FileSearch,
    (onlooker, viewer): (&Onlooker, Viewer),
) -> Result<Result<FilesFound, Failure>, Closed> {
    let item = match catalogue.find(Target::InfoHash(search.info_hash), viewer).await? {
        Ok(item) => item,
        Err(error) => return Ok(Err(error)),
    };
    if let Err(refused) = onlooker.check_get(item.info_hash).await? {
        return Ok(Err(refused));
    }
    let metainfo = match metainfo(catalogue, store, item.info_hash).await? {
        Ok(metainfo) => metainfo,
        Err(error) => return Ok(Err(error)),
    };
    let Some(entries) = folder(&metainfo, &search.under) else {
        let mut target = format!("{}/{}", item.name, search.under);
        target.truncate(target.floor_char_boundary(peerpool_wire::channel::MAX_TEXT));
        return Ok(Err(Failure::NotFound { target }));
    };
    let limit = if search.limit == 0 { PAGE } else { (search.limit as usize).min(MAX_BATCH) };
    let total = entries.len() as u32;
    let page = entries.into_iter().skip(search.offset as usize).take(limit);
    Ok(Ok(FilesFound { total, entries: page.collect() }))
}
