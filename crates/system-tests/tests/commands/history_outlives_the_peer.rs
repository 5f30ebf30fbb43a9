//! What was fetched and given is known afterwards, whatever became of the peer.

use peerpool_system_tests::{PATIENCE, Pool, until};
use serde_json::Value;

fn history(pool: &Pool, repository: &str, words: &[&str]) -> Vec<Value> {
    let args = ["history", "--json", "--repository", repository];
    let ended = pool.run(args.into_iter().chain(words.iter().copied()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let page: Value = serde_json::from_str(&ended.stdout[0]).unwrap();
    page["transfers"].as_array().unwrap().clone()
}

#[test]
fn a_fetched_item_stands_in_the_history_of_a_killed_peer() {
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", 500_000, 1);
    let holder = pool.peer("holder").with(&film).start();
    holder.item("film.mkv", |item| item.seeds == 1);
    let reader = pool.peer("reader").start();
    assert_eq!(reader.run(["get", "film.mkv"]).code, Some(0));
    let repository = reader.path("");
    let repository = repository.to_str().unwrap();
    until("the record", PATIENCE, || match history(&pool, repository, &[]) {
        none if none.is_empty() => Err("nothing"),
        _ => Ok(()),
    });
    reader.kill();
    let again = pool.peer("reader").start();
    let [transfer] = &history(&pool, repository, &["FILM"])[..] else { panic!("not one transfer") };
    assert_eq!((&transfer["result"], &transfer["direction"]), (&"complete".into(), &"down".into()));
    assert_eq!((&transfer["size"], &transfer["peers"]), (&500_000.into(), &1.into()));
    assert!(transfer["bytes"].as_u64().unwrap() >= 500_000, "{transfer}");
    assert!(history(&pool, repository, &["other"]).is_empty());
    again.terminate();
    let holder_repository = holder.path("");
    holder.terminate();
    let _holder = pool.peer("holder").start();
    let given = history(&pool, holder_repository.to_str().unwrap(), &[]);
    assert_eq!((&given[0]["result"], &given[0]["peers"]), (&"served".into(), &1.into()), "{given:?}");
}
