use std::{net::IpAddr, time::Duration};

use peerpool_wire::{
    announce::{
        Announce, AnnounceAnswer, AnnouncePeer, MAX_SCRAPE, RetryIn, ScrapeCounts, encode_failure,
        encode_scrape, parse_scrape,
    },
    bencode::{self, Limits},
    id::WireHash,
};

/// The query of an announce or a scrape (BEP 3, BEP 48), and what it is answered with.
pub fn announce(data: &[u8]) {
    match Announce::parse(data) {
        Ok(announce) => answer(&announce),
        Err(error) => check_bencoding(&encode_failure(&error.to_string(), RetryIn::Never)),
    }
    if let Ok(hashes) = parse_scrape(data) {
        assert!((1..=MAX_SCRAPE).contains(&hashes.len()));
        assert!(hashes.is_sorted_by(|a, b| a < b), "ordered, each once");
        let counts: Vec<_> = hashes.iter().map(|hash| (*hash, ScrapeCounts::default())).collect();
        check_bencoding(&encode_scrape(&counts));
    }
}

fn answer(announce: &Announce) {
    assert_ne!(announce.port, 0);
    let query = format!(
        "info_hash={}&peer_id={}&port={}",
        escaped(announce.info_hash.as_bytes()),
        escaped(announce.peer_id.as_bytes()),
        announce.port
    );
    let again = Announce::parse(query.as_bytes()).expect("the same in plain escapes");
    let who = |announce: &Announce| (announce.info_hash, announce.peer_id, announce.port);
    assert_eq!(who(&again), who(announce));
    assert_eq!(parse_scrape(query.as_bytes()), Ok(vec![WireHash(*announce.info_hash.as_bytes())]));

    let ip = |last: u16| -> IpAddr {
        if announce.compact { [127, 0, 0, 1].into() } else { [0, 0, 0, 0, 0, 0, 0, last].into() }
    };
    let answer = AnnounceAnswer {
        interval: Duration::from_secs(1800),
        min_interval: Duration::ZERO,
        complete: announce.numwant.unwrap_or(0),
        incomplete: u32::MAX,
        external_ip: ip(1),
        peers: vec![AnnouncePeer { peer_id: announce.peer_id, address: (ip(2), announce.port).into() }; 2],
    };
    check_bencoding(&answer.encode_compact());
    check_bencoding(&answer.encode_dictionaries(announce.no_peer_id));
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
}

/// A client that is strict about the order of keys takes it.
fn check_bencoding(answer: &[u8]) {
    let value = bencode::decode(answer, Limits::MESSAGE).expect("an answer is bencoding");
    assert!(value.as_dict().is_some_and(|dict| dict.is_sorted()), "keys stand in order");
}
