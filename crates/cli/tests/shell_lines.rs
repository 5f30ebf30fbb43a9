//! What can be typed at the prompt, and how the Tab key completes it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use clap::Parser as _;

use peerpool_cli::{
    args::{Cli, Command, PriorityArg},
    shell::{
        command::{ShellCommand, help, parse, words},
        complete::{Names, candidates},
    },
};

fn command(line: &str) -> ShellCommand {
    let parsed = parse(line);
    assert!(matches!(parsed, Ok(Some(_))), "{line}: {parsed:?}");
    parsed.ok().flatten().unwrap_or(ShellCommand::Help)
}

#[test]
fn the_commands_of_the_original_system_are_understood() {
    assert_eq!(command("start"), ShellCommand::Start(None));
    assert_eq!(command("update"), ShellCommand::Update);
    assert_eq!(command("request_and_download a.bin"), ShellCommand::Get("a.bin".to_owned()));
    assert_eq!(command("request a.bin"), ShellCommand::Get("a.bin".to_owned()));
    assert_eq!(command("get a.bin"), ShellCommand::Get("a.bin".to_owned()));
    assert_eq!(command("stop"), ShellCommand::Stop(None));
    assert_eq!(command("end"), ShellCommand::End);
}

#[test]
fn a_name_may_have_blanks_and_quotes_around_it() {
    assert_eq!(command("get  Hà Nội mùa thu.mkv "), ShellCommand::Get("Hà Nội mùa thu.mkv".to_owned()));
    assert_eq!(command("get 'two words'"), ShellCommand::Get("two words".to_owned()));
    assert_eq!(command("get \"it's\""), ShellCommand::Get("it's".to_owned()));
    assert_eq!(command("get '"), ShellCommand::Get("'".to_owned()), "one quote is a name");
}

#[test]
fn an_unknown_line_is_answered_with_a_complaint() {
    assert_eq!(parse("   "), Ok(None));
    assert!(parse("fetch x").is_err_and(|complaint| complaint.contains("`fetch`")));
    assert!(parse("get").is_err_and(|complaint| complaint.contains("get NAME")));
    assert!(parse("verbose maybe").is_err());
}

#[test]
fn help_tells_of_every_command() {
    let help = help();
    for word in words() {
        assert!(help.contains(word), "{word}");
    }
}

#[test]
fn words_behind_a_command_that_takes_none_are_not_passed_over() {
    assert_eq!(parse("status now"), Err("nothing follows `status`".to_owned()));
    assert_eq!(parse("list film"), Ok(Some(ShellCommand::Search("film".to_owned()))));
}

fn completed(typed: &str) -> (usize, Vec<String>) {
    let names = Names {
        items: vec!["Film one.mkv".to_owned(), "film two.mkv".to_owned(), "\u{1b}[2Jfilm".to_owned()],
        shared: vec!["Film one.mkv".to_owned()],
        downloads: vec!["film two.mkv".to_owned()],
    };
    let (begin, pairs) = candidates(typed, &names);
    (begin, pairs.into_iter().map(|pair| pair.replacement).collect())
}

#[test]
fn a_command_is_completed_with_a_blank_behind_it() {
    assert_eq!(completed("upd"), (0, vec!["update ".to_owned()]));
    assert_eq!(completed("requ").1, ["request_and_download ", "request "]);
}

#[test]
fn a_name_is_completed_whatever_its_case_and_blanks() {
    assert_eq!(completed("get fi"), (4, vec!["Film\\ one.mkv".to_owned(), "film\\ two.mkv".to_owned()]));
    assert_eq!(completed("get Film o"), (4, vec!["Film\\ one.mkv".to_owned()]));
    assert_eq!(completed("resume "), (7, vec!["film\\ two.mkv".to_owned()]));
    assert_eq!(completed("unshare ").1, ["Film\\ one.mkv"]);
    assert_eq!(completed("verbose o").1, ["on", "off"]);
}

#[test]
fn a_name_that_a_terminal_would_obey_is_not_offered() {
    assert!(completed("get \u{1b}").1.is_empty());
}

fn on_the_command_line(line: &str) -> Command {
    let words = ["peerpool"].into_iter().chain(line.split_whitespace());
    Cli::try_parse_from(words).unwrap().command
}

#[test]
fn a_limit_in_the_shell_is_read_as_on_the_command_line() {
    for line in
        ["limit", "limit --up 2M --item-down 10Mbit --between 08:00-18:00 --days mon,fri", "limit --off"]
    {
        let Command::Limit(same) = on_the_command_line(line) else { panic!("it is `limit`") };
        assert_eq!(command(line), ShellCommand::Limit(same.change));
    }
    assert!(parse("limit --up fast").is_err_and(|complaint| complaint.contains("`fast` is not a rate")));
    assert!(parse("limit --repository x").is_err(), "it is always this peer's");
    assert!(parse("limit --help").is_err_and(|help| help.contains("All that is fetched")));
}

#[test]
fn a_log_in_the_shell_is_read_as_on_the_command_line() {
    for line in ["log", "log no space --level warn --since 2026-01-31T08:00 -n 5", "log -f"] {
        let Command::Log(same) = on_the_command_line(line) else { panic!("it is `log`") };
        assert_eq!(command(line), ShellCommand::Log(same.lines));
    }
    let ShellCommand::Log(quoted) = command("log 'no  space' left") else { panic!("it is `log`") };
    assert_eq!(quoted.text, ["no  space", "left"]);
}

#[test]
fn a_priority_in_the_shell_is_of_one_name_whatever_its_blanks() {
    let high = |name: &str| ShellCommand::Priority(PriorityArg::High, name.to_owned());
    assert_eq!(command("priority high film two.mkv"), high("film two.mkv"));
    assert_eq!(command("priority  HIGH  'film two.mkv'"), high("film two.mkv"));
    for wrong in ["priority", "priority high", "priority film", "priority highest film"] {
        assert!(parse(wrong).is_err_and(|complaint| complaint.contains("low|normal|high|first")), "{wrong}");
    }
}

#[test]
fn options_and_their_values_are_completed() {
    assert_eq!(completed("limit --be"), (6, vec!["--between ".to_owned()]));
    assert_eq!(completed("limit --up 2M --do"), (14, vec!["--down ".to_owned()]));
    assert_eq!(completed("log --level w"), (12, vec!["warn ".to_owned()]));
    assert_eq!(completed("log --level ").1.len(), 5);
    assert_eq!(completed("log no sp"), (7, Vec::new()));
    assert_eq!(completed("priority h"), (9, vec!["high ".to_owned()]));
    assert_eq!(completed("priority high fi"), (14, vec!["film\\ two.mkv".to_owned()]));
}
