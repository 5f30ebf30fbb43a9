//! What is fetched by its name is offered in a new version, and the old one by nobody.

use std::fs;

use peerpool_system_tests::{PATIENCE, Pool, until};

use crate::{get, status, until_downloads};

#[test]
fn a_get_goes_on_with_the_new_version_when_nothing_of_the_old_is_kept() {
    let pool = Pool::new();
    let (old, new) = (pool.random_file("film.mkv", 100_000, 1), pool.random_file("film.mkv", 200_000, 2));
    let holder = pool.peer("holder").with(&old).start();
    holder.item("film.mkv", |item| item.seeds == 1);
    holder.terminate();
    fs::create_dir(pool.path("reader")).unwrap();
    let getting = get(&pool, "film.mkv", &pool.path("reader"));
    until_downloads(&pool, &pool.path("reader"), 1);
    fs::remove_file(pool.path("holder").join("film.mkv")).unwrap();
    let _holder = pool.peer("holder").with(&new).start();
    let ended = getting.end(PATIENCE);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("another version"), "{}", ended.stderr);
    new.assert_equal(&pool.path("reader").join("film.mkv"));
}

#[test]
fn a_get_of_which_some_is_kept_says_both_hashes_and_ends() {
    let pool = Pool::new();
    let holder = pool.peer("holder");
    let folder = pool.path("holder").join("album");
    fs::create_dir(&folder).unwrap();
    for (name, byte) in [("a.bin", 1), ("b.bin", 2)] {
        fs::write(folder.join(name), vec![byte; 3 << 20]).unwrap();
    }
    let holder = holder.start();
    let old = holder.item("album", |item| item.seeds == 1);
    fs::create_dir(pool.path("reader")).unwrap();
    let (tracker, reader) = (pool.tracker().to_string(), pool.path("reader"));
    let place = ["--repository", reader.to_str().unwrap(), "--tracker", &tracker, "--listen", "127.0.0.1:0"];
    let part = pool.run(["get", "album", "-f", "a.bin", "-o", "part"].into_iter().chain(place));
    assert_eq!(part.code, Some(0), "{}", part.stderr);
    holder.terminate();

    let getting = get(&pool, "album", &reader);
    until("all of it is wanted", PATIENCE, || {
        let status = status(&pool, &reader).unwrap_or_default();
        if status["downloads"][0]["bytes_total"] == 6 << 20 { Ok(()) } else { Err(status) }
    });
    fs::write(folder.join("b.bin"), vec![3; 3 << 20]).unwrap();
    let holder = pool.peer("holder").start();
    let new = holder.item("album", |item| item.seeds == 1 && item.hash != old.hash);
    let ended = getting.end(PATIENCE);
    assert_eq!(ended.code, Some(10), "{}", ended.stderr);
    for hash in [old.hash.short(), new.hash.short()] {
        assert!(ended.stderr.contains(&hash), "{hash}: {}", ended.stderr);
    }
}
