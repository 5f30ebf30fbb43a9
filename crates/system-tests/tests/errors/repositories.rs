//! Repositories that cannot be used.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use peerpool_system_tests::{PATIENCE, Pool};

use crate::{assert_failed, exit};

#[test]
fn a_repository_in_use_is_refused_and_its_peer_named() {
    let pool = Pool::new();
    let first = pool.peer("first").start();
    let address = pool.tracker().to_string();
    let repository = first.path("");
    let second =
        pool.run(["peer", "--no-shell", "--tracker", &address, "--repository", repository.to_str().unwrap()]);
    assert_failed(&second, exit::BUSY, &["first", &first.pid().to_string()]);
    assert_eq!(first.status().pid, first.pid(), "the first is not disturbed");
}

#[test]
fn a_repository_that_may_not_be_read_is_named() {
    let pool = Pool::new();
    let closed = pool.peer("closed");
    fs::set_permissions(closed.repository(), fs::Permissions::from_mode(0o000)).unwrap();
    let address = pool.tracker().to_string();
    let args = ["peer", "--no-shell", "--tracker", &address, "--repository", closed.repository()];
    let refused = pool.spawn("closed", as_nobody(&pool, pool.command(args))).end(PATIENCE);
    assert_failed(&refused, exit::DISK, &[closed.repository()]);
}

/// Runs a command as a user whom permissions bind, if we are root, whom they do not.
fn as_nobody(pool: &Pool, command: Command) -> Command {
    if !rustix::process::geteuid().is_root() {
        return command;
    }
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(pool.path(""), open).unwrap();
    // The build's folders may be closed to others, so the binary is copied to where it can be reached.
    let binary = pool.path("peerpool");
    fs::copy(command.get_program(), &binary).unwrap();
    let mut nobody = Command::new("setpriv");
    pool.surround(&mut nobody);
    nobody
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(binary)
        .args(command.get_args());
    nobody
}
