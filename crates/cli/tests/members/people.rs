//! What lets a member in without its device.

use std::{io::Write as _, process::Stdio};

use crate::world::{Device, Tracker, each};

#[test]
fn a_password_comes_from_a_pipe_and_is_neither_short_nor_shown() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let sets = |password: &str| {
        let mut command = admin.command(["password"]);
        let mut running =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        writeln!(running.stdin.take().unwrap(), "{password}").unwrap();
        running.wait_with_output().unwrap()
    };
    assert_eq!(sets("short").status.code(), Some(2));
    let set = sets("a long enough password");
    let said = String::from_utf8([set.stdout, set.stderr].concat()).unwrap();
    assert!(set.status.success(), "{said}");
    let page = format!("sign in as An at https://{}/", tracker.at("127.0.0.1"));
    assert!(said.contains(&page) && !said.contains("long enough"), "{said}");
    assert_eq!(each(&admin.json(&["audit", "-n", "1"]), "action"), ["password_set"]);
    assert_eq!(admin.fails(&["password", "a long enough password"]).0, 2);
}

#[test]
fn a_way_to_sign_in_is_listed_until_it_is_removed_by_whose_it_is_or_an_administrator() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let invite = admin.json(&["invite"])["link"].as_str().unwrap().to_owned();
    let member = Device::joined(&invite, "Bình", "laptop");
    let set_password = || {
        let mut command = member.command(["password"]);
        let mut running = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        writeln!(running.stdin.take().unwrap(), "a long enough password").unwrap();
        assert!(running.wait().unwrap().success());
    };
    for (remover, of) in [(&member, &[][..]), (&admin, &["--member", "Bình"][..])] {
        set_password();
        let list = [&["sign-ins"], of].concat();
        assert_eq!(remover.json(&list)["password"], true);
        assert!(remover.says(&list).contains("password"));
        remover.says(&[&["sign-ins", "remove", "password"], of].concat());
        let left = remover.json(&list);
        assert_eq!(left["password"], false, "{left}");
        assert!(left["passkeys"].as_array().unwrap().is_empty(), "{left}");
    }
    assert_eq!(admin.fails(&["sign-ins", "remove", "0123456789abcdef"]).0, 4);
    assert_eq!(member.fails(&["sign-ins", "--member", "An"]).0, 1);
}

#[test]
fn a_token_is_listed_until_it_is_ended() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let made = admin.json(&["tokens", "make", "backup", "--for", "30d"]);
    assert!(made["token"].is_string(), "{made}");
    let tokens = admin.json(&["tokens"]);
    assert_eq!(each(&tokens, "name"), ["backup"]);
    assert_eq!(each(&tokens, "scope"), ["read"]);
    let table = admin.says(&["tokens"]);
    assert!(table.contains("backup") && !table.contains(made["token"].as_str().unwrap()), "{table}");
    admin.says(&["tokens", "end", made["id"].as_str().unwrap()]);
    assert_eq!(admin.json(&["tokens"]).as_array().unwrap().len(), 0);
    assert_eq!(admin.fails(&["tokens", "end", "none"]).0, 4);
}
