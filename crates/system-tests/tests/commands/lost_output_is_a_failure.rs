//! A result that cannot be written is an error; one that nobody reads any more is none.

use std::{
    fs::{self, File},
    process::Command,
};

use peerpool_system_tests::Pool;

fn assert_disk_error(pool: &Pool, args: &[&str]) {
    let mut command: Command = pool.command(args.iter().copied());
    let ended = command.stdout(File::create("/dev/full").unwrap()).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(8), "{args:?}: {said}");
    assert!(said.contains("cannot write"), "{args:?}: {said}");
}

#[test]
fn every_command_says_that_its_output_is_lost() {
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", 100_000, 1);
    let holder = pool.peer("holder").with(&film).start();
    holder.item("film.mkv", |item| item.seeds == 1);
    let (tracker, repository) = (pool.tracker().to_string(), holder.path(""));
    let repository = repository.to_str().unwrap();
    let torrent = pool.path("film.torrent");
    let data = pool.path("data");
    let data = data.to_str().unwrap();
    let (torrent, path) = (torrent.to_str().unwrap(), film.path.to_str().unwrap());
    assert_eq!(pool.run(["torrent", "create", path, "-o", torrent]).code, Some(0));
    for args in [
        &["ls", "--tracker", &tracker][..],
        &["ls", "--json", "--tracker", &tracker],
        &["search", "film", "--tracker", &tracker],
        &["peers", "--tracker", &tracker],
        &["status", "--tracker", &tracker],
        &["status", "--repository", repository],
        &["status", "--json", "--repository", repository],
        &["problems", "--repository", repository],
        &["update", "--repository", repository],
        &["get", "film.mkv", "--repository", repository],
        &["share", "film.mkv", "--repository", repository],
        &["pause", "--repository", repository],
        &["torrent", "inspect", torrent],
        &["torrent", "create", path, "-o", torrent],
        &["torrent", "create", path, "-o", "/dev/full"],
        &["torrent", "verify", torrent, path],
        &["completions", "bash"],
        &["tracker", "--no-discovery", "--listen", "127.0.0.1:0", "--data", data],
        &["--help"],
        &["get", "--help"],
        &["--version"],
    ] {
        assert_disk_error(&pool, args);
    }
    let empty = pool.path("empty");
    let args = ["peer", "--no-shell", "--listen", "127.0.0.1:0", "--tracker", &tracker, "--repository"];
    assert_disk_error(&pool, &[&args[..], &[empty.to_str().unwrap()]].concat());
    assert_disk_error(&pool, &["end", "--json", "--repository", repository]);
    holder.end(peerpool_system_tests::PATIENCE);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let pool = Pool::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended =
        pool.command(["ls", "--json", "--tracker", &pool.tracker().to_string()]).stdout(writer).output();
    let ended = ended.unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn manual_pages_that_cannot_be_written_are_told() {
    let pool = Pool::new();
    let file = pool.path("file");
    fs::write(&file, "in the way").unwrap();
    let ended = pool.run(["man", file.join("pages").to_str().unwrap()]);
    assert_eq!(ended.code, Some(8), "{}", ended.stderr);
}
