//! What stock clients ask, byte for byte, and what they are answered (BEP 3, 7, 23, 24, 31, 48).

mod support;

use peerpool_tracker::{Config, Tracker};
use support::{config, get, tracker};

const HASH: &str = "info_hash=aaaaaaaaaaaaaaaaaaaa";
/// 127.0.0.1 and ::1 as BEP 24 has them.
const V4: &str = "4:\x7f\0\0\x01";
const V6: &str = "16:\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01";

/// An announce of the client with this number, which listens at port 256 + number.
fn announce(client: u8, rest: &str) -> String {
    let port = 256 + u16::from(client);
    format!("/announce?{HASH}&peer_id=-XX0000-{client:012}&port={port}&{rest}")
}

/// The answer to an announce, up to the peers.
fn counts(external_ip: &str, complete: u32, incomplete: u32) -> String {
    format!(
        "d8:completei{complete}e11:external ip{external_ip}10:incompletei{incomplete}e\
         8:intervali300e12:min intervali30e"
    )
}

fn answer(complete: u32, incomplete: u32, peers: &str) -> String {
    format!("{}5:peers{peers}e", counts(V4, complete, incomplete))
}

fn refusal(reason: &str) -> String {
    format!("d14:failure reason{}:{reason}8:retry in5:nevere", reason.len())
}

/// Asks one after the other, over IPv4 or IPv6 as the tracker listens.
async fn check(tracker: &Tracker, table: &[(String, String)]) {
    for (request, expected) in table {
        let (status, body) = get(tracker.addr(), request, "").await;
        assert_eq!(status, 200, "{request}");
        assert_eq!(
            body.escape_ascii().to_string(),
            expected.as_bytes().escape_ascii().to_string(),
            "{request}"
        );
    }
}

#[tokio::test]
async fn the_table_of_announces_is_answered_as_written() {
    let (seed, third) = ("6:\x7f\0\0\x01\x01\x01", "6:\x7f\0\0\x01\x01\x03");
    let verbose = "ld2:ip9:127.0.0.17:peer id20:-XX0000-0000000000014:porti257eee";
    let without_id = "ld2:ip9:127.0.0.14:porti257eee";
    let table = [
        (announce(1, "left=0&event=started"), answer(1, 0, "0:")),
        (announce(2, "left=9&compact=1"), answer(1, 1, seed)),
        (announce(3, "left=9&numwant=0"), answer(1, 2, "0:")),
        (announce(2, "left=9&event=stopped"), answer(1, 1, "0:")),
        (announce(3, "left=9&compact=0"), answer(1, 1, verbose)),
        (announce(3, "left=9&compact=0&no_peer_id=1"), answer(1, 1, without_id)),
        (announce(3, "left=9&compact=1&no_peer_id=1"), answer(1, 1, seed)),
        (announce(3, "left=9&event=holiday&ip=203.0.113.9&ipv6=2001:db8::9"), answer(1, 1, seed)),
        (announce(1, "left=0&numwant=5"), answer(1, 1, third)),
        (announce(3, "left=0&event=completed&numwant=0"), answer(2, 0, "0:")),
        (announce(3, "left=0&event=completed&numwant=0"), answer(2, 0, "0:")),
        (announce(4, "left=9&event=paused&numwant=0"), answer(2, 1, "0:")),
    ];
    let tracker = tracker().await;
    check(&tracker, &table).await;
    let scraped = "d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei2e10:downloadedi1e10:incompletei1ee\
                   20:bbbbbbbbbbbbbbbbbbbbd8:completei0e10:downloadedi0e10:incompletei0eeee";
    check(&tracker, &[(format!("/scrape?info_hash=bbbbbbbbbbbbbbbbbbbb&{HASH}&{HASH}"), scraped.into())])
        .await;
    tracker.shutdown().await;
}

#[tokio::test]
async fn the_table_of_refusals_says_why_and_that_coming_again_is_of_no_use() {
    let id = "peer_id=-XX0000-000000000001";
    let port = "`port` is not a port number from 1 to 65535";
    let table = [
        ("/announce".into(), refusal("the announce has no `info_hash`")),
        (format!("/announce?{HASH}"), refusal("the announce has no `peer_id`")),
        (format!("/announce?{HASH}&{id}"), refusal("the announce has no `port`")),
        (format!("/announce?{HASH}&{id}&port=0"), refusal(port)),
        (format!("/announce?{HASH}&{id}&port=65536"), refusal(port)),
        (format!("/announce?{HASH}&peer_id=short&port=1"), refusal("`peer_id` has 5 bytes instead of 20")),
        ("/announce?info_hash=%4".into(), refusal("`info_hash` is not percent-encoded correctly")),
        ("/scrape".into(), refusal("this tracker answers no full scrape: name each info_hash")),
        (format!("/scrape?{}", [HASH; 101].join("&")), refusal("a scrape names 100 swarms at most")),
    ];
    let tracker = tracker().await;
    check(&tracker, &table).await;
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_client_is_known_by_its_key_or_else_by_its_port() {
    let moved = announce(1, "left=9&numwant=0&key=A").replace("port=257", "port=300");
    let restarted = announce(2, "left=9&numwant=0&key=C").replace("port=258", "port=300");
    let table = [
        (announce(1, "left=9&numwant=0&key=A"), answer(0, 1, "0:")),
        (moved, answer(0, 1, "0:")),
        (announce(1, "left=9&numwant=0&key=B"), answer(0, 2, "0:")),
        (restarted, answer(0, 2, "0:")),
        (announce(1, "left=9&event=stopped&key=C"), answer(0, 2, "0:")),
        (announce(1, "left=9&event=stopped&key=B"), answer(0, 1, "0:")),
    ];
    let tracker = tracker().await;
    check(&tracker, &table).await;
    tracker.shutdown().await;
}

#[tokio::test]
async fn ipv6_clients_are_told_of_each_other_in_peers6() {
    let tracker = Tracker::start_in_memory(Config { listen: "[::1]:0".parse().unwrap(), ..config() }).await;
    let tracker = tracker.unwrap();
    let seed = format!("0:6:peers618:{}\x01\x01e", &V6[3..]);
    let verbose = "ld2:ip3:::14:porti257eeee";
    let table = [
        (announce(1, "left=0"), format!("{}5:peers0:e", counts(V6, 1, 0))),
        (announce(2, "left=9"), format!("{}5:peers{seed}", counts(V6, 1, 1))),
        (announce(2, "left=9&compact=0&no_peer_id=1"), format!("{}5:peers{verbose}", counts(V6, 1, 1))),
    ];
    check(&tracker, &table).await;
    tracker.shutdown().await;
}
