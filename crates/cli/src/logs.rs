//! Logs, to standard error.

use std::io::{self, IsTerminal as _, Write};

use tracing_subscriber::EnvFilter;

use crate::{
    args::{Cli, Command},
    output::{on_a_terminal, text},
};

/// Begins to log. `RUST_LOG` goes first, then `-v`; a server says what it does, a shell and a one-shot command only
/// what goes wrong.
pub fn init(cli: &Cli) {
    let serves = match &cli.command {
        Command::Tracker(_) => true,
        Command::Peer(peer) => peer.no_shell || !on_a_terminal(),
        _ => false,
    };
    let level = match (cli.globals.verbose, serves) {
        (0, false) => "error",
        (0, true) => "warn,peerpool=info,peerpool_cli=info,peerpool_peer=info,peerpool_tracker=info",
        (1, _) => "info,peerpool_peer=debug,peerpool_tracker=debug,peerpool_cli=debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let colours = io::stderr().is_terminal();
    // A second subscriber (in a test) changes nothing; the first one stays.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Clean(io::stderr()))
        .with_ansi(colours)
        .try_init();
}

/// Standard error, on which nothing that others wrote commands the terminal. The formatter hands over one whole event at a
/// time; its own colours are the only escape sequences in it.
struct Clean(io::Stderr);

impl Write for Clean {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.0.write_all(cleaned(&String::from_utf8_lossy(event)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The event without what a terminal would obey, colours excepted.
fn cleaned(event: &str) -> String {
    let mut parts = event.split("\u{1b}[");
    let mut clean = text::safe_lines(parts.next().unwrap_or_default());
    for part in parts {
        let code = part
            .split_once('m')
            .filter(|(code, _)| code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'));
        match code {
            Some((code, rest)) => clean += &format!("\u{1b}[{code}m{}", text::safe_lines(rest)),
            None => clean += &format!("\u{fffd}[{}", text::safe_lines(part)),
        }
    }
    clean
}
