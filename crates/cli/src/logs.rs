//! Logs, to standard error.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use crate::{
    args::{Cli, Command},
    output::on_a_terminal,
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
        .with_writer(io::stderr)
        .with_ansi(colours)
        .try_init();
}
