//! `peerpool join`.
//!
//! An invite is a secret. Every user of a machine sees the arguments of its programs, and a shell writes them down; so it
//! comes from a prompt, a file or the environment.

use std::{
    env, fs,
    io::{self, BufRead as _, IsTerminal as _},
};

use peerpool_access::Invite;
use peerpool_api::Role;
use rustyline::{DefaultEditor, error::ReadlineError};
use serde::Serialize;

use crate::{
    args, device,
    exit::{Exit, Failure},
    output::{self, Output, text::safe},
};

const VARIABLE: &str = "PEERPOOL_INVITE";
const NOT_AS_AN_ARGUMENT: &str = "an invite is a secret, and every user of this machine sees the arguments of programs: \
                                  leave it out and paste it when asked, or say --file FILE or PEERPOOL_INVITE; if this \
                                  machine has other users, ask for a new invite";

/// What `--json` tells.
#[derive(Debug, Serialize)]
struct Report {
    pool: String,
    tracker: String,
    member: String,
    role: Role,
}

pub(super) async fn run(out: Output, args: args::Join) -> Result<(), Failure> {
    check_arguments(&args)?;
    let asked = tokio::task::spawn_blocking(move || Answers::of(args)).await;
    let Answers { invite, name, device: called } = asked.unwrap_or(Err(Failure::Interrupted))?;
    let (joined, admitted) = device::memberships()?.join(&invite, name, called).await?;
    let report = Report {
        pool: joined.keyset().name.clone(),
        tracker: joined.trackers.first().map(ToString::to_string).unwrap_or_default(),
        member: admitted.name,
        role: admitted.role,
    };
    out.show(&report, |Report { pool, tracker, member, role }| {
        let (pool, member, role) = (safe(pool), safe(member), output::role(*role));
        format!("joined {pool} as {member} ({role}); `peerpool peer --tracker {tracker}` takes part in it")
    })
}

fn check_arguments(args: &args::Join) -> Result<(), Failure> {
    let file = args.file.iter().filter_map(|path| path.to_str());
    match args.refused.first() {
        _ if args.refused.iter().map(String::as_str).chain(file).any(looks_like_an_invite) => {
            Err(Failure::told(Exit::Usage, NOT_AS_AN_ARGUMENT))
        }
        Some(other) => {
            let message =
                format!("nothing is called `{}`: `peerpool join --help` says what can be", safe(other));
            Err(Failure::told(Exit::Usage, message))
        }
        None => Ok(()),
    }
}

fn looks_like_an_invite(text: &str) -> bool {
    text.contains("://") || text.contains("/join") || text.starts_with("1.")
}

/// What joining takes.
struct Answers {
    invite: Invite,
    name: String,
    device: String,
}

impl Answers {
    /// What was said, and what else is asked for at the terminal.
    fn of(args: args::Join) -> Result<Self, Failure> {
        let text = match (&args.file, env::var(VARIABLE)) {
            (Some(path), _) => fs::read_to_string(path).map_err(Failure::file("read", path))?,
            (None, Ok(text)) => text,
            (None, Err(_)) => answer("invite: ", "")?,
        };
        let invite: Invite = text.parse().map_err(|error| Failure::told(Exit::Usage, format!("{error}")))?;
        let account = env::var("USER").or_else(|_| env::var("LOGNAME")).unwrap_or_default();
        let name = match args.name {
            Some(name) => name,
            None if io::stdin().is_terminal() => answer("your name in the pool: ", &account)?,
            None => account,
        };
        if name.is_empty() {
            return Err(Failure::told(Exit::Usage, "say what you are called in the pool: --name NAME"));
        }
        let machine = || rustix::system::uname().nodename().to_string_lossy().into_owned();
        Ok(Self { invite, name, device: args.device.unwrap_or_else(machine) })
    }
}

/// A line that is typed, or the first one of what is piped in.
fn answer(question: &str, offered: &str) -> Result<String, Failure> {
    let unreadable = |error: &dyn std::error::Error| {
        Failure::told(Exit::Failed, format!("cannot read from standard input: {error}"))
    };
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(|error| unreadable(&error))?;
        return Ok(line);
    }
    // It keeps no history.
    let mut editor = DefaultEditor::new().map_err(|error| unreadable(&error))?;
    match editor.readline_with_initial(question, (offered, "")) {
        Ok(line) => Ok(line.trim().to_owned()),
        Err(ReadlineError::Interrupted | ReadlineError::Eof) => Err(Failure::Interrupted),
        Err(error) => Err(unreadable(&error)),
    }
}
