//! A `get` of what nobody offers.

use peerpool_system_tests::{PATIENCE, Pool, until};

use crate::{get, status};

fn known_item(pool: &Pool) {
    let film = pool.random_file("film.mkv", 100_000, 1);
    let holder = pool.peer("holder").with(&film).start();
    holder.item("film.mkv", |item| item.seeds == 1);
    holder.terminate();
}

#[test]
fn a_get_with_patience_ends_with_the_reason_and_has_said_it_once() {
    let pool = Pool::new();
    known_item(&pool);
    let (tracker, reader) = (pool.tracker().to_string(), pool.peer("reader"));
    let place = ["--repository", reader.repository(), "--tracker", &tracker, "--listen", "127.0.0.1:0"];
    let ended = pool.run(["get", "film.mkv", "--timeout", "5"].into_iter().chain(place));
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    let waiting =
        ended.stderr.lines().filter(|line| line.contains("waiting, nobody who has it is online")).count();
    assert_eq!(waiting, 1, "{}", ended.stderr);
    assert!(ended.stderr.lines().last().unwrap().contains("nobody who has it is online"), "{}", ended.stderr);
}

#[test]
fn a_waiting_download_tells_its_reason_in_words_and_as_a_code() {
    let pool = Pool::new();
    known_item(&pool);
    std::fs::create_dir(pool.path("reader")).unwrap();
    let waiting = get(&pool, "film.mkv", &pool.path("reader"));
    until("the reason", PATIENCE, || {
        let status = status(&pool, &pool.path("reader")).unwrap_or_default();
        let download = &status["downloads"][0];
        let told = download["reason"] == "no_holder" && download["stalled"].as_str().is_some();
        if told && download["state"] == "waiting" { Ok(()) } else { Err(status) }
    });
    pool.run(["pause", "--repository", pool.path("reader").to_str().unwrap()]);
    let paused = status(&pool, &pool.path("reader")).unwrap();
    assert_eq!(paused["downloads"][0]["reason"], "paused", "{paused}");
    assert_eq!(waiting.terminate().code, Some(130));
}

#[test]
fn a_name_that_is_nearly_right_is_answered_with_the_right_one() {
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", 100_000, 1);
    let holder = pool.peer("holder").with(&film).start();
    holder.item("film.mkv", |item| item.seeds == 1);
    let reader = pool.peer("reader").start();
    let got = reader.run(["get", "flim.mkv"]);
    assert_eq!(got.code, Some(4), "{}", got.stderr);
    assert!(got.stderr.contains("did you mean `film.mkv`?"), "{}", got.stderr);
}
