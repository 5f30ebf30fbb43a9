use std::time::Duration;

use proptest::prelude::*;

use super::*;

const HASH: &str = "info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A";
const RAW: [u8; 20] = [
    0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x12, 0x34,
    0x56, 0x78, 0x9a,
];
const ID: &str = "peer_id=-lt2000-abcdefghijkl";

fn parse(rest: &str) -> Result<Announce, AnnounceError> {
    Announce::parse(format!("{HASH}&{ID}{rest}").as_bytes())
}

fn plain() -> Announce {
    Announce {
        info_hash: WireHash(RAW),
        peer_id: PeerId(*b"-lt2000-abcdefghijkl"),
        port: 6881,
        left: None,
        event: Event::Regular,
        numwant: None,
        key: None,
        compact: true,
        no_peer_id: false,
    }
}

#[test]
fn the_table_of_announces_reads_as_written() {
    let table = [
        ("&port=6881", plain()),
        ("&port=6881&left=0&event=started", Announce { left: Some(0), event: Event::Started, ..plain() }),
        ("&port=6881&event=completed", Announce { event: Event::Completed, ..plain() }),
        (
            "&port=6881&event=stopped&numwant=0",
            Announce { event: Event::Stopped, numwant: Some(0), ..plain() },
        ),
        ("&port=6881&event=paused", Announce { event: Event::Paused, ..plain() }),
        ("&port=6881&event=", plain()),
        ("&port=6881&event=holiday", plain()),
        ("&port=6881&numwant=-1", plain()),
        ("&port=6881&numwant=99999999999", Announce { numwant: Some(u32::MAX), ..plain() }),
        ("&port=6881&left=-5", plain()),
        ("&port=6881&left=18446744073709551616", plain()),
        ("&port=6881&ip=203.0.113.9&ipv6=::1", plain()),
        ("&port=6881&compact=0&no_peer_id=1", Announce { compact: false, no_peer_id: true, ..plain() }),
        ("&port=6881&compact=1&supportcrypto=1&redundant=0", plain()),
        ("&port=6881&left", plain()),
        ("&&port=6881&", plain()),
    ];
    for (query, announce) in table {
        assert_eq!(parse(query).as_ref(), Ok(&announce), "{query}");
    }
}

#[test]
fn the_table_of_refusals_says_why() {
    let full = |query: &str| Announce::parse(query.as_bytes()).unwrap_err();
    assert_eq!(full(""), AnnounceError::Missing("info_hash"));
    assert_eq!(full(HASH), AnnounceError::Missing("peer_id"));
    assert_eq!(parse(""), Err(AnnounceError::Missing("port")));
    assert_eq!(full("info_hash=abc"), AnnounceError::WrongLength { key: "info_hash", length: 3 });
    assert_eq!(
        full(&format!("info_hash={}", "a".repeat(40))),
        AnnounceError::WrongLength { key: "info_hash", length: 40 }
    );
    assert_eq!(full("info_hash=%1"), AnnounceError::BadEscape("info_hash"));
    assert_eq!(full(&format!("{HASH}&peer_id=%zz")), AnnounceError::BadEscape("peer_id"));
    for port in ["0", "65536", "-1", "", "abc"] {
        assert_eq!(parse(&format!("&port={port}")), Err(AnnounceError::BadPort), "{port}");
    }
}

#[test]
fn a_plus_in_a_hash_is_a_plus() {
    let announce = Announce::parse(format!("info_hash={}&{ID}&port=1", "+".repeat(20)).as_bytes()).unwrap();
    assert_eq!(announce.info_hash, WireHash([b'+'; 20]));
}

#[test]
fn one_key_escaped_in_two_ways_is_one_key() {
    let one = parse("&port=1&key=AB12").unwrap().key;
    let other = parse("&port=1&key=%41B12").unwrap().key;
    assert!(one.is_some());
    assert_eq!(one, other);
    assert_ne!(one, parse("&port=1&key=AB13").unwrap().key);
}

fn answer() -> AnnounceAnswer {
    let peer =
        |address: &str| AnnouncePeer { peer_id: PeerId([b'p'; 20]), address: address.parse().unwrap() };
    AnnounceAnswer {
        interval: Duration::from_secs(300),
        min_interval: Duration::from_secs(60),
        complete: 1,
        incomplete: 2,
        external_ip: "10.0.0.7".parse().unwrap(),
        peers: vec![peer("1.2.3.4:258"), peer("[::1]:259")],
    }
}

#[test]
fn a_compact_answer_has_both_address_families() {
    let expected =
        b"d8:completei1e11:external ip4:\x0a\x00\x00\x0710:incompletei2e8:intervali300e12:min intervali60e\
        5:peers6:\x01\x02\x03\x04\x01\x026:peers618:\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\x03e";
    assert_eq!(answer().encode_compact(), expected);
}

#[test]
fn a_verbose_answer_lists_peers_with_or_without_their_ids() {
    let with = String::from_utf8(answer().encode_dictionaries(false)).unwrap();
    assert!(with.ends_with(
        "5:peersld2:ip7:1.2.3.47:peer id20:pppppppppppppppppppp4:porti258eed2:ip3:::17:peer id20:\
         pppppppppppppppppppp4:porti259eeee"
    ));
    let without = String::from_utf8(answer().encode_dictionaries(true)).unwrap();
    assert!(without.ends_with("5:peersld2:ip7:1.2.3.44:porti258eed2:ip3:::14:porti259eeee"));
}

#[test]
fn a_failure_says_when_to_retry() {
    assert_eq!(encode_failure("no", RetryIn::Never), b"d14:failure reason2:no8:retry in5:nevere");
    assert_eq!(encode_failure("no", RetryIn::Minutes(5)), b"d14:failure reason2:no8:retry ini5ee");
}

#[test]
fn a_scrape_names_its_swarms() {
    let query = format!("info_hash={}&x=1&{HASH}&{HASH}", "z".repeat(20));
    let hashes = parse_scrape(query.as_bytes()).unwrap();
    assert_eq!(hashes, [WireHash(RAW), WireHash([b'z'; 20])]);
    assert_eq!(parse_scrape(b""), Err(AnnounceError::FullScrape));
    let flood = format!("{HASH}&").repeat(MAX_SCRAPE + 1);
    assert_eq!(parse_scrape(flood.as_bytes()), Err(AnnounceError::TooManyHashes));
}

#[test]
fn a_scrape_answer_is_bencode_in_order() {
    let counts = ScrapeCounts { complete: 1, downloaded: 2, incomplete: 3 };
    let answer = encode_scrape(&[(WireHash([b'z'; 20]), counts)]);
    assert_eq!(answer, b"d5:filesd20:zzzzzzzzzzzzzzzzzzzzd8:completei1e10:downloadedi2e10:incompletei3eeee");
}

proptest! {
    #[test]
    fn any_query_is_read_or_refused(query in "(info_hash=|peer_id=|port=|left=|key=|&|%|[a-f0-9]{0,20}|\\PC){0,30}") {
        let _ = Announce::parse(query.as_bytes());
        let _ = parse_scrape(query.as_bytes());
    }

    #[test]
    fn any_hash_survives_its_escaping(hash in any::<[u8; 20]>()) {
        let escaped: String = hash.iter().map(|byte| format!("%{byte:02X}")).collect();
        let announce = Announce::parse(format!("info_hash={escaped}&{ID}&port=1").as_bytes()).unwrap();
        prop_assert_eq!(announce.info_hash, WireHash(hash));
    }
}
