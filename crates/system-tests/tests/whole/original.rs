//! The sanity test of the original system, typed by a person.

use std::fs;

use peerpool_system_tests::{Pool, Terminal};

#[test]
fn a_third_peer_fetches_from_two_others_what_a_person_asks_for_in_the_shell() {
    let pool = Pool::new();
    let song = pool.random_file("song.mp3", 5_000_000, 1);
    let film = pool.random_file("film.mkv", 80_000_000, 2);
    let first = pool.peer("first").with(&song).start();
    let _second = pool.peer("second").with(&song).with(&film).start();
    first.item("film.mkv", |item| item.seeds == 1);

    let repository = pool.path("third");
    let mut command = pool.command(["peer", "--listen", "127.0.0.1:0", "--name", "third"]);
    command.args(["--tracker", &pool.tracker().to_string()]).arg("--repository").arg(&repository);
    let mut shell = Terminal::start(&pool, command);
    shell.types("start");
    shell.sees("film.mkv");
    shell.sees("song.mp3");

    let late = pool.random_file("late.txt", 1000, 3);
    let _fourth = pool.peer("fourth").with(&late).start();
    shell.types("update");
    shell.sees("late.txt");

    for content in [&song, &film, &late] {
        shell.types(&format!("request_and_download {}", content.name));
        shell.sees(&format!("complete {}", content.name));
        content.assert_equal(&repository.join(&content.name));
    }
    shell.types("stop");
    shell.types("end");
    shell.ends_well();
    first.item("film.mkv", |item| item.seeds == 1);
    assert!(fs::exists(repository.join("film.mkv")).unwrap(), "what was fetched is kept");
}
