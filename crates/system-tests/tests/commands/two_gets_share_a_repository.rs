//! Several commands in one repository without a peer: one serves all, and none is cut off.

use peerpool_system_tests::{Content, PATIENCE, Pool, Program, Signal};

use crate::{get, until_downloads};

/// Two items that the pool knows and that nobody offers at the moment.
fn two_items(pool: &Pool) -> [Content; 2] {
    let items = [pool.random_file("one.bin", 300_000, 1), pool.random_file("two.bin", 300_000, 2)];
    for item in &items {
        let holder = pool.peer(&item.name).with(item).start();
        holder.item(&item.name, |item| item.seeds == 1);
        holder.terminate();
    }
    items
}

/// Begins to fetch both; the first `get` is the peer of both.
fn two_gets(pool: &Pool, items: &[Content; 2]) -> (Program, Program) {
    let repository = pool.path("reader");
    std::fs::create_dir(&repository).unwrap();
    let first = get(pool, &items[0].name, &repository);
    until_downloads(pool, &repository, 1);
    let second = get(pool, &items[1].name, &repository);
    until_downloads(pool, &repository, 2);
    (first, second)
}

fn assert_complete(program: Program, item: &Content) {
    let ended = program.end(PATIENCE);
    assert_eq!(ended.code, Some(0), "{}: {}", item.name, ended.stderr);
    assert_eq!(ended.stdout, [format!("complete {}", item.name)]);
}

#[test]
fn the_first_get_serves_until_the_second_is_complete() {
    let pool = Pool::new();
    let items = two_items(&pool);
    let (mut first, second) = two_gets(&pool, &items);
    let _holder = pool.peer(&items[0].name).start();
    first.line("complete one.bin");
    let _other = pool.peer(&items[1].name).start();
    assert_complete(second, &items[1]);
    assert_eq!(first.end(PATIENCE).code, Some(0));
    for item in &items {
        item.assert_equal(&pool.path("reader").join(&item.name));
    }
}

#[test]
fn the_second_get_goes_on_when_the_first_is_interrupted() {
    let pool = Pool::new();
    let items = two_items(&pool);
    let (first, second) = two_gets(&pool, &items);
    first.signal(Signal::INT);
    assert_eq!(first.end(PATIENCE).code, Some(130));
    let _other = pool.peer(&items[1].name).start();
    assert_complete(second, &items[1]);
}

#[test]
fn the_second_get_goes_on_when_the_first_is_killed() {
    let pool = Pool::new();
    let items = two_items(&pool);
    let (first, second) = two_gets(&pool, &items);
    first.kill();
    let _other = pool.peer(&items[1].name).start();
    assert_complete(second, &items[1]);
}

#[test]
fn a_get_goes_on_when_the_peer_that_fetches_for_it_is_terminated() {
    let pool = Pool::new();
    let items = two_items(&pool);
    let reader = pool.peer("reader").start();
    let getting = get(&pool, &items[0].name, &pool.path("reader"));
    until_downloads(&pool, &pool.path("reader"), 1);
    reader.terminate();
    let _holder = pool.peer(&items[0].name).start();
    assert_complete(getting, &items[0]);
}

#[test]
fn a_peer_takes_over_from_a_get_which_goes_on() {
    let pool = Pool::new();
    let items = two_items(&pool);
    std::fs::create_dir(pool.path("reader")).unwrap();
    let getting = get(&pool, &items[0].name, &pool.path("reader"));
    until_downloads(&pool, &pool.path("reader"), 1);
    let reader = pool.peer("reader").start();
    let _holder = pool.peer(&items[0].name).start();
    assert_complete(getting, &items[0]);
    reader.item(&items[0].name, |item| item.seeds >= 1);
}

#[test]
fn a_get_ends_with_the_peer_that_somebody_ends() {
    let pool = Pool::new();
    let items = two_items(&pool);
    let reader = pool.peer("reader").start();
    let getting = get(&pool, &items[0].name, &pool.path("reader"));
    until_downloads(&pool, &pool.path("reader"), 1);
    let ended = reader.run(["end", "--json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout[0].contains("\"ended\":true"), "{:?}", ended.stdout);
    let left = getting.end(PATIENCE);
    assert_eq!(left.code, Some(6), "{}", left.stderr);
    assert!(left.stderr.contains("`end`"), "{}", left.stderr);
    reader.end(PATIENCE);
}

#[test]
fn many_gets_at_the_same_moment_are_all_served() {
    let pool = Pool::new();
    let names: Vec<String> = (0..6).map(|number| format!("{number}.bin")).collect();
    let items: Vec<Content> =
        (0..).zip(&names).map(|(seed, name)| pool.random_file(name, 100_000, seed)).collect();
    let mut holder = pool.peer("holder");
    for item in &items {
        holder = holder.with(item);
    }
    let holder = holder.start();
    for name in &names {
        holder.item(name, |item| item.seeds == 1);
    }
    std::fs::create_dir(pool.path("reader")).unwrap();
    let gets: Vec<Program> = names.iter().map(|name| get(&pool, name, &pool.path("reader"))).collect();
    for (get, item) in gets.into_iter().zip(&items) {
        assert_complete(get, item);
    }
}
