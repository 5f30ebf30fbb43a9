//! Every setting as it is in force, and who said so.

use std::{collections::BTreeMap, fmt, path::Path};

use clap::{ArgMatches, Command, CommandFactory as _, parser::ValueSource};
use peerpool_api::TrackerUrl;
use peerpool_tracker::{AcmeConfig, default_data_folder};
use serde::Serialize;

use super::Config;
use crate::{
    args::{Cli, ConfigShow, Globals, PeerOptions},
    output,
};

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its key in the file; tables of an array count from 0, as in `repository.1.name`.
    pub key: String,
    /// Its value; none where the program chooses one at its start.
    pub value: Option<String>,
    /// Who said so.
    #[serde(flatten)]
    pub source: Source,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Source {
    /// The command line.
    Argument {
        /// The option, as in `--name`.
        option: String,
    },
    /// The environment.
    Environment {
        /// The variable.
        variable: String,
    },
    /// The configuration file.
    File {
        /// Its path.
        path: String,
        /// The line, from 1 on.
        line: usize,
    },
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument { option } => f.write_str(option),
            Self::Environment { variable } => f.write_str(variable),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// What a command line or the environment says: the option's id, and the value.
type Said = Option<(&'static str, String)>;

/// Finds out who says what.
#[derive(Debug)]
pub struct Sources<'a> {
    config: &'a Config,
    /// `config show`, which has the options of peers and trackers.
    command: Command,
    /// The command line that it was given.
    matches: Option<ArgMatches>,
}

impl<'a> Sources<'a> {
    /// For `peerpool config show` with this command line, the name of the program first.
    pub fn new(config: &'a Config, line: impl IntoIterator<Item = std::ffi::OsString>) -> Self {
        let mut whole = Cli::command();
        whole.build();
        let command = subcommand(&whole).cloned().unwrap_or_default();
        let matches = whole.try_get_matches_from(line).ok();
        let matches = matches
            .as_ref()
            .and_then(|matches| matches.subcommand_matches("config")?.subcommand_matches("show").cloned());
        Self { config, command, matches }
    }

    /// All settings.
    pub fn settings(&self, globals: &Globals, show: &ConfigShow) -> Vec<Setting> {
        let Config { log, tracker_server: server, .. } = self.config;
        let said = &show.options;
        let format = |format: crate::args::LogFormat| format.to_string();
        let mut all = vec![
            self.setting("log.level", None, log.level.clone(), Some("info".to_owned())),
            self.setting(
                "log.format",
                globals.log_format.map(|said| ("log_format", format(said))),
                log.format.map(format),
                Some("human".to_owned()),
            ),
        ];
        let peers = self.config.peers(said);
        all.extend(peers.into_iter().flat_map(|peer| self.of_peer(show, peer)));
        all.extend([
            self.setting(
                "tracker_server.listen",
                said.listen.map(|listen| ("listen", listen.to_string())),
                server.listen.map(|listen| listen.to_string()),
                Some("0.0.0.0:6969".to_owned()),
            ),
            self.setting(
                "tracker_server.data",
                show.data.as_deref().map(|data| ("data", shown(data))),
                server.data.as_deref().map(shown),
                default_data_folder().as_deref().map(shown),
            ),
            self.setting(
                "tracker_server.database",
                show.database.as_ref().map(|database| ("database", database.to_string())),
                server.database.as_ref().map(ToString::to_string),
                None,
            ),
            self.setting(
                "tracker_server.advertise",
                show.advertise.as_ref().map(|url| ("advertise", url.authority())),
                server.advertise.as_ref().map(TrackerUrl::authority),
                None,
            ),
            self.setting("tracker_server.name", named(said), server.name.clone(), None),
            self.setting(
                "tracker_server.hosts",
                None,
                (!server.hosts.is_empty()).then(|| server.hosts.join(", ")),
                None,
            ),
            self.setting(
                "tracker_server.members",
                None,
                server.members.map(|members| members.to_string()),
                Some("false".to_owned()),
            ),
        ]);
        all.extend(self.of_authority(show));
        all.extend(self.of_provider(show));
        all.extend([self.setting(
            "tracker_server.gateway",
            None,
            server.gateway.map(output::size::bytes),
            None,
        )]);
        all.extend(self.of_sites());
        all
    }

    /// Of the networks that are listed for sites.
    fn of_sites(&self) -> Vec<Setting> {
        let mut sites: BTreeMap<u16, Vec<String>> = BTreeMap::new();
        for (network, site) in self.config.sites.iter() {
            sites.entry(site).or_default().push(network.to_string());
        }
        let rows = sites.into_iter().map(|(site, networks)| {
            self.setting(&format!("site.{site}.networks"), None, Some(networks.join(", ")), None)
        });
        rows.collect()
    }

    /// Of the authority that signs a tracker's certificate.
    fn of_authority(&self, show: &ConfigShow) -> [Setting; 3] {
        let (said, server) = (&show.acme, &self.config.tracker_server.acme);
        let names = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
        [
            self.setting(
                "tracker_server.acme.names",
                names(&said.names).map(|names| ("acme", names)),
                names(&server.names),
                None,
            ),
            self.setting(
                "tracker_server.acme.directory",
                said.directory.clone().map(|directory| ("acme_directory", directory)),
                server.directory.clone(),
                Some(AcmeConfig::LETS_ENCRYPT.to_owned()),
            ),
            self.setting(
                "tracker_server.acme.contact",
                said.contact.clone().map(|contact| ("acme_contact", contact)),
                server.contact.clone(),
                None,
            ),
        ]
    }

    /// Of the provider of accounts by which members sign in.
    fn of_provider(&self, show: &ConfigShow) -> [Setting; 4] {
        let (said, server) = (&show.oidc, &self.config.tracker_server.oidc);
        [
            self.setting(
                "tracker_server.oidc.issuer",
                said.issuer.clone().map(|issuer| ("oidc_issuer", issuer)),
                server.issuer.clone(),
                None,
            ),
            self.setting(
                "tracker_server.oidc.client_id",
                said.client_id.clone().map(|id| ("oidc_client_id", id)),
                server.client_id.clone(),
                None,
            ),
            self.setting(
                "tracker_server.oidc.client_secret_file",
                said.client_secret_file.as_deref().map(|file| ("oidc_client_secret_file", shown(file))),
                server.client_secret_file.as_deref().map(shown),
                None,
            ),
            self.setting(
                "tracker_server.oidc.name",
                said.name.clone().map(|name| ("oidc_name", name)),
                server.name.clone(),
                None,
            ),
        ]
    }

    /// Of one repository; `peer` has the values in force.
    fn of_peer(&self, show: &ConfigShow, peer: PeerOptions) -> [Setting; 6] {
        let said = &show.options;
        let table = self.config.number_of(peer.repository.as_deref());
        let table = table.filter(|number| self.line_of(&format!("repository.{number}.path")).is_some());
        let key = |name: &str| match table {
            Some(number) => format!("repository.{number}.{name}"),
            None => name.to_owned(),
        };
        let path = if table.is_some() { key("path") } else { "repository".to_owned() };
        [
            self.setting(
                &path,
                said.repository.as_deref().map(|path| ("repository", shown(path))),
                peer.repository.as_deref().map(shown),
                None,
            ),
            self.setting(
                &key("tracker"),
                said.tracker.as_ref().map(|url| ("tracker", url.to_string())),
                peer.tracker.map(|url| url.to_string()),
                None,
            ),
            self.setting(
                &key("listen"),
                said.listen.map(|listen| ("listen", listen.to_string())),
                peer.listen.map(|listen| listen.to_string()),
                Some("[::]:0".to_owned()),
            ),
            self.setting(&key("name"), named(said), peer.name, None),
            self.setting(
                &key("web"),
                show.door.web.map(|web| ("web", web.to_string())),
                peer.web.and_then(|door| door.listen).map(|listen| listen.to_string()),
                None,
            ),
            self.setting(&key("limits"), None, peer.limits.as_ref().map(output::limits_in_a_line), None),
        ]
    }

    fn setting(&self, key: &str, said: Said, in_file: Option<String>, default: Option<String>) -> Setting {
        let (value, source) = match (said, in_file) {
            (Some((option, value)), _) => (Some(value), self.who_said(option)),
            (None, Some(value)) => (Some(value), self.file(key)),
            (None, None) => (default, Source::Default),
        };
        Setting { key: key.to_owned(), value, source }
    }

    fn who_said(&self, option: &str) -> Source {
        let known = self.command.get_arguments().find(|known| known.get_id() == option);
        let source = self.matches.as_ref().and_then(|matches| matches.value_source(option));
        let variable = known.and_then(|known| known.get_env()?.to_str());
        match (source, variable) {
            (Some(ValueSource::EnvVariable), Some(variable)) => {
                Source::Environment { variable: variable.to_owned() }
            }
            _ => Source::Argument { option: format!("--{}", option.replace('_', "-")) },
        }
    }

    /// What the table of a repository leaves out stands above all tables.
    fn file(&self, key: &str) -> Source {
        let Some(origin) = &self.config.origin else { return Source::Default };
        let above = key.rsplit('.').next().unwrap_or(key);
        let line = self.line_of(key).or_else(|| self.line_of(above)).unwrap_or(1);
        Source::File { path: shown(&origin.path), line }
    }

    fn line_of(&self, key: &str) -> Option<usize> {
        self.config.origin.as_ref()?.lines.of_key(key)
    }
}

fn subcommand(whole: &Command) -> Option<&Command> {
    whole.find_subcommand("config")?.find_subcommand("show")
}

fn named(said: &PeerOptions) -> Said {
    said.name.clone().map(|name| ("name", name))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
