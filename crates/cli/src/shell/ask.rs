//! What is asked for at the start, as far as it was not said.

use std::{net::SocketAddr, path::PathBuf};

use peerpool_api::Trackers;
use rustyline::{DefaultEditor, error::ReadlineError};

use super::words;
use crate::{
    args::{PeerOptions, address},
    discover::{self, Found, Standing},
    exit::{Exit, Failure},
    output::say,
    session::DEFAULT_REPOSITORY,
};

/// Asks for repository, port and tracker. What was found on the local network is the tracker's default.
pub(super) async fn complete(options: PeerOptions) -> Result<PeerOptions, Failure> {
    if options.repository.is_some() && options.listen.is_some() && options.tracker.is_some() {
        return Ok(options);
    }
    let found = if options.tracker.is_none() { discover::trackers().await } else { Vec::new() };
    let asked = tokio::task::spawn_blocking(move || Questions::new()?.ask(options, &found)).await;
    asked.unwrap_or(Err(Failure::Interrupted))
}

struct Questions {
    editor: DefaultEditor,
}

impl Questions {
    fn new() -> Result<Self, Failure> {
        let editor = DefaultEditor::new().map_err(|error| unreadable(&error))?;
        Ok(Self { editor })
    }

    fn ask(mut self, mut options: PeerOptions, found: &[Found]) -> Result<PeerOptions, Failure> {
        if options.repository.is_none() {
            options.repository = Some(self.question("repository", DEFAULT_REPOSITORY, |text| {
                Ok(PathBuf::from(words::argument(text)))
            })?);
        }
        if options.listen.is_none() {
            options.listen =
                Some(self.question::<SocketAddr>("port (0: any free one)", "0", address::listen)?);
        }
        if options.tracker.is_none() {
            for tracker in found {
                say(&format!("found on this network: {tracker}"))?;
            }
            let usable = found.iter().find(|one| one.standing != Standing::Strange);
            let default = usable.map_or("127.0.0.1:6969".to_owned(), |first| first.url.to_string());
            options.tracker = Some(self.question("tracker", &default, |text| {
                text.parse::<Trackers>().map_err(|error| error.to_string())
            })?);
        }
        Ok(options)
    }

    /// Asks until the answer is understood; an empty answer means the default.
    fn question<T>(
        &mut self,
        what: &str,
        default: &str,
        understand: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        loop {
            let answer = match self.editor.readline(&format!("{what} [{default}]: ")) {
                Ok(answer) => answer,
                Err(ReadlineError::Interrupted | ReadlineError::Eof) => return Err(Failure::Interrupted),
                Err(error) => return Err(unreadable(&error)),
            };
            let answer = answer.trim();
            match understand(if answer.is_empty() { default } else { answer }) {
                Ok(value) => return Ok(value),
                Err(complaint) => say(&complaint)?,
            }
        }
    }
}

fn unreadable(error: &ReadlineError) -> Failure {
    Failure::told(Exit::Failed, format!("cannot read from the terminal: {error}"))
}
