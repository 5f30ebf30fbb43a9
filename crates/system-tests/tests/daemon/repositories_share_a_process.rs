//! Several repositories in one process.

use std::{collections::BTreeMap, fs};

use peerpool_system_tests::{Pool, Program};

use super::{configure, daemon, is_connected, until_status};

/// How many threads of each name a process has.
fn threads(program: &Program) -> BTreeMap<String, usize> {
    let mut threads = BTreeMap::new();
    for thread in fs::read_dir(format!("/proc/{}/task", program.pid())).unwrap() {
        let name = fs::read_to_string(thread.unwrap().path().join("comm")).unwrap_or_default();
        *threads.entry(name.trim().to_owned()).or_default() += 1;
    }
    threads
}

#[test]
fn each_repository_is_a_peer_and_they_share_threads() {
    let pool = Pool::new();
    let (film, song) =
        (pool.random_file("film.bin", 3_000_000, 1), pool.random_file("song.bin", 2_000_000, 2));
    let holder = pool.peer("holder").with(&film).with(&song).start();
    let home = pool.path("home");
    let tables: Vec<_> = ["films", "music", "books"]
        .map(|name| format!("[[repository]]\npath = '{}/{name}'\nname = '{name}'\n", home.display()))
        .into();
    configure(&pool, &format!("tracker = '{}'\nlisten = '127.0.0.1:0'\n{}", pool.tracker(), tables.concat()));
    let (daemon, _manager) = daemon(&pool, "peers", &["peer", "--daemon"]);

    for (name, content) in [("films", &film), ("music", &song)] {
        let repository = home.join(name);
        let place = ["--repository", repository.to_str().unwrap()];
        let status = until_status(&pool, place[1], "connected", is_connected);
        assert_eq!((&status["name"], &status["pid"]), (&name.into(), &daemon.pid().into()));
        holder.item(&content.name, |item| item.seeds > 0);
        let got = pool.run(["get", &content.name].into_iter().chain(place));
        assert_eq!(got.code, Some(0), "{}", got.stderr);
        content.assert_equal(&repository.join(&content.name));
        assert!(!home.join("books").join(&content.name).exists());
    }
    let threads = threads(&daemon);
    assert_eq!((threads.get("storage 0"), threads.get("hashes")), (Some(&1), Some(&1)), "{threads:?}");

    let end = pool.run(["end", "--repository", home.join("books").to_str().unwrap()]);
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    until_status(&pool, home.join("films").to_str().unwrap(), "still there", is_connected);
    assert_eq!(daemon.terminate().code, Some(0));
}
