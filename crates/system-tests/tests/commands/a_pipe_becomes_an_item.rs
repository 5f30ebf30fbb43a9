//! `share -` takes what comes from a pipe; `follow` and `priority` are about what runs already.

use std::{io::Write as _, process::Stdio};

use peerpool_system_tests::{PATIENCE, Pool};

#[test]
fn what_comes_from_a_pipe_is_shared_under_its_name() {
    let pool = Pool::new();
    let holder = pool.peer("holder").start();
    let repository = holder.path("");
    let mut command =
        pool.command(["share", "-", "--as", "backup.tar", "--repository", repository.to_str().unwrap()]);
    let mut sharing = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    sharing.stdin.take().unwrap().write_all(&vec![3; 500_000]).unwrap();
    let ended = sharing.wait_with_output().unwrap();
    assert!(ended.status.success());
    assert!(String::from_utf8(ended.stdout).unwrap().starts_with("shared backup.tar "));
    holder.item("backup.tar", |item| item.seeds == 1 && item.size == 500_000);
    let nameless = holder.run(["share", "-"]);
    assert_eq!(nameless.code, Some(2), "{}", nameless.stderr);
}

#[test]
fn a_download_is_followed_from_another_terminal_and_keeps_its_priority() {
    let pool = Pool::new();
    let film = pool.random_file("film.mkv", 400_000, 1);
    let holder = pool.peer("holder").with(&film).start();
    holder.item("film.mkv", |item| item.seeds == 1);
    holder.terminate();
    let reader = pool.peer("reader").start();
    reader.begin_unoffered("film.mkv");
    let high = reader.run(["priority", "high", "film.mkv", "--json"]);
    assert!(high.stdout[0].contains("\"priority\":\"high\""), "{:?}", high.stdout);
    let repository = reader.path("");
    let following =
        pool.spawn("follow", pool.command(["follow", "--repository", repository.to_str().unwrap()]));
    let _holder = pool.peer("film.mkv-again").with(&film).start();
    let ended = following.end(PATIENCE);
    assert_eq!(
        (ended.code, &ended.stdout[..]),
        (Some(0), &["complete film.mkv".to_owned()][..]),
        "{}",
        ended.stderr
    );
    let none = reader.run(["follow"]);
    assert_eq!(none.stdout, ["no download runs"]);
}
