//! Reloads: what can change does, what cannot is named, and a file that is wrong changes nothing.

use peerpool_system_tests::{Pool, Signal};
use serde_json::Value;

use super::{PATIENCE, configure, daemon, is_connected, until, until_status};

fn file(pool: &Pool, name: &str, films: &str, more: &str) -> String {
    let (tracker, home) = (pool.tracker(), pool.path("home"));
    let home = home.display();
    format!(
        "tracker = '{tracker}'\nname = '{name}'\n\n[[repository]]\npath = '{home}/films'\nlisten = '127.0.0.1:{films}'\n{more}"
    )
}

fn reload(pool: &Pool, args: &[&str]) -> Result<Value, String> {
    let ended = pool.run(["reload", "--json"].into_iter().chain(args.iter().copied()));
    match ended.code {
        Some(0) => Ok(serde_json::from_str(&ended.stdout[0]).unwrap()),
        _ => Err(ended.stderr),
    }
}

#[test]
fn a_peer_takes_over_what_can_change_and_names_the_rest() {
    let pool = Pool::new();
    configure(&pool, &file(&pool, "before", "0", ""));
    let (peer, manager) = daemon(&pool, "peer", &["peer", "--daemon"]);
    let films = pool.path("home/films");
    let films = films.to_str().unwrap();
    until_status(&pool, films, "connected", |status| is_connected(status) && status["name"] == "before");

    let music =
        format!("[[repository]]\npath = '{}/music'\n[log]\nlevel = 'debug'", pool.path("home").display());
    configure(&pool, &file(&pool, "after", "1", &music));
    let reloaded = reload(&pool, &["--repository", films]).unwrap();
    let changed = reloaded["changed"].to_string();
    for what in [&format!("name of {films}"), "music came", "log.level"] {
        assert!(changed.contains(what), "{what} is not in {changed}");
    }
    assert_eq!(reloaded["needs_restart"], serde_json::json!([format!("listen of {films}")]));
    manager.hear_that("RELOADING=1", |message| message.starts_with("RELOADING=1\nMONOTONIC_USEC="));
    manager.hear("READY=1");
    let music = pool.path("home/music");
    for repository in [films, music.to_str().unwrap()] {
        until_status(&pool, repository, "named anew", |status| {
            is_connected(status) && status["name"] == "after"
        });
    }
    until("both names in the pool", PATIENCE, || {
        let peers = pool.run(["peers", "--json", "--tracker", &pool.tracker().to_string()]).stdout.concat();
        if peers.matches("\"name\":\"after\"").count() == 2 { Ok(()) } else { Err(peers) }
    });

    configure(&pool, &file(&pool, "after", "1", ""));
    peer.signal(Signal::HUP);
    manager.hear_that("RELOADING=1", |message| message.starts_with("RELOADING=1"));
    manager.hear("READY=1");
    until("the end of the peer that is not wanted any more", PATIENCE, || {
        let end = pool.run(["end", "--repository", music.to_str().unwrap()]);
        if end.stderr.contains("no peer runs in") { Ok(()) } else { Err(end) }
    });
    assert_eq!(peer.terminate().code, Some(0));
}

#[test]
fn a_wrong_file_changes_nothing_and_says_its_line() {
    let pool = Pool::new();
    configure(&pool, &file(&pool, "before", "0", ""));
    let (peer, _manager) = daemon(&pool, "peer", &["peer", "--daemon"]);
    let films = pool.path("home/films");
    let films = films.to_str().unwrap();
    until_status(&pool, films, "connected", is_connected);
    let wrong = configure(&pool, &file(&pool, "after", "0", "colour = 'green'\n"));

    // The command reads another file, so that the refusal is the daemon's.
    let none = pool.path("none.toml");
    std::fs::write(&none, "").unwrap();
    let refused = reload(&pool, &["--config", none.to_str().unwrap(), "--repository", films]).unwrap_err();
    assert!(refused.contains(&format!("{}, line 7: ", wrong.display())), "{refused}");
    let ended = pool.run(["status", "--json", "--config", none.to_str().unwrap(), "--repository", films]);
    assert!(ended.stdout[0].contains("\"name\":\"before\""), "{:?}", ended.stdout);

    peer.signal(Signal::HUP);
    until("the mistake in the log", PATIENCE, || {
        let log = peer.stderr();
        if log.matches("everything stays as it was").count() == 2 { Ok(()) } else { Err(log) }
    });
    assert_eq!(peer.terminate().code, Some(0));
}

#[test]
fn a_tracker_reloads_by_the_socket_in_its_data_folder() {
    let pool = Pool::new();
    let data = pool.path("data");
    let data = data.to_str().unwrap();
    configure(&pool, "[tracker_server]\nname = 'before'\nlisten = '127.0.0.1:0'");
    let (tracker, manager) =
        daemon(&pool, "tracker", &["tracker", "--daemon", "--no-discovery", "--data", data]);
    configure(&pool, "[tracker_server]\nname = 'after'\nlisten = '127.0.0.1:1'");
    let reloaded = reload(&pool, &["--data", data]).unwrap();
    assert_eq!(reloaded["changed"], serde_json::json!(["tracker_server.name"]));
    assert_eq!(reloaded["needs_restart"], serde_json::json!(["tracker_server.listen"]));
    manager.hear("READY=1");
    assert_eq!(tracker.terminate().code, Some(0));
    let refused = reload(&pool, &["--data", data]).unwrap_err();
    assert!(refused.contains("no tracker runs with its data in"), "{refused}");
}

#[test]
fn a_tracker_that_is_alone_is_not_drained() {
    let pool = Pool::new();
    let data = pool.path("data");
    let data = data.to_str().unwrap();
    configure(&pool, "[tracker_server]\nlisten = '127.0.0.1:0'");
    let arguments = ["tracker", "--daemon", "--no-discovery", "--data", data];
    let (tracker, _manager) = daemon(&pool, "tracker", &arguments);
    let refused = pool.run(["tracker", "drain", "--data", data]);
    assert!(refused.stderr.contains("the only one of its pool"), "{}", refused.stderr);
    assert_eq!(tracker.terminate().code, Some(0));
}

#[test]
fn a_peer_that_is_no_daemon_has_nothing_to_reload() {
    let pool = Pool::new();
    let peer = pool.peer("peer").start();
    let refused = peer.run(["reload"]);
    assert!(refused.stderr.contains("--daemon"), "{}", refused.stderr);
    assert_eq!(refused.code, Some(1));
}
