//! What is asked for at the start, as far as it was not said.

use std::{net::SocketAddr, path::PathBuf};

use rustyline::{DefaultEditor, error::ReadlineError};

use super::{
    discover::{self, Found},
    words,
};
use crate::{
    args::{Place, address},
    commands::DEFAULT_REPOSITORY,
    exit::{Exit, Failure},
    output::say,
};

/// Asks for repository, port and tracker. What was found on the local network is the tracker's default.
pub(super) async fn complete(place: Place) -> Result<Place, Failure> {
    if place.repository.is_some() && place.listen.is_some() && place.tracker.is_some() {
        return Ok(place);
    }
    let found = if place.tracker.is_none() { discover::trackers().await } else { Vec::new() };
    let asked = tokio::task::spawn_blocking(move || Questions::new()?.ask(place, &found)).await;
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

    fn ask(mut self, mut place: Place, found: &[Found]) -> Result<Place, Failure> {
        if place.repository.is_none() {
            place.repository = Some(self.question("repository", DEFAULT_REPOSITORY, |text| {
                Ok(PathBuf::from(words::argument(text)))
            })?);
        }
        if place.listen.is_none() {
            place.listen =
                Some(self.question::<SocketAddr>("port (0: any free one)", "0", address::listen)?);
        }
        if place.tracker.is_none() {
            for tracker in found {
                say(&format!("found on this network: {tracker}"))?;
            }
            let default = found.first().map_or("127.0.0.1:6969", |first| first.address.as_str());
            place.tracker = Some(self.question("tracker", default, address::tracker)?);
        }
        Ok(place)
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
