//! Logs, to standard error: lines for people, JSON for machines, lines with a priority for systemd's journal.

mod clean;
mod journal;
mod recent;

use std::io;

use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
    reload,
    util::SubscriberInitExt as _,
};

use self::{clean::Clean, journal::Prioritized};
use crate::{
    args::{Cli, Command, LogFormat},
    config::Log,
    output::{has_colours, on_a_terminal},
};

/// What a server logs when nobody says anything.
pub const OF_SERVERS: &str = "warn,peerpool=info,peerpool_cli=info,peerpool_peer=info,peerpool_tracker=info";

/// What is logged from now on can be changed through it.
#[derive(Debug, Clone)]
pub struct Logs {
    filter: reload::Handle<Targets, Registry>,
    /// What the environment or the command line says. The configuration cannot change it.
    said: Option<String>,
    /// When the configuration says nothing.
    default: &'static str,
}

/// Begins to log. `RUST_LOG` goes first, then `-v`, then the configuration; a server says what it does, a shell and a
/// one-shot command only what goes wrong.
pub fn init(cli: &Cli, log: &Log) -> Logs {
    let serves = match &cli.command {
        Command::Tracker(_) => true,
        Command::Peer(peer) => peer.no_shell || peer.daemon || !on_a_terminal(),
        _ => false,
    };
    let default = if serves { OF_SERVERS } else { "error" };
    let said = std::env::var("RUST_LOG").ok().filter(|text| text.parse::<Targets>().is_ok());
    let said = said.or_else(|| verbose(cli.globals.verbose).map(str::to_owned));
    let configured = log.level.as_deref().filter(|_| serves);
    let directives = said.as_deref().or(configured).unwrap_or(default);
    let (filter, handle) = reload::Layer::new(filter(directives));
    let format = cli.globals.log_format.or(log.format).unwrap_or(LogFormat::Human);
    // A second subscriber (in a test) changes nothing; the first one stays.
    let _ = tracing_subscriber::registry().with(filter).with(writer(format)).with(recent::layer()).try_init();
    Logs { filter: handle, said, default }
}

fn verbose(times: u8) -> Option<&'static str> {
    match times {
        0 => None,
        1 => Some("info,peerpool_peer=debug,peerpool_tracker=debug,peerpool_cli=debug"),
        _ => Some("trace"),
    }
}

/// What was looked at before can be understood.
fn filter(directives: &str) -> Targets {
    directives.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::ERROR))
}

type Filtered = tracing_subscriber::layer::Layered<reload::Layer<Targets, Registry>, Registry>;

fn writer(format: LogFormat) -> Box<dyn Layer<Filtered> + Send + Sync> {
    let layer = fmt::layer();
    match format {
        LogFormat::Json => layer.json().with_ansi(false).with_writer(Clean::json).boxed(),
        LogFormat::Human if journal::is_standard_error() => {
            layer.with_ansi(false).event_format(Prioritized::default()).with_writer(Clean::line).boxed()
        }
        LogFormat::Human => layer.with_ansi(has_colours(&io::stderr())).with_writer(Clean::lines).boxed(),
    }
}

impl Logs {
    /// Has the configuration's level in force. False if the environment or the command line says another.
    pub fn configure(&self, log: &Log) -> bool {
        if self.said.is_some() {
            return false;
        }
        let filter = filter(log.level.as_deref().unwrap_or(self.default));
        // The subscriber lives as long as the process.
        self.filter.reload(filter).is_ok()
    }
}
