//! `ls` shows what comes first in any order, whoever sorts.

use peerpool_system_tests::Pool;
use serde_json::Value;

#[test]
fn a_list_begins_with_what_comes_first_in_its_order() {
    let pool = Pool::new();
    let files = [("a small", 1000), ("b big", 90_000), ("c middle", 5000)];
    let files = files.map(|(name, size)| pool.random_file(name, size, size));
    let holder = files.iter().fold(pool.peer("holder"), |peer, file| peer.with(file)).start();
    for file in ["a small", "b big", "c middle"] {
        holder.item(file, |item| item.seeds == 1);
    }
    let tracker = pool.tracker().to_string();
    let ls = |options: &[&str]| -> (Vec<String>, Value) {
        let ended = pool.run(["ls", "--json", "--tracker", &tracker].iter().chain(options).copied());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let page: Value = serde_json::from_str(&ended.stdout[0]).unwrap();
        let items = page["items"].as_array().unwrap();
        (items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect(), page["total"].clone())
    };
    // By the tracker, which need not send the rest.
    assert_eq!(
        ls(&["--sort", "size", "--reverse", "-n", "2"]),
        (vec!["b big".into(), "c middle".into()], 3.into())
    );
    assert_eq!(ls(&["--reverse", "-n", "1"]).0, ["c middle"]);
    // By the command.
    assert_eq!(ls(&["--sort", "pieces", "-n", "1"]).0, ["a small"]);
}
