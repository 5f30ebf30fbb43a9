//! Whoever collects the log of a daemon learns why it did not start.

use std::net::TcpListener;

use peerpool_system_tests::{Ended, Pool};
use serde_json::Value;

use super::configure;

/// The message of the last line, which is an error.
fn reason(ended: &Ended) -> String {
    let last = ended.stderr.lines().last().unwrap();
    let line: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{last}: {error}"));
    assert_eq!(line["level"], "ERROR", "{line}");
    line["fields"]["message"].as_str().unwrap().to_owned()
}

#[test]
fn a_port_that_is_taken_is_named() {
    let pool = Pool::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, data) = (socket.local_addr().unwrap().to_string(), pool.path("data"));
    let data = data.to_str().unwrap();
    let args = [
        "tracker",
        "--daemon",
        "--no-discovery",
        "--log-format",
        "json",
        "--listen",
        &address,
        "--data",
        data,
    ];
    let ended = pool.run(args);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(reason(&ended).contains(&address), "{}", ended.stderr);
}

#[test]
fn a_configuration_that_is_wrong_is_named_with_its_line() {
    let pool = Pool::new();
    let file = configure(&pool, "name = 'x'\ncolour = 'green'\n");
    let ended = pool.run(["peer", "--daemon", "--log-format", "json"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(reason(&ended).contains(&format!("{}, line 2: ", file.display())), "{}", ended.stderr);
}
