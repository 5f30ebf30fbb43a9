//! What is not shared, and why: in `status`, in the log once, and by a command.

use std::{fs, os::unix::fs::symlink};

use peerpool_system_tests::Pool;
use serde_json::Value;

#[test]
fn a_link_that_is_left_out_is_in_status_in_the_log_and_in_problems() {
    let pool = Pool::new();
    let builder = pool.peer("sharer");
    let folder = pool.path("sharer").join("album");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("song.mp3"), "music").unwrap();
    symlink("/etc/hostname", folder.join("link")).unwrap();
    let sharer = builder.start();
    sharer.item("album", |item| item.seeds == 1);

    let status: Value = serde_json::from_str(&sharer.run(["status", "--json"]).stdout[0]).unwrap();
    assert_eq!(status["problems"][0]["code"], "left_out", "{status}");
    assert_eq!(status["problems"][0]["path"], "album/link", "{status}");
    assert!(sharer.run(["status"]).stdout.iter().any(|line| line.contains("album/link is left out")));
    assert!(sharer.run(["problems"]).stdout[0].contains("album/link is left out"));
    for _ in 0..3 {
        sharer.run(["update"]);
    }
    let log = sharer.terminate().stderr;
    assert_eq!(log.matches("album/link").count(), 1, "{log}");
}
