//! Groups, rules, who changed them, and who fetched what.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    thread,
    time::{Duration, Instant},
};

use peerpool_api::Client;
use peerpool_cli::shell::complete::{Names, candidates};

use crate::{
    listing::peer,
    world::{Device, Tracker, each},
};

#[test]
fn a_group_has_its_members_for_a_time() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let member = Device::joined(&admin.says(&["invite"]), "Bình", "laptop");
    admin.says(&["groups", "add", "film / club"]);
    admin.says(&["groups", "enter", "film / club", "Bình", "--for", "30d"]);
    let table = member.says(&["groups"]);
    assert!(table.contains("film / club") && table.contains("Bình"), "{table}");
    assert_eq!(each(&member.json(&["members"]), "groups")[1][0], "film / club");
    assert!(member.json(&["groups"])[0]["members"][0]["until"].is_u64());
    admin.says(&["groups", "leave", "film / club", "Bình"]);
    assert_eq!(member.json(&["groups"])[0]["members"].as_array().unwrap().len(), 0);
    assert_eq!(member.fails(&["groups", "remove", "film / club"]).0, 1);
    admin.says(&["groups", "remove", "film / club"]);
    assert_eq!(admin.fails(&["groups", "enter", "film / club", "An"]).0, 4);
}

#[test]
fn a_rule_about_an_item_takes_it_from_all_whom_it_does_not_name_until_it_is_taken_out() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let member = Device::joined(&admin.says(&["invite"]), "Bình", "laptop");
    let reader = Device::joined(&admin.says(&["invite", "--role", "reader"]), "Chi", "laptop");
    let _peer = peer(&admin, "an", "film.mkv", &tracker.at("127.0.0.1"));
    admin.says(&["update", "--repository", admin.home.path().join("repository").to_str().unwrap()]);
    let may = |device: &Device, who: &[&str]| {
        let why = device.json(&[&["access", "why", "Film"], who].concat());
        ["see", "get", "give"].map(|right| why["allowed"][right].as_bool().unwrap())
    };
    assert_eq!(may(&reader, &[]), [true, true, false]);
    assert_eq!(may(&member, &[]), [true, true, true]);

    admin.says(&["access", "allow", "get", "member:Chi", "film.mkv", "--for", "1h"]);
    assert_eq!(may(&reader, &[]), [true, true, false]);
    assert_eq!(may(&admin, &["Bình"]), [false, false, false]);
    assert_eq!(may(&admin, &["An"]), [true, true, true]);
    let why = admin.says(&["access", "why", "film.mkv", "Chi"]);
    assert!(why.starts_with("Chi may see, get film.mkv"), "{why}");
    assert!(why.contains("those about this item") && why.contains("member:Chi"), "{why}");
    let why = admin.says(&["access", "why", "film.mkv", "Bình"]);
    assert!(why.contains("may neither see nor get nor give"), "{why}");

    let rules = admin.json(&["access", "show", "film.mkv"]);
    assert_eq!(each(&rules, "subject"), ["member:Chi"]);
    let table = admin.says(&["access", "show"]);
    assert!(table.contains("everything") && table.contains("film.mkv@"), "{table}");
    admin.says(&["access", "deny", &rules[0]["id"].to_string()]);
    assert_eq!(may(&member, &[]), [true, true, true]);

    admin.says(&["access", "allow", "see", "role:guest", "--names", "film*"]);
    assert_eq!(may(&admin, &["Bình"]), [false, false, false]);
    // A rule is about one thing, and one thing alone.
    for about in [&[][..], &["film.mkv", "--everything"], &["--names", "*", "--everything"]] {
        let (code, _) = admin.fails(&[&["access", "allow", "see", "role:guest"], about].concat());
        assert_eq!(code, 2, "{about:?}");
    }
    assert_eq!(admin.fails(&["access", "show", "no such film"]).0, 4);
    assert_eq!(admin.fails(&["access", "deny", "4000000"]).0, 4);
}

#[tokio::test]
async fn the_tab_key_offers_no_name_that_somebody_may_not_see() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let reader = Device::joined(&admin.says(&["invite", "--role", "reader"]), "Chi", "laptop");
    let at = tracker.at("127.0.0.1");
    let shared = admin.home.path().join("repository");
    fs::create_dir_all(&shared).unwrap();
    fs::write(shared.join("film two.mkv"), "two").unwrap();
    let _admins = peer(&admin, "an", "film one.mkv", &at);
    admin.says(&["update", "--repository", shared.to_str().unwrap()]);
    let _readers = peer(&reader, "chi", "own.txt", &at);
    let client = Client::connect(&reader.home.path().join("repository")).await.unwrap();
    let mut names = Names::default();
    let mut offered = async || {
        names.refresh(&client).await;
        ["get film", "search film", "list "].map(|typed| {
            let (_, pairs) = candidates(typed, &names);
            let films = pairs.into_iter().map(|pair| pair.display).filter(|name| name.starts_with("film"));
            films.collect::<Vec<_>>()
        })
    };
    let (one, both) =
        (vec!["film one.mkv".to_owned()], vec!["film one.mkv".to_owned(), "film two.mkv".into()]);
    assert_eq!(offered().await, [&both; 3].map(Clone::clone));
    admin.says(&["access", "allow", "see", "member:An", "film two.mkv"]);
    assert_eq!(offered().await, [&one; 3].map(Clone::clone));
    let rules = admin.json(&["access", "show", "film two.mkv"]);
    admin.says(&["access", "deny", &rules[0]["id"].to_string()]);
    assert_eq!(offered().await, [&both; 3].map(Clone::clone));
}

#[test]
fn stock_clients_are_let_in_by_who_decides_and_called_weaker() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let member = Device::joined(&admin.says(&["invite"]), "Bình", "laptop");
    let _peer = peer(&admin, "an", "film.mkv", &tracker.at("127.0.0.1"));
    admin.says(&["update", "--repository", admin.home.path().join("repository").to_str().unwrap()]);
    let file = member.home.path().join("film.torrent");
    let torrent = ["access", "stock", "film.mkv", "--torrent", file.to_str().unwrap()];
    assert_eq!(admin.json(&["access", "stock", "film.mkv"])["allowed"], false);
    assert_eq!(member.fails(&torrent).0, 2);
    assert_eq!(member.fails(&["access", "stock", "film.mkv", "on"]).0, 1);

    assert!(admin.says(&["access", "stock", "film.mkv", "on"]).contains("not encrypted"));
    let made = member.json(&torrent);
    let written = fs::read(&file).unwrap();
    let url = format!("{}/announce/", tracker.at("127.0.0.1"));
    assert!(String::from_utf8_lossy(&written).contains(&url), "its announce URL leads there");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(member.fails(&torrent).0, 9, "it replaces nothing");
    let shown = admin.says(&["access", "stock", "film.mkv"]);
    assert!(shown.contains("weaker") && shown.contains("Bình"), "{shown}");
    admin.says(&["access", "revoke", made["id"].as_str().unwrap()]);
    let left = member.json(&["access", "stock", "film.mkv"]);
    assert_eq!((left["allowed"].as_bool(), left["keys"].as_array().unwrap().len()), (Some(true), 0));
    assert_eq!(admin.fails(&["access", "revoke", made["id"].as_str().unwrap()]).0, 4);
    let audit = admin.says(&["audit"]);
    assert!(audit.contains("stock allowed") && audit.contains("announce key ended"), "{audit}");
}

#[test]
fn the_audit_says_who_changed_what_to_administrators() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let member = Device::joined(&admin.says(&["invite"]), "=Bình", "laptop");
    admin.says(&["members", "suspend", "=Bình"]);
    admin.says(&["members", "activate", "=Bình"]);
    let audit = admin.json(&["audit", "-n", "2"]);
    assert_eq!(each(&audit, "action"), ["member_resumed", "member_suspended"]);
    assert_eq!(each(&audit, "actor"), ["An", "An"]);
    let table = admin.says(&["audit"]);
    assert!(table.contains("member suspended") && table.contains("=Bình"), "{table}");
    let csv = admin.says(&["audit", "--csv"]);
    assert!(csv.starts_with("seq,at,actor,action,target,detail\n"), "{csv}");
    assert!(csv.contains("\"member_suspended\",\"'=Bình\""), "{csv}");
    assert_eq!(member.fails(&["audit"]).0, 1);
}

#[test]
fn the_audit_says_who_fetched_what_from_whom_to_administrators() {
    let tracker = Tracker::start();
    let at = tracker.at("127.0.0.1");
    let admin = Device::joined(&tracker.first, "An", "desk");
    let member = Device::joined(&admin.says(&["invite"]), "=Bình", "laptop");
    assert_eq!(admin.says(&["audit", "--transfers"]), "nothing has been fetched yet");
    assert_eq!(member.fails(&["audit", "--transfers"]).0, 1);
    let _peer = peer(&admin, "an", "film.mkv", &at);
    admin.says(&["update", "--repository", admin.home.path().join("repository").to_str().unwrap()]);
    let into = member.home.path().join("repository");
    fs::create_dir(&into).unwrap();
    member.says(&["get", "film.mkv", "--repository", into.to_str().unwrap(), "--tracker", &at]);
    // A peer tells at its end, which nobody waits for.
    let begun = Instant::now();
    let told = loop {
        let told = admin.json(&["audit", "--transfers", "-n", "1"]);
        if told[0]["taken"] == 8 {
            break told;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{told}");
        thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(["name", "giver", "taker"].map(|field| &told[0][field]), ["film.mkv", "An", "=Bình"]);
    let table = admin.says(&["audit", "--transfers"]);
    assert!(table.starts_with("WHEN ") && table.contains("film.mkv@"), "{table}");
    let csv = admin.says(&["audit", "--transfers", "--csv"]);
    assert!(csv.starts_with("seq,day,last,item,name,giver,taker,stock,given,taken\n"), "{csv}");
    assert!(csv.contains(",\"film.mkv\",\"An\",\"'=Bình\",\"\","), "{csv}");
}
