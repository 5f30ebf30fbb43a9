use peerpool_wire::magnet::{MAX_LINK, MAX_PEERS, MAX_TRACKERS, Magnet};

/// A magnet link (BEP 9, "magnet URI format").
pub fn magnet(data: &[u8]) {
    let Some(read) = std::str::from_utf8(data).ok().and_then(|text| text.parse::<Magnet>().ok()) else {
        return;
    };
    assert!(read.trackers.len() <= MAX_TRACKERS && read.peers.len() <= MAX_PEERS);
    let written = read.to_string();
    // Escapes make a link longer: one that was just short enough may not be any more.
    if written.len() <= MAX_LINK {
        assert_eq!(written.parse(), Ok(read));
    }
}
