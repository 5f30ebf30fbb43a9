use std::{fs, os::unix::fs::PermissionsExt, process::Command, time::Duration};

use peerpool_repository::{Scope, Watcher, refresh::Cause};

use crate::support::{Fixture, bytes};

const PATIENCE: Duration = Duration::from_secs(20);
const INSIDE: &str = "PEERPOOL_TEST_FEW_WATCHES";

fn notices(watcher: &Watcher, name: &str) {
    loop {
        match watcher.next_within(PATIENCE) {
            Some(Scope::Names(names)) if names.contains(name) => return,
            Some(Scope::Everything) => return,
            Some(_) => {}
            None => panic!("nothing of {name} was noticed"),
        }
    }
}

/// Runs this test again in a user namespace in which only so many folders may be watched.
fn with_few_watches(test: &str, watches: usize) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let script = format!("echo {watches} > /proc/sys/user/max_inotify_watches && exec \"$@\"");
    let test = format!("unwatched_folders_are_reported::{test}");
    let run = Command::new("unshare")
        .args(["-Ur", "sh", "-c", &script, "few"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &test, "--nocapture"])
        .env(INSIDE, "1")
        .output();
    match run {
        Ok(output) if output.status.success() => {}
        Ok(output) if String::from_utf8_lossy(&output.stdout).contains("running 1 test") => {
            panic!("{}", String::from_utf8_lossy(&output.stderr));
        }
        _ => eprintln!("skipped: no user namespace to be had"),
    }
    false
}

#[test]
fn folders_beyond_the_systems_limit_are_reported_and_the_others_watched() {
    if !with_few_watches("folders_beyond_the_systems_limit_are_reported_and_the_others_watched", 6) {
        return;
    }
    let fixture = Fixture::new();
    for nth in 0..30 {
        fixture.file(&format!("set{nth}/file"), &bytes(10, 1));
    }
    let watcher = fixture.repository.watch().unwrap();
    let unwatched = watcher.unwatched();
    assert!(unwatched.len() > 10 && unwatched.len() <= 30, "{}", unwatched.len());
    let Cause::Unwatched(reason) = &unwatched[0].cause else { panic!("{unwatched:?}") };
    assert!(reason.contains("max_user_watches"), "{reason}");
    fixture.file("new", &bytes(10, 1));
    notices(&watcher, "new");
}

#[test]
fn a_closed_folder_hides_nothing_else_and_is_watched_when_it_is_opened() {
    let fixture = Fixture::new();
    fixture.file("closed/file", &bytes(10, 1));
    fixture.file("open/file", &bytes(10, 1));
    let closed = fixture.path("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let may_read_all = fs::read_dir(&closed).is_ok();
    let watcher = fixture.repository.watch().unwrap();
    if may_read_all {
        eprintln!("in part: this user may read everything");
    } else {
        assert_eq!(watcher.unwatched()[0].item, "closed");
    }
    fixture.file("open/new", &bytes(10, 1));
    notices(&watcher, "open");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    notices(&watcher, "closed");
    fixture.file("closed/new", &bytes(10, 1));
    notices(&watcher, "closed");
    assert!(watcher.unwatched().is_empty());
}

#[test]
fn a_folder_moved_within_the_repository_is_watched_at_its_new_place() {
    let fixture = Fixture::new();
    fixture.file("before/inner/file", &bytes(10, 1));
    let watcher = fixture.repository.watch().unwrap();
    fs::rename(fixture.path("before"), fixture.path("after")).unwrap();
    notices(&watcher, "after");
    fixture.file("after/inner/new", &bytes(10, 1));
    notices(&watcher, "after");
}
