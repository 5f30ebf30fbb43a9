//! `peerpool config`.

use peerpool_system_tests::Pool;

use super::configure;

#[test]
fn check_says_the_line_and_the_reason() {
    let pool = Pool::new();
    let file = configure(&pool, "name = 'x'\n\n[log]\nlevel = 7\n");
    let checked = pool.run(["config", "check"]);
    assert_eq!(checked.code, Some(2));
    assert!(checked.stderr.contains(&format!("{}, line 4: ", file.display())), "{}", checked.stderr);
    configure(&pool, "name = 'x'");
    assert_eq!(pool.run(["config", "check"]).code, Some(0));
}

#[test]
fn show_tells_the_environment_from_the_command_line() {
    let pool = Pool::new();
    configure(&pool, "name = 'x'");
    let mut command = pool.command(["config", "show", "--json", "--listen", "7000"]);
    command.env("PEERPOOL_NAME", "y").env("PEERPOOL_DATA", "/srv/data");
    let shown = pool.spawn("show", command).end(super::PATIENCE);
    let settings: serde_json::Value = serde_json::from_str(&shown.stdout[0]).unwrap();
    let of = |key: &str| settings.as_array().unwrap().iter().find(|one| one["key"] == key).unwrap().clone();
    assert_eq!(of("name")["variable"], "PEERPOOL_NAME");
    assert_eq!(of("listen")["option"], "--listen");
    assert_eq!(of("tracker_server.data")["value"], "/srv/data");
}

#[test]
fn init_writes_a_file_once() {
    let pool = Pool::new();
    let file = pool.path("home/new/config.toml");
    let args = ["config", "init", "--config", file.to_str().unwrap()];
    assert_eq!(pool.run(args).code, Some(0));
    let again = pool.run(args);
    assert_eq!(again.code, Some(9));
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
    assert_eq!(pool.run(["config", "check", "--config", file.to_str().unwrap()]).code, Some(0));
}
