//! The commands as a person or a script uses them, several at a time and in bad moments included.

#![allow(
    clippy::result_large_err,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod a_browser_reads_through_a_gateway;
mod a_get_goes_to_a_pipe;
mod a_get_waits;
mod a_name_changes_its_meaning;
mod a_pipe_becomes_an_item;
mod a_pool_is_found_on_the_network;
mod a_search_finds_the_same_everywhere;
mod a_shell_reads_words;
mod every_problem_is_told;
mod history_outlives_the_peer;
mod lists_are_sorted;
mod lost_output_is_a_failure;
mod several_items_at_once;
mod signals_are_heeded;
mod the_log_is_shown;
mod the_same_words_find_the_same_things;
mod two_gets_share_a_repository;

use std::path::Path;

use peerpool_system_tests::{PATIENCE, Pool, Program, until};
use serde_json::Value;

/// A `get` that runs a peer of its own if none runs in the repository.
fn get(pool: &Pool, name: &str, repository: &Path) -> Program {
    let (tracker, repository) = (pool.tracker().to_string(), repository.to_str().unwrap());
    let args = ["get", name, "--repository", repository, "--tracker", &tracker, "--listen", "127.0.0.1:0"];
    pool.spawn(&format!("get-{name}"), pool.command(args))
}

/// What the peer of a repository says of itself; nothing while none runs.
fn status(pool: &Pool, repository: &Path) -> Option<Value> {
    let ended = pool.run(["status", "--json", "--repository", repository.to_str().unwrap()]);
    serde_json::from_str(ended.stdout.first()?).ok()
}

/// Waits until the peer of a repository has so many downloads that are not complete.
fn until_downloads(pool: &Pool, repository: &Path, count: usize) {
    until(&format!("{count} downloads"), PATIENCE, || {
        let status = status(pool, repository);
        let downloads = status.as_ref().and_then(|status| status["downloads"].as_array());
        let active = downloads.map_or(0, |all| all.iter().filter(|one| one["state"] != "complete").count());
        if active == count { Ok(()) } else { Err(status) }
    });
}
