//! Limits of rates in the configuration: of each repository, and what `limit` sets beside them.

use peerpool_system_tests::Pool;
use serde_json::Value;

use super::{configure, daemon, is_connected, until_status};

fn file(pool: &Pool, films: &str) -> String {
    let home = pool.path("home");
    let home = home.display();
    format!(
        "tracker = '{}'\nlisten = '127.0.0.1:0'\n[limits]\nup = '1M'\n\
         [[repository]]\npath = '{home}/films'\n{films}\n[[repository]]\npath = '{home}/music'\n",
        pool.tracker()
    )
}

fn limits(pool: &Pool, args: &[&str], repository: &str) -> Value {
    let ended =
        pool.run(["limit", "--json", "--repository", repository].into_iter().chain(args.iter().copied()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    serde_json::from_str(&ended.stdout[0]).unwrap()
}

#[test]
fn each_repository_has_limits_of_its_own() {
    let pool = Pool::new();
    let own = "[[repository.limits]]\npeer_down = '10Mbit'\n[[repository.limits]]\nbetween = '00:00-00:00'\ndown = '2M'";
    configure(&pool, &file(&pool, own));
    assert_eq!(pool.run(["config", "check"]).code, Some(0));
    let (peers, _manager) = daemon(&pool, "peers", &["peer", "--daemon"]);
    let place = |name: &str| pool.path("home").join(name).to_str().unwrap().to_owned();
    let films = limits(&pool, &[], &place("films"));
    assert_eq!((&films["per_peer_down"], &films["up"]), (&1_250_000.into(), &Value::Null));
    assert_eq!(films["schedules"][0]["down"], 2 << 20);
    assert_eq!(limits(&pool, &[], &place("music"))["up"], 1 << 20);
    // The schedule goes on all day.
    until_status(&pool, &place("films"), "limited", |status| status["limits"]["down"] == 2 << 20);
    assert_eq!(peers.terminate().code, Some(0));
}

#[test]
fn a_reload_puts_other_limits_in_force_and_gives_way_to_those_that_were_set() {
    let pool = Pool::new();
    let films = pool.path("home").join("films").to_str().unwrap().to_owned();
    configure(&pool, &file(&pool, "limits = { down = '2M' }"));
    let (peers, _manager) = daemon(&pool, "peers", &["peer", "--daemon"]);
    until_status(&pool, &films, "connected", is_connected);
    let reload = |text: &str| -> Value {
        configure(&pool, &file(&pool, text));
        let ended = pool.run(["reload", "--json", "--repository", &films]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        serde_json::from_str::<Value>(&ended.stdout[0]).unwrap()["changed"].clone()
    };
    assert_eq!(reload("limits = { down = '3M' }"), serde_json::json!([format!("limits of {films}")]));
    assert_eq!(limits(&pool, &[], &films)["down"], 3 << 20);
    assert_eq!(limits(&pool, &["--up", "5M"], &films)["down"], 3 << 20);
    assert_eq!(reload("limits = { down = '3M' }"), serde_json::json!([]), "what is set stays");
    assert_eq!(limits(&pool, &[], &films)["up"], 5 << 20);
    assert_eq!(peers.terminate().code, Some(0));

    let (peers, _manager) = daemon(&pool, "again", &["peer", "--daemon"]);
    assert_eq!(limits(&pool, &[], &films)["up"], Value::Null, "the configuration goes first");
    let lifted = file(&pool, "").replace("[limits]\nup = '1M'\n", "");
    configure(&pool, &lifted);
    assert_eq!(pool.run(["reload", "--repository", &films]).code, Some(0));
    assert_eq!(limits(&pool, &[], &films)["up"], 5 << 20, "what was set counts where it says nothing");
    assert_eq!(peers.terminate().code, Some(0));
}
