//! The tracker goes away in the middle.

use peerpool_api::TrackerState;
use peerpool_system_tests::{PATIENCE, Pool, until};

#[test]
fn downloads_survive_a_tracker_restart() {
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", 1 << 30, 1);
    let song = pool.random_file("song.mp3", 5_000_000, 2);
    let holder = pool.peer("holder").with(&film).with(&song).start();
    let reader = pool.peer("reader").start();
    let download = reader.begin("film.mkv");
    reader.until(&download, "a beginning", |now| now.bytes_done > 0);
    pool.kill_tracker();
    reader.until_complete(&download);
    film.assert_equal(&reader.path("film.mkv"));

    pool.restart_tracker();
    for peer in [&holder, &reader] {
        until(&format!("{} is back", peer.name()), PATIENCE, || {
            let state = peer.status().tracker.state;
            if state == TrackerState::Connected { Ok(()) } else { Err(state) }
        });
    }
    let item = reader.item("film.mkv", |item| item.seeds == 2);
    assert_eq!(item.size, film.bytes, "both register again what they hold");
    reader.fetch(&song);
    song.assert_equal(&reader.path("song.mp3"));
}
