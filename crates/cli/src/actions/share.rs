//! Reads what a person shares, or shares no longer.

use std::{
    fs,
    path::{Path, PathBuf},
};

use peerpool_api::{
    Client, Share, SharedItem, Unshare,
    naming::{self, Pattern},
    torrent_to_base64,
};

use super::{
    downloads::did_you_mean,
    local::{existing_in, name_in},
};
use crate::{
    exit::{Exit, Failure},
    output::text::safe,
};

/// Takes out of the pool what a text names in the repository: one item, or all those that it is a pattern of.
pub async fn unshare(client: &Client, text: &str) -> Result<Vec<SharedItem>, Failure> {
    let shared = client.shared().await?.items;
    let path = existing_in(client.repository(), text).or_else(|| name_in(client.repository(), text));
    let text = path.as_deref().unwrap_or(text);
    let names = match naming::find_all(&shared, text, client.repository()) {
        Ok(none) if none.is_empty() => vec![entry(client, text)?],
        Ok(found) => found.into_iter().map(|item| item.name.clone()).collect(),
        Err(several) => return Err(ambiguous(text, several.iter().map(|item| item.name.as_str()))),
    };
    let mut unshared = Vec::with_capacity(names.len());
    for name in names {
        unshared.push(client.unshare(&Unshare { name }).await?);
    }
    Ok(unshared)
}

/// The paths that a path of the command line means: itself, or, where nothing is there, those that it is a pattern of:
/// files here, or else entries of the repository.
pub fn share_paths(repository: &Path, path: &Path) -> Vec<PathBuf> {
    let itself = || vec![path.to_owned()];
    let Some(text) = path.to_str().filter(|_| path.symlink_metadata().is_err()) else { return itself() };
    let here = glob::glob(text).into_iter().flatten().flatten();
    let here: Vec<PathBuf> = here.filter(|found| !is_hidden(found)).collect();
    if !here.is_empty() {
        return here;
    }
    let Some(pattern) = Pattern::parse(text) else { return itself() };
    let mut there: Vec<PathBuf> =
        entries(repository).into_iter().filter(|name| pattern.matches(name)).map(PathBuf::from).collect();
    there.sort();
    if there.is_empty() { itself() } else { there }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// The names of what stands in a repository and could be an item.
fn entries(repository: &Path) -> Vec<String> {
    let found = fs::read_dir(repository).into_iter().flatten().flatten();
    let names = found.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| !name.starts_with('.')).collect()
}

/// The request for what the command line names: a path, or else something in the repository by its name.
pub fn share_request(client: &Client, path: Option<&Path>, torrent: Option<&Path>) -> Result<Share, Failure> {
    let torrent = match torrent {
        Some(file) => Some(torrent_to_base64(&fs::read(file).map_err(Failure::file("read", file))?)),
        None => None,
    };
    let path = match path {
        None => None,
        Some(path) => Some(absolute(path).or_else(|missing| match (missing.exit(), path.to_str()) {
            (Exit::NotFound, Some(text)) => absolute(&client.repository().join(entry(client, text)?)),
            _ => Err(missing),
        })?),
    };
    Ok(Share { path, torrent })
}

/// The name of what stands in the repository and is meant by a text.
fn entry(client: &Client, text: &str) -> Result<String, Failure> {
    let root = client.repository();
    let names = entries(root);
    match naming::find(&names, text, root).as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let meant = did_you_mean(names.iter().map(String::as_str), text);
            let meant = meant.unwrap_or_else(|| "`ls` in that folder shows what there is".to_owned());
            let message = format!("there is no `{}` here, nor in {}: {meant}", safe(text), root.display());
            Err(Failure::told(Exit::NotFound, message))
        }
        several => Err(ambiguous(text, several.iter().map(|name| name.as_str()))),
    }
}

fn ambiguous<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Failure {
    let names = names.map(|name| format!("`{}`", safe(name))).collect::<Vec<_>>().join(", ");
    let message = format!("`{}` may mean {names}: write the whole name", safe(text));
    Failure::told(Exit::Ambiguous, message)
}

fn absolute(path: &Path) -> Result<String, Failure> {
    let absolute = fs::canonicalize(path).map_err(Failure::file("share", path))?;
    absolute.to_str().map(str::to_owned).ok_or_else(|| {
        let message = format!("cannot share {}: its name is not UTF-8, rename it", path.display());
        Failure::told(Exit::Failed, message)
    })
}
