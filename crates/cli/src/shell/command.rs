//! What can be typed at the prompt.

use clap::ValueEnum as _;

use super::{options, words::argument};
use crate::args::{LimitChange, LogLines, PriorityArg};

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellCommand {
    /// Connect to the tracker.
    Start(Option<String>),
    /// Ask every peer for its newest state.
    Update,
    /// Fetch an item.
    Get(String),
    /// Stop a download, or all.
    Stop(Option<String>),
    /// Leave.
    End,
    /// What the pool has.
    List,
    /// What the pool has by these words.
    Search(String),
    /// What the peer does.
    Status,
    /// What the owner ought to know of.
    Problems,
    /// Transfers that are over, by these words.
    History(Option<String>),
    /// Who is in the pool.
    Peers,
    /// What this peer shares.
    Mine,
    /// Share a file or folder.
    Share(String),
    /// Stop sharing an item.
    Unshare(String),
    /// Pause a download, or all.
    Pause(Option<String>),
    /// Resume a download, or all.
    Resume(Option<String>),
    /// Forget a download.
    Rm(String),
    /// Set how a download counts beside others.
    Priority(PriorityArg, String),
    /// Show or set limits of rates.
    Limit(LimitChange),
    /// What the peer logged of late.
    Log(LogLines),
    /// Open the page.
    Web,
    /// Show single pieces.
    Verbose(bool),
    /// Say what can be typed.
    Help,
}

/// Names of commands, what follows them, and what they do; the first name is the one to show.
const COMMANDS: &[(&[&str], &str, &str)] = &[
    (&["start"], "[HOST:PORT[,HOST:PORT]]", "connect to the tracker, list what the pool has"),
    (&["update"], "", "ask every peer for its state, then list"),
    (&["request_and_download", "request", "get"], "NAME", "fetch an item from all its holders at once"),
    (&["stop"], "[NAME]", "stop a download, or all; what was fetched is kept"),
    (&["end", "exit", "quit"], "", "leave the pool"),
    (&["list", "ls"], "[TEXT]", "list what the pool has, or has by these words"),
    (&["search"], "TEXT", "list items whose name contains these words"),
    (&["status"], "", "show what this peer is doing"),
    (&["problems"], "", "list problems, and what to do about them"),
    (&["history"], "[TEXT]", "list transfers that are over, the latest first"),
    (&["peers"], "", "list the peers of the pool"),
    (&["mine"], "", "list what this peer shares, and what it cannot share"),
    (&["share"], "PATH", "share a file or folder"),
    (&["unshare"], "NAME", "stop sharing an item; its file stays"),
    (&["pause"], "[NAME]", "pause a download, or all"),
    (&["resume"], "[NAME]", "resume a download, or all"),
    (&["rm"], "NAME", "forget a download; a file in the repository stays"),
    (&["priority"], "LEVEL NAME", "set how a download counts beside others: low, normal, high, first"),
    (&["limit"], "[OPTIONS]", "show or set limits of rates; `limit --help` says how"),
    (&["log"], "[OPTIONS] [TEXT]", "show what this peer logged of late; `log --help` says how"),
    (&["web"], "", "open this peer's page in a browser"),
    (&["verbose"], "on|off", "show each piece: requested, arrived"),
    (&["help"], "", "show this"),
];

/// Reads a line; nothing when it is empty. What follows the command is one argument, as [`words`](super::words) reads it,
/// but for the few that take [`options`].
pub fn parse(line: &str) -> Result<Option<ShellCommand>, String> {
    let line = line.trim_start();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (typed, rest) = (rest, argument(rest));
    if word.is_empty() {
        return Ok(None);
    }
    let lower = word.to_lowercase();
    let known = COMMANDS.iter().find(|(names, ..)| names.contains(&lower.as_str()));
    let Some(&([name, ..], follows, _)) = known else {
        return Err(format!("there is no command `{word}`: `help` lists them"));
    };
    if follows.is_empty() && !rest.is_empty() {
        return Err(format!("nothing follows `{lower}`"));
    }
    let some = || (!rest.is_empty()).then(|| rest.clone());
    let needed = || some().ok_or_else(|| format!("write `{lower} {follows}`"));
    let command = match *name {
        "start" => ShellCommand::Start(some()),
        "update" => ShellCommand::Update,
        "request_and_download" => ShellCommand::Get(needed()?),
        "stop" => ShellCommand::Stop(some()),
        "end" => ShellCommand::End,
        "list" => some().map_or(ShellCommand::List, ShellCommand::Search),
        "search" => ShellCommand::Search(needed()?),
        "status" => ShellCommand::Status,
        "problems" => ShellCommand::Problems,
        "history" => ShellCommand::History(some()),
        "peers" => ShellCommand::Peers,
        "mine" => ShellCommand::Mine,
        "share" => ShellCommand::Share(needed()?),
        "unshare" => ShellCommand::Unshare(needed()?),
        "pause" => ShellCommand::Pause(some()),
        "resume" => ShellCommand::Resume(some()),
        "rm" => ShellCommand::Rm(needed()?),
        "priority" => {
            let (level, name) =
                typed.trim_start().split_once(char::is_whitespace).unwrap_or((typed.trim(), ""));
            let level = PriorityArg::from_str(level, true);
            match (level, argument(name)) {
                (Ok(level), name) if !name.is_empty() => ShellCommand::Priority(level, name),
                _ => return Err("write `priority low|normal|high|first NAME`".to_owned()),
            }
        }
        "limit" => ShellCommand::Limit(options::read("limit", typed)?),
        "log" => ShellCommand::Log(options::read("log", typed)?),
        "web" => ShellCommand::Web,
        "verbose" => match rest.as_str() {
            "on" => ShellCommand::Verbose(true),
            "off" => ShellCommand::Verbose(false),
            _ => return Err("write `verbose on` or `verbose off`".to_owned()),
        },
        _ => ShellCommand::Help,
    };
    Ok(Some(command))
}

/// Every word that begins a command.
pub fn words() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().flat_map(|(names, ..)| names.iter().copied())
}

/// The text of `help`.
pub fn help() -> String {
    const INDENT: usize = 20;
    let line = |(names, follows, what): &(&[&str], &str, &str)| {
        let name = format!("{} {follows}", names.join(", "));
        match name.len() < INDENT {
            true => format!("{name:INDENT$}{what}\n"),
            false => format!("{name}\n{:INDENT$}{what}\n", ""),
        }
    };
    let commands: String = COMMANDS.iter().map(line).collect();
    commands + "Ctrl-C while a download is shown leaves it running.\nThe Tab key completes names."
}
