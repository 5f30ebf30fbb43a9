//! The configuration file: what it says, where it is wrong, and who says what.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set up its world has failed")]

use std::{collections::BTreeSet, ffi::OsString, path::Path};

use clap::Parser as _;
use peerpool_api::{Day, LimitRates, Limits};
use peerpool_cli::{
    args::{Cli, Command, ConfigAction, PeerOptions},
    config::{
        Config, TEMPLATE,
        settings::{Setting, Source, Sources},
    },
    exit::Exit,
};

const TWO: &str = "\
tracker = 'all.example'
name = 'all'

[[repository]]
path = '/srv/films'
listen = '7001'

[[repository]]
path = '/srv/music'
name = 'music'
tracker = 'music.example'
";

fn parse(text: &str) -> Config {
    Config::parse(Path::new("/etc/peerpool.toml"), text).unwrap()
}

fn settings(config: &Config, line: &str) -> Vec<Setting> {
    let line: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
    let cli = Cli::try_parse_from(&line).unwrap();
    let Command::Config(args) = &cli.command else { panic!("not a config command") };
    let ConfigAction::Show(show) = &args.action else { panic!("not `show`") };
    Sources::new(config, line).settings(&cli.globals, show)
}

fn of<'a>(settings: &'a [Setting], key: &str) -> (Option<&'a str>, String) {
    let found = settings.iter().find(|setting| setting.key == key);
    let found = found.unwrap_or_else(|| panic!("no {key} in {settings:#?}"));
    (found.value.as_deref(), found.source.to_string())
}

#[test]
fn a_table_of_a_repository_goes_before_the_rest_of_the_file() {
    let config = parse(TWO);
    let peers = config.peers(&PeerOptions::default());
    let [films, music] = peers.as_slice() else { panic!("{peers:?}") };
    assert_eq!(films.repository.as_deref(), Some(Path::new("/srv/films")));
    assert_eq!((films.name.as_deref(), films.listen), (Some("all"), "[::]:7001".parse().ok()));
    assert_eq!((music.name.as_deref(), music.listen), (Some("music"), None));
    assert_eq!(music.tracker, "music.example".parse().ok());
}

#[test]
fn one_of_several_repositories_can_be_named() {
    let named = PeerOptions { repository: Some("/srv/music/.".into()), ..PeerOptions::default() };
    let peers = parse(TWO).peers(&named);
    assert_eq!(peers.len(), 1);
    assert_eq!(peers[0].name.as_deref(), Some("music"));
}

#[test]
fn a_peer_alone_does_not_choose_a_repository() {
    let config = parse(TWO);
    let unnamed = config.complete(PeerOptions::default());
    assert_eq!(config.check_named(&unnamed).unwrap_err().exit(), Exit::Usage);
    assert!(parse("repository = '/srv/films'").check_named(&unnamed).is_ok());
}

#[test]
fn a_mistake_is_told_with_its_line() {
    for (text, line, what) in [
        ("name = 'x'\ncolour = 'green'", 2, "colour"),
        ("\n\ntracker = ':'", 3, ""),
        ("[[repository]]\nname = 'x'", 1, "path"),
        ("repository = 7", 1, "repository"),
        ("[log]\nlevel = 'peer=loud'", 2, "loud"),
        ("[log]\nformat = 'xml'", 2, "xml"),
        (
            "[[repository]]\npath = '/a'\n[[repository]]\npath = '/b/../b'\n[[repository]]\npath = '/a/'",
            6,
            "twice",
        ),
        ("listen = '7000'\n[[repository]]\npath = '/a'\n[[repository]]\npath = '/b'", 1, "one port"),
        (
            "[[repository]]\npath = '/a'\nlisten = '7'\n[[repository]]\npath = '/b'\nlisten = '7'",
            6,
            "another port",
        ),
    ] {
        let error = Config::parse(Path::new("/etc/peerpool.toml"), text).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage, "{text}");
        let (said, place) = (error.to_string(), format!("/etc/peerpool.toml, line {line}:"));
        assert!(said.contains(&place) && said.contains(what), "{text}: {said}");
    }
}

#[test]
fn every_setting_says_where_it_comes_from() {
    let text = "name = 'file'\n\n[log]\nlevel = 'debug'\n[tracker_server]\nhosts = ['a', 'b']";
    let settings =
        settings(&parse(text), "peerpool config show --tracker said.example --log-format json --web 0");
    let at = |line: usize| Source::File { path: "/etc/peerpool.toml".to_owned(), line }.to_string();
    assert_eq!(of(&settings, "name"), (Some("file"), at(1)));
    assert_eq!(of(&settings, "log.level"), (Some("debug"), at(4)));
    assert_eq!(of(&settings, "log.format"), (Some("json"), "--log-format".to_owned()));
    assert_eq!(of(&settings, "tracker").1, "--tracker");
    assert_eq!(of(&settings, "listen"), (Some("[::]:0"), "default".to_owned()));
    assert_eq!(of(&settings, "tracker_server.hosts"), (Some("a, b"), at(6)));
}

#[test]
fn who_vouches_for_a_tracker_and_its_members_is_shown_with_who_says_so() {
    let text = "[tracker_server.oidc]\nissuer = 'https://id.example'\nname = 'Example'\n\
                [tracker_server.acme]\nnames = ['a.example', 'b.example']";
    let line =
        "peerpool config show --oidc-issuer https://other.example --acme-directory https://acme.example";
    let settings = settings(&parse(text), line);
    let of = |key: &str| of(&settings, &format!("tracker_server.{key}"));
    assert_eq!(of("oidc.issuer"), (Some("https://other.example"), "--oidc-issuer".to_owned()));
    assert_eq!(of("oidc.name"), (Some("Example"), "/etc/peerpool.toml:3".to_owned()));
    assert_eq!(of("acme.names"), (Some("a.example, b.example"), "/etc/peerpool.toml:5".to_owned()));
    assert_eq!(of("acme.directory"), (Some("https://acme.example"), "--acme-directory".to_owned()));
}

#[test]
fn what_a_table_leaves_out_comes_from_the_line_above() {
    let settings = settings(&parse(TWO), "peerpool config show");
    assert_eq!(of(&settings, "repository.0.name"), (Some("all"), "/etc/peerpool.toml:2".to_owned()));
    assert_eq!(of(&settings, "repository.1.name"), (Some("music"), "/etc/peerpool.toml:10".to_owned()));
    assert_eq!(of(&settings, "repository.1.path").1, "/etc/peerpool.toml:9");
}

#[test]
fn the_file_that_init_writes_is_understood_and_says_nothing() {
    let config = parse(TEMPLATE);
    assert_eq!(Config { origin: None, ..config }, Config::default());
}

#[test]
fn the_file_that_init_writes_has_every_setting() {
    let uncommented = TEMPLATE.replace("\n#", "\n").replace("\n ", "\n# ");
    let (above, tables) = uncommented.split_once("[[repository]]").unwrap();
    let shown = |text: &str| -> BTreeSet<String> {
        settings(&parse(text), "peerpool config show")
            .into_iter()
            .inspect(|setting| {
                let from_file = matches!(setting.source, Source::File { .. });
                assert!(from_file, "{} is not in the template", setting.key);
            })
            .map(|setting| setting.key)
            .collect()
    };
    assert!(shown(above).contains("tracker_server.hosts"));
    let without_the_path = above.replace("\nrepository =", "\n# repository =");
    assert!(shown(&format!("{without_the_path}[[repository]]{tables}")).contains("repository.0.listen"));
}

#[test]
fn networks_of_a_site_are_shown_with_their_line_and_mistakes_in_them_are_told() {
    let two = "[[site]]\nname = 'here'\nnetworks = ['10.1.0.0/16', '2001:db8:1::/48']\n\n[[site]]\nnetworks = ['10.2.0.0/16']";
    let shown = settings(&parse(two), "peerpool config show");
    let of = |key: &str| shown.iter().find(|setting| setting.key == key).unwrap();
    assert_eq!(of("site.0.networks").value.as_deref(), Some("10.1.0.0/16, 2001:db8:1::/48"));
    assert!(matches!(of("site.1.networks").source, Source::File { line: 6, .. }));
    for (text, told) in [
        (
            "[[site]]\nnetworks = ['10.1/16']",
            "`10.1/16` is not a network: write 10.1.0.0/16, or 2001:db8:1::/48",
        ),
        (
            "[[site]]\nnetworks = ['10.0.0.0/8']\n[[site]]\nnetworks = ['10.1.0.0/16']",
            "10.1.0.0/16 lies in 10.0.0.0/8, which is listed for another site: an address belongs to one site",
        ),
    ] {
        let mistake = Config::parse(Path::new("config.toml"), text).unwrap_err();
        assert!(mistake.to_string().contains(told), "{mistake}");
    }
}

#[test]
fn the_limits_of_a_repository_go_before_those_of_all() {
    let text = format!(
        "[limits]\nup = '10Mbit'\n{}\nlimits = {{ down = '2M', peer_up = 'off' }}",
        TWO.replace("\n\n", "\n")
    );
    let config = parse(&text.replacen("tracker = 'all.example'\nname = 'all'\n", "", 1));
    let peers = config.peers(&PeerOptions::default());
    let rates = |number: usize| peers[number].limits.as_ref().unwrap().rates;
    assert_eq!(rates(0), LimitRates { up: Some(1_250_000), ..LimitRates::default() });
    assert_eq!(rates(1), LimitRates { down: Some(2 << 20), ..LimitRates::default() });
}

#[test]
fn each_part_of_the_day_has_a_table_of_limits() {
    let text = "[[repository]]\npath = '/srv/films'\n\
                [[repository.limits]]\nup = '1M'\n\
                [[repository.limits]]\nbetween = '08:00-18:00'\ndays = ['mon', 'fri']\nup = '500k'\n";
    let config = parse(text);
    let limits = config.complete(PeerOptions::default()).limits.unwrap();
    assert_eq!((limits.rates.up, limits.schedules.len()), (Some(1 << 20), 1));
    let schedule = &limits.schedules[0];
    assert_eq!(
        (schedule.rates.up, schedule.days.as_slice()),
        (Some(500 << 10), [Day::Mon, Day::Fri].as_slice())
    );
    let settings = settings(&config, "peerpool config show");
    let shown = "up 1.0 MiB/s; 08:00-18:00 up 500 KiB/s (mon, fri)";
    assert_eq!(of(&settings, "repository.0.limits"), (Some(shown), "/etc/peerpool.toml:3".to_owned()));
}

#[test]
fn a_mistake_in_limits_is_told_with_its_line() {
    for (text, line, what) in [
        ("[limits]\nup = '1M'\nfast = '2M'", 3, "fast"),
        ("[limits]\ndown = 'fast'", 2, "fast"),
        ("[limits]\ndown = 10", 2, "a rate as in"),
        ("[limits]\nup = '1M'\npeer_up = '10'", 3, "too low"),
        ("[[limits]]\nup = '1M'\n[[limits]]\nup = '2M'", 1, "between"),
        ("[[limits]]\nbetween = '8-18'", 2, "08:00-18:00"),
        ("[limits]\ndays = ['mon']", 1, "between"),
        ("[[repository]]\npath = '/a'\n[repository.limits]\nup = 'x'", 4, "rate"),
    ] {
        let said = Config::parse(Path::new("/etc/peerpool.toml"), text).unwrap_err().to_string();
        assert!(said.contains(&format!("line {line}:")) && said.contains(what), "{text}: {said}");
    }
}

#[test]
fn a_table_of_limits_that_says_nothing_lifts_none() {
    assert_eq!(parse("[limits]").limits, None);
    assert_eq!(parse("[limits]\nup = 'off'").limits, Some(Limits::default()));
}

#[test]
fn where_a_node_is_reached_is_said_by_the_command_line_before_the_file() {
    let config = parse("[tracker_server]\nadvertise = 'one.example'");
    let shown = settings(&config, "peerpool config show");
    assert_eq!(of(&shown, "tracker_server.advertise").0, Some("one.example:6969"));
    let shown = settings(&config, "peerpool config show --advertise two.example:7000");
    let source = Source::Argument { option: "--advertise".to_owned() }.to_string();
    assert_eq!(of(&shown, "tracker_server.advertise"), (Some("two.example:7000"), source));
}

#[test]
fn the_password_of_a_database_is_never_shown() {
    let config =
        parse("[tracker_server]\ndatabase = 'postgres://ann:secret@db1/pool,postgres://ann:secret@db2/pool'");
    let settings = settings(&config, "peerpool config show");
    let shown = "postgres://ann@db1:5432/pool,postgres://ann@db2:5432/pool";
    assert_eq!(of(&settings, "tracker_server.database").0, Some(shown));

    let line = ["peerpool", "tracker", "--database", "postgres://ann:secret@db1:port/pool"];
    let refused = Cli::try_parse_from(line).unwrap_err().to_string();
    assert!(refused.contains("--database") && !refused.contains("secret"), "{refused}");
}
