//! What can be written on the command line and in the configuration file.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::path::Path;

use clap::{CommandFactory as _, Parser as _};
use peerpool_cli::{
    args::{Cli, Command, PeerOptions, address},
    config::Config,
    exit::{Exit, Failure},
};

fn parse(line: &str) -> Cli {
    Cli::try_parse_from(line.split_whitespace()).unwrap()
}

#[test]
fn the_command_line_contradicts_itself_nowhere() {
    Cli::command().debug_assert();
}

#[test]
fn the_lines_that_scripts_use_are_understood() {
    for line in [
        "peerpool tracker --listen 127.0.0.1:0 --data /var/lib/peerpool",
        "peerpool peer --repository r --tracker 10.0.0.1:6969 --listen 0.0.0.0:0 --no-shell",
        "peerpool get film.mkv --repository r --tracker 10.0.0.1:6969 --listen 127.0.0.1:0 --stay",
        "peerpool get magnet:?xt=urn:btih:00 --repository r --json",
        "peerpool ls --tracker 10.0.0.1 --json",
        "peerpool ls --long --sort size --reverse -n 5",
        "peerpool search film --columns name,size,seeds",
        "peerpool ls --long --columns name,hash",
        "peerpool --json search two words",
        "peerpool share /data/film.mkv --repository r --torrent film.torrent",
        "peerpool unshare film.mkv",
        "peerpool status -v",
        "peerpool pause",
        "peerpool resume film.mkv",
        "peerpool stop",
        "peerpool stop film.mkv *.iso",
        "peerpool get film.mkv other.mkv *.iso --repository r",
        "peerpool share one two --repository r",
        "peerpool unshare one *.iso",
        "peerpool rm film.mkv --delete-data --yes",
        "peerpool peers",
        "peerpool follow film.mkv",
        "peerpool priority high film.mkv *.iso",
        "peerpool limit --up 2M --item-down 10Mbit --between 08:00-18:00 --days mon,fri",
        "peerpool share - --as backup.tar",
        "peerpool get film.mkv -o - --to /tmp",
        "peerpool history film --sort rate --reverse -n 5 --json",
        "peerpool log",
        "peerpool log no space --follow --level warn --since 10m --json",
        "peerpool log -f -n 20 --tracker 127.0.0.1:6969",
        "peerpool join --file invite --name An --device laptop",
        "peerpool invite",
        "peerpool invite --role reader --group lab --group press --uses 3 --for 12h --tracker 10.0.0.1",
        "peerpool invite --device --json",
        "peerpool invite --list",
        "peerpool invite --withdraw 0123456789abcdef",
        "peerpool members --tracker 10.0.0.1 --json",
        "peerpool members rename An Bình --tracker 10.0.0.1",
        "peerpool members role An admin",
        "peerpool members suspend An",
        "peerpool members activate An",
        "peerpool members remove An",
        "peerpool devices",
        "peerpool devices revoke 0123 --json",
        "peerpool update",
        "peerpool end",
        "peerpool torrent inspect film.torrent --json",
        "peerpool torrent create film.mkv -o film.torrent",
        "peerpool torrent verify film.torrent film.mkv",
        "peerpool demo --size 64M --keep --json",
        "peerpool tracker drain",
        "peerpool tracker drain --data /var/lib/peerpool-tracker --within 5 --json",
        "peerpool completions bash",
        "peerpool man folder",
    ] {
        parse(line);
    }
}

#[test]
fn json_may_stand_before_and_after_the_command() {
    assert!(parse("peerpool --json ls").globals.json);
    assert!(parse("peerpool ls --json").globals.json);
    assert!(!parse("peerpool ls").globals.json);
}

#[test]
fn a_port_alone_listens_on_all_addresses() {
    assert_eq!(address::listen("6881").unwrap(), "[::]:6881".parse().unwrap());
    assert_eq!(address::listen(":0").unwrap(), "[::]:0".parse().unwrap());
    assert_eq!(address::listen("[::]:1").unwrap(), "[::]:1".parse().unwrap());
    assert!(address::listen("66000").is_err());
    assert!(address::listen("localhost:1").is_err());
}

#[test]
fn the_command_line_goes_before_the_configuration_file() {
    let text = "repository = '/from/file'\ntracker = 'file.example'\nlisten = '7000'\n[tracker_server]\nname = 'pool'";
    let config = Config::parse(Path::new("config.toml"), text).unwrap();
    let said = PeerOptions { tracker: "said.example:1".parse().ok(), ..PeerOptions::default() };
    let options = config.complete(said);
    assert_eq!(options.tracker, "said.example:1".parse().ok());
    assert_eq!(options.repository.as_deref(), Some(Path::new("/from/file")));
    assert_eq!(options.listen, "[::]:7000".parse().ok());

    let Command::Tracker(tracker) = parse("peerpool tracker --no-discovery").command else { panic!() };
    assert_eq!(config.complete_tracker(tracker).name.as_deref(), Some("pool"));
}

#[test]
fn a_wrong_configuration_file_is_a_usage_error_that_names_it() {
    for text in ["colour = 'green'", "tracker = ':'", "repository ="] {
        let error = Config::parse(Path::new("/etc/peerpool.toml"), text).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage, "{text}");
        assert!(error.to_string().contains("/etc/peerpool.toml"), "{error}");
    }
}

#[test]
fn help_lists_every_exit_code() {
    let help = Cli::command().render_long_help().to_string();
    for exit in [
        Exit::Failed,
        Exit::Usage,
        Exit::RefusedTorrent,
        Exit::NotFound,
        Exit::Ambiguous,
        Exit::Unreachable,
        Exit::Busy,
        Exit::Disk,
        Exit::Exists,
        Exit::Interrupted,
    ] {
        let number = exit as u8;
        assert!(help.lines().any(|line| line.trim_start().starts_with(&format!("{number}  "))), "{number}");
    }
    assert_eq!(Failure::Interrupted.exit() as u8, 130);
}
