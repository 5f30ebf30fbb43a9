//! The configuration file, which answers what neither the command line nor the environment says.

use std::{
    env, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use peerpool_api::TrackerUrl;
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{
    args::{Globals, PeerOptions, Tracker, address, path},
    exit::{Exit, Failure},
};

/// What a configuration file may say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The shared folder.
    #[serde(deserialize_with = "folder")]
    pub repository: Option<PathBuf>,
    /// The pool's tracker.
    pub tracker: Option<TrackerUrl>,
    /// Where a peer listens.
    #[serde(deserialize_with = "listen")]
    pub listen: Option<SocketAddr>,
    /// The peer's display name.
    pub name: Option<String>,
    /// For `peerpool tracker`.
    pub tracker_server: TrackerServer,
}

/// What a configuration file may say about a tracker run here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrackerServer {
    /// Where it listens.
    #[serde(deserialize_with = "listen")]
    pub listen: Option<SocketAddr>,
    /// Its data folder.
    #[serde(deserialize_with = "folder")]
    pub data: Option<PathBuf>,
    /// Its display name.
    pub name: Option<String>,
    /// Names under which it is reached, beside its addresses and this machine's own name.
    pub hosts: Vec<String>,
}

impl Config {
    /// Reads the file that was named, or the user's, if there is one.
    pub fn load(globals: &Globals) -> Result<Self, Failure> {
        let (path, must_exist) = match (&globals.config, user_file()) {
            (Some(path), _) => (path.clone(), true),
            (None, Some(path)) => (path, false),
            (None, None) => return Ok(Self::default()),
        };
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => Ok(Self::default()),
            Err(error) => Err(Failure::told(
                Exit::Usage,
                format!("cannot read the configuration file {}: {error}", path.display()),
            )),
        }
    }

    /// Understands the text of a file.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        toml::from_str(text).map_err(|error| {
            let line =
                error.span().map_or(1, |span| text.get(..=span.start).unwrap_or(text).lines().count().max(1));
            let what = error.message();
            Failure::told(
                Exit::Usage,
                format!("the configuration file {}, line {line}: {what}", path.display()),
            )
        })
    }

    /// Fills in what was not said about a peer.
    pub fn complete(&self, options: PeerOptions) -> PeerOptions {
        PeerOptions {
            repository: options.repository.or_else(|| self.repository.clone()),
            tracker: options.tracker.or_else(|| self.tracker.clone()),
            listen: options.listen.or(self.listen),
            name: options.name.or_else(|| self.name.clone()),
        }
    }

    /// Fills in what was not said about a tracker.
    pub fn complete_tracker(&self, tracker: Tracker) -> Tracker {
        let server = &self.tracker_server;
        Tracker {
            listen: tracker.listen.or(server.listen),
            data: tracker.data.or_else(|| server.data.clone()),
            name: tracker.name.or_else(|| server.name.clone()),
            hosts: if tracker.hosts.is_empty() { server.hosts.clone() } else { tracker.hosts },
            ..tracker
        }
    }
}

fn user_file() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(folder.join("peerpool").join("config.toml"))
}

fn folder<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let text = String::deserialize(deserializer)?;
    path::folder(&text).map(Some).map_err(D::Error::custom)
}

fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    address::listen(&text).map(Some).map_err(D::Error::custom)
}
