//! The interactive shell of `peerpool peer`.
//!
//! The shell commands its own peer through the control socket like everybody else. Three parties:
//! the editor blocks on a thread of its own while a line is typed; the loop below runs one command at a time;
//! and events that arrive meanwhile are printed above the prompt by the editor's printer.

mod ask;
pub mod command;
pub mod complete;
mod editor;
pub mod options;
mod run;
mod terminal;
pub mod words;

use peerpool_api::{Client, Event, EventQuery, Events, TrackerState};
use tokio::sync::watch;

use self::{
    command::ShellCommand,
    complete::Names,
    editor::{Editor, Typed},
};
use crate::{
    args::PeerOptions,
    exit::Failure,
    output::{announcement, explain, say, text::safe},
    session, signals,
};

/// What stands before a command.
pub const PROMPT: &str = "peerpool> ";
/// How many problems are announced while a line is typed.
const MAX_PROBLEMS: usize = 10;

/// Asks for what was not said, starts a peer, and obeys until `end`.
pub async fn run(options: PeerOptions) -> Result<(), Failure> {
    let terminal = terminal::Saved::new();
    signals::hold_ctrl_c();
    let options = ask::complete(options).await?;
    let repository = session::repository(&options)?;
    let (own, client) = session::start_own(repository.clone(), &options).await?;
    say(&format!("sharing {} on {}", safe(&repository.display().to_string()), own.listen()))?;
    say(
        "`start` connects to the tracker, `web` opens its page in a browser, `help` says what else there is",
    )?;

    let (names, offered) = watch::channel(Names::default());
    let editor = Editor::open(&repository, offered).await;
    let events = client.events(EventQuery::default()).await?;
    let mut shell = Shell { client, events, editor, names, verbose: false, lost: false, problems: 0 };
    let result = tokio::select! {
        result = shell.obey() => result,
        () = own.ended() => Ok(()),
        () = signals::terminated() => Ok(()),
    };
    drop(terminal);
    own.shutdown().await;
    result.and_then(|()| say("left the pool"))
}

/// Whether to ask for another command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Prompt,
    End,
}

struct Shell {
    client: Client,
    events: Events,
    editor: Editor,
    names: watch::Sender<Names>,
    verbose: bool,
    /// The tracker was there and is not.
    lost: bool,
    /// Problems announced since a line was typed.
    problems: usize,
}

impl Shell {
    /// One command after the other, until `end`.
    async fn obey(&mut self) -> Result<(), Failure> {
        loop {
            self.refresh_names().await;
            let typed = self.type_line().await?;
            let line = match typed {
                Typed::Line(line) => line,
                Typed::Interrupt => {
                    say("`end` leaves the pool")?;
                    continue;
                }
                Typed::Closed => "end".to_owned(),
            };
            match self.run_line(&line).await {
                Ok(Next::Prompt) => {}
                Ok(Next::End) => return Ok(()),
                Err(failure @ Failure::Output(_)) => return Err(failure),
                Err(failure) => say(&explain(&failure))?,
            }
        }
    }

    /// Waits for a line, and prints what happens meanwhile.
    async fn type_line(&mut self) -> Result<Typed, Failure> {
        self.editor.prompt().await;
        self.problems = 0;
        loop {
            tokio::select! {
                typed = self.editor.typed() => return Ok(typed),
                event = self.events.next() => match event? {
                    Some(event) => self.announce(&event)?,
                    None => return Ok(Typed::Closed),
                },
            }
        }
    }

    /// Prints an event above the prompt. How the tracker stands is news when it changes.
    fn announce(&mut self, event: &Event) -> Result<(), Failure> {
        if let Event::Problem { .. } = event {
            self.problems += 1;
            if self.problems == MAX_PROBLEMS {
                self.editor.print("… and more: `problems` lists them all")?;
            }
            if self.problems >= MAX_PROBLEMS {
                return Ok(());
            }
        }
        if let Event::Tracker { tracker } = event {
            let lost = matches!(tracker.state, TrackerState::Reconnecting { .. });
            if std::mem::replace(&mut self.lost, lost) == lost {
                return Ok(());
            }
        }
        if let Some(line) = announcement(event) {
            self.editor.print(&line)?;
        }
        Ok(())
    }

    async fn run_line(&mut self, line: &str) -> Result<Next, Failure> {
        match command::parse(line) {
            Ok(Some(ShellCommand::End)) => {
                self.client.end().await?;
                Ok(Next::End)
            }
            Ok(Some(command)) => self.execute(command).await.map(|()| Next::Prompt),
            Ok(None) => Ok(Next::Prompt),
            Err(complaint) => {
                say(&complaint)?;
                Ok(Next::Prompt)
            }
        }
    }

    /// Offers the names of the pool for completion; keeps the old ones when they cannot be had.
    async fn refresh_names(&self) {
        let mut names = self.names.borrow().clone();
        names.refresh(&self.client).await;
        self.names.send_replace(names);
    }
}
