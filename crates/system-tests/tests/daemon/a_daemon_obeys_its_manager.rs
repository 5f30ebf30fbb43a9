//! Readiness, the watchdog, and the end.

use std::time::{Duration, Instant};

use peerpool_system_tests::{Pool, Signal};

use super::{Manager, PATIENCE, daemon, is_connected, until_status};

/// How long an end may take.
const TEN_SECONDS: Duration = Duration::from_secs(10);

#[test]
fn a_tracker_says_when_it_serves_and_when_it_ends() {
    let pool = Pool::new();
    let data = pool.path("data");
    let listen = ["tracker", "--daemon", "--no-discovery", "--listen", "127.0.0.1:0"];
    let (tracker, manager) =
        daemon(&pool, "tracker", &[&listen[..], &["--data", data.to_str().unwrap()]].concat());
    let begun = Instant::now();
    tracker.signal(Signal::TERM);
    manager.hear("STOPPING=1");
    let ended = tracker.end(TEN_SECONDS);
    assert!(begun.elapsed() < TEN_SECONDS);
    assert_eq!((ended.code, ended.stdout), (Some(0), Vec::new()), "a daemon says nothing on standard output");
}

#[test]
fn a_peer_says_when_it_serves_and_what_it_does() {
    let pool = Pool::new();
    let film = pool.random_file("film.bin", 100_000, 1);
    let holder = pool.peer("holder").with(&film);
    let (repository, tracker) = (holder.repository().to_owned(), pool.tracker().to_string());
    let args =
        ["peer", "--daemon", "--listen", "127.0.0.1:0", "--repository", &repository, "--tracker", &tracker];
    let manager = Manager::listen(&pool.path("logs"), "holder.notify");
    let mut command = pool.command(args);
    // It is told twice in this time that the peer lives.
    manager.manage(&mut command, Some(Duration::from_secs(1)));
    let peer = pool.spawn("holder", command);
    let status = "STATUS=sharing 1 item of 1 repository, 1 connected to a tracker";
    manager.hear_each(&["READY=1", "WATCHDOG=1", status]);
    manager.hear("WATCHDOG=1");
    peer.signal(Signal::TERM);
    manager.hear("STOPPING=1");
    assert_eq!(peer.end(TEN_SECONDS).code, Some(0));
}

#[test]
fn a_daemon_that_hangs_is_not_said_to_live() {
    let pool = Pool::new();
    let data = pool.path("data");
    let manager = Manager::listen(&pool.path("logs"), "tracker.notify");
    let args = [
        "tracker",
        "--daemon",
        "--no-discovery",
        "--listen",
        "127.0.0.1:0",
        "--data",
        data.to_str().unwrap(),
    ];
    let mut command = pool.command(args);
    manager.manage(&mut command, Some(Duration::from_millis(200)));
    let tracker = pool.spawn("tracker", command);
    manager.hear("WATCHDOG=1");
    tracker.freeze();
    manager.hears_nothing_for(Duration::from_secs(1));
    tracker.thaw();
    manager.hear("WATCHDOG=1");
}

#[test]
fn a_daemon_waits_for_no_tracker() {
    let pool = Pool::new();
    let (repository, tracker) = (pool.path("alone"), pool.tracker().to_string());
    let repository = repository.to_str().unwrap();
    assert_eq!(pool.end_tracker().code, Some(0));
    let args =
        ["peer", "--daemon", "--listen", "127.0.0.1:0", "--repository", repository, "--tracker", &tracker];
    let (peer, _manager) = daemon(&pool, "alone", &args);
    pool.restart_tracker();
    until_status(&pool, repository, "connected", is_connected);
    assert_eq!(peer.terminate().code, Some(0));
}

#[test]
fn logs_are_json_for_machines() {
    let pool = Pool::new();
    let data = pool.path("data");
    let args = [
        "tracker",
        "--daemon",
        "--log-format",
        "json",
        "--no-discovery",
        "--listen",
        "127.0.0.1:0",
        "--data",
        data.to_str().unwrap(),
    ];
    let (tracker, _manager) = daemon(&pool, "tracker", &args);
    tracker.signal(Signal::TERM);
    let ended = tracker.end(PATIENCE);
    let lines: Vec<serde_json::Value> =
        ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["fields"]["message"] == "the tracker listens"), "{}", ended.stderr);
}

#[test]
fn logs_have_priorities_in_the_journal() {
    let pool = Pool::new();
    let data = pool.path("data");
    let args = [
        "tracker",
        "--daemon",
        "--no-discovery",
        "--listen",
        "127.0.0.1:0",
        "--data",
        data.to_str().unwrap(),
    ];
    let manager = Manager::listen(&pool.path("logs"), "tracker.notify");
    let command = pool.command(args);
    let mut shell = std::process::Command::new("sh");
    pool.surround(&mut shell);
    manager.manage(&mut shell, None);
    // What systemd says of the place that standard error leads to (systemd.exec(5)).
    let script = "JOURNAL_STREAM=$(stat -L -c %d:%i /dev/fd/2) exec \"$0\" \"$@\"";
    shell.arg("-c").arg(script).arg(command.get_program()).args(command.get_args());
    let tracker = pool.spawn("tracker", shell);
    manager.hear("READY=1");
    let ended = tracker.terminate();
    let line = ended.stderr.lines().find(|line| line.contains("the tracker listens")).unwrap();
    assert!(line.starts_with("<6>peerpool_tracker"), "{line}");
}
