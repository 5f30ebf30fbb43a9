//! Each error as a person meets it: the exit code, and a message that names the thing and says what to do.

#![allow(
    clippy::result_large_err,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod addresses;
mod names;
mod repositories;
mod trackers;

use peerpool_system_tests::Ended;

/// The exit codes of `peerpool --help`.
mod exit {
    pub(crate) const FAILED: i32 = 1;
    pub(crate) const USAGE: i32 = 2;
    pub(crate) const NOT_FOUND: i32 = 4;
    pub(crate) const AMBIGUOUS: i32 = 5;
    pub(crate) const UNREACHABLE: i32 = 6;
    pub(crate) const BUSY: i32 = 7;
    pub(crate) const DISK: i32 = 8;
}

/// Panics unless a command failed with this code and said all of these things on standard error, and nothing on
/// standard output.
fn assert_failed(ended: &Ended, code: i32, says: &[&str]) {
    assert_eq!(ended.code, Some(code), "standard error: {}", ended.stderr);
    for text in says {
        assert!(ended.stderr.contains(text), "`{text}` is not said in: {}", ended.stderr);
    }
    assert!(ended.stdout.is_empty(), "standard output is for results: {:?}", ended.stdout);
}
