//! What can be typed at the prompt, and how the Tab key completes it.

use peerpool_cli::shell::{
    command::{ShellCommand, help, parse, words},
    complete::{Names, candidates},
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
