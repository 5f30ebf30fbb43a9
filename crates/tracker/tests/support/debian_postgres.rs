//! What tests that run a PostgreSQL of Debian's for themselves have in common, whatever it listens on.

use std::{
    env, fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use tempfile::TempDir;

/// The programs of the newest release that Debian's package has put here; none, said on standard output, where it is not
/// installed.
pub(crate) fn tools() -> Option<PathBuf> {
    let releases = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let tools = releases.filter_map(|release| Some(release.ok()?.path().join("bin")));
    let newest = tools.filter(|tools| tools.join("initdb").exists()).max();
    if newest.is_none() {
        assert!(env::var_os("CI").is_none(), "PostgreSQL is not installed: apt-get install postgresql");
        println!("SKIPPED: PostgreSQL is not installed (apt-get install postgresql)");
    }
    newest
}

/// The words before a command that has it run as the server's owner, if that is not the one who runs the test.
pub(crate) fn as_owner() -> &'static [&'static str] {
    match is_root() {
        true => &["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"],
        false => &[],
    }
}

/// A folder whose owner runs the server, which refuses to be root's.
pub(crate) fn own_folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("pg").tempdir().unwrap();
    if is_root() {
        assert!(Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap().success());
    }
    folder
}

/// Ends the server whose data these are at once, without a word to anybody.
pub(crate) fn kill(data: &Path) {
    let pid = fs::read_to_string(data.join("postmaster.pid")).unwrap();
    let pid = pid.lines().next().unwrap();
    let children = Command::new("pgrep").args(["-P", pid]).output().unwrap().stdout;
    let children = String::from_utf8(children).unwrap();
    let all: Vec<&str> = [pid].into_iter().chain(children.lines()).collect();
    // One of its children may have ended by itself.
    let _ = Command::new("kill").arg("-9").args(&all).stderr(Stdio::null()).status().unwrap();
    while all.iter().any(|pid| runs(pid)) {
        thread::yield_now();
    }
}

/// Whether a process has not ended.
fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}
