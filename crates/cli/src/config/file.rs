//! Reads the file, and says on which line it is wrong.

use std::{
    env, fmt, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use peerpool_tracker::Database;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, SeqAccess, Visitor},
};
use tracing_subscriber::filter::Targets;

use super::{Config, Lines, Repository};
use crate::{
    args::{Globals, address, path},
    exit::{Exit, Failure},
    output::size,
};

/// Where a configuration was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub path: PathBuf,
    /// Where each of its values stands.
    pub lines: Lines,
}

/// The file that is read, and whether it has to be there: the one that was named, or the user's.
pub fn named_file(globals: &Globals) -> Option<(PathBuf, bool)> {
    match &globals.config {
        Some(path) => Some((path.clone(), true)),
        None => user_file().map(|path| (path, false)),
    }
}

impl Config {
    /// Reads the file that was named, or the user's, if there is one.
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`] when it cannot be read, or its text cannot be understood; the line is named.
    pub fn load(globals: &Globals) -> Result<Self, Failure> {
        let Some((path, must_exist)) = named_file(globals) else { return Ok(Self::default()) };
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
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`] with the line and the reason.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let mut config: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| lines_until(text, span.start));
            wrong(path, line, error.message())
        })?;
        config.origin = Some(Origin { path: path.to_owned(), lines: Lines::of(text) });
        config.check_peers()?;
        Ok(config)
    }

    /// Says what is wrong with the value of a key.
    pub(super) fn complain(&self, key: &str, what: &str) -> Failure {
        match &self.origin {
            Some(origin) => wrong(&origin.path, origin.lines.of_key(key).unwrap_or(1), what),
            None => Failure::told(Exit::Usage, what),
        }
    }
}

fn wrong(path: &Path, line: usize, what: &str) -> Failure {
    Failure::told(Exit::Usage, format!("the configuration file {}, line {line}: {what}", path.display()))
}

/// The line, from 1 on, of a place in the text.
pub(super) fn lines_until(text: &str, place: usize) -> usize {
    text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1
}

fn user_file() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(folder.join("peerpool").join("config.toml"))
}

pub(super) fn folder<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    path::folder(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

pub(super) fn some_folder<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    folder(deserializer).map(Some)
}

pub(super) fn database<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Database>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

pub(super) fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    address::listen(&text).map(Some).map_err(D::Error::custom)
}

pub(super) fn door<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    address::door(&text).map(Some).map_err(D::Error::custom)
}

pub(super) fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    size::parse(&text).map(Some).map_err(D::Error::custom)
}

pub(super) fn log_level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.parse::<Targets>() {
        Ok(_) => Ok(Some(text)),
        Err(error) => Err(D::Error::custom(format!(
            "`{text}` is not a level: write error, warn, info, debug or trace, or a filter as in RUST_LOG ({error})"
        ))),
    }
}

/// The path of one repository, or a table for each of several.
pub(super) fn repositories<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Repository>, D::Error> {
    deserializer.deserialize_any(OneOrMore)
}

struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = Vec<Repository>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the path of a repository, or a table [[repository]] for each of several")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let path = path::folder(text).map_err(E::custom)?;
        Ok(vec![Repository { path, tracker: None, listen: None, name: None, web: None, limits: None }])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut tables: A) -> Result<Self::Value, A::Error> {
        let mut repositories = Vec::new();
        while let Some(repository) = tables.next_element()? {
            repositories.push(repository);
        }
        Ok(repositories)
    }
}
