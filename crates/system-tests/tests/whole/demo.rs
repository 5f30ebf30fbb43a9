//! The demonstration that a person runs first.

use peerpool_system_tests::Pool;
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
