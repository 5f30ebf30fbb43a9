use std::sync::Arc;

use peerpool_swarm::Item;
use peerpool_wire::{
    bencode::{self, Limits},
    metainfo::{Info, Metainfo},
};

/// Bencoding, a .torrent file, and an info dictionary alone.
pub fn metainfo(data: &[u8]) {
    if let Ok((value, rest)) = bencode::decode_prefix(data, Limits::TORRENT) {
        assert_eq!([value.raw(), rest].concat(), data);
        assert_eq!(bencode::decode(value.raw(), Limits::TORRENT).as_ref(), Ok(&value));
    }
    if let Ok(read) = Metainfo::from_torrent(data) {
        let written = read.to_torrent(&read.trackers);
        assert_eq!(Metainfo::from_torrent(&written), Ok(read.clone()));
        check_info(&read.info);
        check_v1_form(&read);
        // A swarm can be made of it.
        let _ = Item::new(Arc::new(read));
    }
    if let Ok(info) = Info::from_bytes(data) {
        check_info(&info);
    }
}

fn check_info(info: &Info) {
    assert!(info.piece_count() > 0);
    for file in info.files().iter().filter(|file| !file.pad) {
        let unsafe_name = |name: &String| {
            name.is_empty() || name == "." || name == ".." || name.contains(['/', '\\', '\0'])
        };
        let names = file.path.iter().chain(file.symlink.iter().flatten());
        assert!(!names.into_iter().any(unsafe_name), "{file:?} stays inside the item");
    }
    let end = info.files().last().map_or(0, |file| file.offset + file.length);
    assert_eq!(end, info.geometry().total());
    for piece in (0..info.piece_count()).take(1000) {
        if let Some(place) = info.v2_piece(piece) {
            assert!(info.files()[place.file].root.is_some());
            assert!(place.length > 0 && place.length <= info.piece_length());
        }
    }
}

/// Clients that know v1 alone see the same pieces.
fn check_v1_form(metainfo: &Metainfo) {
    if let Some(form) = metainfo.v1_form() {
        assert_eq!(form.info.geometry(), metainfo.info.geometry());
        assert_eq!(form.info.v1_pieces(), metainfo.info.v1_pieces());
    }
}
