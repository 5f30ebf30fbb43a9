//! `peerpool join`, as far as it gets without a tracker: where the invite comes from, and how it fails.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::{
    fs,
    io::Write as _,
    net::TcpListener,
    process::{Command, Output, Stdio},
};

use peerpool_access::{Code, Invite, key::SecretKey};
use tempfile::TempDir;

/// An invite whose tracker answers nobody.
fn invite() -> String {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let root = SecretKey::from_seed(&[1; 32]).unwrap().public();
    Invite { tracker: nobody.to_string(), root, code: Code([2; 16]) }.to_string()
}

/// Runs `peerpool join` with these arguments, environment and standard input.
fn join(home: &TempDir, args: &[&str], invite: Option<&str>, typed: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_peerpool"));
    command.env_clear().env("HOME", home.path()).env("XDG_DATA_HOME", home.path()).env("USER", "an");
    command.envs(invite.map(|invite| ("PEERPOOL_INVITE", invite))).arg("join").args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    // It may have ended without reading.
    let _ = running.stdin.take().unwrap().write_all(typed.as_bytes());
    running.wait_with_output().unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn an_invite_is_taken_from_a_file_the_environment_or_a_pipe() {
    let home = tempfile::tempdir().unwrap();
    let (invite, file) = (invite(), home.path().join("invite"));
    fs::write(&file, format!("{invite}\n")).unwrap();
    for output in [
        join(&home, &["--file", file.to_str().unwrap()], None, ""),
        join(&home, &[], Some(&invite), ""),
        join(&home, &[], None, &format!("{invite}\n")),
    ] {
        let complaint = complaint(&output);
        assert_eq!(output.status.code(), Some(6), "{complaint}");
        assert!(complaint.contains("cannot reach the tracker at http://127.0.0.1:"), "{complaint}");
    }
}

#[test]
fn an_invite_as_an_argument_is_refused_and_not_repeated() {
    let (home, invite) = (tempfile::tempdir().unwrap(), invite());
    for args in [&[invite.as_str()][..], &["--file", &invite]] {
        let output = join(&home, args, None, "");
        let complaint = complaint(&output);
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains("every user of this machine sees the arguments"), "{complaint}");
        assert!(!complaint.contains(invite.rsplit('.').next().unwrap()), "{complaint}");
    }
    let output = join(&home, &["pool"], Some(&invite), "");
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("nothing is called `pool`"));
}

#[test]
fn what_is_no_invite_is_told_of_and_not_repeated() {
    let home = tempfile::tempdir().unwrap();
    let cut_off = invite().rsplit_once('.').unwrap().0.to_owned();
    for text in ["", "secret words", &cut_off] {
        let output = join(&home, &[], None, text);
        let complaint = complaint(&output);
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains("copy the whole link"), "{complaint}");
        assert!(text.is_empty() || !complaint.contains(text), "{complaint}");
    }
    let output = join(&home, &["--file", "missing"], None, "");
    assert_eq!(output.status.code(), Some(4), "{}", complaint(&output));
}

#[test]
fn whoever_has_joined_no_pool_is_told_to() {
    let home = tempfile::tempdir().unwrap();
    for (args, what, code) in
        [(&["members"][..], "a pool", 2), (&["devices", "--tracker", "127.0.0.1:9"], "127.0.0.1:9", 6)]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_peerpool"));
        command.env_clear().env("HOME", home.path()).args(args);
        let output = command.output().unwrap();
        let complaint = complaint(&output);
        assert_eq!(output.status.code(), Some(code), "{complaint}");
        assert!(complaint.contains(what) && complaint.contains("`peerpool join`"), "{complaint}");
    }
}
