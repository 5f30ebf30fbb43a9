//! `get -o -` writes a file in order while it arrives, and `get --to` copies it elsewhere.

use std::{io::Read as _, process::Stdio};

use peerpool_system_tests::{PATIENCE, Pool, until};
use sha2::{Digest as _, Sha256};

const BYTES: u64 = 20 << 20;

#[test]
fn a_pipe_gets_the_file_in_order_before_all_of_it_is_there() {
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", BYTES, 1);
    let holder = pool.peer("holder").with(&film).start();
    holder.item("film.mkv", |item| item.seeds == 1);
    // So slow that what comes first is seen to come first.
    assert_eq!(holder.run(["limit", "--up", "4M"]).code, Some(0));
    let reader = pool.peer("reader").start();
    let repository = reader.path("");
    let mut command =
        pool.command(["get", "film.mkv", "-o", "-", "-q", "--repository", repository.to_str().unwrap()]);
    let mut getting = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut pipe = getting.stdout.take().unwrap();
    let mut first = vec![0; 1 << 20];
    pipe.read_exact(&mut first).unwrap();
    let done = reader.status().downloads[0].bytes_done;
    assert!(done < BYTES, "all {done} bytes were there before the first could be read");
    let mut rest = Vec::new();
    pipe.read_to_end(&mut rest).unwrap();
    assert!(getting.wait().unwrap().success());
    first.extend(rest);
    let whole = std::fs::read(&film.path).unwrap();
    assert!(Sha256::digest(&first) == Sha256::digest(&whole), "{} bytes of {BYTES}", first.len());
    film.assert_equal(&reader.path("film.mkv"));
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_get_without_an_error() {
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", BYTES, 1);
    let holder = pool.peer("holder").with(&film).start();
    holder.item("film.mkv", |item| item.seeds == 1);
    let reader = pool.peer("reader").start();
    let repository = reader.path("");
    let mut command =
        pool.command(["get", "film.mkv", "-o", "-", "-q", "--repository", repository.to_str().unwrap()]);
    let mut getting = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut pipe = getting.stdout.take().unwrap();
    pipe.read_exact(&mut [0; 1000]).unwrap();
    drop(pipe);
    until("the end of the get", PATIENCE, || match getting.try_wait().unwrap() {
        Some(status) if status.success() => Ok(()),
        other => Err(other),
    });
}

#[test]
fn one_file_of_a_folder_goes_to_a_pipe_and_a_folder_does_not() {
    let pool = Pool::new();
    let photos = pool.random_folder("photos", 5, 100_000, 1);
    let holder = pool.peer("holder").with_folder(&photos).start();
    holder.item("photos", |item| item.seeds == 1);
    let reader = pool.peer("reader").start();
    let whole = reader.run(["get", "photos", "-o", "-"]);
    assert_eq!(whole.code, Some(2), "{}", whole.stderr);
    assert!(whole.stderr.contains("is a folder"), "{}", whole.stderr);
    let several = reader.run(["get", "photos", "other", "-o", "-"]);
    assert_eq!(several.code, Some(2), "{}", several.stderr);
}

#[test]
fn what_was_fetched_is_copied_to_where_it_is_wanted_and_replaces_nothing() {
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", 300_000, 1);
    let holder = pool.peer("holder").with(&film).start();
    holder.item("film.mkv", |item| item.seeds == 1);
    let reader = pool.peer("reader").start();
    let elsewhere = pool.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let to = elsewhere.to_str().unwrap();
    let got = reader.run(["get", "film.mkv", "--to", to]);
    assert_eq!(got.code, Some(0), "{}", got.stderr);
    film.assert_equal(&elsewhere.join("film.mkv"));
    let again = reader.run(["get", "film.mkv", "--to", to]);
    assert_eq!(again.code, Some(9), "{}", again.stderr);
}
