//! Metainfo: out of a request, or from the tracker.

use std::sync::Arc;

use peerpool_api::torrent_from_base64;
use peerpool_wire::{id::InfoHash, metainfo::Metainfo};

use super::{Getter, error::GetError};

/// Parses a .torrent file out of a request, where it is in base64.
///
/// # Errors
///
/// When it is not, or is no torrent that may be fetched.
pub(crate) fn read_metainfo(text: &str) -> Result<Arc<Metainfo>, GetError> {
    let bytes = torrent_from_base64(text).ok_or(GetError::NotBase64)?;
    Ok(Arc::new(Metainfo::from_torrent(&bytes)?))
}

impl Getter {
    /// Asks the tracker what an item is.
    pub(super) async fn fetch_metainfo(&self, item: InfoHash) -> Result<Arc<Metainfo>, GetError> {
        let torrent = self.channel.torrent(item).await?;
        let metainfo = Metainfo::from_torrent(&torrent)?;
        match is_of(&metainfo, item) {
            true => Ok(Arc::new(metainfo)),
            false => Err(GetError::OtherItem { found: metainfo.info.hash(), item }),
        }
    }
}

/// Whether metainfo is that of an item. A link to a hybrid's v1 form means the hybrid: the same pieces.
fn is_of(metainfo: &Metainfo, item: InfoHash) -> bool {
    let found = metainfo.info.hash();
    let is_form = |v1| metainfo.info.v1_form_hash() == Some(v1);
    let same_v1 = item.v1().is_none_or(|v1| found.v1() == Some(v1) || is_form(v1));
    let same_v2 = item.v2().is_none_or(|v2| found.v2() == Some(v2));
    same_v1 && same_v2
}
