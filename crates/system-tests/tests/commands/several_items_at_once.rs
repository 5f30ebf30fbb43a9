//! One command about several items: each is told by itself, and the exit code is that of the worst.

use peerpool_system_tests::{Content, Pool};

fn three_items(pool: &Pool) -> [Content; 3] {
    let names = ["one.bin", "two.bin", "three.txt"];
    [0, 1, 2].map(|nth| pool.random_file(names[nth], 200_000, nth as u64))
}

#[test]
fn a_get_of_several_tells_each_by_itself() {
    let pool = Pool::new();
    let items = three_items(&pool);
    let holder = items.iter().fold(pool.peer("holder"), |holder, item| holder.with(item)).start();
    holder.item("three.txt", |item| item.seeds == 1);
    let reader = pool.peer("reader").start();
    let got = reader.run(["get", "one.bin", "nothing.bin", "three.txt", "one.bin"]);
    assert_eq!(got.code, Some(4), "{}", got.stderr);
    let mut complete = got.stdout.clone();
    complete.sort();
    assert_eq!(complete, ["complete one.bin", "complete three.txt"]);
    assert!(got.stderr.contains("nothing.bin"), "{}", got.stderr);
    assert!(got.stderr.contains("1 of 4 failed"), "{}", got.stderr);
    items[0].assert_equal(&reader.path("one.bin"));
}

#[test]
fn a_pattern_means_every_item_that_fits() {
    let pool = Pool::new();
    let items = three_items(&pool);
    let holder = items.iter().fold(pool.peer("holder"), |holder, item| holder.with(item)).start();
    holder.item("three.txt", |item| item.seeds == 1);
    let tracker = pool.tracker().to_string();
    let reader = pool.peer("reader");
    let place = ["--repository", reader.repository(), "--tracker", &tracker, "--listen", "127.0.0.1:0"];
    let got = pool.run(["get", "*.bin", "--json"].into_iter().chain(place));
    assert_eq!((got.code, got.stdout.len()), (Some(0), 2), "{}", got.stderr);
    assert!(!reader.path("three.txt").exists());
    let reader = reader.start();
    let none = reader.run(["get", "*.iso"]);
    assert_eq!(none.code, Some(4), "{}", none.stderr);
    let unshared = reader.run(["unshare", "*.bin"]);
    assert_eq!((unshared.code, unshared.stdout.len()), (Some(0), 2), "{}", unshared.stderr);
    assert_eq!(reader.status().items, 0);
    let shared = reader.run(["share", "*.bin"]);
    assert_eq!((shared.code, shared.stdout.len()), (Some(0), 2), "{}", shared.stderr);
    assert_eq!(reader.status().items, 2);
}

#[test]
fn several_paths_are_shared_though_one_is_missing() {
    let pool = Pool::new();
    let items = three_items(&pool);
    let holder = pool.peer("holder").start();
    let [one, two, _] = items.each_ref().map(|item| &item.path);
    let paths = [one.to_str().unwrap(), "/nowhere/film.mkv", two.to_str().unwrap()];
    let shared = holder.run(["share"].into_iter().chain(paths));
    assert_eq!(shared.code, Some(4), "{}", shared.stderr);
    assert_eq!(shared.stdout.len(), 2, "{:?}", shared.stdout);
    assert!(shared.stderr.contains("/nowhere/film.mkv"), "{}", shared.stderr);
    holder.item("1-two.bin", |item| item.seeds == 1);
}

#[test]
fn downloads_are_paused_resumed_stopped_and_forgotten_several_at_once() {
    let pool = Pool::new();
    let items = three_items(&pool);
    for item in &items {
        let holder = pool.peer(&item.name).with(item).start();
        holder.item(&item.name, |item| item.seeds == 1);
        holder.terminate();
    }
    let reader = pool.peer("reader").start();
    for item in &items {
        reader.begin_unoffered(&item.name);
    }
    let paused = reader.run(["pause", "*.bin", "--json"]);
    assert_eq!(paused.code, Some(0), "{}", paused.stderr);
    let states = |line: &str| -> Vec<String> {
        let all: serde_json::Value = serde_json::from_str(line).unwrap();
        all.as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(states(&paused.stdout[0]), ["paused", "paused"]);
    let resumed = reader.run(["resume", "one.bin", "missing", "two.bin", "--json"]);
    assert_eq!(resumed.code, Some(4), "{}", resumed.stderr);
    assert_eq!(states(&resumed.stdout[0]), ["waiting", "waiting"]);
    let stopped = reader.run(["stop", "one.bin", "three.txt", "--json"]);
    assert_eq!(states(&stopped.stdout[0]), ["stopped", "stopped"]);
    let forgotten = reader.run(["rm", "*.bin", "three.txt"]);
    assert_eq!((forgotten.code, forgotten.stdout.len()), (Some(0), 3), "{}", forgotten.stderr);
    assert!(reader.status().downloads.is_empty());
}
