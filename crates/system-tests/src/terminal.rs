//! The interactive shell, driven through a pseudo-terminal as a person would.

use std::process::Command;

use rexpect::{
    reader::Options,
    session::{PtySession, spawn_with_options},
};

use crate::{PATIENCE, Pool};

/// A command that believes it talks to a person.
pub struct Terminal {
    session: PtySession,
}

impl Terminal {
    /// Starts a command of the binary on a terminal of its own.
    pub fn start(pool: &Pool, mut command: Command) -> Self {
        pool.surround(&mut command);
        command.env("TERM", "xterm");
        let options =
            Options::new().timeout_ms(Some(PATIENCE.as_millis() as u64)).strip_ansi_escape_codes(true);
        Self { session: spawn_with_options(command, options).unwrap() }
    }

    /// Waits until the program has written this, and gives what stood before it.
    pub fn sees(&mut self, text: &str) -> String {
        self.session
            .exp_string(text)
            .unwrap_or_else(|error| panic!("the terminal does not show `{text}`: {error}"))
    }

    /// Types a line and presses Enter.
    pub fn types(&mut self, line: &str) {
        self.session.send(line).unwrap();
        self.session.send("\r").unwrap();
        self.session.flush().unwrap();
    }

    /// Waits for the program to end by itself with exit code 0.
    pub fn ends_well(mut self) {
        self.session.exp_eof().unwrap_or_else(|error| panic!("the program does not end: {error}"));
        // The status is a type of a crate that rexpect does not export.
        let status = format!("{:?}", self.session.process().wait().unwrap());
        assert!(status.starts_with("Exited(") && status.ends_with(", 0)"), "the program ended with {status}");
    }
}
