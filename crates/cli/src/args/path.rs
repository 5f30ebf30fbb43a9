//! Folders and files as people write them.

use std::{
    env,
    path::{Path, PathBuf},
};

use clap::builder::{PathBufValueParser, TypedValueParser};

/// Reads the path of an option. A shell leaves the `~` of `--repository=~/share` to whoever reads it.
pub fn parser() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(|path| from_home(&path))
}

/// The path of a setting.
pub fn folder(text: &str) -> Result<PathBuf, String> {
    match text {
        "" => Err("an empty path names no folder".to_owned()),
        text => Ok(from_home(Path::new(text))),
    }
}

/// The path with the home folder in place of a `~` at its beginning.
fn from_home(path: &Path) -> PathBuf {
    let home = env::var_os("HOME").filter(|home| !home.is_empty());
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) if rest.as_os_str().is_empty() => PathBuf::from(home),
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_owned(),
    }
}
