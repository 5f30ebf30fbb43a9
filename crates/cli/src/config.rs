//! The configuration file, which answers what neither the command line nor the environment says.

mod file;
mod limits;
mod lines;
mod peers;
pub mod settings;
mod sites;
mod template;

use std::{fmt, net::SocketAddr, path::PathBuf};

use peerpool_api::{Limits, TrackerUrl, Trackers};
use peerpool_tracker::Database;
use peerpool_wire::networks::Networks;
use serde::Deserialize;

pub use self::{
    file::{Origin, named_file},
    lines::Lines,
    template::TEMPLATE,
};
use crate::args::{Acme, LogFormat, Oidc, Tracker};

/// What a configuration file may say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The shared folders: the path of one, or a table `[[repository]]` for each of several.
    #[serde(rename = "repository", deserialize_with = "file::repositories")]
    pub repositories: Vec<Repository>,
    /// The pool's tracker.
    pub tracker: Option<Trackers>,
    /// Where a peer listens.
    #[serde(deserialize_with = "file::listen")]
    pub listen: Option<SocketAddr>,
    /// The peer's display name.
    pub name: Option<String>,
    /// Where a peer lets browsers in.
    #[serde(deserialize_with = "file::door")]
    pub web: Option<SocketAddr>,
    /// Whether that may be an address that other machines reach.
    pub web_anywhere: bool,
    /// How fast payload may go; each peer keeps these limits by itself.
    #[serde(deserialize_with = "limits::limits")]
    pub limits: Option<Limits>,
    /// What is logged, and how.
    pub log: Log,
    /// For `peerpool tracker`.
    pub tracker_server: TrackerServer,
    /// Which networks are one site, for `peerpool tracker`: a table `[[site]]` for each.
    #[serde(rename = "site", deserialize_with = "sites::networks")]
    pub sites: Networks,
    /// Where all this was read; none if there was no file.
    #[serde(skip)]
    pub origin: Option<Origin>,
}

/// One of the folders that a peer shares. What it does not say, the rest of the file does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// The shared folder.
    #[serde(deserialize_with = "file::folder")]
    pub path: PathBuf,
    /// The tracker of its pool.
    #[serde(default)]
    pub tracker: Option<Trackers>,
    /// Where its peer listens.
    #[serde(default, deserialize_with = "file::listen")]
    pub listen: Option<SocketAddr>,
    /// Its peer's display name.
    #[serde(default)]
    pub name: Option<String>,
    /// Where its peer lets browsers in.
    #[serde(default, deserialize_with = "file::door")]
    pub web: Option<SocketAddr>,
    /// How fast its peer's payload may go.
    #[serde(default, deserialize_with = "limits::limits")]
    pub limits: Option<Limits>,
}

/// What a configuration file may say about logs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// What is logged, in the words of `RUST_LOG`: `info`, or `warn,peerpool_tracker=debug`.
    #[serde(deserialize_with = "file::log_level")]
    pub level: Option<String>,
    /// How it is written.
    pub format: Option<LogFormat>,
}

/// What a configuration file may say about a tracker run here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrackerServer {
    /// Where it listens.
    #[serde(deserialize_with = "file::listen")]
    pub listen: Option<SocketAddr>,
    /// Its data folder.
    #[serde(deserialize_with = "file::some_folder")]
    pub data: Option<PathBuf>,
    /// The database on PostgreSQL that keeps items and members, in place of one in the data folder.
    #[serde(deserialize_with = "file::database")]
    pub database: Option<Database>,
    /// Where the other nodes of its pool reach it.
    pub advertise: Option<TrackerUrl>,
    /// Its display name.
    pub name: Option<String>,
    /// Names under which it is reached, beside its addresses and this machine's own name.
    pub hosts: Vec<String>,
    /// Whether its pool is for members alone; not when left out.
    pub members: Option<bool>,
    /// Which authority signs the certificate that browsers are shown.
    pub acme: Authority,
    /// By which account elsewhere its members may sign in.
    pub oidc: Provider,
    /// Bytes that its gateway keeps; without it there is none.
    #[serde(deserialize_with = "file::size")]
    pub gateway: Option<u64>,
}

/// An authority that signs certificates, as a configuration file names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Authority {
    /// The names that it is to vouch for.
    pub names: Vec<String>,
    /// Where its directory is.
    pub directory: Option<String>,
    /// The mail address by which it may reach the operator.
    pub contact: Option<String>,
}

/// A provider of accounts, as a configuration file names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provider {
    /// The provider, as it names itself.
    pub issuer: Option<String>,
    /// What it calls the tracker.
    pub client_id: Option<String>,
    /// Where the secret stands.
    #[serde(deserialize_with = "file::some_folder")]
    pub client_secret_file: Option<PathBuf>,
    /// What people call it.
    pub name: Option<String>,
}

impl Config {
    /// A tracker's data folder, where it was said.
    pub fn tracker_data(&self, said: Option<PathBuf>) -> Option<PathBuf> {
        said.or_else(|| self.tracker_server.data.clone())
    }

    /// Fills in what was not said about a tracker.
    pub fn complete_tracker(&self, tracker: Tracker) -> Tracker {
        let server = &self.tracker_server;
        Tracker {
            listen: tracker.listen.or(server.listen),
            data: self.tracker_data(tracker.data),
            database: tracker.database.or_else(|| server.database.clone()),
            advertise: tracker.advertise.or_else(|| server.advertise.clone()),
            name: tracker.name.or_else(|| server.name.clone()),
            members: tracker.members || server.members.unwrap_or_default(),
            acme: Acme {
                names: if tracker.acme.names.is_empty() {
                    server.acme.names.clone()
                } else {
                    tracker.acme.names
                },
                directory: tracker.acme.directory.or_else(|| server.acme.directory.clone()),
                contact: tracker.acme.contact.or_else(|| server.acme.contact.clone()),
            },
            oidc: Oidc {
                issuer: tracker.oidc.issuer.or_else(|| server.oidc.issuer.clone()),
                client_id: tracker.oidc.client_id.or_else(|| server.oidc.client_id.clone()),
                client_secret_file: tracker
                    .oidc
                    .client_secret_file
                    .or_else(|| server.oidc.client_secret_file.clone()),
                name: tracker.oidc.name.or_else(|| server.oidc.name.clone()),
            },
            gateway: tracker.gateway.or(server.gateway),
            sites: self.sites.clone(),
            hosts: if tracker.hosts.is_empty() { server.hosts.clone() } else { tracker.hosts },
            ..tracker
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Human => "human",
            Self::Json => "json",
        })
    }
}
