//! Peers and trackers that a service manager runs.

#![allow(
    clippy::result_large_err,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod a_configuration_explains_itself;
mod a_configuration_is_reloaded;
mod a_daemon_obeys_its_manager;
mod a_failed_start_is_logged;
mod a_socket_is_handed_over;
mod an_authority_signs_a_certificate;
mod dashboards_name_what_exists;
mod health_is_told;
mod limits_are_configured;
mod repositories_share_a_process;

use std::{fs, path::PathBuf, time::Duration};

use peerpool_system_tests::{Manager, PATIENCE, Pool, Program, until};
use serde_json::Value;

/// Writes the configuration file of the pool's home, which every command reads.
fn configure(pool: &Pool, text: &str) -> PathBuf {
    let folder = pool.path("home").join("peerpool");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config.toml");
    fs::write(&file, text).unwrap();
    file
}

/// A daemon that says to its manager that it is ready.
fn daemon(pool: &Pool, name: &str, args: &[&str]) -> (Program, Manager) {
    let manager = Manager::listen(&pool.path("logs"), &format!("{name}.notify"));
    let mut command = pool.command(args.iter().copied());
    manager.manage(&mut command, Some(Duration::from_secs(30)));
    let program = pool.spawn(name, command);
    manager.hear("READY=1");
    (program, manager)
}

/// What the peer of a repository says of itself, once it is as wished.
fn until_status(pool: &Pool, repository: &str, what: &str, wish: impl Fn(&Value) -> bool) -> Value {
    until(&format!("{repository}: {what}"), PATIENCE, || {
        let ended = pool.run(["status", "--json", "--repository", repository]);
        let status: Option<Value> = ended.stdout.first().and_then(|line| serde_json::from_str(line).ok());
        status.filter(&wish).ok_or(ended)
    })
}

fn is_connected(status: &Value) -> bool {
    status["tracker"]["state"] == "connected"
}
