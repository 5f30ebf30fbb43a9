//! The demonstration that a person runs first.

use std::time::Duration;

use peerpool_system_tests::{Pool, Signal, address_in, http_get};
use serde_json::Value;

#[test]
fn the_demo_fetches_equal_files_and_each_holder_gives_its_share() {
    let pool = Pool::new();
    let demo = pool.run(["demo", "--json"]);
    assert_eq!(demo.code, Some(0), "{}", demo.stderr);
    let report: Value = serde_json::from_str(demo.stdout.last().unwrap()).unwrap();
    assert_eq!(report["ok"], true, "{report}");
    let items = report["items"].as_array().unwrap();
    assert!(items.len() >= 2, "a file and a folder: {report}");
    for item in items {
        assert_eq!(item["sha256_equal"], true, "{item}");
    }
    let bytes = items[0]["size"].as_u64().unwrap();
    let from = items[0]["from"].as_array().unwrap();
    assert_eq!(from.len(), 2, "two holders: {report}");
    for source in from {
        let part = source["bytes"].as_u64().unwrap();
        assert!(part * 10 >= bytes * 3, "each holder gives at least 30 % of {bytes}: {report}");
    }
}

#[test]
fn the_demo_keeps_its_pages_open_until_it_is_interrupted_and_then_ends_the_pool() {
    let pool = Pool::new();
    let mut demo = pool.spawn("demo", pool.command(["demo", "--web", "--size", "2M", "--json"]));
    let pages: Value = serde_json::from_str(&demo.line("{\"tracker\"")).unwrap();
    let tracker = address_in(pages["tracker"].as_str().unwrap());
    let door = address_in(pages["link"].as_str().unwrap());
    for server in [tracker, door] {
        let answer = http_get(server.ip(), server, "/").unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
    }
    let repository = pages["repository"].as_str().unwrap().to_owned();
    demo.signal(Signal::INT);
    let ended = demo.end(Duration::from_secs(30));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    http_get(tracker.ip(), tracker, "/").unwrap_err();
    assert!(!std::path::Path::new(&repository).exists(), "the demo leaves nothing behind");
}

#[test]
fn the_demo_of_a_pool_for_members_keeps_out_whoever_is_none_or_no_longer() {
    let pool = Pool::new();
    let demo = pool.run(["demo", "--members", "--size", "32M", "--json"]);
    assert_eq!(demo.code, Some(0), "{}", demo.stderr);
    let report: Value = serde_json::from_str(demo.stdout.last().unwrap()).unwrap();
    assert_eq!(report["ok"], true, "{report}");
    assert!(report["items"].as_array().unwrap().iter().all(|item| item["sha256_equal"] == true), "{report}");
    let stranger = &report["stranger"];
    assert_eq!((&stranger["list"], &stranger["peer"]), (&Value::Bool(true), &Value::Bool(true)), "{report}");
    assert_eq!(stranger["bytes"], 0, "{report}");
    let revocation = &report["revocation"];
    assert!(revocation["seconds"].as_f64().unwrap() <= 5.0, "{report}");
    assert_eq!(revocation["given"], revocation["given_later"], "{report}");
    assert!(revocation["has"].as_u64() < revocation["size"].as_u64(), "{report}");
    assert_eq!(revocation["confirmed"].as_array().unwrap().len(), 2, "{report}");
}

#[test]
fn the_demo_of_several_trackers_goes_on_when_one_is_killed() {
    let pool = Pool::new();
    let demo = pool.run(["demo", "--nodes", "3", "--size", "32M", "--json"]);
    assert_eq!(demo.code, Some(0), "{}", demo.stderr);
    let report: Value = serde_json::from_str(demo.stdout.last().unwrap()).unwrap();
    assert_eq!(report["ok"], true, "{report}");
    let items = report["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "one while the node is killed, one afterwards: {report}");
    assert!(items.iter().all(|item| item["sha256_equal"] == true), "{report}");
    assert!(items.iter().all(|item| item["from"].as_array().unwrap().len() == 2), "two holders: {report}");
    let lost = &report["lost"];
    assert_ne!(lost["node"], lost["next"], "{report}");
    assert!(lost["seconds"].as_f64().unwrap() <= 5.0, "{report}");
    assert!(lost["longest_pause"].as_f64().unwrap() <= 5.0, "{report}");
    let nodes = report["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 3, "the killed one is back: {report}");
    assert!(nodes.iter().all(|node| node["whole"] == true && node["items"] == 3), "{report}");
}
