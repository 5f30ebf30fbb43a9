//! What a server logged is shown by `log`: of a peer, and of a tracker to whoever is on its machine.

use peerpool_system_tests::Pool;
use serde_json::Value;

/// The lines of a log as JSON, and nothing when it has none of these.
fn log(pool: &Pool, options: &[&str]) -> Vec<Value> {
    let ended = pool.run(["log", "--json"].iter().chain(options).copied());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.stdout.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_tracker_shows_its_last_lines_to_its_own_machine() {
    let pool = Pool::new();
    let tracker = pool.tracker().to_string();
    let lines = log(&pool, &["the tracker listens", "--tracker", &tracker]);
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&line["level"], &line["target"]), (&"INFO".into(), &"peerpool_tracker::tracker".into()));
    assert!(log(&pool, &["--level", "error", "--tracker", &tracker]).is_empty());
    assert!(log(&pool, &["--since", "2999-01-01T00:00", "--tracker", &tracker]).is_empty());
    assert!(!log(&pool, &["--since", "1h", "--tracker", &tracker]).is_empty());
}

#[test]
fn lines_of_a_peer_are_followed_as_they_come() {
    let pool = Pool::new();
    let holder = pool.peer("holder").start();
    let repository = holder.path("");
    let of_it = ["--repository", repository.to_str().unwrap()];
    let mut following =
        pool.spawn("log", pool.command(["log", "-f", "--level", "warn"].into_iter().chain(of_it)));
    std::os::unix::fs::symlink("/etc", repository.join("elsewhere")).unwrap();
    let line = loop {
        let line = following.line("");
        if line.contains("elsewhere") {
            break line;
        }
    };
    assert!(line.contains("  WARN peerpool_peer"), "{line}");
    let [kept] = &log(&pool, &["elsewhere", of_it[0], of_it[1]])[..] else { panic!("it is not kept") };
    assert_eq!(kept["level"], "WARN");
    assert_eq!(following.terminate().code, Some(0));
}
