//! The terminal's own settings.

use std::io::{self, Write as _};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// The settings as they were. The editor's thread may still wait for a key when the process ends, with the terminal
/// in its hands; dropping this gives the terminal back.
pub(super) struct Saved {
    settings: Option<Termios>,
}

impl Saved {
    pub(super) fn new() -> Self {
        Self { settings: tcgetattr(io::stdin()).ok() }
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        let Some(settings) = &self.settings else { return };
        let changed = tcgetattr(io::stdin()).is_ok_and(|now| now.local_modes != settings.local_modes);
        if changed {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, settings);
            // The editor had turned bracketed paste on.
            let _ = io::stdout().write_all(b"\x1b[?2004l\r\n");
        }
    }
}
