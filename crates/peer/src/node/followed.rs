//! What is shown of the node to whoever follows it: single rows, each at the cost of that row.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use peerpool_api::{self as api, Curve, DownloadDetail, LiveDownload, SharedDetail};
use peerpool_wire::{bitfield::Bitfield, id::InfoHash};

use super::{Node, downloads::view_source};

/// Most cells of a picture of what is there.
const MAX_CELLS: u32 = 8192;

impl Node {
    /// A row of the downloads.
    pub(crate) fn view_followed(&self, item: &InfoHash) -> Option<LiveDownload> {
        self.view_download(item).map(LiveDownload::from)
    }

    /// All about one download.
    pub(crate) fn view_detail(&self, item: &InfoHash) -> Option<DownloadDetail> {
        let download = self.view_download(item)?;
        let found = self.downloads.get(item);
        let have = found.map(|found| self.have_of(item, found));
        let (cells, bits) = have.as_deref().map(picture).unwrap_or_default();
        let curve = found.map_or_else(Curve::default, |found| found.curve().view());
        Some(DownloadDetail { download, pieces: BASE64_STANDARD.encode(bits), cells, curve })
    }

    /// An item of the repository, with the peers that are connected for it.
    pub(crate) fn view_shared_detail(&self, item: &InfoHash) -> Option<SharedDetail> {
        let (shared, pieces_total) = match (self.shares.of(item), self.downloads.get(item)) {
            (Some(shared), _) => (self.view_shared(shared), shared.metainfo().info.piece_count()),
            (None, Some(download)) if self.swarms.has(item) => {
                (self.view_partial(*item, download), download.info().piece_count())
            }
            _ => return None,
        };
        let connected = self.swarms.progress(item).sources.into_iter().filter(|source| source.connected);
        let peers = connected.map(|source| view_source(self.pool.names.get(&source.peer_id), source));
        Some(SharedDetail { item: shared, pieces_total, peers: peers.collect() })
    }

    /// A row of the repository.
    pub(crate) fn view_entry(&self, name: &str) -> Option<api::SharedItem> {
        let partial = || {
            let mut downloads = self.downloads.iter();
            let (item, download) = downloads.find(|(item, download)| {
                download.name() == name && self.swarms.has(item) && !self.shares.has(item)
            })?;
            Some(self.view_partial(*item, download))
        };
        self.view_item(name).or_else(partial)
    }
}

/// How many cells show what is there, and a bit for each, the first in the highest bit.
fn picture(have: &Bitfield) -> (u32, Vec<u8>) {
    let pieces = have.len();
    if pieces <= MAX_CELLS {
        return (pieces, have.to_bytes());
    }
    let each = pieces.div_ceil(MAX_CELLS);
    let cells = pieces.div_ceil(each);
    let mut there = vec![0_u32; cells as usize];
    for piece in have.iter() {
        there[(piece / each) as usize] += 1;
    }
    let mut bits = vec![0_u8; cells.div_ceil(8) as usize];
    for (cell, &there) in there.iter().enumerate() {
        let all = each.min(pieces - cell as u32 * each);
        if there == all {
            bits[cell / 8] |= 0x80 >> (cell % 8);
        }
    }
    (cells, bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_item_is_shown_piece_by_piece() {
        let have = Bitfield::from_bytes(&[0b1010_0000], 3).unwrap();
        assert_eq!(picture(&have), (3, vec![0b1010_0000]));
    }

    #[test]
    fn a_cell_of_a_large_item_is_there_once_all_its_pieces_are() {
        let pieces = MAX_CELLS * 2 + 1;
        let mut bytes = Bitfield::all(pieces).to_bytes();
        bytes[0] = 0b1111_1101;
        let have = Bitfield::from_bytes(&bytes, pieces).unwrap();
        let (cells, bits) = picture(&have);
        // Three pieces each, and the third cell lacks one.
        assert_eq!((cells, bits[0]), (pieces.div_ceil(3), 0b1101_1111));
        assert_eq!(picture(&Bitfield::all(pieces)).1.last(), Some(&0b1111_1100), "the last is smaller");
    }
}
